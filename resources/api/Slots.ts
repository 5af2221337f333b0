/** A fair bound on how many hold a slot at a time: who came first goes first. Waiting costs nothing, also for thousands. */
import { Effect } from "effect"

/** A place in line, then a slot. Whatever happens to its holder in between, it knows what is to be given back. */
export interface Ticket {
  state: "new" | "waiting" | "granted" | "gone"
  grant: () => void
}

const nobody = () => {}

export const ticket = (): Ticket => ({ state: "new", grant: nobody })

export interface Slots {
  /**
   * Takes a slot, at once where one is free; else gives the wait for it. Has to be followed by `leave`, also when the wait
   * is interrupted.
   */
  readonly enter: (ticket: Ticket) => Effect.Effect<void> | undefined
  /** Gives the slot, or the place in line, back; at once, and only once. */
  readonly leave: (ticket: Ticket) => void
}

/** `changed` hears how many are in use. */
export const make = (size: number, changed: (inUse: number) => void = () => {}): Slots => {
  const line = new Set<Ticket>()
  let used = 0
  return {
    enter: (ticket) => {
      if (used < size) {
        changed(++used)
        ticket.state = "granted"
        return undefined
      }
      ticket.state = "waiting"
      line.add(ticket)
      return Effect.callback((resume) => {
        if (ticket.state === "granted") return resume(Effect.void)
        ticket.grant = () => resume(Effect.void)
      })
    },
    leave: (ticket) => {
      const { state } = ticket
      ticket.state = "gone"
      line.delete(ticket)
      if (state !== "granted") return
      const [next] = line
      if (next === undefined) return changed(--used)
      line.delete(next)
      next.state = "granted"
      next.grant()
    }
  }
}
