/** Random graphs with random partitions and histories, and a store that holds them and counts what it is asked for. */
import { DateTime, Effect, Layer } from "effect"
import { Asset, type AssetGraph, Input, Mapping, Partitions, PartitionSet, Rows } from "../../../index.ts"
import type { PartitionSpace } from "../../../engine/partition/PartitionSpace.ts"
import * as Snapshot from "../../../engine/plan/Snapshot.ts"
import { inputVersions } from "../../../engine/plan/Staleness.ts"
import { type DynamicKey, RunStore, type StoredCell, type StoredCells } from "../../../engine/record/RunStore.ts"
import type { InputVersion } from "../../../engine/record/Step.ts"
import { graphOf, Store, Value } from "../assets.ts"
import type { Generator } from "../partition/generator.ts"
import { cell, rows } from "./scene.ts"

export const now = DateTime.makeUnsafe("2024-01-08T12:00:00Z")

const days = Partitions.daily({ start: "2024-01-02" })
const earlierDays = Partitions.daily({ start: "2024-01-04" })
const letters = Partitions.fixed(["a", "b", "c"])
const grown = Partitions.dynamic("grown")
const kinds: ReadonlyArray<Partitions.Partitions<unknown, unknown>> = [
  Partitions.none, days, earlierDays, letters, grown,
  Partitions.product({ day: days, letter: letters }), Partitions.product({ letter: letters, key: grown })
]

const graphOfChance = (random: Generator): AssetGraph.AssetGraph => {
  const assets: Array<Asset.Any> = []
  const count = random.whole(2, 5)
  for (let i = 0; i < count; i++) {
    const partitions = random.pick(kinds)
    const inputs: Record<string, Asset.Any | Input.Input<unknown, unknown>> = {}
    for (const upstream of assets.filter(() => random.whole(0, 1) === 0)) {
      const fits = Mapping.defaultMapping(partitions, upstream.partitions)._tag === "Success"
      const other = random.pick([Mapping.all, Mapping.last(2)])
      const partial = random.whole(0, 3) === 0
      inputs[`in_${upstream.key}`] = Input.rows(upstream, fits && random.whole(0, 3) > 0 ? { partial } : { partial, mapping: other })
    }
    if (random.whole(0, 3) > 0) assets.push(rows(`a${i}`, { partitions, inputs, codeVersion: "1" }))
    else {
      const output = { output: Rows.of(Value), io: Store, codeVersion: "1" }
      const run = () => Effect.succeed({ x: [], y: [] })
      const { x, y } = Asset.makeMany(`m${i}`, { partitions, inputs, outputs: { x: output, y: output }, run })
      assets.push(x, y)
    }
  }
  return graphOf(...assets)
}

const keysOfChance = (random: Generator): ReadonlyMap<string, ReadonlyArray<DynamicKey>> => {
  const count = random.whole(0, 5)
  const keys = Array.from({ length: count }, (_, position) => ({
    key: `k${position}`, position, live: random.whole(0, 3) > 0, sources: []
  }))
  return new Map([["grown", keys]])
}

/** Text keys that exist, that existed, and that never did. */
const keysOf = (space: PartitionSpace): ReadonlyArray<string> => [
  ...Array.from(PartitionSet.points(space.all), space.keyAt),
  ...(space.partitions._tag === "Dynamic" ? ["k0", "k1", "k2", "k3", "k4", "unknown"] : []),
  ...(space.partitions._tag === "TimeWindows" ? ["2023-12-31", "2024-01-02"] : []),
  ...(space.partitions._tag === "Fixed" ? ["z"] : [])
]

export interface History {
  readonly graph: AssetGraph.AssetGraph
  readonly records: StoredCells
  readonly keys: ReadonlyMap<string, ReadonlyArray<DynamicKey>>
  /** With all records. */
  readonly full: Snapshot.Snapshot
}

/** Most cells are as a run leaves them; some have failed, have read other versions, or were made by another definition. */
export const make = (random: Generator): History => {
  const graph = graphOfChance(random)
  const keys = keysOfChance(random)
  const records = new Map<string, Map<string, StoredCell>>()
  let version = 0
  for (const [asset] of graph.assets) {
    const before = Snapshot.make({ graph, now, cells: records, dynamicKeys: keys })
    const space = before.space(asset)
    const stored = new Map<string, StoredCell>()
    const share = random.whole(0, 4)
    for (const key of new Set(keysOf(space))) {
      if (random.whole(0, 3) > share) continue
      const point = space.everPositionOf(key)
      const inputs: Record<string, InputVersion> = {}
      for (const [input, read] of point === undefined ? [] : Object.entries(inputVersions(before, asset, point))) {
        const chance = random.whole(0, 12)
        if (chance === 0) continue
        inputs[input] = chance === 1 ? { ...read, asset: "other" } : chance < 4 ? { ...read, sum: read.sum + 1 } : read
      }
      if (random.whole(0, 12) === 0) inputs["gone"] = { asset: "gone", count: 0, sum: 0, max: 0 }
      const failed = random.whole(0, 8) === 0
      stored.set(key, cell(failed && random.whole(0, 1) === 0 ? undefined : ++version, {
        codeVersion: random.whole(0, 8) === 0 ? "0" : "1",
        windows: version % 9 === 4 ? "day Asia/Tokyo" : version % 2 === 0 ? Partitions.windowsOf(space.partitions) : "",
        inputs,
        failed,
        error: failed ? "Error: no" : null
      }))
    }
    records.set(asset, stored)
  }
  return { graph, records, keys, full: Snapshot.make({ graph, now, cells: records, dynamicKeys: keys }) }
}

/** A store of the history; `asked` is the number of records that it has given. */
export const storeOf = ({ full, keys, records }: Omit<History, "graph">) => {
  const asked = { records: 0 }
  const layer = Layer.mock(RunStore, {
    dynamicKeys: (sets) => Effect.succeed(new Map(sets.map((set) => [set, keys.get(set) ?? []]))),
    cellSets: (assets) => Effect.succeed(new Map(Array.from(assets.keys(), (asset) => [asset, full.sets(asset)]))),
    changedInputs: (inputs) =>
      Effect.sync(() => inputs.map(({ asset, input, partition, upstream }) =>
        Array.from(records.get(asset) ?? []).flatMap(([key, record]) => {
          const now = records.get(upstream)?.get(partition === "" ? "" : key)?.dataVersion
          const read = record.inputs[input]
          const sum = now === undefined ? 0 : Snapshot.add(0, now)
          return record.dataVersion === undefined || (read?.count === (now === undefined ? 0 : 1) && read.sum === sum) ? [] : [key]
        }))),
    cells: (wanted) =>
      Effect.sync(() =>
        new Map(Array.from(wanted, ([asset, which]) => {
          const stored = records.get(asset) ?? new Map<string, StoredCell>()
          const found = which === "all" ? stored : new Map(which.flatMap((key) => {
            const record = stored.get(key)
            return record === undefined ? [] : [[key, record] as const]
          }))
          asked.records += found.size
          return [asset, found]
        }))
      )
  })
  return { asked, layer }
}
