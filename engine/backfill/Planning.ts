/**
 * What a backfill is to do, as sets: all at once at its start, and more whenever its own work gives new partition keys.
 */
import { type DateTime, Effect } from "effect"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import * as Selection from "../graph/Selection.ts"
import * as Partitions from "../partition/Partitions.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import type * as Plan from "../plan/Plan.ts"
import * as Planner from "../plan/Planner.ts"
import { keyedBy, type Restriction } from "../plan/Restriction.ts"
import * as Snapshot from "../plan/Snapshot.ts"
import * as Target from "../plan/Target.ts"
import { type BackfillOptions, defaultStates, everything } from "../record/Backfill.ts"
import { type Later, unplanned } from "../record/BackfillStore.ts"
import type { AssetSet } from "../record/CellSets.ts"
import type { RunRequest } from "../record/Run.ts"
import type { Ledger } from "./Ledger.ts"

const targetOf = (request: RunRequest): BackfillOptions["target"] => request.backfill?.target ?? everything
const onlyOf = (request: RunRequest): BackfillOptions["only"] => request.backfill?.only ?? defaultStates

/** The partitions that exist of the assets asked for, and their states. */
export const load = Effect.fn("Planning.load")(function*(graph: AssetGraph, request: RunRequest, now: DateTime.Utc) {
  const selected = yield* Effect.fromResult(Selection.select(graph, request.selection))
  return yield* Snapshot.load(graph, selected, now)
})

/** The planned cells, and those that will be skipped, for the ledger of all participants. */
const setsOf = (snapshot: Snapshot.Snapshot, plan: Plan.Plan): ReadonlyArray<AssetSet> =>
  [
    ...plan.steps.flatMap(({ assets, cells }) => assets.map((asset) => ({ asset, cells }))),
    ...plan.blocked
  ].map(({ asset, cells }) => ({ asset, cells, numbering: Partitions.numbering(snapshot.space(asset).partitions) }))

/** What the request means now. `notes` tell the user how it was understood. */
export const plan = Effect.fn("Planning.plan")(function*(graph: AssetGraph, request: RunRequest, now?: DateTime.Utc) {
  const selected = yield* Effect.fromResult(Selection.select(graph, request.selection))
  const loaded = yield* Snapshot.load(graph, selected, now)
  const { notes, restriction } = yield* Effect.fromResult(Target.restrict(loaded, selected, targetOf(request)))
  const only = onlyOf(request)
  const { plan, snapshot } = yield* Planner.make({
    snapshot: loaded, selected, restriction, only, force: only.includes("fresh"), ended: () => undefined
  })
  return { plan, snapshot, notes, planned: setsOf(snapshot, plan) }
})

export interface Next {
  readonly planned: ReadonlyArray<AssetSet>
  readonly later: ReadonlyArray<Later>
}

/**
 * What can be planned of the assets that wait for partition keys; undefined: nothing new. While the asset that gives the
 * keys is at work, only cells whose keys come from its finished cells are planned, so that the games of a day are fetched
 * while the next day is still being listed. Once it is done, everything that is left is planned.
 */
export const next = Effect.fn("Planning.next")(function*(
  graph: AssetGraph,
  request: RunRequest,
  ledger: Ledger,
  now: DateTime.Utc
) {
  const later = ledger.later()
  const selected = yield* Effect.fromResult(Selection.select(graph, request.selection))
  const open = (asset: string) => ledger.open(Snapshot.siblings(graph, asset)[0] ?? asset)
  const waiting = new Set(later.map(({ asset }) => asset))
  const isComplete = later.every(({ source }) =>
    source === unplanned.source || (!waiting.has(source) && PartitionSet.isEmpty(open(source))))
  const chosen = isComplete ? selected : early(graph, later)
  if (chosen.length === 0) return undefined
  const loaded = yield* Snapshot.load(graph, selected, now)
  const { restriction } = yield* Effect.fromResult(Target.restrict(loaded, selected, targetOf(request)))
  const only = onlyOf(request)
  const { plan, snapshot } = yield* Planner.make({
    snapshot: loaded,
    selected: chosen,
    restriction: isComplete ? restriction : without(loaded, restriction, chosen, open),
    only,
    force: only.includes("fresh"),
    ended: (asset) => ledger.of(asset, "planned"),
    underway: open,
    broken: ledger.broken
  })
  const planned = setsOf(snapshot, plan)
  if (!isComplete && planned.length === 0) return undefined
  const next: Next = { planned, later: isComplete ? plan.later : later }
  return next
})

/**
 * Assets that may be planned key by key: their keys come from an asset that is at work, and what else they read is
 * planned before them or along with them, key by key too.
 */
const early = (graph: AssetGraph, later: ReadonlyArray<Later>): ReadonlyArray<string> => {
  const waiting = new Set(later.map(({ asset }) => asset))
  let chosen = later.map(({ asset }) => asset).filter((asset) => {
    const sources = graph.keySources(asset)
    return sources.length > 0 && sources.every((source) => !waiting.has(source.asset))
  })
  for (;;) {
    const fits = chosen.filter((asset) => {
      const whole = Snapshot.siblings(graph, asset).every((sibling) => !waiting.has(sibling) || chosen.includes(sibling))
      return whole && graph.upstream(asset).every((edge) =>
        !waiting.has(edge.upstream) || (chosen.includes(edge.upstream) && edge.mapping._tag === "Identity")
      )
    })
    if (fits.length === chosen.length) return chosen
    chosen = fits
  }
}

/** The cells asked for whose keys come from no open cell: one of these might take the key back. */
const without = (
  snapshot: Snapshot.Snapshot,
  restriction: Restriction,
  chosen: ReadonlyArray<string>,
  open: (asset: string) => PartitionSet.PartitionSet
): Restriction =>
  new Map(chosen.flatMap((asset) => {
    const asked = restriction.get(asset)
    if (asked === undefined) return []
    const space = snapshot.space(asset)
    const held = snapshot.graph.keySources(asset).map((source) =>
      keyedBy(snapshot, space, source.set, source.asset, open(source.asset)))
    return [[asset, PartitionSet.difference(asked, PartitionSet.unionAll(asked.dimensions, held))] as const]
  }))
