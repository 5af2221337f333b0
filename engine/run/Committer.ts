/**
 * Group commit: computed steps that are ready at the same time share one transaction, one upsert a table and one set
 * of bookkeeping statements. A batch that is refused is split until the guilty step stands alone (G7).
 */
import { Cause, Data, Effect, Queue, Result, Semaphore, Stream } from "effect"
import type * as Asset from "../definition/Asset.ts"
import { storedOf } from "../definition/Asset.ts"
import type { FrameSet } from "../definition/Frames.ts"
import { type CellWrite, type CellWritten, IoError, type IoManager } from "../definition/Io.ts"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import * as Partitions from "../partition/Partitions.ts"
import { describe } from "../plan/Staleness.ts"
import type { Computed } from "./Compute.ts"
import type { Gather } from "../record/CellSets.ts"
import type { Event } from "../record/Event.ts"
import * as Failure from "./Failure.ts"
import { keepingRows, keysOf, setsFrom } from "./KeySources.ts"
import { patiently } from "./Patience.ts"
import * as Staging from "./Staging.ts"
import { type CellCommit, type LeaseLost, RunStore, type RunStoreError, type SourceKeys } from "../record/RunStore.ts"
import type { Step } from "../record/Step.ts"

/** At most so many steps share a transaction: beyond it, a longer transaction gains nothing (bench/engine). */
export const maxBatch = 500

/** A transaction is closed when its steps have so many rows together. */
const maxBatchRows = 50_000

/** Values of so many steps are brought to their place at once, where that is outside the database. */
const maxStaging = 16

/** Computed but uncommitted steps, and their rows, beyond these hold the workers back (G9). */
const maxWaiting = 1000
const maxWaitingRows = 200_000

export type Outcome =
  | { readonly _tag: "Committed"; readonly computed: Computed; readonly steps: ReadonlyArray<Step> }
  /** Another worker took the cell over; nothing was written. */
  | { readonly _tag: "Lost"; readonly computed: Computed }
  | { readonly _tag: "Refused"; readonly computed: Computed; readonly failure: Failure.Failure }

export interface CommitterOptions<R> {
  readonly graph: AssetGraph
  readonly run: number
  readonly worker: string
  readonly io: (asset: Asset.Any) => Effect.Effect<IoManager, never, R>
  readonly event: (event: Event) => void
  readonly gather: Gather
  readonly settled: (outcome: Outcome) => void
}

/** An exception while a value was written: a getter of a user's table that throws. */
class WriteDefect extends Data.TaggedError("WriteDefect")<{ readonly defect: unknown }> {}

type CommitError = IoError | RunStoreError | LeaseLost | WriteDefect

export interface Committer<R> {
  /**
   * Commits one step now; fails with the refusal. For outputs that are computed while they are written: their own
   * errors come out as they are, for the retry policy of the asset.
   */
  readonly now: (computed: Computed) => Effect.Effect<ReadonlyArray<Step>, unknown, R | RunStore>
  /** Hands a step over; waits while too much is uncommitted. */
  readonly submit: (computed: Computed) => Effect.Effect<void>
  /** Commits what is handed over, for ever; fails when the store stays away. */
  readonly serve: Effect.Effect<never, RunStoreError, R | RunStore>
}

export const make = <R>(options: CommitterOptions<R>): Effect.Effect<Committer<R>> => Effect.gen(function*() {
  const waiting = yield* Queue.bounded<Computed>(maxWaiting)
  const room = yield* Semaphore.make(maxWaitingRows)
  const stage = Staging.make(options.graph, options.io)

  const once = (batch: ReadonlyArray<Staging.Staged>): Effect.Effect<ReadonlyArray<Step>, CommitError, R | RunStore> =>
    Effect.flatMap(RunStore, (store) => {
      const { cells, writes, tapped } = layOut(options.graph, batch)
      let keys: ReadonlyArray<SourceKeys> = []
      // With the write, whose refusal names the step that gives a key which is none.
      const written = Effect.tap(write(options, writes), (written) =>
        Effect.map(Effect.fromResult(keysOf(options.graph, cells, written, tapped)), (given) => {
          keys = given
        }))
      return store.commit({
        run: options.run,
        worker: options.worker,
        cells,
        write: written,
        gather: options.gather,
        keys: () => keys
      })
    })

  /**
   * A connection that is lost, or a deadlock, is tried again. The lease may be over by then: each try asks the store anew
   * whether the claims are still this worker's, however late it comes.
   */
  const attempt = (batch: ReadonlyArray<Staging.Staged>, isRetried?: () => boolean) =>
    Effect.suspend(() => {
      let tries = 0
      const one = Effect.suspend(() => {
        tries++
        return withDefects(once(batch))
      })
      return patiently(one, isRetried).pipe(
        // The answer to a try may have been lost with its connection after it was committed.
        Effect.catchTag("LeaseLost", (error) => tries === 1 ? Effect.fail(error) : committedBefore(options.run, batch, error))
      )
    })

  const refused = (computed: Computed, error: CommitError) => {
    const failure = error._tag === "WriteDefect" ? Failure.ofDefect(error.defect) : Failure.ofError(error)
    options.settled({ _tag: "Refused", computed, failure })
  }

  /** Those of the batch whose values are staged; the others are settled as refused. */
  const staged = (batch: ReadonlyArray<Computed>) =>
    Effect.map(
      Effect.forEach(batch, (computed) =>
        Effect.catch(patiently(withDefects(stage(computed))), (error) => Effect.sync(() => refused(computed, error))), {
        concurrency: maxStaging
      }),
      (found) => found.filter((one) => one !== undefined)
    )

  const commit = (batch: ReadonlyArray<Staging.Staged>): Effect.Effect<void, RunStoreError, R | RunStore> =>
    Effect.gen(function*() {
      if (batch.length === 0) return
      const result = yield* Effect.result(attempt(batch))
      if (Result.isSuccess(result)) return settle(batch, result.success)
      const error = result.failure
      // Without its database a run ends and can be resumed; no step is to blame.
      if (error._tag === "RunStoreError" && error.transient) return yield* error
      const guilty = batch.filter((computed) => names(error, computed))
      if (error._tag === "LeaseLost") {
        for (const computed of guilty) {
          options.event({ type: "lease_lost", at: new Date(), ...cellOf(computed), message: error.message })
          options.settled({ _tag: "Lost", computed })
        }
      } else if (batch.length === 1 || guilty.length > 0) {
        for (const computed of batch.length === 1 ? batch : guilty) refused(computed, error)
      }
      const rest = batch.length === 1 ? [] : batch.filter((computed) => !guilty.includes(computed))
      if (rest.length === 0) return
      if (guilty.length > 0) return yield* commit(rest)
      options.event({ type: "commit_split", at: new Date(), message: `${rest.length} steps: ${error.message}` })
      const half = Math.ceil(rest.length / 2)
      yield* commit(rest.slice(0, half))
      yield* commit(rest.slice(half))
    })

  const settle = (batch: ReadonlyArray<Computed>, steps: ReadonlyArray<Step>) => {
    const byCell = Map.groupBy(steps, (step) => `${step.asset}\n${step.partition}`)
    for (const computed of batch) {
      const own = computed.step.planned.assets.flatMap((asset) => byCell.get(`${asset}\n${computed.step.partition}`) ?? [])
      options.settled({ _tag: "Committed", computed, steps: own })
    }
  }

  return {
    now: (computed) =>
      Effect.suspend(() => {
        const raised: Array<unknown> = []
        const values = new Map(Array.from(computed.values, ([asset, value]) => [
          asset,
          Stream.isStream(value)
            ? Stream.tapError(value, (error) => Effect.sync(() => raised.push(error)))
            : value
        ] as const))
        // Reading an upstream may fail in passing as writing may; any other error of the stream is its own.
        const isOurs = () => raised.length === 0 || raised[0] instanceof IoError
        const isRetried = () => {
          const ours = isOurs()
          if (ours) raised.length = 0
          return ours
        }
        const ready = patiently(withDefects(stage({ ...computed, values })), isRetried)
        const own = Effect.flatMap(ready, (one) => attempt([one], isRetried))
        return Effect.catch(own, (error) => Effect.fail(raised.length === 0 ? error : raised[0]))
      }),
    submit: (computed) =>
      Effect.andThen(room.take(rowsOf(computed)), Queue.offer(waiting, computed)),
    serve: Effect.forever(Effect.flatMap(Queue.takeBetween(waiting, 1, maxBatch), (taken) =>
      Effect.forEach(byRows(taken), (batch) =>
        Effect.andThen(Effect.flatMap(staged(batch), commit), room.release(batch.reduce((sum, computed) => sum + rowsOf(computed), 0))), {
        discard: true
      })))
  }
})

/** The rows of a computed step, as far as they are in memory; at least one, at most all that may wait. */
const rowsOf = (computed: Computed): number => {
  let rows = 1
  for (const value of computed.values.values()) {
    if (Array.isArray(value)) rows += rowsIn(value)
    else if (typeof value === "object" && value !== null && "numRows" in value && typeof value.numRows === "number") {
      rows += value.numRows
    }
  }
  return Math.min(rows, maxWaitingRows)
}

const isFrameSet = (value: ReadonlyArray<unknown>): value is FrameSet => {
  const [first] = value
  return typeof first === "object" && first !== null && "rows" in first && Array.isArray(first.rows)
}

const rowsIn = (value: ReadonlyArray<unknown>): number =>
  isFrameSet(value) ? value.reduce((sum, frame) => sum + frame.rows.length, 0) : value.length

/** Cuts a batch where its rows would be too many. */
const byRows = (taken: ReadonlyArray<Computed>): ReadonlyArray<ReadonlyArray<Computed>> => {
  const batches: Array<Array<Computed>> = []
  let rows = Number.POSITIVE_INFINITY
  for (const computed of taken) {
    rows += rowsOf(computed)
    if (rows > maxBatchRows) {
      batches.push([])
      rows = rowsOf(computed)
    }
    batches[batches.length - 1]!.push(computed)
  }
  return batches
}

const withDefects = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | WriteDefect, R> =>
  Effect.catchCause(effect, (cause): Effect.Effect<never, E | WriteDefect> => {
    const defect = cause.reasons.find(Cause.isDieReason)
    return defect === undefined || Cause.hasInterrupts(cause)
      ? Effect.failCause(cause)
      : Effect.fail(new WriteDefect({ defect: defect.defect }))
  })

/** The steps of a batch whose commit took place unseen; the error if it did not. */
const committedBefore = (run: number, batch: ReadonlyArray<Computed>, error: LeaseLost) =>
  Effect.gen(function*() {
    const store = yield* RunStore
    const steps: Array<Step> = []
    for (const { finishedAt, step, values } of batch) {
      for (const asset of values.keys()) {
        const [last] = yield* patiently(store.materializations({ asset, partition: step.partition }, { limit: 1 }))
        if (last?.run !== run || last.finishedAt.getTime() !== finishedAt.getTime()) return yield* error
        steps.push(last)
      }
    }
    return steps
  })

const cellOf = (computed: Computed) => ({
  asset: computed.step.planned.assets[0]!,
  partition: computed.step.partition
})

/** Whether an error says by itself that this step is to blame. */
const names = (error: CommitError, { step }: Computed): boolean => {
  if (error._tag === "LeaseLost") {
    return error.cells.some((cell) => cell.partition === step.partition && step.planned.assets.includes(cell.asset))
  }
  // An unpartitioned asset is named without a partition, as its text key is empty.
  return error._tag === "IoError" && (error.partition ?? "") === step.partition && step.planned.assets.includes(error.asset)
}

/** The cells of a batch in a fixed order, so that two workers that commit at once cannot deadlock. */
const layOut = (graph: AssetGraph, batch: ReadonlyArray<Staging.Staged>) => {
  const flat = batch.flatMap((computed) =>
    Array.from(computed.values, ([asset, value]) => ({ asset, computed, value, partition: computed.step.partition }))
  ).sort((a, b) => compare(a.asset, b.asset) || compare(a.partition, b.partition))
  const tapped: Array<ReadonlyArray<unknown> | undefined> = []
  const writes: Array<{ readonly asset: Asset.Any; readonly write: CellWrite }> = []
  const cells: Array<CellCommit> = []
  for (const { asset: key, computed, partition, value } of flat) {
    const asset = graph.assets.get(key)!
    const tap = Stream.isStream(value) && setsFrom(graph, key).length > 0 ? keepingRows(value) : undefined
    tapped.push(computed.kept.get(key) ?? tap?.rows)
    const { partial } = computed
    const aside = partial === undefined ? {} : { partial: partial.rows[key] ?? 0, listed: setsFrom(graph, key).length > 0 }
    writes.push({ asset, write: { asset: storedOf(asset), partition, value: tap?.stream ?? value, ...aside } })
    cells.push({
      asset: key,
      partition,
      reason: describe(computed.step.reason),
      attempts: computed.attempts,
      startedAt: computed.startedAt,
      finishedAt: computed.finishedAt,
      codeVersion: asset.codeVersion,
      windows: Partitions.windowsOf(asset.partitions),
      inputs: computed.inputs,
      metadata: computed.metadata,
      ...(partial === undefined ? {} : { checkpoint: partial })
    })
  }
  return { cells, writes, tapped }
}

const compare = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0

/** One write an IO manager, results in the order of the cells. */
const write = <R>(
  options: CommitterOptions<R>,
  writes: ReadonlyArray<{ readonly asset: Asset.Any; readonly write: CellWrite }>
): Effect.Effect<ReadonlyArray<CellWritten>, IoError, R> =>
  Effect.gen(function*() {
    const written: Array<CellWritten> = []
    const byIo = Map.groupBy(writes.map((entry, index) => ({ ...entry, index })), (entry) => entry.asset.io.key)
    for (const entries of byIo.values()) {
      const io = yield* options.io(entries[0]!.asset)
      const results = yield* io.write(entries.map((entry) => entry.write))
      entries.forEach((entry, i) => {
        written[entry.index] = results[i]!
      })
    }
    return written
  })
