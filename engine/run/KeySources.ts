/** The assets whose rows give partition keys: which dynamic sets they feed, and with what keys a commit feeds them. */
import { Effect, Stream } from "effect"
import type { CellWritten } from "../definition/Io.ts"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import * as Partitions from "../partition/Partitions.ts"
import type { CellCommit, SourceKeys } from "../record/RunStore.ts"

/** The dynamic sets whose keys come from the rows of an asset. */
export const setsFrom = (graph: AssetGraph, asset: string): ReadonlyArray<Partitions.Dynamic> => {
  const sets = new Map<string, Partitions.Dynamic>()
  for (const dependent of graph.dependents(asset)) {
    for (const set of Partitions.dynamicSets(graph.assets.get(dependent)?.partitions ?? Partitions.none)) {
      if (set.from === asset) sets.set(set.name, set)
    }
  }
  return Array.from(sets.values())
}

/** Whether a write of the asset takes away what its cell stored before, and with it the keys that it gave. */
const replaces = (graph: AssetGraph, asset: string): boolean => {
  const output = graph.assets.get(asset)?.output
  return output?._tag !== "Rows" || output.mode === "replace"
}

/** The keys that the written cells give to dynamic sets. */
export const keysOf = (
  graph: AssetGraph,
  cells: ReadonlyArray<CellCommit>,
  written: ReadonlyArray<CellWritten>,
  tapped: ReadonlyArray<ReadonlyArray<unknown> | undefined>
): ReadonlyArray<SourceKeys> =>
  cells.flatMap((cell, i) =>
    setsFrom(graph, cell.asset).map((set) => {
      const rows = tapped[i] ?? written[i]!.values ?? []
      const keys = new Set(rows.flatMap((row) => set.keyOf?.(row) ?? []))
      return { set: set.name, source: cell.partition, keys: Array.from(keys), replaces: replaces(graph, cell.asset) }
    })
  )

/** Rows of a stream that give partition keys are remembered as they pass; such assets list things, they are small. */
export const keepingRows = (stream: Stream.Stream<unknown, unknown, unknown>) => {
  const rows: Array<unknown> = []
  return { rows, stream: Stream.tap(stream, (row) => Effect.sync(() => rows.push(row))) }
}
