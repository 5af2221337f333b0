/** Sets of cells as columns: text that holds the JSON of PartitionSet. */
import { Effect, Result } from "effect"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import type { AssetSet } from "../../engine/record/CellSets.ts"
import { RunStoreError } from "../../engine/record/RunStore.ts"
import { keys } from "./Columns.ts"

export const setText = (set: PartitionSet.PartitionSet): string => JSON.stringify(PartitionSet.toJson(set))

/** As `setOf`; the failure is a sentence. */
export const parseSet = (text: string): Result.Result<PartitionSet.PartitionSet, string> =>
  Result.flatMap(
    Result.try({ try: (): unknown => JSON.parse(text), catch: () => "This is no JSON." }),
    PartitionSet.fromJson
  )

/** Reads what `setText` wrote. */
export const setOf = (text: string): Effect.Effect<PartitionSet.PartitionSet, RunStoreError> =>
  Effect.mapError(Effect.fromResult(parseSet(text)), (reason) =>
    new RunStoreError({
      message: "The run store could not read a set of cells: a table of the schema sluice holds what Sluice never " +
        `writes (${reason}); was it changed by hand?`,
      transient: false
    }))

/** Sets as three array parameters, for `unnest(assets, numberings, partitions)`. */
export const setColumns = (sets: ReadonlyArray<AssetSet>) => ({
  assets: keys(sets.map((set) => set.asset)),
  numberings: keys(sets.map((set) => set.numbering)),
  partitions: keys(sets.map((set) => setText(set.cells)))
})
