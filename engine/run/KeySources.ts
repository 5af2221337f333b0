/** The assets whose rows give partition keys: which dynamic sets they feed, and with what keys a commit feeds them. */
import { Cause, Effect, Result, Stream } from "effect"
import { type CellWritten, IoError } from "../definition/Io.ts"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import * as KeyText from "../partition/KeyText.ts"
import * as Partitions from "../partition/Partitions.ts"
import type { CellCommit, SourceKeys } from "../record/RunStore.ts"
import * as Failure from "./Failure.ts"

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

/** The keys that the written cells give to dynamic sets; a cell that gives one which nobody could type is refused. */
export const keysOf = (
  graph: AssetGraph,
  cells: ReadonlyArray<CellCommit>,
  written: ReadonlyArray<CellWritten>,
  tapped: ReadonlyArray<ReadonlyArray<unknown> | undefined>
): Result.Result<ReadonlyArray<SourceKeys>, IoError> => {
  const given: Array<SourceKeys> = []
  for (const [i, cell] of cells.entries()) {
    const rows = tapped[i] ?? written[i]!.values ?? []
    for (const set of setsFrom(graph, cell.asset)) {
      const keys = new Set<string>()
      for (const [place, row] of rows.entries()) {
        const key = keyOf(cell, set, row, place)
        if (Result.isFailure(key)) return Result.fail(key.failure)
        if (key.success === undefined || keys.has(key.success)) continue
        if (!KeyText.isKey(key.success)) return Result.fail(unusable(cell, set, key.success, place))
        keys.add(key.success)
      }
      given.push({ set: set.name, source: cell.partition, keys: Array.from(keys), replaces: replaces(graph, cell.asset) })
    }
  }
  return Result.succeed(given)
}

/** The function is the user's. */
const keyOf = (cell: CellCommit, set: Partitions.Dynamic, row: unknown, place: number): Result.Result<string | undefined, IoError> => {
  try {
    return Result.succeed(set.keyOf?.(row))
  } catch (error) {
    const { message } = Failure.ofCause(Cause.die(error))
    return Result.fail(refused(cell, `The \`key\` function of the dynamic set "${set.name}" threw for row ${place + 1} of ${cell.asset}: ${message}`))
  }
}

const unusable = (cell: CellCommit, set: Partitions.Dynamic, key: string, place: number): IoError =>
  refused(
    cell,
    `Row ${place + 1} of ${cell.asset} gives the partition key "${KeyText.visible(key)}" to the dynamic set "${set.name}", ` +
      "and it has a line break or another control character, so nobody could type it: let the `key` function of the set " +
      "leave that out, or give undefined."
  )

const refused = ({ asset, partition }: CellCommit, message: string): IoError =>
  new IoError({ asset, ...(partition === "" ? {} : { partition }), message, transient: false })

/** Rows of a stream that give partition keys are remembered as they pass; such assets list things, they are small. */
export const keepingRows = (stream: Stream.Stream<unknown, unknown, unknown>) => {
  const rows: Array<unknown> = []
  return { rows, stream: Stream.tap(stream, (row) => Effect.sync(() => rows.push(row))) }
}
