/** What is stored, in memory and changeable: for simulations of what automation would do, and for tests of it. */
import { DateTime } from "effect"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import * as Partitions from "../partition/Partitions.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import * as Snapshot from "../plan/Snapshot.ts"
import { inputVersions, presentBasis } from "../plan/Staleness.ts"
import * as CellSets from "../record/CellSets.ts"
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

type Records = (known: Snapshot.Snapshot, output: string, point: PartitionSet.Point, before: StoredCell) => StoredCell

/** From what is stored, as records and as sets; without any, nothing is. */
export const make = (graph: AssetGraph, given: {
  readonly cells: StoredCells
  readonly sets: ReadonlyMap<string, CellSets.CellSets>
  readonly dynamicKeys: ReadonlyMap<string, ReadonlyArray<DynamicKey>>
}): World => {
  const cells = new Map(Array.from(given.cells, ([asset, records]) => [asset, new Map(records)]))
  const sets = new Map(given.sets)
  let version = 0
  for (const records of cells.values()) for (const { dataVersion = 0 } of records.values()) version = Math.max(version, dataVersion)
  // The sets are kept up with each change: to gather them from 130,000 records anew at each moment took most of a simulation.
  const snapshot: World["snapshot"] = (now) => Snapshot.make({ ...given, graph, now, cells, sets })
  const change = (asset: string, set: PartitionSet.PartitionSet, now: DateTime.Utc, kind: "materialized" | "failed", next: Records) => {
    const known = snapshot(now)
    const { all, keyAt } = known.space(asset)
    const changed = PartitionSet.intersection(set, all)
    for (const output of Snapshot.siblings(graph, asset)) {
      const what = { kind, cells: changed, basis: presentBasis(known, output), at: DateTime.toDateUtc(now) }
      sets.set(output, CellSets.fold(all.dimensions, [...CellSets.changesOf(known.sets(output)), what]))
      const records = cells.get(output) ?? new Map<string, StoredCell>()
      cells.set(output, records)
      for (const point of PartitionSet.points(changed)) {
        const key = keyAt(point)
        records.set(key, next(known, output, point, records.get(key) ?? nothing))
      }
    }
  }
  return {
    snapshot,
    materialize: (asset, set, now) =>
      change(asset, set, now, "materialized", (known, output, point) => ({
        ...nothing,
        dataVersion: ++version,
        materializedAt: DateTime.toDateUtc(now),
        codeVersion: graph.assets.get(output)?.codeVersion ?? "",
        windows: Partitions.windowsOf(known.space(output).partitions),
        inputs: inputVersions(known, output, point)
      })),
    fail: (asset, set, now) => change(asset, set, now, "failed", (_, __, ___, before) => ({ ...before, failed: true, error: "failed" }))
  }
}
