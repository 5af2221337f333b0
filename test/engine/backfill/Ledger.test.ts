/** What may start and in which order, against a naive model that looks at cell after cell. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Result } from "effect"
import { AssetGraph, Input, Mapping, Partitions, PartitionSet, Pipeline } from "../../../index.ts"
import * as Ledger from "../../../engine/backfill/Ledger.ts"
import * as Lots from "../../../engine/backfill/Lots.ts"
import * as PartitionMapping from "../../../engine/partition/PartitionMapping.ts"
import * as Snapshot from "../../../engine/plan/Snapshot.ts"
import type { Look, ProgressKind } from "../../../engine/record/BackfillStore.ts"
import * as Generator from "../partition/generator.ts"
import { rows } from "../plan/scene.ts"

const day = Partitions.daily({ start: "2024-01-01", end: "2024-01-15" })
const station = Partitions.fixed(["a", "b", "c"])
const source = rows("source", { partitions: Partitions.product({ station, day }) })
const trend = rows("trend", {
  partitions: Partitions.product({ station, day }),
  inputs: { source: Input.rows(source, { mapping: Mapping.offset(-2, 0) }) }
})
const week = rows("week", {
  partitions: Partitions.weekly({ start: "2024-01-01", end: "2024-01-15", weekStart: "Monday" }),
  inputs: { trend: Input.rows(trend, { mapping: Mapping.project() }) }
})
const all = rows("all", { inputs: { week } })
const graph = Result.getOrThrow(AssetGraph.make([Pipeline.make("p", { assets: [all, week, trend, source] })]))
const snapshot = Snapshot.make({
  graph, now: DateTime.makeUnsafe("2025-01-01T00:00:00Z"), cells: new Map(), dynamicKeys: new Map()
})
const assets = ["source", "trend", "week", "all"]
const kinds: ReadonlyArray<ProgressKind> = ["planned", "materialized", "unchanged", "failed", "skipped"]

const pointsOf = (asset: string) => Array.from(PartitionSet.points(snapshot.space(asset).all))
const setOf = (asset: string, points: Iterable<PartitionSet.Point>) =>
  PartitionSet.fromPoints(snapshot.space(asset).all.dimensions, points)
const namesOf = (set: PartitionSet.PartitionSet) => Array.from(PartitionSet.points(set), (point) => point.join())

describe("Ledger", () => {
  it("ready cells are those planned that have not ended, are in no lot and read no open cell, in whatever order it is told", () => {
    const random = Generator.make(42)
    let waiting = 0
    for (let round = 0; round < 150; round++) {
      const told: Array<Look["changes"][number]> = []
      const state = new Map<string, ProgressKind>()
      const taken = new Set<string>()
      const lots: Array<Look["lots"][number]> = []
      const share = random.whole(0, 10)
      for (const asset of assets) {
        const of = new Map<ProgressKind, Array<PartitionSet.Point>>(kinds.map((kind) => [kind, []]))
        const lot: Array<PartitionSet.Point> = []
        for (const point of pointsOf(asset)) {
          if (random.whole(0, 9) === 0) continue
          of.get("planned")!.push(point)
          const isEnded = random.whole(0, 10) < share
          const kind = isEnded ? random.pick(kinds.slice(1)) : "planned"
          if (isEnded) of.get(kind)!.push(point)
          else if (random.whole(0, 4) === 0) {
            lot.push(point)
            taken.add(`${asset} ${point}`)
          }
          state.set(`${asset} ${point}`, kind)
        }
        for (const [kind, points] of of) told.push({ asset, kind, numbering: "", cells: setOf(asset, points) })
        lots.push({ asset, numbering: "", number: lots.length, worker: "w", cells: setOf(asset, lot) })
      }
      const ledger = Ledger.make(snapshot)
      const look = (changes: Look["changes"]): Look => ({
        changes, lots, sharers: 1, horizon: "", round: 1, later: [], retrying: false, state: "running", cancelRequested: false
      })
      // In two parts that overlap.
      const cut = random.whole(0, told.length)
      ledger.absorb(look(told.slice(0, cut)))
      ledger.absorb(look(told.slice(Math.max(0, cut - 3))))
      for (const asset of assets) {
        const isReady = (point: PartitionSet.Point) =>
          state.get(`${asset} ${point}`) === "planned" && !taken.has(`${asset} ${point}`) &&
          graph.upstream(asset).every((edge) => {
            const read = PartitionMapping.upstream(edge.mapping, snapshot.space(asset), snapshot.space(edge.upstream), setOf(asset, [point]))
            return namesOf(read).every((name) => state.get(`${edge.upstream} ${name}`) !== "planned")
          })
        const expected = pointsOf(asset).filter(isReady).map((point) => point.join())
        assert.deepStrictEqual(namesOf(ledger.ready(asset)), expected, `${asset}, round ${round}`)
        waiting += PartitionSet.size(ledger.open(asset)) - expected.length
        const of = (kind: ProgressKind) => Array.from(state).filter(([cell, known]) => cell.startsWith(`${asset} `) && known === kind).length
        const planned = Array.from(state.keys()).filter((cell) => cell.startsWith(`${asset} `)).length
        if (planned > 0) {
          assert.deepStrictEqual(ledger.counts().find((counts) => counts.asset === asset), {
            asset, planned, materialized: of("materialized"), unchanged: of("unchanged"), failed: of("failed"), skipped: of("skipped")
          })
        }
        assert.strictEqual(PartitionSet.size(ledger.open(asset)), of("planned"))
      }
      assert.strictEqual(ledger.isDone(), !Array.from(state.values()).includes("planned"))
      assert.deepStrictEqual(ledger.computations().filter((asset) => !PartitionSet.isEmpty(ledger.of(asset, "planned"))),
        assets.filter((asset) => Array.from(state.keys()).some((cell) => cell.startsWith(`${asset} `))))
    }
    assert.isAbove(waiting, 1000)
  })

  it("a cell that failed and was materialized by another process counts once; a new round forgets what failed", () => {
    const ledger = Ledger.make(snapshot)
    const cells = snapshot.space("source").all
    const one = PartitionSet.take(cells, 1)
    const last = PartitionSet.takeLast(cells, 1)
    const change = (kind: ProgressKind, set: PartitionSet.PartitionSet) => ({ asset: "source", numbering: "", kind, cells: set })
    const look = (round: number, changes: Look["changes"]): Look => ({
      changes, lots: [], sharers: 1, horizon: "", round, later: [], retrying: false, state: "running", cancelRequested: false
    })
    ledger.absorb(look(1, [change("planned", cells), change("failed", PartitionSet.union(one, last)), change("materialized", one)]))
    assert.deepStrictEqual(ledger.counts(), [{ asset: "source", planned: 42, materialized: 1, unchanged: 0, failed: 1, skipped: 0 }])
    assert.deepStrictEqual(namesOf(ledger.broken("source")), namesOf(last))
    ledger.absorb(look(2, [change("planned", cells), change("materialized", one)]))
    assert.deepStrictEqual(ledger.counts(), [{ asset: "source", planned: 42, materialized: 1, unchanged: 0, failed: 0, skipped: 0 }])
    assert.strictEqual(PartitionSet.size(ledger.ready("source")), 41)
  })
})

describe("a ledger of a retry", () => {
  it("has nothing to do but what is tried again, until the whole backfill goes on", () => {
    const ledger = Ledger.make(snapshot)
    const cells = snapshot.space("source").all
    const two = PartitionSet.take(cells, 2)
    const change = (kind: Look["changes"][number]["kind"], set: PartitionSet.PartitionSet) => ({ asset: "source", numbering: "", kind, cells: set })
    const look = (retrying: boolean, changes: Look["changes"]): Look => ({
      changes, lots: [], sharers: 1, horizon: "", round: 2, later: [], retrying, state: "running", cancelRequested: false
    })
    ledger.absorb(look(true, [change("planned", cells), change("retried", two)]))
    assert.deepStrictEqual(namesOf(ledger.ready("source")), namesOf(two))
    assert.strictEqual(ledger.doable(), 2)
    assert.deepStrictEqual(ledger.counts(), [{ asset: "source", planned: 42, materialized: 0, unchanged: 0, failed: 0, skipped: 0 }])
    ledger.absorb(look(true, [change("materialized", two)]))
    assert.isTrue(ledger.isDone())
    ledger.absorb(look(false, []))
    assert.isFalse(ledger.isDone())
    assert.strictEqual(PartitionSet.size(ledger.ready("source")), 40)
  })
})

describe("Lots", () => {
  it("cut takes so many cells, the first or last in time; all of them where there are no more", () => {
    const random = Generator.make(7)
    for (const asset of ["source", "week", "all"]) {
      const space = snapshot.space(asset)
      const time = space.dimensions.findIndex(({ partitions }) => partitions._tag === "TimeWindows")
      for (let round = 0; round < 100; round++) {
        const points = pointsOf(asset).filter(() => random.whole(0, 2) > 0)
        const n = random.whole(1, 50)
        for (const order of ["oldest", "newest"] as const) {
          const taken = Array.from(PartitionSet.points(Lots.cut(space, setOf(asset, points), n, order)))
          assert.strictEqual(taken.length, Math.min(n, points.length))
          const names = new Set(taken.map((point) => point.join()))
          const rest = points.filter((point) => !names.has(point.join()))
          assert.strictEqual(rest.length + taken.length, points.length)
          if (time < 0 || rest.length === 0) continue
          const at = (all: ReadonlyArray<PartitionSet.Point>) => all.map((point) => point[time]!)
          if (order === "oldest") assert.isAtMost(Math.max(...at(taken)), Math.min(...at(rest)))
          else assert.isAtLeast(Math.min(...at(taken)), Math.max(...at(rest)))
        }
      }
    }
  })

  it("a lot is two seconds of work, never less than two rounds, never more than fits in memory", () => {
    assert.strictEqual(Lots.size(0, 8), 16)
    assert.strictEqual(Lots.size(100, 8), 200)
    assert.strictEqual(Lots.size(1e6, 8), Lots.maxLot)
  })

  it("beside others it takes no more than its part of what can be done, and always a round", () => {
    assert.strictEqual(Lots.share(400, 2, 0, 4), 200)
    assert.strictEqual(Lots.share(400, 2, 150, 4), 50)
    assert.isAtMost(Lots.share(400, 4, 100, 4), 0)
    assert.strictEqual(Lots.share(3, 3, 0, 4), 4)
  })
})
