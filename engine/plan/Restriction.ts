/** Which cells of the selected assets a partition expression means. */
import { Result } from "effect"
import type { PartitionKeyError } from "../partition/PartitionKey.ts"
import * as Partitions from "../partition/Partitions.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import * as PartitionSpace from "../partition/PartitionSpace.ts"
import type { Snapshot } from "./Snapshot.ts"
import { downstreamOf } from "./Staleness.ts"

export type Restriction = ReadonlyMap<string, PartitionSet.PartitionSet>

/**
 * The cells asked for, by asset. Without an expression: all that exist. With one: assets whose partitions it names
 * take it; assets downstream of those take the partitions that read them (the games of the days asked for); others
 * that have no partitions take their one cell. An expression that fits none of the assets is an error.
 */
export const make = (
  snapshot: Snapshot,
  selected: ReadonlyArray<string>,
  expression: string | null,
  /** What becomes of keys of dynamic sets that it names and that were removed, maybe since it was written. */
  removed: "refused" | "left out" = "refused"
): Result.Result<Restriction, PartitionKeyError> => {
  const chosen = new Map<string, PartitionSet.PartitionSet>()
  let refusal: PartitionKeyError | undefined
  let fits = false
  for (const asset of selected) {
    const space = snapshot.space(asset)
    if (expression === null || space.partitions._tag === "Unpartitioned") {
      chosen.set(asset, space.all)
      continue
    }
    const strict = space.parse(expression, asset)
    const parsed = Result.isFailure(strict) && removed === "left out" ? remaining(snapshot, asset, expression) : strict
    if (Result.isSuccess(parsed)) {
      chosen.set(asset, parsed.success)
      fits = true
      continue
    }
    refusal ??= parsed.failure
    const derived = fromUpstream(snapshot, asset, chosen)
    chosen.set(asset, derived ?? PartitionSet.empty(space.all.dimensions))
  }
  const partitioned = selected.some((asset) => snapshot.space(asset).partitions._tag !== "Unpartitioned")
  return refusal !== undefined && partitioned && !fits ? Result.fail(refusal) : Result.succeed(chosen)
}

/** What an expression means of the partitions that there are and were, without those that are gone. */
const remaining = (snapshot: Snapshot, asset: string, expression: string) => {
  const { all, partitions } = snapshot.space(asset)
  const dynamicKeys = (set: string) => {
    const keys: Array<string> = []
    for (const { key, position } of snapshot.dynamicKeys(set)) keys[position] = key
    return keys
  }
  const ever = PartitionSpace.resolve(partitions, { now: snapshot.now, dynamicKeys })
  return Result.map(ever.parse(expression, asset), (cells) => PartitionSet.intersection(cells, all))
}

/** The partitions of an asset that read, or get their key from, the cells already chosen upstream. */
export const fromUpstream = (
  snapshot: Snapshot,
  asset: string,
  chosen: Restriction
): PartitionSet.PartitionSet | undefined => {
  const { graph } = snapshot
  const space = snapshot.space(asset)
  let derived: PartitionSet.PartitionSet | undefined
  const add = (set: PartitionSet.PartitionSet) => {
    derived = derived === undefined ? set : PartitionSet.union(derived, set)
  }
  for (const { asset: source, set } of graph.keySources(asset)) {
    const cells = chosen.get(source)
    if (cells !== undefined) add(keyedBy(snapshot, space, set, source, cells))
  }
  // The source of its keys says best which partitions are meant; inputs are asked only without one.
  if (derived !== undefined) return derived
  for (const edge of graph.upstream(asset)) {
    const cells = chosen.get(edge.upstream)
    if (cells !== undefined && snapshot.space(edge.upstream).partitions._tag !== "Unpartitioned") {
      add(downstreamOf(snapshot, edge, cells))
    }
  }
  return derived
}

export const keyedBy = (
  snapshot: Snapshot,
  space: PartitionSpace.PartitionSpace,
  set: string,
  source: string,
  cells: PartitionSet.PartitionSet
): PartitionSet.PartitionSet => {
  const sourceSpace = snapshot.space(source)
  const keys = snapshot.dynamicKeys(set)
  const wanted: Array<number> = []
  for (const { live, position, sources } of keys) {
    const isGiven = live && sources.some((partition) => {
      const point = sourceSpace.everPositionOf(partition)
      return point !== undefined && PartitionSet.has(cells, point)
    })
    if (isGiven) wanted.push(position)
  }
  const dimension = PartitionSet.fromPositions(wanted)
  const { all, partitions } = space
  const box = Partitions.dimensionsOf(partitions).map(({ partitions: own }, i) =>
    own._tag === "Dynamic" && own.name === set ? dimension : PartitionSet.project(all, [i])
  )
  return PartitionSet.intersection(PartitionSet.product(box), all)
}
