/** How long the API may be away. Beyond it a run ends early: who starts it by a schedule is told, and does not find it waiting days later. */
import { Effect, Schedule } from "effect"
import type { Api } from "sluice"

/** Waits until the breaker has let nothing through for longer than so many seconds, and gives the sentence; undefined: for ever. */
export const lasted = (breaker: Effect.Effect<Api.BreakerStatus>, mostSeconds: number | undefined): Effect.Effect<string> => {
  if (mostSeconds === undefined) return Effect.never
  // It opens anew after each probe that fails: what counts is since when it is not closed.
  let since: number | undefined
  return breaker.pipe(
    Effect.map(({ state }) => {
      since = state === "Closed" ? undefined : since ?? performance.now()
      return since !== undefined && performance.now() - since > mostSeconds * 1000
    }),
    Effect.repeat({ schedule: Schedule.spaced("200 millis"), until: (isOver) => isOver }),
    Effect.as(`The API has not answered as it should for longer than the ${mostSeconds} s that MAX_OUTAGE allows.`)
  )
}
