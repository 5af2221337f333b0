/**
 * What planning looks at, taken at one moment: the partitions that exist, the states of cells as sets, and the records of
 * those cells of which more has to be known.
 */
import { DateTime, Effect } from "effect"
import { type AssetGraph, neighbours } from "../graph/AssetGraph.ts"
import * as PartitionMapping from "../partition/PartitionMapping.ts"
import * as Partitions from "../partition/Partitions.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import * as PartitionSpace from "../partition/PartitionSpace.ts"
import * as CellSets from "../record/CellSets.ts"
import { type DynamicKey, RunStore, type StoredCell, type StoredCells } from "../record/RunStore.ts"
import type { InputVersion } from "../record/Step.ts"

export interface Snapshot {
  readonly graph: AssetGraph
  readonly now: DateTime.Utc
  readonly space: (asset: string) => PartitionSpace.PartitionSpace
  /** All keys that the set ever had, in the order of their positions. */
  readonly dynamicKeys: (set: string) => ReadonlyArray<DynamicKey>
  /** The states of the asset's cells, as they were when the snapshot was taken. */
  readonly sets: (asset: string) => CellSets.CellSets
  /** The cells that are materialized, of those that exist, as they were when the snapshot was taken. */
  readonly materialized: (asset: string) => PartitionSet.PartitionSet
  /**
   * Whether cells are stored that belong to no partition any more, such as those of removed dynamic keys: a reader of
   * everything must not read them.
   */
  readonly hasStrays: (asset: string) => boolean
  /** Whether anything of the asset is stored, be it by an update. */
  readonly isStored: (asset: string) => boolean
  /** The cells whose records were read; those of which nothing was recorded need none. */
  readonly detailed: (asset: string) => PartitionSet.PartitionSet
  /**
   * Cells whose inputs the store has compared with what is upstream now, and those of which an input has changed, by
   * input: of these no record is needed.
   */
  readonly compared: (asset: string) => Compared | undefined
  /** Records by text key; unpartitioned assets have the key "". None but of the cells asked for by `detail` or `narrow`. */
  readonly cells: (asset: string) => ReadonlyMap<string, StoredCell>
  /** The versions that now stand in a set of cells of an asset, whose records must have been read. */
  readonly versions: (asset: string, set: PartitionSet.PartitionSet) => Omit<InputVersion, "asset">
  /** Takes over what has become of a cell since, so that steps that follow see it. Sets stay as they were. */
  readonly update: (asset: string, partition: string, cell: StoredCell) => void
}

export interface Compared {
  readonly cells: PartitionSet.PartitionSet
  readonly changed: ReadonlyMap<string, PartitionSet.PartitionSet>
}

/** The partitions at a moment: what `detail` and `narrow` keep. */
type Moment = Pick<Snapshot, "graph" | "now" | "space" | "dynamicKeys">

const momentOf = (
  graph: AssetGraph,
  now: DateTime.Utc,
  keys: ReadonlyMap<string, ReadonlyArray<DynamicKey>>
): Moment => {
  const dynamicKeys = (set: string) => keys.get(set) ?? []
  const named = memo((set) => {
    const found: Array<string | { readonly removed: string }> = []
    for (const { key, live, position } of dynamicKeys(set)) found[position] = live ? key : { removed: key }
    return found
  })
  const space = memo((asset) => PartitionSpace.resolve(partitionsOf(graph, asset), { now, dynamicKeys: named }))
  return { graph, now, space, dynamicKeys }
}

type States = Pick<Snapshot, "sets" | "materialized" | "hasStrays" | "isStored">

const statesOf = ({ space }: Moment, sets: (asset: string) => CellSets.CellSets): States => {
  const materialized = memo((asset) => PartitionSet.intersection(sets(asset).materialized, space(asset).all))
  return {
    sets,
    materialized,
    hasStrays: memo((asset) => sets(asset).strays || !PartitionSet.equals(materialized(asset), sets(asset).materialized)),
    isStored: (asset) => sets(asset).strays || !PartitionSet.isEmpty(sets(asset).materialized)
  }
}

const none: ReadonlyMap<string, StoredCell> = new Map()

const build = (
  moment: Moment,
  states: States,
  records: StoredCells,
  detailed: (asset: string) => PartitionSet.PartitionSet
): Snapshot => {
  const { space } = moment
  const current = new Map(records)
  /** Copies of the assets that were updated: the records given stay as they are. */
  const updated = new Map<string, Map<string, StoredCell>>()
  const written = new Set<string>()
  const cells = (asset: string) => current.get(asset) ?? none
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
    const stored = updated.get(asset) ?? new Map(cells(asset))
    updated.set(asset, stored.set(partition, cell))
    current.set(asset, stored)
    if (cell.dataVersion !== undefined) written.add(asset)
    whole.delete(asset)
  }
  const isStored = (asset: string) => written.has(asset) || states.isStored(asset)
  return { ...moment, ...states, isStored, detailed, compared: () => undefined, cells, versions, update }
}

/** The states that records tell of. */
const setsOf = (space: PartitionSpace.PartitionSpace, records: ReadonlyMap<string, StoredCell>): CellSets.CellSets => {
  const { dimensions } = space.all
  const byBasis = new Map<string, Array<PartitionSet.Point>>()
  const failed: Array<PartitionSet.Point> = []
  let strays = false
  let lastMaterialized: Date | undefined
  for (const [key, cell] of records) {
    const point = space.everPositionOf(key)
    if (point === undefined) {
      strays ||= cell.dataVersion !== undefined
      continue
    }
    if (cell.failed) failed.push(point)
    if (cell.dataVersion === undefined) continue
    const basis = CellSets.basisOf(cell.codeVersion, cell.inputs, cell.windows)
    const known = byBasis.get(basis)
    if (known === undefined) byBasis.set(basis, [point])
    else known.push(point)
    const { materializedAt: at } = cell
    if (at !== undefined && (lastMaterialized === undefined || at > lastMaterialized)) lastMaterialized = at
  }
  const sets = new Map(Array.from(byBasis, ([basis, points]) => [basis, PartitionSet.fromPoints(dimensions, points)]))
  return {
    materialized: PartitionSet.unionAll(dimensions, Array.from(sets.values())),
    failed: PartitionSet.fromPoints(dimensions, failed),
    byBasis: sets,
    strays,
    lastMaterialized
  }
}

/** The cells of which anything is recorded, be it a failure. */
const recorded = ({ failed, materialized }: CellSets.CellSets) => PartitionSet.union(materialized, failed)

const ofRecords = (moment: Moment, records: StoredCells, given?: ReadonlyMap<string, CellSets.CellSets>): Snapshot => {
  const derived = memo((asset) => setsOf(moment.space(asset), records.get(asset) ?? none))
  const sets = given === undefined
    ? derived
    : (asset: string) => given.get(asset) ?? CellSets.empty(moment.space(asset).all.dimensions)
  return build(moment, statesOf(moment, sets), records, memo((asset) => recorded(derived(asset))))
}

/** A snapshot from plain data, for tests. Without sets they follow from the records, which are all there are then. */
export const make = (parts: {
  readonly graph: AssetGraph
  readonly now: DateTime.Utc
  readonly cells: StoredCells
  readonly dynamicKeys: ReadonlyMap<string, ReadonlyArray<DynamicKey>>
  readonly sets?: ReadonlyMap<string, CellSets.CellSets>
}): Snapshot => ofRecords(momentOf(parts.graph, parts.now, parts.dynamicKeys), parts.cells, parts.sets)

/**
 * Takes a snapshot of the assets and of what they read, without the record of any cell: see `detail`. Time windows are
 * those that exist at `now`, by default this moment.
 */
export const load = Effect.fn("Snapshot.load")(function*(graph: AssetGraph, assets: Iterable<string>, now?: DateTime.Utc) {
  const store = yield* RunStore
  const wanted = new Set(assets)
  for (const asset of Array.from(wanted)) {
    for (const upstream of neighbours(graph, asset, "upstream")) wanted.add(upstream)
    for (const other of siblings(graph, asset)) wanted.add(other)
  }
  const keySets = new Set(Array.from(wanted).flatMap((asset) => Partitions.dynamicSets(partitionsOf(graph, asset)).map((set) => set.name)))
  const keys = yield* store.dynamicKeys(Array.from(keySets))
  const moment = momentOf(graph, now ?? (yield* DateTime.now), keys)
  const numberings = new Map(Array.from(wanted, (asset) => [asset, numberingOf(moment.space(asset))]))
  return ofRecords(moment, new Map(), yield* store.cellSets(numberings))
})

const numberingOf = (space: PartitionSpace.PartitionSpace): CellSets.Numbering => ({
  id: Partitions.numbering(space.partitions),
  dimensions: space.all.dimensions,
  pointOf: space.everPositionOf
})

/** Sets of cells by asset. */
export type Cells = ReadonlyMap<string, PartitionSet.PartitionSet>

/** The cells, those that the same computations give with them, and the upstream cells that they read. */
const withUpstream = ({ graph, space }: Moment, wanted: Cells, own = true) => {
  const found = new Map<string, PartitionSet.PartitionSet>()
  /** Assets that are read as a whole. */
  const whole = new Set<string>()
  const take = (asset: string, cells: PartitionSet.PartitionSet) => {
    const before = found.get(asset)
    found.set(asset, before === undefined ? cells : PartitionSet.union(before, cells))
  }
  for (const [asset, cells] of wanted) {
    if (PartitionSet.isEmpty(cells)) continue
    if (own) for (const output of siblings(graph, asset)) take(output, cells)
    for (const { mapping, upstream } of graph.upstream(asset)) {
      const read = PartitionMapping.upstream(mapping, space(asset), space(upstream), cells)
      // A reader of everything has to know of what belongs to no partition too.
      if (mapping._tag === "All") whole.add(upstream)
      else if (PartitionSet.isEmpty(read)) continue
      take(upstream, read)
    }
  }
  return { found, whole }
}

/** One statement for all rows is quicker than one with a list of keys that names more than this share of them. */
const wholeShare = 1 / 3

/** What is stored of the partitions that there are: "all" where nothing else is stored, or else their keys. */
export const present = (snapshot: Snapshot, asset: string): "all" | ReadonlyArray<string> =>
  snapshot.hasStrays(asset) ? keysOf(snapshot.space(asset), snapshot.materialized(asset)) : "all"

const keysOf = (space: PartitionSpace.PartitionSpace, cells: PartitionSet.PartitionSet) =>
  Array.from(PartitionSet.points(cells), space.keyAt)

/** The same snapshot with the records of these cells, of those computed with them, and of the upstream cells they read. */
export const detail = Effect.fn("Snapshot.detail")((snapshot: Snapshot, wanted: Cells) =>
  withRecords(snapshot, withUpstream(snapshot, wanted).found))

/** The same snapshot with the records of these cells, and not of what they read. */
export const detailOwn = Effect.fn("Snapshot.detailOwn")((snapshot: Snapshot, wanted: Cells) => withRecords(snapshot, wanted))

/** The same snapshot with the records of nothing but the upstream cells that these read. */
export const detailUpstream = Effect.fn("Snapshot.detailUpstream")((snapshot: Snapshot, wanted: Cells) =>
  withRecords(snapshot, withUpstream(snapshot, wanted, false).found))

const withRecords = Effect.fnUntraced(function*(snapshot: Snapshot, wanted: Cells) {
  const store = yield* RunStore
  const read = new Map<string, PartitionSet.PartitionSet>()
  const asked = new Map<string, "all" | ReadonlyArray<string>>()
  for (const [asset, cells] of wanted) {
    const there = recorded(snapshot.sets(asset))
    const open = PartitionSet.difference(PartitionSet.intersection(cells, there), snapshot.detailed(asset))
    if (PartitionSet.isEmpty(open)) continue
    const isMost = PartitionSet.size(open) > PartitionSet.size(there) * wholeShare
    read.set(asset, isMost ? there : PartitionSet.union(open, snapshot.detailed(asset)))
    asked.set(asset, isMost ? "all" : keysOf(snapshot.space(asset), open))
  }
  if (asked.size === 0) return snapshot
  const records = new Map<string, ReadonlyMap<string, StoredCell>>()
  for (const asset of snapshot.graph.assets.keys()) records.set(asset, snapshot.cells(asset))
  for (const [asset, found] of yield* store.cells(asked)) {
    const before = snapshot.cells(asset)
    records.set(asset, before.size === 0 || asked.get(asset) === "all" ? found : new Map([...before, ...found]))
  }
  const detailed = (asset: string) => read.get(asset) ?? snapshot.detailed(asset)
  return { ...build(snapshot, snapshot, records, detailed), compared: snapshot.compared }
})

/**
 * A snapshot of now, of nothing but these cells, those computed with them, and the upstream cells that they read. The
 * partitions are those of the snapshot given.
 */
export const narrow = Effect.fn("Snapshot.narrow")(function*(snapshot: Snapshot, wanted: Cells) {
  const store = yield* RunStore
  const { found, whole } = withUpstream(snapshot, wanted)
  const asked = new Map(Array.from(found, ([asset, cells]) => {
    const space = snapshot.space(asset)
    // What is materialized by now is not known here; it is no more than there are partitions.
    const isMost = whole.has(asset) || PartitionSet.size(cells) > PartitionSet.size(space.all) * wholeShare
    return [asset, isMost ? "all" as const : keysOf(space, cells)]
  }))
  const { dynamicKeys, graph, now, space } = snapshot
  return ofRecords({ graph, now, space, dynamicKeys }, asked.size === 0 ? new Map() : yield* store.cells(asked))
})

/** The assets that the computation of this one gives, itself included. */
export const siblings = (graph: AssetGraph, asset: string): ReadonlyArray<string> =>
  Object.values(graph.assets.get(asset)?.computation.outputs() ?? {}).map((output) => output.key)

/** Those of them that say which cells are missing: by-products do not. */
export const mainSiblings = (graph: AssetGraph, asset: string): ReadonlyArray<string> =>
  siblings(graph, asset).filter((output) => graph.assets.get(output)?.byProduct !== true)

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
