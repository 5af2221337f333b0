/** Backfills of two assets whose partitions are whole numbers, for the tests of backfill stores. */
import { Effect } from "effect"
import * as PartitionSet from "../../../engine/partition/PartitionSet.ts"
import { BackfillOptions, defaultStates, everything } from "../../../engine/record/Backfill.ts"
import { BackfillStore, type Look, type ProgressChange } from "../../../engine/record/BackfillStore.ts"
import type { AssetSet, Gather } from "../../../engine/record/CellSets.ts"
import { RunRequest } from "../../../engine/record/Run.ts"
import { type CellCommit, RunStore, type StepEnd } from "../../../engine/record/RunStore.ts"
import { cellsOf, worker } from "../RunStore.ts"

/** Adds one test, which runs against fresh stores. */
export type Test = <A, E>(title: string, effect: Effect.Effect<A, E, RunStore | BackfillStore>) => void

export const games = "nhl/games"
export const stats = "nhl/game_stats"

export const request = new RunRequest({
  selection: "nhl/*",
  partitions: null,
  force: false,
  concurrency: 8,
  backfill: new BackfillOptions({
    name: "season", target: everything, only: [...defaultStates], order: "oldest", batch: null, maxFailures: null
  })
})

/** The partitions `from` to `to`, both included. */
export const cells = (asset: string, from: number, to: number): AssetSet => ({
  asset, numbering: "numbers", cells: PartitionSet.range(from, to)
})

export const gather: Gather = (cells) =>
  Array.from(Map.groupBy(cells, (cell) => cell.asset), ([asset, cells]) => ({
    asset, numbering: "numbers", cells: PartitionSet.fromPositions(cells.map(({ partition }) => Number(partition)))
  }))

const begin = new Date("2026-03-08T10:00:00.000Z")
const fields = {
  reason: "missing", attempts: 1, startedAt: begin, finishedAt: new Date(begin.getTime() + 1_500), codeVersion: "v1",
  inputs: {}, metadata: {}
}

const partitions = (asset: string, from: number, to: number) => cellsOf(asset, from, to + 1)

/** Claims and materializes cells. */
export const materialize = Effect.fnUntraced(function*(
  run: number, by: string, asset: string, from: number, to: number, more: Partial<CellCommit> = {}
) {
  const store = yield* RunStore
  const cells = partitions(asset, from, to).map((cell): CellCommit => ({ ...cell, ...fields, ...more }))
  yield* store.claim(run, by, cells)
  return yield* store.commit({
    run, worker: by, cells, gather, keys: () => [],
    write: Effect.succeed(cells.map(() => ({ rows: 3, hash: undefined, values: undefined, displaced: [] })))
  })
})

/** Claims cells whose steps then end without data. */
export const end = Effect.fnUntraced(function*(
  run: number, by: string, state: "failed" | "skipped", asset: string, from: number, to: number
) {
  const store = yield* RunStore
  const cells = partitions(asset, from, to)
  const failed = state === "failed"
  if (failed) yield* store.claim(run, by, cells)
  const ends = cells.map((cell): StepEnd => ({
    ...cell, ...fields, state,
    error: failed ? "the league's API said 503" : null,
    errorClass: failed ? "ApiError" : null,
    transient: failed ? true : null
  }))
  yield* store.endSteps(run, by, ends, gather)
})

/** What a process knows that has taken in some looks: the positions by kind and asset. */
export class Known {
  readonly sets = new Map<string, PartitionSet.PartitionSet>()
  since: { readonly horizon: string; readonly round: number } | null = null
  told = 0

  absorb(look: Look): void {
    if (look.round !== this.since?.round) this.sets.clear()
    this.since = { horizon: look.horizon, round: look.round }
    this.told = look.changes.length
    for (const { asset, cells, kind } of look.changes) {
      this.sets.set(`${kind} ${asset}`, PartitionSet.union(this.of(kind, asset), cells))
    }
  }

  of(kind: ProgressChange["kind"], asset: string): PartitionSet.PartitionSet {
    return this.sets.get(`${kind} ${asset}`) ?? PartitionSet.empty(1)
  }

  /** As text, for comparisons: `materialized nhl/games` → `0-9 12-12`. */
  get text(): Readonly<Record<string, string>> {
    return Object.fromEntries(Array.from(this.sets).sort().map(([name, set]) => [name, textOf(set)]))
  }

  /** Planned cells of the asset of which nothing has become and that nobody alive has taken. */
  open(look: Look, asset: string): PartitionSet.PartitionSet {
    const ended = (["materialized", "unchanged", "failed", "skipped"] as const).map((kind) => this.of(kind, asset))
    const taken = look.lots.filter((lot) => lot.asset === asset).map((lot) => lot.cells)
    return PartitionSet.difference(this.of("planned", asset), PartitionSet.unionAll(1, [...ended, ...taken]))
  }
}

export const textOf = (set: PartitionSet.PartitionSet): string =>
  PartitionSet.ranges(set).map(({ from, to }) => `${from}-${to}`).join(" ")

/** Two workers and a backfill of the first: 100 games and their 100 stats. */
export const begun = Effect.gen(function*() {
  const runs = yield* RunStore
  const store = yield* BackfillStore
  yield* runs.startWorker(worker("one"))
  yield* runs.startWorker(worker("two"))
  const id = yield* store.create(request, [cells(games, 0, 99), cells(stats, 0, 99)], [], "one")
  return { runs, store, id }
})

/** The tag and sentence of a refusal. */
export const refusal = (effect: Effect.Effect<unknown, { readonly _tag: string; readonly message: string }, never>) =>
  Effect.map(Effect.flip(effect), (error) => `${error._tag}: ${error.message}`)
