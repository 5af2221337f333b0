/**
 * Automation tick by tick: what happens and what is asked for then, in words.
 *
 * What happens, one after the other: `up 1 2` (materialized), `fail up 1`, `claim up 1` (a run by hand begins it), `ok` or
 * `ok down 1` (what was asked for is done), `broke down 1` (it failed), `cancel` (the runs were cancelled), `+a` and `-a`
 * (a key comes or goes), `at 5T02:30` (the time, of January 2024). Keys of days are their numbers: `1` is 1 January.
 */
import { DateTime, Effect, Result } from "effect"
import { Asset, AssetGraph, type Automation, Partitions, PartitionSet, Pipeline, Rows } from "../../../index.ts"
import type { Inputs } from "../../../engine/definition/Asset.ts"
import * as Round from "../../../engine/automation/Round.ts"
import * as State from "../../../engine/record/AutomationState.ts"
import * as World from "../../../engine/automation/World.ts"
import type { DynamicKey } from "../../../engine/record/RunStore.ts"
import { Store, Value } from "../assets.ts"

export const days = Partitions.daily({ start: "2024-01-01" })
export const keys = Partitions.dynamic("keys")

export const asset = (key: string, more: {
  readonly partitions?: Partitions.Partitions<unknown, unknown>
  readonly inputs?: Inputs
  readonly automation?: Automation.Automation
  readonly codeVersion?: string
} = {}) => Asset.make(key, { ...more, output: Rows.of(Value), io: Store, run: () => Effect.succeed([]) })

/** What happens, and what is asked for then: `down 1 2; other 3`, or nothing. */
export type Tick = readonly [string, string]

type Sets = Map<string, PartitionSet.PartitionSet>

/** Plays the ticks and gives what was asked for in each. */
export const play = Effect.fnUntraced(function*(assets: ReadonlyArray<Asset.Any>, ticks: ReadonlyArray<Tick>) {
  const graph = Result.getOrThrow(AssetGraph.make([Pipeline.make("all", { assets })]))
  const known: Array<DynamicKey> = []
  const world = World.make(graph, { cells: new Map(), sets: new Map(), dynamicKeys: new Map([["keys", known]]) })
  let now = DateTime.makeUnsafe("2024-01-04T12:00:00Z")
  let states = new Map<string, State.State>()
  const open: Sets = new Map()
  const claimed: Sets = new Map()
  const space = (asset: string) => world.snapshot(now).space(asset)
  const setOf = (asset: string, words: ReadonlyArray<string>) => {
    const { all, everPositionOf } = space(asset)
    if (words.length === 0) return all
    const textOf = (word: string) => /^\d+$/.test(word) ? `2024-01-${word.padStart(2, "0")}` : word
    return PartitionSet.fromPoints(all.dimensions, words.map((word) => everPositionOf(textOf(word))!))
  }
  const end = (asset: string, cells: PartitionSet.PartitionSet) => {
    for (const sets of [open, claimed]) sets.set(asset, PartitionSet.difference(sets.get(asset) ?? PartitionSet.empty(cells.dimensions), cells))
  }
  const happen = (event: string) => {
    const words = event.split(" ")
    const [verb = "", name = "", ...rest] = words
    if (verb === "at") now = DateTime.makeUnsafe(`2024-01-${name.includes("T") ? name.replace(/^\d(?=T)/, "0$&") : `${name.padStart(2, "0")}T12:00`}:00Z`)
    else if (/^[+-]/.test(verb)) {
      const key = verb.slice(1)
      const place = known.findIndex((one) => one.key === key)
      const next = { key, position: place < 0 ? known.length : place, live: verb.startsWith("+"), sources: [] }
      known[next.position] = next
    } else if (verb === "ok" || verb === "broke" || verb === "cancel") {
      for (const [asset, cells] of name === "" ? [...open] : [[name, setOf(name, rest)] as const]) {
        if (verb === "ok") world.materialize(asset, cells, now)
        if (verb === "broke") world.fail(asset, cells, now)
        end(asset, cells)
      }
    } else if (verb === "fail") {
      world.fail(name, setOf(name, rest), now)
      end(name, setOf(name, rest))
    } else if (verb === "claim") claimed.set(name, setOf(name, rest))
    else if (verb !== "") {
      const cells = setOf(verb, words.slice(1))
      world.materialize(verb, cells, now)
      end(verb, cells)
    }
  }
  const told: Array<Tick> = []
  for (const [events] of ticks) {
    for (const event of events.split("; ")) happen(event)
    now = DateTime.add(now, { seconds: 1 })
    const { evaluated, snapshot } = yield* Round.evaluate({
      snapshot: world.snapshot(now), states, open, claimed, reading: Round.known
    })
    const asked: Array<string> = []
    states = new Map()
    for (const [asset, { asked: cells, state }] of evaluated) {
      // As it comes out of a store.
      states.set(asset, Result.getOrThrow(State.fromStored(JSON.parse(JSON.stringify(State.toStored(state))))))
      if (PartitionSet.isEmpty(cells)) continue
      open.set(asset, PartitionSet.union(open.get(asset) ?? cells, cells))
      const names = Array.from(PartitionSet.points(cells), (point) => snapshot.space(asset).keyAt(point).replace(/^2024-01-0?/, ""))
      asked.push([asset, ...names].join(" ").trim())
    }
    told.push([events, asked.join("; ")])
  }
  return told
})
