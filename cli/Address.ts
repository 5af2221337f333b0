/** Assets and cells as words of the command line: `nhl/games`, `nhl/games@2023-03-08`. */
import { Effect, Result } from "effect"
import type { Any } from "../engine/definition/Asset.ts"
import type { AssetGraph } from "../engine/graph/AssetGraph.ts"
import type * as PartitionSet from "../engine/partition/PartitionSet.ts"
import type { PartitionSpace } from "../engine/partition/PartitionSpace.ts"
import { closest, didYouMean, partitionApart } from "../engine/Suggestion.ts"
import { Refusal } from "./Refusal.ts"

/** The one asset of a key. */
export const asset = (graph: AssetGraph, key: string): Effect.Effect<Any, Refusal> => {
  const found = graph.assets.get(key)
  if (found !== undefined) return Effect.succeed(found)
  const keys = Array.from(graph.assets.keys())
  const near = partitionApart(key, new Set(keys)) || didYouMean(key, keys)
  const isMany = graph.pipelines.has(key) || Array.from(graph.assets.values()).some((other) => other.group === key)
  const message = isMany
    ? `"${key}" names several assets and one is needed here: \`sluice list ${key}\` lists them.`
    : `There is no asset "${key}".${near === "" ? " `sluice list` shows all." : near}`
  return Effect.fail(new Refusal({ message }))
}

/** Takes `ASSET@PARTITION` apart at its first `@`, which asset keys cannot have. */
export const split = (word: string): { readonly asset: string; readonly partition: string | undefined } => {
  const at = word.indexOf("@")
  return at < 0 ? { asset: word, partition: undefined } : { asset: word.slice(0, at), partition: word.slice(at + 1) }
}

/** So many known keys are searched for one that looks like a wrong one. */
const searched = 100_000

/** The one cell of a key; a wrong key gets the nearest ones. */
export const cell = (
  space: PartitionSpace,
  owner: string,
  key: string,
  known: Iterable<string>
): Effect.Effect<PartitionSet.Point, Refusal> => {
  const found = space.positionOf(key, owner)
  if (Result.isSuccess(found)) return Effect.succeed(found.success)
  const { message } = found.failure
  const near = /did you mean/i.test(message) ? [] : closest(key, Iterator.from(known).take(searched).filter((other) => other !== ""))
  return Effect.fail(new Refusal({ message: near.length === 0 ? message : `${message} Did you mean "${near[0]}"?` }))
}
