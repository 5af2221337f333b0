/** Computes one step: reads its inputs, runs its computation with time-out and retries, notes every failed attempt. */
import { Cause, Duration, Effect, Schedule, Stream } from "effect"
import type * as Asset from "../definition/Asset.ts"
import type { IoError, IoManager } from "../definition/Io.ts"
import * as Metadata from "../definition/Metadata.ts"
import { storedOf } from "../definition/Asset.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import type { Snapshot } from "../plan/Snapshot.ts"
import { inputVersions, upstreamOf } from "../plan/Staleness.ts"
import * as Failure from "./Failure.ts"
import type { Observer } from "./Observer.ts"
import { LeaseLost, type StoredCell } from "../record/RunStore.ts"
import type { PlannedStep } from "./StepTable.ts"
import type { Attempt, Cell, InputVersion } from "../record/Step.ts"

/** What a step computed: a value for each asset, and what is recorded with it. */
export interface Computed {
  readonly step: PlannedStep
  readonly values: ReadonlyMap<string, unknown>
  readonly inputs: Readonly<Record<string, InputVersion>>
  readonly metadata: Metadata.Metadata
  readonly attempts: number
  readonly startedAt: Date
  readonly finishedAt: Date
}

export interface ComputeOptions<R> {
  readonly snapshot: Snapshot
  readonly io: (asset: Asset.Any) => Effect.Effect<IoManager, never, R>
  readonly observer: Observer
  readonly note: (attempt: Attempt) => void
}

/** Loads that fail in passing (a lost connection) are tried again by the engine, whatever the asset's retry policy. */
const reload = { while: (error: IoError) => error.transient, schedule: Schedule.exponential("100 millis"), times: 3 }

/**
 * Computes the step. `finish` belongs to the attempt: an output that is a stream is computed while it is written, so
 * its errors are retried with it.
 */
export const compute = <A, E, R, R2>(
  step: PlannedStep,
  options: ComputeOptions<R>,
  finish: (computed: Computed) => Effect.Effect<A, E, R2>
): Effect.Effect<A, unknown, R | R2> => {
  const { snapshot } = options
  const cell: Cell = { asset: step.planned.assets[0]!, partition: step.partition }
  const asset = snapshot.graph.assets.get(cell.asset)!
  const { computation } = asset
  let startedAt: Date | undefined
  let attempts = 0

  const once = Effect.suspend(() => {
    attempts++
    const began = startedAt ??= new Date()
    const metadata: Record<string, Metadata.Entry> = {}
    // Versions are looked up before the data is read: data that changes in between makes the cell stale, never fresh.
    const inputs = inputVersions(snapshot, asset.key, step.point)
    return Effect.gen(function*() {
      const values = yield* readInputs(asset, step.point, options)
      const partition = asset.partitions._tag === "Unpartitioned" ? undefined : snapshot.space(asset.key).valueAt(step.point)
      const value = yield* run<R>(computation, values, partition)
      return yield* finish({
        step,
        values: outputsOf(asset, value),
        inputs,
        metadata,
        attempts,
        startedAt: began,
        finishedAt: new Date()
      })
    }).pipe(
      Effect.provideService(Metadata.Collector, (name, entry) => {
        metadata[name] = entry
      }),
      withTimeout(computation.timeout, cell),
      noted(cell, () => attempts, options)
    )
  })

  const { retry } = computation
  if (retry === undefined) return once
  // The policy is typed by the asset's own errors; errors of the engine reach it too.
  const matches = retry.matches as (error: unknown) => boolean
  return Effect.retry(once, { while: (error) => isRetried(matches, error), schedule: retry.schedule })
}

/** A lost claim is no failure of the step; and a policy that cannot read an error it was not written for does not match. */
const isRetried = (matches: (error: unknown) => boolean, error: unknown): boolean => {
  if (error instanceof LeaseLost) return false
  try {
    return matches(error)
  } catch {
    return false
  }
}

const readInputs = <R>(
  asset: Asset.Any,
  point: PartitionSet.Point,
  options: ComputeOptions<R>
): Effect.Effect<Readonly<Record<string, unknown>>, IoError, R> => {
  const { graph, space } = options.snapshot
  const edges = graph.upstream(asset.key)
  if (edges.length === 0) return Effect.succeed({})
  return Effect.map(
    Effect.forEach(edges, (edge) =>
      Effect.gen(function*() {
        const upstream = graph.assets.get(edge.upstream)!
        const io = yield* options.io(upstream)
        const { keyAt } = space(edge.upstream)
        const cells = upstreamOf(options.snapshot, edge, PartitionSet.fromPoints(point.length, [point]))
        // A reader of everything asks for all that is stored, not for a list of a million keys.
        const all = edge.mapping._tag === "All" && upstream.partitions._tag !== "Unpartitioned" &&
          !options.snapshot.hasStrays(edge.upstream)
        const stored = options.snapshot.cells(edge.upstream)
        const partitions = all
          ? "all"
          : Array.from(PartitionSet.points(cells), keyAt).filter((key) => stored.get(key)?.dataVersion !== undefined)
        // Where nothing is stored there may be no table either.
        const isEmpty = partitions === "all" ? !isAnyStored(stored) : partitions.length === 0
        const source = isEmpty ? nothing : io
        const value = yield* Effect.retry(edge.view.read(source, { asset: storedOf(upstream), partitions }), reload)
        return [edge.input, value] as const
      }), { concurrency: 4 }),
    Object.fromEntries
  )
}

const isAnyStored = (cells: ReadonlyMap<string, StoredCell>): boolean =>
  cells.values().some((cell) => cell.dataVersion !== undefined)

/** Stands for an upstream of which no cell is stored. */
const nothing: IoManager = {
  accepts: [],
  prepare: () => Effect.void,
  write: () => Effect.succeed([]),
  load: () => Effect.succeed({ partitions: [], values: [] }),
  stream: () => Stream.empty
}

/**
 * Calls the user's function. Its inputs were read through the views its own definition names, and its resources are
 * part of the graph's `R`; both types were proved where the asset was defined and are erased in the graph.
 */
const run = <R>(
  computation: Asset.Computation,
  inputs: Readonly<Record<string, unknown>>,
  partition: unknown
): Effect.Effect<unknown, unknown, R> => {
  const erased = computation.run as (inputs: unknown, partition: unknown) => Effect.Effect<unknown, unknown, R>
  return Effect.suspend(() => {
    const effect: unknown = erased(inputs, partition)
    // The types say so, but a project's code may never have been type-checked.
    if (Effect.isEffect(effect)) return effect as Effect.Effect<unknown, unknown, R>
    throw new TypeError("run must give an Effect; wrap a Promise in Effect.tryPromise")
  })
}

/** The value of each asset that the computation gives. */
const outputsOf = (asset: Asset.Any, value: unknown): ReadonlyMap<string, unknown> => {
  const outputs = asset.computation.outputs()
  const byName = value as Readonly<Record<string, unknown>>
  return new Map(
    Object.entries(outputs).map(([name, output]) => [output.key, name === "" ? value : byName[name]])
  )
}

const withTimeout = (timeout: Duration.Input | undefined, cell: Cell) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  timeout === undefined ? effect : Effect.timeoutOrElse(effect, {
    duration: timeout,
    orElse: () =>
      Effect.fail(
        new Failure.StepTimeout(
          `One attempt of ${cell.asset} took longer than its time-out of ${Duration.format(Duration.fromInputUnsafe(timeout))}.`
        )
      )
  })

/** Records a failed attempt; an interruption is none. */
const noted = <R0>(cell: Cell, attempt: () => number, options: ComputeOptions<R0>) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const startedAt = new Date()
    return Effect.tapCause(effect, (cause) =>
      Effect.sync(() => {
        if (Cause.hasInterruptsOnly(cause)) return
        const failure = Failure.ofCause(cause)
        options.note({ ...cell, attempt: attempt(), startedAt, finishedAt: new Date(), error: failure.name, message: failure.message })
        options.observer({ _tag: "AttemptFailed", cell, attempt: attempt(), failure })
      }))
  })
