/** Lets calls through as the breaker says; while it is open they wait in line, and cost nothing. */
import { Clock, Effect } from "effect"
import * as Breaker from "./Breaker.ts"

/** A call at the gate, from before it enters until it has ended. */
export interface Visit {
  /** How it was let through; undefined: it was not. */
  pass: Breaker.Pass | undefined
}

export interface Gate {
  /** Notes in the visit that the call may be made, at once where it may; else gives the wait for that. */
  readonly enter: (visit: Visit) => Effect.Effect<void> | undefined
  /** Whether calls go through freely. */
  readonly isClosed: () => boolean
  /** Ends a visit, if it had begun. Gives the breaker where this has changed its state: the caller tells of it. */
  readonly leave: (visit: Visit, outcome: Breaker.Outcome, now: number) => Breaker.Breaker | undefined
  readonly state: () => Breaker.Breaker
  /** Opens the breaker, if it is closed; undefined: it is not, or there is none. */
  readonly trip: (now: number) => Breaker.Breaker | undefined
}

/** A gate without a breaker. */
export const open: Gate = {
  enter: () => undefined,
  isClosed: () => true,
  leave: () => undefined,
  state: () => Breaker.closed,
  trip: () => undefined
}

/** Someone in line. `wake` may come before it has begun to sleep. */
interface Waiting {
  woken: boolean
  wake: () => void
}

export const make = (rule: Breaker.Rule): Gate => {
  let breaker: Breaker.Breaker = Breaker.closed
  const line = new Set<Waiting>()
  const wake = (waiting: Waiting) => {
    waiting.woken = true
    waiting.wake()
  }
  const wakeFirst = () => {
    for (const first of line) return wake(first)
  }

  /** Until it is woken; the first in line also until the breaker has been open for long enough. */
  const sleep = (waiting: Waiting): Effect.Effect<void> =>
    Effect.suspend(() => {
      const woken = Effect.callback<void>((resume) => {
        if (waiting.woken) return resume(Effect.void)
        waiting.wake = () => resume(Effect.void)
      })
      const [first] = line
      if (first !== waiting || breaker._tag !== "Open") return woken
      const { until } = breaker
      const cooled = Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.sleep(Math.max(1, until - now)))
      return Effect.raceFirst(woken, cooled)
    })

  const wait = (visit: Visit): Effect.Effect<void> =>
    Effect.suspend(() => {
      const waiting: Waiting = { woken: false, wake: () => {} }
      const loop: Effect.Effect<void> = Effect.flatMap(Clock.currentTimeMillis, (now) => {
        waiting.woken = false
        const [first] = line
        // Who came later does not overtake while the breaker is not closed.
        if (breaker._tag === "Closed" || first === undefined || first === waiting) {
          const entered = Breaker.enter(breaker, now)
          breaker = entered.breaker
          if (entered.pass !== "wait") {
            visit.pass = entered.pass
            return Effect.void
          }
        }
        line.add(waiting)
        return Effect.andThen(sleep(waiting), loop)
      })
      const gone = Effect.sync(() => {
        if (line.delete(waiting)) wakeFirst()
      })
      return Effect.ensuring(loop, gone)
    })

  return {
    enter: (visit) => {
      if (breaker._tag !== "Closed") return wait(visit)
      visit.pass = "free"
      return undefined
    },
    isClosed: () => breaker._tag === "Closed",
    leave: (visit, outcome, now) => {
      const { pass } = visit
      if (pass === undefined) return undefined
      visit.pass = undefined
      const before = breaker
      breaker = Breaker.ended(before, rule, pass, outcome, now)
      if (breaker === before || (breaker._tag === "Closed" && before._tag === "Closed")) return undefined
      if (breaker._tag === "Closed") [...line].forEach(wake)
      else wakeFirst()
      return breaker._tag === before._tag ? undefined : breaker
    },
    state: () => breaker,
    trip: (now) => breaker._tag === "Closed" ? breaker = Breaker.opened(rule, now) : undefined
  }
}
