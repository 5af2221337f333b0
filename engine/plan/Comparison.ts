/**
 * Tells fresh cells from those whose upstream has changed without their records, where the store can compare them itself:
 * inputs that read the upstream cell of the same key.
 */
import { Effect } from "effect"
import type { Edge } from "../graph/AssetGraph.ts"
import * as Partitions from "../partition/Partitions.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import { RunStore, type SameKey } from "../record/RunStore.ts"
import type { Cells, Snapshot } from "./Snapshot.ts"

/** A million records take 10 s and 0.9 GB to read and 2.5 s to compare; for few, the look at the whole table does not pay. */
const manyCells = 5000
/** The store compares all cells of an asset: not for a small part of them. */
const fairShare = 1 / 3

/** How the store has to look at an input; undefined: it cannot compare it. */
const sameKey = (snapshot: Snapshot, edge: Edge): SameKey | undefined => {
  if (edge.mapping._tag !== "Identity") return undefined
  const { downstream: asset, input, upstream } = edge
  const { partitions } = snapshot.space(upstream)
  if (partitions._tag === "Unpartitioned") return { asset, input, upstream, partition: "" }
  // Else a cell may read a partition that the upstream does not have any more.
  return Partitions.equals(snapshot.space(asset).partitions, partitions) ? { asset, input, upstream, partition: "same" } : undefined
}

/**
 * The snapshot with the comparison of those of the cells of which it is worth it. They must be materialized as the
 * definition now says, as `Staleness.doubtful` gives them.
 */
export const make = Effect.fn("Comparison.make")(function*(snapshot: Snapshot, wanted: Cells, many: number = manyCells) {
  const store = yield* RunStore
  const asked: Array<SameKey> = []
  for (const [asset, cells] of wanted) {
    const size = PartitionSet.size(cells)
    if (size < many || size < PartitionSet.size(snapshot.materialized(asset)) * fairShare) continue
    const reads = snapshot.graph.upstream(asset).map((edge) => sameKey(snapshot, edge))
    if (reads.every((read) => read !== undefined)) asked.push(...reads)
  }
  if (asked.length === 0) return snapshot
  const answers = yield* store.changedInputs(asked)
  const found = new Map<string, Map<string, PartitionSet.PartitionSet>>()
  for (const [place, { asset, input }] of asked.entries()) {
    const { all, everPositionOf } = snapshot.space(asset)
    const points = (answers[place] ?? []).map(everPositionOf).filter((point) => point !== undefined)
    const changed = found.get(asset) ?? new Map<string, PartitionSet.PartitionSet>()
    found.set(asset, changed.set(input, PartitionSet.fromPoints(all.dimensions, points)))
  }
  const compared: Snapshot["compared"] = (asset) => {
    const changed = found.get(asset)
    const cells = wanted.get(asset)
    return changed === undefined || cells === undefined ? snapshot.compared(asset) : { cells, changed }
  }
  return { ...snapshot, compared }
})
