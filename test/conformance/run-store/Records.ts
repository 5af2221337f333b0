/** Runs, workers, cells and commits for the tests of run stores. */
import { Effect } from "effect"
import type { CellWritten } from "../../../engine/definition/Io.ts"
import * as PartitionSet from "../../../engine/partition/PartitionSet.ts"
import type { Gather, Numbering } from "../../../engine/record/CellSets.ts"
import { BackfillOptions, everything } from "../../../engine/record/Backfill.ts"
import type { BackfillStore } from "../../../engine/record/BackfillStore.ts"
import { RunRequest } from "../../../engine/record/Run.ts"
import { type CellCommit, type Commit, RunStore, type StepEnd, type Wanted } from "../../../engine/record/RunStore.ts"
import type { Cell } from "../../../engine/record/Step.ts"

/** Adds one test, which runs against a fresh store. */
export type Test = <A, E>(title: string, effect: Effect.Effect<A, E, RunStore | BackfillStore>) => void

export const backfillRequest = new RunRequest({
  selection: "nhl/*", partitions: null, force: false, concurrency: 8,
  backfill: new BackfillOptions({
    name: "all of it", target: everything, only: ["missing"], order: "oldest", batch: null, maxFailures: null
  })
})

export const request = new RunRequest({ selection: "nhl/*", partitions: null, force: false, concurrency: 8 })

/** A worker whose lease outlives the test, unless said otherwise. */
export const worker = (id: string, leaseMillis = 60_000) => ({ id, host: `${id}.local`, pid: 42, leaseMillis })

/** Ends the lease of a worker now, so that no test has to wait one out, nor loses it before its time on a slow machine. */
export const lapse = (store: RunStore["Service"], id: string) =>
  Effect.andThen(store.startWorker(worker(id, 1)), Effect.sleep("10 millis"))

export const cellsOf = (asset: string, from: number, to: number): ReadonlyArray<Cell> =>
  Array.from({ length: to - from }, (_, place) => ({ asset, partition: String(from + place) }))

export const computed = (cell: Cell, fields: Partial<CellCommit> = {}): CellCommit => ({
  ...cell,
  reason: "missing",
  attempts: 1,
  startedAt: new Date("2026-03-08T10:00:00.000Z"),
  finishedAt: new Date("2026-03-08T10:00:01.500Z"),
  codeVersion: "v1",
  inputs: {},
  metadata: {},
  ...fields
})

/** How the cells of these tests are numbered: the partition "7" is the position 7; others have none. */
export const numbered: Numbering = {
  id: "whole numbers",
  dimensions: 1,
  pointOf: (partition) => /^\d+$/.test(partition) ? [Number(partition)] : undefined
}

export const gatherBy = (numbering: Numbering): Gather => (cells) =>
  Array.from(Map.groupBy(cells, (cell) => cell.asset), ([asset, cells]) => ({
    asset,
    numbering: numbering.id,
    cells: PartitionSet.fromPoints(numbering.dimensions, cells.flatMap(({ partition }) => {
      const point = numbering.pointOf(partition)
      return point === undefined ? [] : [point]
    }))
  }))

export const gather: Gather = gatherBy(numbered)

/** All that is stored of assets. */
export const all = (...assets: ReadonlyArray<string>): Wanted => new Map(assets.map((asset) => [asset, "all"]))

export const written = (hash?: string, rows = 3): CellWritten => ({ rows, hash, values: undefined, displaced: [] })

/** A commit whose `write` succeeds at once with the hash of each cell. */
export const commitOf = (
  run: number,
  by: string,
  cells: ReadonlyArray<CellCommit>,
  hash: (cell: Cell) => string | undefined = () => undefined
): Commit<never, never> => ({
  run,
  worker: by,
  cells,
  write: Effect.sync(() => cells.map((cell) => written(hash(cell)))),
  keys: () => [],
  gather
})

export const ended = (cell: Cell, state: "failed" | "skipped", fields: Partial<StepEnd> = {}): StepEnd => ({
  ...computed(cell),
  state,
  error: state === "failed" ? "the league's API said 503" : null,
  errorClass: state === "failed" ? "ApiError" : null,
  transient: state === "failed" ? true : null,
  ...fields
})

export const a: Cell = { asset: "nhl/games", partition: "0" }
export const b: Cell = { asset: "nhl/games", partition: "1" }
export const c: Cell = { asset: "nhl/games", partition: "2" }

/** A store with two workers and a run of the first. */
export const started = Effect.gen(function*() {
  const store = yield* RunStore
  yield* store.startWorker(worker("one"))
  yield* store.startWorker(worker("two"))
  return { store, run: yield* store.createRun(request, "one") }
})

/** As `started`, with a run of the second worker as well. */
export const startedTwo = Effect.gen(function*() {
  const { run, store } = yield* started
  return { store, run, next: yield* store.createRun(request, "two") }
})

/** Claims and commits cells with one hash. */
export const materialize = Effect.fnUntraced(function*(run: number, cells: ReadonlyArray<CellCommit>, hash?: string) {
  const store = yield* RunStore
  yield* store.claim(run, "one", cells)
  return yield* store.commit(commitOf(run, "one", cells, () => hash))
})

export const grants = (claimed: { readonly cells: ReadonlyArray<{ readonly granted: boolean }> }) =>
  claimed.cells.map((cell) => cell.granted)
