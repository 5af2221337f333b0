/** Cells that have a checkpoint and are not whole yet: how far they are. */
import { Effect } from "effect"
import type { AssetGraph } from "../engine/graph/AssetGraph.ts"
import type { Checkpoint } from "../engine/record/Checkpoint.ts"
import { RunStore, type RunStoreError } from "../engine/record/RunStore.ts"
import { cellName } from "../engine/record/Step.ts"
import { out } from "./terminal/Style.ts"
import * as Text from "./terminal/Text.ts"

/** Cells listed by name; the others are counted. */
const most = 10

/** Of these assets; where none of them has checkpoints, nothing is asked. */
export const of = (
  graph: AssetGraph,
  assets: Iterable<string>
): Effect.Effect<ReadonlyArray<Checkpoint>, RunStoreError, RunStore> => {
  const computations = new Set(Array.from(assets, (key) => graph.assets.get(key)?.computation).flatMap((computation) =>
    computation?.checkpoint === undefined ? [] : [computation.key]))
  return computations.size === 0 ? Effect.succeed([]) : Effect.flatMap(RunStore, (store) => store.checkpoints([...computations]))
}

export const toJson = ({ at, computation, partition, position, records, rows }: Checkpoint) =>
  ({ computation, partition, records, rows, position, at })

/** `bulk/results@chunk-7  12,000 records, 11 s ago`, the last moved first. */
export const lines = (checkpoints: ReadonlyArray<Checkpoint>): ReadonlyArray<string> => {
  const sorted = checkpoints.toSorted((a, b) => b.at.getTime() - a.at.getTime())
  const left = sorted.length - most
  return [
    ...sorted.slice(0, most).map(({ at, computation, partition, records }) =>
      `  ${cellName({ asset: computation, partition })}  ${out.dim(`${Text.plural(records, "record")}, ${Text.ago(at)}`)}`),
    ...(left > 0 ? [out.dim(`  and ${Text.plural(left, "more cell")}`)] : [])
  ]
}
