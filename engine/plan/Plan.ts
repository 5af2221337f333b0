/**
 * A plan: which cells shall be materialized, in which order and why. Plain data from a pure function of the graph, the
 * selection, the partitions and what is stored; the executor only interprets it.
 */
import { Schema } from "effect"
import * as PartitionSet from "../partition/PartitionSet.ts"
import { type AssetGraph, neighbours } from "../graph/AssetGraph.ts"
import type { Restriction } from "./Restriction.ts"
import { CellState } from "../record/Backfill.ts"
import { siblings, type Snapshot } from "./Snapshot.ts"
import { classifyTogether, describe, doubtful, downstreamOf, type Reason, stateOf, upstreamOf } from "./Staleness.ts"

/** The cells of one computation that are planned. A computation of several assets gives all of them. */
export interface PlannedAssets {
  readonly computation: string
  readonly assets: ReadonlyArray<string>
  readonly cells: PartitionSet.PartitionSet
  /** Disjoint sets that together are `cells`. */
  readonly reasons: ReadonlyArray<{ readonly reason: Reason; readonly cells: PartitionSet.PartitionSet }>
}

/** Cells that cannot run, since a cell they read is neither stored nor planned, or did not end well in this run. */
export interface Blocked {
  readonly asset: string
  readonly cells: PartitionSet.PartitionSet
  readonly upstream: string
  /** The upstream cells that failed or were skipped in this run; undefined: they are neither stored nor planned. */
  readonly broken: PartitionSet.PartitionSet | undefined
}

/**
 * Cells that need something, but are in a state that is not asked for, or read cells without data that are left alone
 * themselves. A computation of several assets gives all of them.
 */
export interface LeftAlone {
  readonly assets: ReadonlyArray<string>
  readonly state: CellState
  readonly cells: PartitionSet.PartitionSet
  /** They read cells of this asset that are left alone and have no data. */
  readonly upstream?: string
}

export interface Plan {
  /** Upstream first. */
  readonly steps: ReadonlyArray<PlannedAssets>
  readonly blocked: ReadonlyArray<Blocked>
  /** Assets that are planned anew once their partition keys are known, and the asset that gives the keys. */
  readonly later: ReadonlyArray<{ readonly asset: string; readonly source: string }>
  readonly leftAlone: ReadonlyArray<LeftAlone>
  /** Cells that were asked for and need nothing. */
  readonly fresh: number
}

export interface PlanOptions {
  readonly snapshot: Snapshot
  /** Upstream first, as `Selection.resolve` gives it. */
  readonly selected: ReadonlyArray<string>
  readonly restriction: Restriction
  readonly force: boolean
  /**
   * Only cells in these states are planned, others left alone; a cell whose upstream is planned counts as stale. "fresh"
   * means that all are forced. Default: all but fresh ones.
   */
  readonly only?: ReadonlyArray<CellState> | undefined
  /** Cells that this run has ended already, by asset: they are not planned again. */
  readonly ended: (asset: string) => PartitionSet.PartitionSet | undefined
  /** Those of them that failed or were skipped: what reads them is blocked, whatever is stored of them from before. */
  readonly broken?: (asset: string) => PartitionSet.PartitionSet | undefined
  /** Those of them that are still under way: what reads them comes after them. */
  readonly underway?: (asset: string) => PartitionSet.PartitionSet | undefined
  /** Cells that this run materialized before it was resumed: not forced once more, planned only where they are stale. */
  readonly before?: (asset: string) => PartitionSet.PartitionSet | undefined
}

export const make = (options: PlanOptions): Plan => {
  const { selected, snapshot } = options
  const { graph } = snapshot
  const steps: Array<PlannedAssets> = []
  const blocked: Array<Blocked> = []
  const planned = new Map<string, PartitionSet.PartitionSet>()
  const seen = new Set<string>()
  const chosen = new Set(selected)
  /** Assets whose partition keys come, directly or through others, from a cell planned here; with their source. */
  const waiting = new Map<string, string>()
  /** Cells that are blocked here by broken ones, and so are broken themselves. */
  const skipped = new Map<string, PartitionSet.PartitionSet>()
  const brokenOf = (asset: string) => {
    const none = PartitionSet.empty(snapshot.space(asset).all.dimensions)
    return PartitionSet.union(options.broken?.(asset) ?? none, skipped.get(asset) ?? none)
  }
  const comes = (asset: string) => {
    const underway = options.underway?.(asset)
    const own = planned.get(asset)
    return underway === undefined || own === undefined ? own ?? underway : PartitionSet.union(own, underway)
  }
  const leftAlone: Array<LeftAlone> = []
  /** Cells without data that are left alone: what reads them is left alone with them. */
  const alone = new Map<string, PartitionSet.PartitionSet>()
  const leave = (assets: ReadonlyArray<string>, state: CellState, cells: PartitionSet.PartitionSet, upstream?: string) => {
    leftAlone.push({ assets, state, cells, ...(upstream === undefined ? {} : { upstream }) })
    for (const asset of assets) {
      const none = PartitionSet.difference(cells, snapshot.materialized(asset))
      alone.set(asset, PartitionSet.union(alone.get(asset) ?? PartitionSet.empty(cells.dimensions), none))
    }
  }
  let fresh = 0

  for (const asset of selected) {
    const computation = graph.assets.get(asset)?.computation
    if (computation === undefined || seen.has(computation.key)) continue
    seen.add(computation.key)
    const assets = siblings(graph, asset)
    const source = sourceOf(graph, asset, planned, waiting)
    if (source !== undefined) {
      for (const output of assets) waiting.set(output, source)
      continue
    }
    const dimensions = snapshot.space(asset).all.dimensions
    const none = PartitionSet.empty(dimensions)
    const asked = askedOf(options, assets)
    const sorted = sort(options, assets, asked, comes)
    let { reasons } = sorted
    for (const { cells, state } of sorted.left) leave(assets, state, cells)
    const cannot = blockedCells(snapshot, asset, unionOf(dimensions, reasons), comes, brokenOf)
    for (const { broken, cells, upstream } of cannot) {
      const left = broken === undefined ? readersOf(snapshot, asset, upstream, cells, alone.get(upstream)) : none
      if (!PartitionSet.isEmpty(left)) leave(assets, "missing", left, upstream)
      const rest = PartitionSet.difference(cells, left)
      for (const output of PartitionSet.isEmpty(rest) ? [] : assets) {
        blocked.push({ asset: output, cells: rest, upstream, broken })
        if (broken !== undefined) skipped.set(output, PartitionSet.union(skipped.get(output) ?? none, cells))
      }
      reasons = reasons.map((entry) => ({ ...entry, cells: PartitionSet.difference(entry.cells, cells) }))
    }
    reasons = reasons.filter((entry) => !PartitionSet.isEmpty(entry.cells))
    const cells = unionOf(dimensions, reasons)
    fresh += PartitionSet.size(asked) - PartitionSet.size(cells) - sizeOf(cannot) - sizeOf(sorted.left)
    if (PartitionSet.isEmpty(cells)) continue
    steps.push({ computation: computation.key, assets, cells, reasons })
    for (const output of assets) planned.set(output, cells)
  }
  const later = Array.from(waiting, ([asset, source]) => ({ asset, source })).filter(({ asset }) => chosen.has(asset))
  return { steps, blocked, later, leftAlone, fresh }
}

const sizeOf = (entries: ReadonlyArray<{ readonly cells: PartitionSet.PartitionSet }>): number =>
  entries.reduce((sum, { cells }) => sum + PartitionSet.size(cells), 0)

/** The cells of one computation that are asked for and that the run has not ended. */
const askedOf = (options: PlanOptions, assets: ReadonlyArray<string>): PartitionSet.PartitionSet =>
  PartitionSet.unionAll(
    options.snapshot.space(assets[0]!).all.dimensions,
    assets.flatMap((output) => {
      const cells = options.selected.includes(output) ? options.restriction.get(output) : undefined
      const ended = options.ended(output)
      return cells === undefined ? [] : [ended === undefined ? cells : PartitionSet.difference(cells, ended)]
    })
  )

/** What is done though it is fresh. */
const forcedOf = (options: PlanOptions, assets: ReadonlyArray<string>, asked: PartitionSet.PartitionSet) => {
  if (!options.force && options.only?.includes("fresh") !== true) return PartitionSet.empty(asked.dimensions)
  const before = assets.flatMap((asset) => options.before?.(asset) ?? [])
  return PartitionSet.difference(asked, PartitionSet.unionAll(asked.dimensions, before))
}

const isAsked = ({ only }: PlanOptions, state: CellState): boolean =>
  only === undefined ? state !== "fresh" : only.includes("fresh") || only.includes(state)

/** The cells whose records `make` looks at, by asset: to be asked for by `Snapshot.detail` before. */
export const wanted = (options: PlanOptions): ReadonlyMap<string, PartitionSet.PartitionSet> => {
  const { selected, snapshot } = options
  const found = new Map<string, PartitionSet.PartitionSet>()
  if (!isAsked(options, "stale")) return found
  for (const asset of selected) {
    if (found.has(asset)) continue
    const assets = siblings(snapshot.graph, asset)
    const asked = askedOf(options, assets)
    const rest = PartitionSet.difference(asked, forcedOf(options, assets, asked))
    for (const output of assets) found.set(output, doubtful(snapshot, output, rest))
  }
  return found
}

/** Whose cells an asset has to wait for before its own partitions, or those it reads, are known. */
const sourceOf = (
  graph: AssetGraph,
  asset: string,
  planned: ReadonlyMap<string, unknown>,
  waiting: ReadonlyMap<string, string>
): string | undefined =>
  graph.keySources(asset).find((source) => planned.has(source.asset))?.asset ??
    neighbours(graph, asset, "upstream").map((upstream) => waiting.get(upstream)).find((source) => source !== undefined)

type Reasons = PlannedAssets["reasons"]

const unionOf = (dimensions: number, reasons: Reasons) => PartitionSet.unionAll(dimensions, reasons.map((r) => r.cells))

interface Sorted {
  readonly reasons: Reasons
  readonly left: ReadonlyArray<Omit<LeftAlone, "assets">>
}

/** Sorts the cells asked for by the first reason that holds; fresh ones are in none. */
const sort = (
  options: PlanOptions,
  assets: ReadonlyArray<string>,
  asked: PartitionSet.PartitionSet,
  comes: (asset: string) => PartitionSet.PartitionSet | undefined
): Sorted => {
  const { snapshot } = options
  const reasons: Array<Reasons[number]> = []
  const left: Array<Sorted["left"][number]> = []
  let rest = asked
  const give = (reason: Reason, cells: PartitionSet.PartitionSet) => {
    const own = PartitionSet.intersection(rest, cells)
    if (PartitionSet.isEmpty(own)) return
    rest = PartitionSet.difference(rest, own)
    const state = stateOf(reason)
    if (reason._tag === "Forced" || isAsked(options, state)) reasons.push({ reason, cells: own })
    else left.push({ state, cells: own })
  }
  give({ _tag: "Forced" }, forcedOf(options, assets, asked))
  const records = isAsked(options, "stale")
  const found = PartitionSet.isEmpty(rest) ? [] : classifyTogether(snapshot, assets, rest, { records })
  // A computation that failed has failed for each of its assets, also for one that it gives only since then.
  for (const { cells, reason } of found) if (reason._tag === "Failed") give(reason, cells)
  for (const { cells, reason } of found) if (reason._tag !== "Failed") give(reason, cells)
  for (const asset of assets) {
    for (const edge of snapshot.graph.upstream(asset)) {
      const upstream = comes(edge.upstream)
      if (upstream === undefined || PartitionSet.isEmpty(rest)) continue
      give({ _tag: "UpstreamPlanned", upstream: edge.upstream }, downstreamOf(snapshot, edge, upstream))
    }
  }
  return { reasons, left }
}

/** Those of the cells that read one of some upstream cells. */
const readersOf = (
  snapshot: Snapshot,
  asset: string,
  upstream: string,
  cells: PartitionSet.PartitionSet,
  read: PartitionSet.PartitionSet | undefined
): PartitionSet.PartitionSet => {
  const none = PartitionSet.empty(cells.dimensions)
  if (read === undefined || PartitionSet.isEmpty(read)) return none
  return PartitionSet.unionAll(
    cells.dimensions,
    snapshot.graph.upstream(asset).filter((edge) => edge.upstream === upstream && !edge.partial)
      .map((edge) => PartitionSet.intersection(cells, downstreamOf(snapshot, edge, read)))
  )
}

/** Cells that read an upstream cell which is neither stored nor planned, or is broken, by upstream. */
const blockedCells = (
  snapshot: Snapshot,
  asset: string,
  cells: PartitionSet.PartitionSet,
  comes: (asset: string) => PartitionSet.PartitionSet | undefined,
  brokenOf: (asset: string) => PartitionSet.PartitionSet
): ReadonlyArray<Omit<Blocked, "asset">> => {
  const found: Array<Omit<Blocked, "asset">> = []
  let rest = cells
  const block = (upstream: string, cells: PartitionSet.PartitionSet, broken?: PartitionSet.PartitionSet) => {
    if (PartitionSet.isEmpty(cells)) return
    found.push({ cells, upstream, broken })
    rest = PartitionSet.difference(rest, cells)
  }
  for (const edge of snapshot.graph.upstream(asset)) {
    if (edge.partial || PartitionSet.isEmpty(rest)) continue
    const upstreamSpace = snapshot.space(edge.upstream)
    const needed = upstreamOf(snapshot, edge, rest)
    const stored = snapshot.materialized(edge.upstream)
    const there = PartitionSet.union(stored, comes(edge.upstream) ?? PartitionSet.empty(upstreamSpace.all.dimensions))
    const absent = PartitionSet.difference(needed, there)
    const none = PartitionSet.empty(rest.dimensions)
    const readersOf = (set: PartitionSet.PartitionSet) => {
      if (PartitionSet.isEmpty(set)) return none
      return edge.mapping._tag === "All" ? rest : PartitionSet.intersection(rest, downstreamOf(snapshot, edge, set))
    }
    const broken = PartitionSet.intersection(needed, brokenOf(edge.upstream))
    block(edge.upstream, readersOf(broken), broken)
    // A reader of everything reads what there is; it is blocked only when there should be something and nothing is.
    const readsSome = edge.mapping._tag === "All" && !PartitionSet.isEmpty(there)
    block(edge.upstream, readsSome ? none : readersOf(absent))
  }
  return found
}

/** The number of cells that the plan materializes. */
export const size = (plan: Plan): number =>
  plan.steps.reduce((sum, step) => sum + PartitionSet.size(step.cells) * step.assets.length, 0)

/** True when there is nothing to do, now or later. */
export const isEmpty = (plan: Plan): boolean => plan.steps.length === 0 && plan.blocked.length === 0

/** The plan as plain JSON: what `--dry-run --json` prints. */
export const Json = Schema.Struct({
  steps: Schema.Array(Schema.Struct({
    assets: Schema.Array(Schema.String),
    cells: Schema.Int,
    reasons: Schema.Array(Schema.Struct({ reason: Schema.String, cells: Schema.Int, partitions: PartitionSet.Json }))
  })),
  blocked: Schema.Array(Schema.Struct({ asset: Schema.String, cells: Schema.Int, upstream: Schema.String })),
  later: Schema.Array(Schema.Struct({ asset: Schema.String, source: Schema.String })),
  leftAlone: Schema.Array(Schema.Struct({ assets: Schema.Array(Schema.String), state: CellState, cells: Schema.Int })),
  fresh: Schema.Int
})

export const toJson = (plan: Plan): typeof Json.Type => ({
  steps: plan.steps.map((step) => ({
    assets: step.assets,
    cells: PartitionSet.size(step.cells),
    reasons: step.reasons.map(({ cells, reason }) => ({
      reason: describe(reason),
      cells: PartitionSet.size(cells),
      partitions: PartitionSet.toJson(cells)
    }))
  })),
  blocked: plan.blocked.map(({ asset, cells, upstream }) => ({ asset, cells: PartitionSet.size(cells), upstream })),
  later: plan.later,
  leftAlone: plan.leftAlone.map(({ assets, cells, state }) => ({ assets, state, cells: PartitionSet.size(cells) })),
  fresh: plan.fresh
})
