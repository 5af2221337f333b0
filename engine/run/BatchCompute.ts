/**
 * Computes a group of steps of a batch computation: one call gives all their values. Items that fail alone are retried
 * or fail alone; a group that fails as a whole is split in halves until the guilty step stands alone (G7).
 */
import { type Array as Arr, Cause, Effect, Exit, Result } from "effect"
import * as Metadata from "../definition/Metadata.ts"
import { inputVersions } from "../plan/Staleness.ts"
import { LeaseLost } from "../record/RunStore.ts"
import { call, itemsOf, outputsOf, withTimeout } from "./Calling.ts"
import { type Broken, type Computed, type ComputeOptions, lapsed, note } from "./Compute.ts"
import type { Failure } from "./Failure.ts"
import * as Reading from "./Reading.ts"
import * as Retrying from "./Retrying.ts"
import type { PlannedStep } from "./StepTable.ts"

/** Steps of one batch computation. */
export type Group = Arr.NonEmptyReadonlyArray<PlannedStep>

export interface BatchOptions<R, R2> extends ComputeOptions<R> {
  /** A step has its value; the others of its group may still be tried again. */
  readonly computed: (computed: Computed) => Effect.Effect<void, never, R2>
  readonly failed: (step: PlannedStep, broken: Broken) => void
}

/** Ends when every step of the group has a value or has failed. */
export const compute = <R, R2>(group: Group, options: BatchOptions<R, R2>): Effect.Effect<void, never, R | R2> =>
  computeFrom(group, undefined, options)

const computeFrom = <R, R2>(
  group: Group,
  before: Retrying.Tries | undefined,
  options: BatchOptions<R, R2>
): Effect.Effect<void, never, R | R2> =>
  Effect.gen(function*() {
    const { asset, computation } = definitionOf(group, options)
    const retrying = Retrying.make(computation.retry)
    let open: ReadonlyArray<PlannedStep> = group
    let tries = before
    while (isGroup(open)) {
      const startedAt = new Date()
      tries = Retrying.next(tries)
      const exit = yield* Effect.exit(attempt(open, tries, options))
      const times = { attempt: tries.attempts, startedAt, finishedAt: new Date() }
      const fail = (step: PlannedStep, failure: Failure, delay: number | undefined) => {
        note(options, { asset, partition: step.partition, ...times }, failure, delay)
      }
      const end = (step: PlannedStep, failure: Failure) =>
        options.failed(step, { failure, tries: tries!, lost: false })

      if (Exit.isSuccess(exit)) {
        const failing = open.flatMap((step, i) => {
          const item = exit.value[i]!
          return Result.isFailure(item) ? [{ step, error: item.failure, failure: retrying.failureOf(item.failure) }] : []
        })
        const again = failing.filter(({ error }) => retrying.isRetried(error))
        const delay = again[0] === undefined ? undefined : yield* retrying.delay(again[0].error)
        open = delay === undefined ? [] : again.map(({ step }) => step)
        for (const { error, failure, step } of failing) {
          const isOpen = delay !== undefined && retrying.isRetried(error)
          fail(step, failure, isOpen ? delay : undefined)
          if (!isOpen) end(step, failure)
        }
        for (const item of exit.value) if (Result.isSuccess(item)) yield* options.computed(item.success)
        if (delay !== undefined) yield* Effect.sleep(delay)
        continue
      }

      const failure = retrying.failureOfCause(exit.cause)
      if (Cause.squash(exit.cause) instanceof LeaseLost) {
        for (const step of open) options.failed(step, { failure, tries, lost: true })
        return
      }
      const delay = yield* retrying.delayOfCause(exit.cause)
      const isSplit = delay === undefined && open.length > 1
      // The halves of a split group are tried at once, one after the other.
      for (const step of open) fail(step, failure, isSplit ? 0 : delay)
      if (delay !== undefined) {
        yield* Effect.sleep(delay)
        continue
      }
      if (!isSplit) return end(open[0], failure)
      options.event({ type: "batch_split", at: new Date(), asset, message: `${open.length} partitions: ${failure.message}` })
      const half = Math.ceil(open.length / 2)
      for (const part of [open.slice(0, half), open.slice(half)]) {
        if (isGroup(part)) yield* computeFrom(part, tries, options)
      }
      return
    }
  })

export const isGroup = (steps: ReadonlyArray<PlannedStep>): steps is Group => steps.length > 0

const definitionOf = <R>(group: Group, { snapshot }: Reading.ReadingOptions<R>) => {
  const asset = group[0].planned.assets[0]!
  return { asset, computation: snapshot.graph.assets.get(asset)!.computation }
}

/** One call for the whole group: what it gives for each step, in order. */
const attempt = <R, R2>(group: Group, tries: Retrying.Tries, options: BatchOptions<R, R2>) => {
  const { snapshot } = options
  const { asset, computation } = definitionOf(group, options)
  // What is attached while a batch is computed belongs to each of its cells.
  const metadata: Record<string, Metadata.Entry> = {}
  return Effect.gen(function*() {
    // Versions are looked up before the data is read: data that changes in between makes the cell stale, never fresh.
    const versions = group.map((step) => inputVersions(snapshot, asset, step.point))
    const inputs = yield* Reading.many(snapshot.graph.assets.get(asset)!, group.map((step) => step.point), options)
    const { valueAt } = snapshot.space(asset)
    if (!group.every(options.isHeld)) return yield* lapsed(group)
    const given = yield* call<R>(computation, inputs, group.map((step) => valueAt(step.point)))
    const items = yield* Effect.fromResult(itemsOf(computation, given, group.length))
    const finishedAt = new Date()
    return items.map((item, i) =>
      Result.map(item, (value): Computed => ({
        step: group[i]!,
        values: outputsOf(computation, value),
        inputs: versions[i]!,
        metadata,
        ...tries,
        finishedAt
      }))
    )
  }).pipe(
    Effect.provideService(Metadata.Collector, (name, entry) => {
      metadata[name] = entry
    }),
    withTimeout(computation)
  )
}
