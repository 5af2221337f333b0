/** What is stored, in memory and changeable: for simulations of what automation would do, and for tests of it. */
import { type DateTime } from "effect"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import * as Snapshot from "../plan/Snapshot.ts"
import { inputVersions } from "../plan/Staleness.ts"
import type { DynamicKey, StoredCell, StoredCells } from "../record/RunStore.ts"

export interface World {
  readonly snapshot: (now: DateTime.Utc) => Snapshot.Snapshot
  /** Materializes cells from what is stored upstream now, with new content. */
  readonly materialize: (asset: string, cells: PartitionSet.PartitionSet, now: DateTime.Utc) => void
  readonly fail: (asset: string, cells: PartitionSet.PartitionSet, now: DateTime.Utc) => void
}

const nothing: StoredCell = {
  dataVersion: undefined, codeVersion: "", inputs: {}, materializedAt: undefined, materializedBy: undefined, failed: false, error: null
}

export const make = (
  graph: AssetGraph,
  stored: StoredCells,
  dynamicKeys: ReadonlyMap<string, ReadonlyArray<DynamicKey>>
): World => {
  const cells = new Map(Array.from(stored, ([asset, records]) => [asset, new Map(records)]))
  let version = 0
  for (const records of cells.values()) for (const { dataVersion = 0 } of records.values()) version = Math.max(version, dataVersion)
  const snapshot: World["snapshot"] = (now) => Snapshot.make({ graph, now, cells, dynamicKeys })
  const change = (
    asset: string,
    set: PartitionSet.PartitionSet,
    now: DateTime.Utc,
    next: (known: Snapshot.Snapshot, output: string, point: PartitionSet.Point, before: StoredCell) => StoredCell
  ) => {
    const known = snapshot(now)
    const { all, keyAt } = known.space(asset)
    for (const output of Snapshot.siblings(graph, asset)) {
      const records = cells.get(output) ?? new Map<string, StoredCell>()
      cells.set(output, records)
      for (const point of PartitionSet.points(PartitionSet.intersection(set, all))) {
        const key = keyAt(point)
        records.set(key, next(known, output, point, records.get(key) ?? nothing))
      }
    }
  }
  return {
    snapshot,
    materialize: (asset, set, now) =>
      change(asset, set, now, (known, output, point) => ({
        ...nothing,
        dataVersion: ++version,
        codeVersion: graph.assets.get(output)?.codeVersion ?? "",
        inputs: inputVersions(known, output, point)
      })),
    fail: (asset, set, now) => change(asset, set, now, (_, __, ___, before) => ({ ...before, failed: true, error: "failed" }))
  }
}
