/** Calls the function of a computation, whose types are erased in the graph, and takes apart what it gives. */
import { Data, Duration, Effect, Result, Stream } from "effect"
import type * as Asset from "../definition/Asset.ts"
import * as Span from "../Span.ts"
import { StepTimeout } from "./Failure.ts"

/**
 * Calls the user's function. Its inputs were read through the views its own definition names, and its resources are
 * part of the graph's `R`; both types were proved where the asset was defined and are erased in the graph.
 */
export const call = <R>(
  computation: Asset.Computation,
  inputs: unknown,
  partition: unknown,
  /** The position to go on from, of a computation with a checkpoint. */
  from?: unknown
): Effect.Effect<unknown, unknown, R> => {
  const erased = computation.run as (inputs: unknown, partition: unknown, from: unknown) => Effect.Effect<unknown, unknown, R>
  return Effect.suspend(() => {
    const effect: unknown = erased(inputs, partition, from)
    // The types say so, but a project's code may never have been type-checked.
    if (Effect.isEffect(effect)) return effect as Effect.Effect<unknown, unknown, R>
    throw new TypeError("run must give an Effect; wrap a Promise in Effect.tryPromise")
  })
}

/** The value of each asset that the computation gives, by asset key. */
export const outputsOf = (computation: Asset.Computation, value: unknown): ReadonlyMap<string, unknown> => {
  const byName = value as Readonly<Record<string, unknown>>
  return new Map(
    Object.entries(computation.outputs()).map(([name, output]) => [output.key, name === "" ? value : byName[name]])
  )
}

/** `run` of a batch asset did not give a list with one value for each partition. */
export class WrongCount extends Data.TaggedError("WrongCount")<{ readonly message: string }> {}

/** `run` of a batch asset gave a stream for a partition. */
export class StreamInBatch extends Data.TaggedError("StreamInBatch")<{ readonly message: string }> {}

/** What a batch gave for each of its partitions, in order: a value, or why this partition alone failed. */
export const itemsOf = (
  computation: Asset.Computation,
  given: unknown,
  partitions: number
): Result.Result<ReadonlyArray<Result.Result<unknown, unknown>>, WrongCount> => {
  const many = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`
  if (!Array.isArray(given) || given.length !== partitions) {
    const what = Array.isArray(given) ? many(given.length, "value") : "no list"
    return Result.fail(
      new WrongCount({
        message: `run of ${computation.key} gave ${what} for ${many(partitions, "partition")}: ` +
          "it must give a list with one value for each partition, in their order."
      })
    )
  }
  return Result.succeed(given.map((item: unknown) => {
    const result = Result.isResult(item) ? item : Result.succeed(item)
    return Result.isSuccess(result) && Stream.isStream(result.success) ? Result.fail(streamed(computation)) : result
  }))
}

const streamed = ({ key }: Asset.Computation) =>
  new StreamInBatch({ message: `run of ${key} gave a stream in a batch: give the rows as an array, or leave out \`batch\`.` })

/** Fails an attempt that takes longer than the computation may. */
export const withTimeout = ({ key, timeout }: Asset.Computation) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  timeout === undefined ? effect : Effect.timeoutOrElse(effect, {
    duration: timeout,
    orElse: () => {
      const long = Span.exact(Duration.toMillis(Duration.fromInputUnsafe(timeout)))
      return Effect.fail(new StepTimeout(`One attempt of ${key} took longer than its time-out of ${long}.`))
    }
  })
