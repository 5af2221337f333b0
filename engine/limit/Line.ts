/** The calls that wait for a permit, in the order in which they came. */
import type { Exit } from "effect"

export interface Waiter {
  readonly weight: number
  /** Hears that its turn has come, or why it never will. */
  readonly turnCame: (turn: Exit.Exit<void>) => void
  state: "new" | "waiting" | "served" | "gone"
  /** Since when it has its permits. */
  servedAt: number
}

export interface Line {
  /** The permits that all of them need together. */
  readonly weight: () => number
  readonly first: () => Waiter | undefined
  readonly join: (waiter: Waiter) => void
  readonly leave: (waiter: Waiter) => void
  /** Takes the first one out. */
  readonly serve: (waiter: Waiter, now: number) => void
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
    serve: (waiter, now) => {
      waiter.servedAt = now
      out(waiter, "served")
    }
  }
}
