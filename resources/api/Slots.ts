/** A fair bound on how many effects run at a time. Waiting costs nothing, also for thousands. */
import { Effect } from "effect"

export interface Slots {
  /** Runs the effect when it is its turn; who came first goes first. */
  readonly run: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly inUse: () => number
}

interface Ticket {
  state: "new" | "waiting" | "granted" | "gone"
  grant: () => void
}

export const make = (size: number): Slots => {
  const queue = new Set<Ticket>()
  let used = 0
  const leave = (ticket: Ticket) => {
    const { state } = ticket
    ticket.state = "gone"
    queue.delete(ticket)
    if (state !== "granted") return
    used--
    const [next] = queue
    if (next === undefined) return
    queue.delete(next)
    used++
    next.state = "granted"
    next.grant()
  }
  const enter = (ticket: Ticket): Effect.Effect<void> =>
    Effect.callback((resume) => {
      if (used < size) {
        used++
        ticket.state = "granted"
        return resume(Effect.void)
      }
      ticket.state = "waiting"
      ticket.grant = () => resume(Effect.void)
      queue.add(ticket)
    })
  return {
    run: (effect) =>
      Effect.uninterruptibleMask((restore) => {
        const ticket: Ticket = { state: "new", grant: () => {} }
        // Whatever happens between the grant and the effect, the ticket knows what is to be given back.
        return Effect.ensuring(restore(Effect.andThen(enter(ticket), effect)), Effect.sync(() => leave(ticket)))
      }),
    inUse: () => used
  }
}
