/** How long the engine waits for a database that is away for a moment, before it gives up. */
import { Duration, Effect, Predicate, Schedule } from "effect"

/**
 * 9 tries over about 7 s: a server that restarts, or a connection that is cut, is back by then. A lease of 6 s may be over
 * too, and that harms nothing: claims, commits and ends of runs are refused to a worker whose cells or run are another's.
 */
const patience = {
  while: (error: unknown) => Predicate.hasProperty(error, "transient") && error.transient === true,
  schedule: Schedule.exponential("50 millis").pipe(
    Schedule.modifyDelay(({ duration }) => Effect.succeed(Duration.min(duration, Duration.seconds(2)))),
    Schedule.jittered
  ),
  times: 8
}

/** Tries again what fails in passing, unless `isRetried` refuses it. Only for what may be done twice. */
export const patiently = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  isRetried: () => boolean = () => true
): Effect.Effect<A, E, R> => Effect.retry(effect, { ...patience, while: (error) => patience.while(error) && isRetried() })
