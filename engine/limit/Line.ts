/** The calls that wait for a permit, in the order in which they came. */
import type { Effect } from "effect"

export interface Waiter {
  readonly weight: number
  /** What goes on when its turn has come. */
  wake: (effect: Effect.Effect<void>) => void
  /** `new`: it has not joined yet; an interrupt may come before that. */
  state: "new" | "waiting" | "served" | "gone"
}

export interface Line {
  /** The permits that all of them need together. */
  readonly weight: () => number
  readonly first: () => Waiter | undefined
  readonly join: (waiter: Waiter) => void
  readonly leave: (waiter: Waiter) => void
  /** Takes the first one out. */
  readonly serve: (waiter: Waiter) => void
}

export const make = (): Line => {
  let waiters: Array<Waiter | undefined> = []
  let head = 0
  let weight = 0
  const first = () => {
    // Those who left stay in the array until their turn: to look for them would cost more.
    while (head < waiters.length && waiters[head]!.state !== "waiting") waiters[head++] = undefined
    if (head > 1024 && head > waiters.length / 2) {
      waiters = waiters.slice(head)
      head = 0
    }
    return waiters[head]
  }
  const out = (waiter: Waiter, state: "served" | "gone") => {
    if (waiter.state !== "waiting") return
    waiter.state = state
    weight -= waiter.weight
  }
  return {
    weight: () => weight,
    first,
    join: (waiter) => {
      waiter.state = "waiting"
      waiters.push(waiter)
      weight += waiter.weight
    },
    leave: (waiter) => out(waiter, "gone"),
    serve: (waiter) => out(waiter, "served")
  }
}
