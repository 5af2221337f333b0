/** Computes one step: reads its inputs, runs its computation with time-out and retries, notes every failed attempt. */
import { Cause, Effect } from "effect"
import * as Metadata from "../definition/Metadata.ts"
import { inputVersions } from "../plan/Staleness.ts"
import type { Checkpoint } from "../record/Checkpoint.ts"
import { LeaseLost, type RunStore } from "../record/RunStore.ts"
import type { Attempt, Cell, InputVersion } from "../record/Step.ts"
import { call, outputsOf, withTimeout } from "./Calling.ts"
import * as Checkpointing from "./Checkpointing.ts"
import type { Failure } from "./Failure.ts"
import type { Observer } from "./Observer.ts"
import * as Reading from "./Reading.ts"
import * as Resuming from "./Resuming.ts"
import * as Retrying from "./Retrying.ts"
import { cellsOf, type PlannedStep } from "./StepTable.ts"

/** What a step computed: a value for each asset, and what is recorded with it. */
export interface Computed extends Retrying.Tries {
  readonly step: PlannedStep
  readonly values: ReadonlyMap<string, unknown>
  readonly inputs: Readonly<Record<string, InputVersion>>
  readonly metadata: Metadata.Metadata
  readonly finishedAt: Date
  /** The cell was put aside as it came; its rows are those up to this checkpoint. */
  readonly partial?: Checkpoint
}

export interface ComputeOptions<R> extends Reading.ReadingOptions<R>, Resuming.ResumingOptions<R> {
  /** Whether the step is still this worker's without a doubt; asked before its computation is called. */
  readonly isHeld: (step: PlannedStep) => boolean
  readonly observer: Observer
  readonly note: (attempt: Attempt) => void
}

/** Why a step gave no value. */
export interface Broken {
  readonly failure: Failure
  readonly tries: Retrying.Tries
  /** Its cell was taken over by another worker: no failure of the step. */
  readonly lost: boolean
}

/**
 * Computes the step. `finish` belongs to the attempt: an output that is a stream is computed while it is written, so
 * its errors are retried with it.
 */
export const compute = <A, E, R, R2>(
  step: PlannedStep,
  options: ComputeOptions<R>,
  finish: (computed: Computed) => Effect.Effect<A, E, R2>
): Effect.Effect<A, Broken, R | R2 | RunStore> => {
  const { snapshot } = options
  const cell: Cell = { asset: step.planned.assets[0]!, partition: step.partition }
  const asset = snapshot.graph.assets.get(cell.asset)!
  const { computation } = asset
  let policy: Retrying.Retrying | undefined
  /** Elements that were done when the last try began, of a computation with a checkpoint. */
  let before = 0

  const attempt = (tries: Retrying.Tries) => {
    const metadata: Record<string, Metadata.Entry> = {}
    // Versions are looked up before the data is read: data that changes in between makes the cell stale, never fresh.
    const inputs = inputVersions(snapshot, asset.key, step.point)
    return Effect.gen(function*() {
      const values = yield* Reading.one(asset, step.point, options)
      const partition = asset.partitions._tag === "Unpartitioned" ? undefined : snapshot.space(asset.key).valueAt(step.point)
      if (!options.isHeld(step)) return yield* lapsed([step])
      const resumed = computation.checkpoint === undefined ? undefined : yield* Resuming.resume(step, inputs, options)
      const done = resumed?.last?.records ?? 0
      // A try that got further does not count: a million records may well meet more failures than one may.
      if (done > before) policy = undefined
      before = done
      const value = yield* call<R>(computation, values, partition, resumed?.from)
      const gathered = resumed === undefined ? undefined : yield* Checkpointing.gather(resumed, value, options)
      if (gathered !== undefined) metadata["records"] ??= { type: "number", value: gathered.records }
      return yield* finish({
        step,
        values: gathered?.values ?? outputsOf(computation, value),
        inputs,
        metadata,
        ...tries,
        ...(gathered?.partial === undefined ? {} : { partial: gathered.partial }),
        finishedAt: new Date()
      })
    }).pipe(
      Effect.provideService(Metadata.Collector, (name, entry) => {
        metadata[name] = entry
      }),
      withTimeout(computation)
    )
  }

  const from = (before: Retrying.Tries | undefined): Effect.Effect<A, Broken, R | R2 | RunStore> =>
    Effect.suspend(() => {
      const startedAt = new Date()
      const tries = Retrying.next(before)
      return Effect.catchCause(attempt(tries), (cause) =>
        Effect.gen(function*() {
          const retrying = policy ??= Retrying.make(computation.retry)
          const finishedAt = new Date()
          const failure = retrying.failureOfCause(cause)
          const broken: Broken = { failure, tries, lost: Cause.squash(cause) instanceof LeaseLost }
          // An interruption is no attempt.
          if (Cause.hasInterruptsOnly(cause)) return yield* Effect.fail(broken)
          const delay = yield* retrying.delayOfCause(cause)
          note(options, { ...cell, attempt: tries.attempts, startedAt, finishedAt }, failure, delay)
          if (delay === undefined) return yield* Effect.fail(broken)
          yield* Effect.sleep(delay)
          return yield* from(tries)
        }))
    })
  return from(undefined)
}

/** The lease had ended for a while, and these steps may be others' by now. */
export const lapsed = (steps: ReadonlyArray<PlannedStep>): LeaseLost =>
  new LeaseLost({
    cells: steps.flatMap(cellsOf),
    message: "The lease of this process had ended when the computation was about to begin: the cells are claimed anew."
  })

/** Records a failed attempt at once, so that it can be seen while the next one is waited for. */
export const note = <R>(
  { note, observer }: ComputeOptions<R>,
  attempt: Pick<Attempt, "asset" | "partition" | "attempt" | "startedAt" | "finishedAt">,
  failure: Failure,
  /** Milliseconds until the next try; undefined: there is none. */
  delay: number | undefined
): void => {
  const { message, name, transient } = failure
  const nextTryAt = delay === undefined ? null : new Date(attempt.finishedAt.getTime() + delay)
  note({ ...attempt, error: name, message, transient, nextTryAt })
  observer({
    _tag: "AttemptFailed",
    cell: { asset: attempt.asset, partition: attempt.partition },
    attempt: attempt.attempt,
    failure
  })
}
