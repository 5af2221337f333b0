/**
 * A plan: which cells shall be materialized, in which order and why. Plain data from a pure function of the graph, the
 * selection, the partitions and what is stored; the executor only interprets it.
 */
import { Schema } from "effect"
import * as PartitionSet from "../partition/PartitionSet.ts"
import { type AssetGraph, neighbours } from "../graph/AssetGraph.ts"
import type { Restriction } from "./Restriction.ts"
import { siblings, type Snapshot } from "./Snapshot.ts"
import { describe, downstreamOf, type Reason, staleness, upstreamOf } from "./Staleness.ts"

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

export interface Plan {
  /** Upstream first. */
  readonly steps: ReadonlyArray<PlannedAssets>
  readonly blocked: ReadonlyArray<Blocked>
  /** Assets that are planned anew once their partition keys are known, and the asset that gives the keys. */
  readonly later: ReadonlyArray<{ readonly asset: string; readonly source: string }>
  /** Cells that were asked for and need nothing. */
  readonly fresh: number
}

export interface PlanOptions {
  readonly snapshot: Snapshot
  /** Upstream first, as `Selection.resolve` gives it. */
  readonly selected: ReadonlyArray<string>
  readonly restriction: Restriction
  readonly force: boolean
  /** Cells that this run has ended already, by asset: they are not planned again. */
  readonly ended: (asset: string) => PartitionSet.PartitionSet | undefined
  /** Those of them that failed or were skipped: what reads them is blocked, whatever is stored of them from before. */
  readonly broken?: (asset: string) => PartitionSet.PartitionSet | undefined
  /** Cells that this run materialized before it was resumed: not forced once more, planned only where they are stale. */
  readonly before?: (asset: string) => PartitionSet.PartitionSet | undefined
}

export const make = (options: PlanOptions): Plan => {
  const { restriction, selected, snapshot } = options
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
    const asked = PartitionSet.unionAll(
      dimensions,
      assets.flatMap((output) => {
        const cells = chosen.has(output) ? restriction.get(output) : undefined
        const ended = options.ended(output)
        return cells === undefined ? [] : [ended === undefined ? cells : PartitionSet.difference(cells, ended)]
      })
    )
    let reasons = reasonsOf(options, assets, asked, planned)
    const cannot = blockedCells(snapshot, asset, unionOf(dimensions, reasons), planned, brokenOf)
    for (const { broken, cells, upstream } of cannot) {
      for (const output of assets) {
        blocked.push({ asset: output, cells, upstream, broken })
        if (broken !== undefined) skipped.set(output, PartitionSet.union(skipped.get(output) ?? none, cells))
      }
      reasons = reasons.map((entry) => ({ ...entry, cells: PartitionSet.difference(entry.cells, cells) }))
    }
    reasons = reasons.filter((entry) => !PartitionSet.isEmpty(entry.cells))
    const cells = unionOf(dimensions, reasons)
    fresh += PartitionSet.size(asked) - PartitionSet.size(cells)
      - cannot.reduce((sum, entry) => sum + PartitionSet.size(entry.cells), 0)
    if (PartitionSet.isEmpty(cells)) continue
    steps.push({ computation: computation.key, assets, cells, reasons })
    for (const output of assets) planned.set(output, cells)
  }
  return { steps, blocked, later: Array.from(waiting, ([asset, source]) => ({ asset, source })).filter(({ asset }) => chosen.has(asset)), fresh }
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

/** Sorts the cells asked for by the first reason that holds; fresh ones are in none. */
const reasonsOf = (
  options: PlanOptions,
  assets: ReadonlyArray<string>,
  asked: PartitionSet.PartitionSet,
  planned: ReadonlyMap<string, PartitionSet.PartitionSet>
): Reasons => {
  if (PartitionSet.isEmpty(asked)) return []
  const { snapshot } = options
  const reasons: Array<Reasons[number]> = []
  let rest = asked
  const give = (reason: Reason, cells: PartitionSet.PartitionSet) => {
    const own = PartitionSet.intersection(rest, cells)
    if (PartitionSet.isEmpty(own)) return
    reasons.push({ reason, cells: own })
    rest = PartitionSet.difference(rest, own)
  }
  if (options.force) {
    const before = PartitionSet.unionAll(asked.dimensions, assets.flatMap((asset) => options.before?.(asset) ?? []))
    give({ _tag: "Forced" }, PartitionSet.difference(asked, before))
  }
  for (const asset of assets) {
    if (PartitionSet.isEmpty(rest)) break
    const stored = snapshot.cells(asset)
    // Cells with no record at all, the bulk of a first run, are told by sets and never looked at one by one.
    const missing = PartitionSet.difference(rest, recorded(snapshot, asset))
    give({ _tag: "Missing" }, missing)
    const byReason = new Map<string, { readonly reason: Reason; readonly points: Array<PartitionSet.Point> }>()
    const { keyAt } = snapshot.space(asset)
    for (const point of PartitionSet.points(rest)) {
      const reason = staleness(snapshot, asset, point, stored.get(keyAt(point)))
      if (reason === undefined) continue
      const text = describe(reason)
      const entry = byReason.get(text)
      if (entry === undefined) byReason.set(text, { reason, points: [point] })
      else entry.points.push(point)
    }
    for (const { points, reason } of byReason.values()) give(reason, PartitionSet.fromPoints(asked.dimensions, points))
    for (const edge of snapshot.graph.upstream(asset)) {
      const upstream = planned.get(edge.upstream)
      if (upstream === undefined || PartitionSet.isEmpty(rest)) continue
      give({ _tag: "UpstreamPlanned", upstream: edge.upstream }, downstreamOf(snapshot, edge, upstream))
    }
  }
  return reasons
}

/** The cells of which anything is recorded, be it a failure. */
const recorded = (snapshot: Snapshot, asset: string): PartitionSet.PartitionSet => {
  const { all, positionOf } = snapshot.space(asset)
  const points: Array<PartitionSet.Point> = []
  for (const key of snapshot.cells(asset).keys()) {
    const point = positionOf(key)
    if (point._tag === "Success") points.push(point.success)
  }
  return PartitionSet.fromPoints(all.dimensions, points)
}

/** Cells that read an upstream cell which is neither stored nor planned, or is broken, by upstream. */
const blockedCells = (
  snapshot: Snapshot,
  asset: string,
  cells: PartitionSet.PartitionSet,
  planned: ReadonlyMap<string, PartitionSet.PartitionSet>,
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
    const there = PartitionSet.union(stored, planned.get(edge.upstream) ?? PartitionSet.empty(upstreamSpace.all.dimensions))
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
  fresh: plan.fresh
})
