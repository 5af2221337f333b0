/** What planning looks at, taken at one moment: the partitions that exist and what is stored of each cell. */
import { DateTime, Effect } from "effect"
import { type AssetGraph, neighbours } from "../graph/AssetGraph.ts"
import * as Partitions from "../partition/Partitions.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import * as PartitionSpace from "../partition/PartitionSpace.ts"
import { type DynamicKey, RunStore, type StoredCell, type StoredCells } from "../record/RunStore.ts"
import type { InputVersion } from "../record/Step.ts"

export interface Snapshot {
  readonly graph: AssetGraph
  readonly space: (asset: string) => PartitionSpace.PartitionSpace
  /** By text key; unpartitioned assets have the key "". */
  readonly cells: (asset: string) => ReadonlyMap<string, StoredCell>
  readonly dynamicKeys: (set: string) => ReadonlyArray<DynamicKey>
  /** The versions that now stand in a set of cells of an asset. */
  readonly versions: (asset: string, set: PartitionSet.PartitionSet) => Omit<InputVersion, "asset">
  /** The cells of an asset that are materialized, as they were when the snapshot was taken. */
  readonly materialized: (asset: string) => PartitionSet.PartitionSet
  /**
   * Whether cells are stored that belong to no partition any more, such as those of removed dynamic keys: a reader of
   * everything must not read them.
   */
  readonly hasStrays: (asset: string) => boolean
  /** Takes over what has become of a cell since, so that steps that follow see it. */
  readonly update: (asset: string, partition: string, cell: StoredCell) => void
}

/** A snapshot from plain data: for tests, and for `load`. */
export const make = (parts: {
  readonly graph: AssetGraph
  readonly now: DateTime.Utc
  readonly cells: StoredCells
  readonly dynamicKeys: ReadonlyMap<string, ReadonlyArray<DynamicKey>>
}): Snapshot => {
  const none: ReadonlyMap<string, StoredCell> = new Map()
  const current = new Map(Array.from(parts.cells, ([asset, stored]) => [asset, new Map(stored)]))
  const cells = (asset: string) => current.get(asset) ?? none
  const dynamicKeys = (set: string) => parts.dynamicKeys.get(set) ?? []
  const space = memo((asset) =>
    PartitionSpace.resolve(partitionsOf(parts.graph, asset), {
      now: parts.now,
      dynamicKeys: (set) => dynamicKeys(set).map((entry) => entry.key)
    })
  )
  const materialized = memo((asset) => {
    const points: Array<PartitionSet.Point> = []
    const { all, positionOf } = space(asset)
    for (const [key, cell] of cells(asset)) {
      if (cell.dataVersion === undefined) continue
      const point = positionOf(key)
      if (point._tag === "Success") points.push(point.success)
    }
    return PartitionSet.fromPoints(all.dimensions, points)
  })
  const hasStrays = memo((asset) => {
    const { positionOf } = space(asset)
    for (const [key, cell] of cells(asset)) {
      if (cell.dataVersion !== undefined && positionOf(key)._tag === "Failure") return true
    }
    return false
  })
  const whole = new Map<string, Omit<InputVersion, "asset">>()
  const versions = (asset: string, set: PartitionSet.PartitionSet) => {
    const { all, keyAt } = space(asset)
    // A reader of everything is asked for the same sum again and again, by every plan and every step.
    const isWhole = PartitionSet.equals(set, all)
    const known = isWhole ? whole.get(asset) : undefined
    if (known !== undefined) return known
    const stored = cells(asset)
    let count = 0
    let sum = 0
    let max = 0
    for (const point of PartitionSet.points(set)) {
      const version = stored.get(keyAt(point))?.dataVersion
      if (version === undefined) continue
      count++
      sum = add(sum, version)
      max = Math.max(max, version)
    }
    const result = { count, sum, max }
    if (isWhole) whole.set(asset, result)
    return result
  }
  const update = (asset: string, partition: string, cell: StoredCell) => {
    const stored = current.get(asset) ?? new Map<string, StoredCell>()
    current.set(asset, stored.set(partition, cell))
    whole.delete(asset)
  }
  return { graph: parts.graph, space, cells, dynamicKeys, versions, materialized, hasStrays, update }
}

/** Takes a snapshot of the assets and of what they read; time windows are those that exist at `now`, by default this moment. */
export const load = Effect.fn("Snapshot.load")(function*(graph: AssetGraph, assets: Iterable<string>, now?: DateTime.Utc) {
  const store = yield* RunStore
  const wanted = new Set(assets)
  for (const asset of Array.from(wanted)) {
    for (const upstream of neighbours(graph, asset, "upstream")) wanted.add(upstream)
    for (const other of siblings(graph, asset)) wanted.add(other)
  }
  const sets = new Set(Array.from(wanted).flatMap((asset) => Partitions.dynamicSets(partitionsOf(graph, asset)).map((set) => set.name)))
  return make({
    graph,
    now: now ?? (yield* DateTime.now),
    cells: yield* store.cells(Array.from(wanted)),
    dynamicKeys: yield* store.dynamicKeys(Array.from(sets))
  })
})

/** The assets that the computation of this one gives, itself included. */
export const siblings = (graph: AssetGraph, asset: string): ReadonlyArray<string> =>
  Object.values(graph.assets.get(asset)?.computation.outputs() ?? {}).map((output) => output.key)

const partitionsOf = (graph: AssetGraph, asset: string): Partitions.Any => {
  const found = graph.assets.get(asset)
  if (found === undefined) throw new Error(`The graph has no asset "${asset}".`)
  return found.partitions
}

const memo = <A>(compute: (key: string) => A): (key: string) => A => {
  const known = new Map<string, A>()
  return (key) => {
    const found = known.get(key)
    if (found !== undefined) return found
    const value = compute(key)
    known.set(key, value)
    return value
  }
}

/**
 * Adds a version to the sum of a set of cells. Versions are mixed first (the finaliser of MurmurHash3, to 52 bits): plain
 * sums of different sets of versions are easily equal (1 + 4 = 2 + 3), sums of mixed ones by a chance of 2^-52.
 */
export const add = (sum: number, version: number): number => (sum + mixed(version)) % 2 ** 52

const mixed = (version: number): number => {
  const high = finalise(Math.floor(version / 2 ** 32) ^ 0x9e3779b9)
  const low = finalise((version >>> 0) ^ high)
  return low * 2 ** 20 + (finalise(low ^ 0x27d4eb2f) >>> 12)
}

const finalise = (bits: number): number => {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
