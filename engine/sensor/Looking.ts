/** Looks that are made when something may be new, and again after a while in case that nobody said so. */
import { Duration, Effect, Queue, Stream } from "effect"
import type { Seen } from "./Sensor.ts"

/**
 * Looks at once, after each signal, and at the latest `every` after the look before. Signals that come during a look are
 * one; a stream of signals that fails or ends is begun anew after `every`, and meanwhile the looks go on without it.
 */
export const whenever = <C, A, E, R, E2, R2>(
  signals: Stream.Stream<void, E2, R2>,
  every: Duration.Input,
  cursor: C,
  look: (cursor: C) => Effect.Effect<ReadonlyArray<Seen<C, A>>, E, R>
): Stream.Stream<Seen<C, A>, E, R | R2> =>
  Stream.unwrap(Effect.gen(function*() {
    const due = yield* Queue.sliding<void>(1)
    yield* Queue.offer(due, undefined)
    yield* Stream.runForEach(signals, () => Queue.offer(due, undefined)).pipe(
      Effect.ignore,
      Effect.andThen(Effect.sleep(every)),
      Effect.forever,
      Effect.forkScoped
    )
    return Stream.unfold(cursor, (before) =>
      Effect.gen(function*() {
        yield* Effect.raceFirst(Queue.take(due), Effect.sleep(every))
        const seen = yield* look(before)
        return [seen, seen.at(-1)?.cursor ?? before] as const
      })).pipe(Stream.flatMap(Stream.fromIterable))
  }))
