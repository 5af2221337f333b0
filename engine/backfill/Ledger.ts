/**
 * What a process knows of a backfill: for each asset, which cells are planned and what became of them, as sets; and from
 * these, which cells may start now. A cell is ready when the upstream cells that it reads are not open in this backfill.
 */
import * as PartitionSet from "../partition/PartitionSet.ts"
import { siblings, type Snapshot } from "../plan/Snapshot.ts"
import { downstreamOf } from "../plan/Staleness.ts"
import type { Later, Look, Lot, ProgressChange, ProgressKind } from "../record/BackfillStore.ts"

/** One asset of a backfill, in cells. */
export interface AssetCounts extends Record<ProgressKind, number> {
  readonly asset: string
}

export interface Ledger {
  /** Takes in what the store told. */
  readonly absorb: (look: Look) => void
  /** The cells of one kind. */
  readonly of: (asset: string, kind: ProgressChange["kind"]) => PartitionSet.PartitionSet
  /** Cells that are to be done: planned ones, or of these the retried ones, of which nothing became yet. */
  readonly open: (asset: string) => PartitionSet.PartitionSet
  /** Cells that failed or were skipped: what reads them is skipped. */
  readonly broken: (asset: string) => PartitionSet.PartitionSet
  /** Open cells that nobody has taken and that wait for no other cell. */
  readonly ready: (asset: string) => PartitionSet.PartitionSet
  /** How many cells are ready or in somebody's lot, each computation once. */
  readonly doable: () => number
  /** The first asset of each computation that has planned cells, upstream first. */
  readonly computations: () => ReadonlyArray<string>
  readonly counts: () => ReadonlyArray<AssetCounts>
  readonly isDone: () => boolean
  readonly later: () => ReadonlyArray<Later>
  /** Positions may have been given to new keys: planned cells are read with this snapshot from now on. */
  readonly resolve: (snapshot: Snapshot) => void
}

type Outcome = Exclude<ProgressKind, "planned">
/** The best first. */
const outcomes: ReadonlyArray<Outcome> = ["materialized", "unchanged", "failed", "skipped"]

export const make = (initial: Snapshot): Ledger => {
  let snapshot = initial
  let round = 0
  let retrying = false
  let later: ReadonlyArray<Later> = []
  let lots: ReadonlyArray<Lot> = []
  const sets = new Map<string, PartitionSet.PartitionSet>()
  const openSets = new Map<string, PartitionSet.PartitionSet>()

  const none = (asset: string) => PartitionSet.empty(snapshot.space(asset).all.dimensions)
  const of: Ledger["of"] = (asset, kind) => sets.get(`${kind} ${asset}`) ?? none(asset)
  const open: Ledger["open"] = (asset) => {
    const known = openSets.get(asset)
    if (known !== undefined) return known
    const planned = of(asset, retrying ? "retried" : "planned")
    const ended = PartitionSet.unionAll(planned.dimensions, outcomes.map((kind) => of(asset, kind)))
    const found = PartitionSet.difference(planned, ended)
    openSets.set(asset, found)
    return found
  }

  /** Assets of one computation are planned and end together: its first one stands for all. */
  const first = (asset: string): string => siblings(snapshot.graph, asset)[0] ?? asset

  const absorb: Ledger["absorb"] = (look) => {
    if (look.round !== round) {
      sets.clear()
      openSets.clear()
      round = look.round
    }
    if (look.retrying !== retrying) openSets.clear()
    retrying = look.retrying
    const news = Map.groupBy(look.changes, ({ asset, kind }) => `${kind} ${asset}`)
    for (const [name, changes] of news) {
      const { asset, kind } = changes[0]!
      const known = of(asset, kind)
      sets.set(name, PartitionSet.unionAll(known.dimensions, [known, ...changes.map((change) => change.cells)]))
      openSets.delete(asset)
    }
    lots = look.lots
    later = look.later
  }

  /** A cell that failed, was taken over and then materialized counts once, as what is best. */
  const outcome = (asset: string, kind: Outcome) =>
    outcomes.slice(0, outcomes.indexOf(kind)).reduce((cells, better) => PartitionSet.difference(cells, of(asset, better)), of(asset, kind))

  const ready: Ledger["ready"] = (asset) => {
    let cells = open(asset)
    for (const lot of lots) if (lot.asset === asset) cells = PartitionSet.difference(cells, lot.cells)
    for (const edge of snapshot.graph.upstream(asset)) {
      if (PartitionSet.isEmpty(cells)) return cells
      const waiting = open(first(edge.upstream))
      if (!PartitionSet.isEmpty(waiting)) cells = PartitionSet.difference(cells, downstreamOf(snapshot, edge, waiting))
    }
    return cells
  }

  const computations: Ledger["computations"] = () =>
    Array.from(snapshot.graph.assets.keys()).filter((asset) => first(asset) === asset && sets.has(`planned ${asset}`))

  const doable: Ledger["doable"] = () =>
    lots.reduce((sum, lot) => sum + PartitionSet.size(PartitionSet.intersection(lot.cells, open(lot.asset))), 0) +
    computations().reduce((sum, asset) => sum + PartitionSet.size(ready(asset)), 0)

  return {
    absorb,
    of,
    open,
    ready,
    doable,
    computations,
    broken: (asset) => PartitionSet.union(outcome(asset, "failed"), outcome(asset, "skipped")),
    counts: () =>
      Array.from(snapshot.graph.assets.keys()).filter((asset) => sets.has(`planned ${asset}`)).map((asset) => {
        const count = (kind: Outcome) => PartitionSet.size(outcome(asset, kind))
        return {
          asset,
          planned: PartitionSet.size(of(asset, "planned")),
          materialized: count("materialized"),
          unchanged: count("unchanged"),
          failed: count("failed"),
          skipped: count("skipped")
        }
      }),
    isDone: () => computations().every((asset) => PartitionSet.isEmpty(open(asset))),
    later: () => later,
    resolve: (now) => {
      snapshot = now
    }
  }
}
