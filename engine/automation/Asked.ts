/**
 * What was asked for before and is not fresh since. A cell that failed is asked for again only when something about it
 * has changed, so what it was asked for by is kept: a number a cell, since a hundred thousand may have failed.
 */
import { createHash } from "node:crypto"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import * as Partitions from "../partition/Partitions.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import { add, siblings, type Snapshot } from "../plan/Snapshot.ts"
import { versionsOf } from "../plan/Staleness.ts"
import type { Asked } from "../record/AutomationState.ts"

export const none = (dimensions: number): Asked => ({ cells: PartitionSet.empty(dimensions), reads: [], by: "", upstream: null })

/** What decides for all cells of an asset together whether they may be asked for again. */
export const by = (graph: AssetGraph, asset: string, tick: number | null): string =>
  JSON.stringify([
    siblings(graph, asset).map((output) => graph.assets.get(output)?.codeVersion),
    ...Partitions.calendars(graph.assets.get(asset)?.partitions ?? Partitions.none),
    graph.upstream(asset).map(({ input, upstream }) => [input, upstream]),
    tick
  ])

/** Changes whenever what any cell of the asset reads does; null: the store cannot tell. */
export const upstream = (snapshot: Snapshot, asset: string): string | null => {
  const hash = createHash("sha256")
  for (const { upstream } of snapshot.graph.upstream(asset)) {
    const { mark } = snapshot.sets(upstream)
    if (mark === undefined) return null
    hash.update(JSON.stringify([mark, PartitionSet.toJson(snapshot.space(upstream).all)]))
  }
  return hash.digest("hex")
}

/** What a cell reads now, as a number: of the versions that stand in the upstream cells, whose records must have been read. */
export const reading = (snapshot: Snapshot, asset: string): (point: PartitionSet.Point) => number => {
  const edges = snapshot.graph.upstream(asset)
  const { keyAt } = snapshot.space(asset)
  const versions = versionsOf(snapshot, asset)
  // Mixed once more at each input: the same numbers in another order are another thing read.
  return (point) => edges.reduce((reads, edge) => add(add(0, reads), versions(edge, point, keyAt(point)).sum), 0)
}

/** Those in a set of cells. */
export const within = (asked: Asked, cells: PartitionSet.PartitionSet): Asked =>
  PartitionSet.isSubset(asked.cells, cells) ? asked : where(asked, (point) => PartitionSet.has(cells, point))

/** Those of which it holds, with what they read. */
export const where = (asked: Asked, holds: (point: PartitionSet.Point, reads: number) => boolean): Asked => {
  const points: Array<PartitionSet.Point> = []
  const reads: Array<number> = []
  let i = 0
  for (const point of PartitionSet.points(asked.cells)) {
    const own = asked.reads[i++] ?? 0
    if (!holds(point, own)) continue
    points.push(point)
    reads.push(own)
  }
  return points.length === asked.reads.length ? asked : { ...asked, cells: PartitionSet.fromPoints(asked.cells.dimensions, points), reads }
}

/** With cells that are asked for now, none of which it has. */
export const and = (asked: Asked, cells: PartitionSet.PartitionSet, readsOf: (point: PartitionSet.Point) => number): Asked => {
  if (PartitionSet.isEmpty(cells)) return asked
  const all = PartitionSet.union(asked.cells, cells)
  const reads: Array<number> = []
  let i = 0
  for (const point of PartitionSet.points(all)) reads.push(PartitionSet.has(cells, point) ? readsOf(point) : asked.reads[i++] ?? 0)
  return { ...asked, cells: all, reads }
}
