/** Planning by sets says what a look at each single cell says; and reads few records. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Partitions, PartitionSet, Plan } from "../../../index.ts"
import * as Comparison from "../../../engine/plan/Comparison.ts"
import * as Planner from "../../../engine/plan/Planner.ts"
import * as Snapshot from "../../../engine/plan/Snapshot.ts"
import * as Staleness from "../../../engine/plan/Staleness.ts"
import type { CellState } from "../../../engine/record/Backfill.ts"
import { basisOf } from "../../../engine/record/CellSets.ts"
import * as Random from "../partition/generator.ts"
import { graphOf } from "../assets.ts"
import * as History from "./history.ts"
import { cell, read, rows } from "./scene.ts"

const subsetOf = (random: Random.Generator, set: PartitionSet.PartitionSet) =>
  PartitionSet.fromPoints(set.dimensions, PartitionSet.points(set).filter(() => random.whole(0, 3) > 0))

const states: ReadonlyArray<ReadonlyArray<CellState> | undefined> = [
  undefined, ["missing", "stale"], ["missing"], ["failed"], ["stale"], ["failed", "missing"], ["missing", "fresh"]
]

/** What execution looks up for a cell. */
const seen = (snapshot: Snapshot.Snapshot, asset: string, point: PartitionSet.Point) => ({
  record: snapshot.cells(asset).get(snapshot.space(asset).keyAt(point)),
  inputs: Staleness.inputVersions(snapshot, asset, point)
})

describe("Planning by sets", () => {
  let comparisons = 0
  for (let seed = 1; seed <= 200; seed++) {
    it.effect(`history ${seed}: sorts cells as the records of each do, and plans the same from the records it asks for`, () =>
      Effect.gen(function*() {
        const random = Random.make(seed * 7919)
        const history = History.make(random)
        const { full, graph } = history
        const assets = Array.from(graph.assets.keys())
        const { layer } = History.storeOf(history)
        const loaded = yield* Effect.provide(Snapshot.load(graph, assets, History.now), layer)

        for (const asset of assets) {
          const space = full.space(asset)
          const cells = subsetOf(random, space.all)
          const wanted = (known: Snapshot.Snapshot) => new Map([[asset, Staleness.doubtful(known, asset, cells)]])
          // Whether what can be compared is compared or read makes no difference.
          const known = seed % 2 === 0 ? loaded : yield* Effect.provide(Comparison.make(loaded, wanted(loaded), 1), layer)
          if (known.compared(asset) !== undefined) comparisons++
          const snapshot = yield* Effect.provide(Snapshot.detail(known, wanted(known)), layer)
          const classes = Staleness.classify(snapshot, asset, cells)
          const together = PartitionSet.unionAll(cells.dimensions, classes.map((one) => one.cells))
          assert.isTrue(PartitionSet.isSubset(together, cells))
          assert.strictEqual(PartitionSet.size(together), classes.reduce((sum, one) => sum + PartitionSet.size(one.cells), 0))
          for (const point of PartitionSet.points(cells)) {
            const found = classes.find((one) => PartitionSet.has(one.cells, point))?.reason
            const record = full.cells(asset).get(space.keyAt(point))
            assert.deepStrictEqual(found, Staleness.staleness(full, asset, point, record), `${asset}@${space.keyAt(point)}`)
          }
        }

        for (const only of states) {
          const restriction = new Map(assets.map((asset) => [asset, subsetOf(random, full.space(asset).all)]))
          const selected = assets.filter(() => random.whole(0, 3) > 0)
          const asked = { selected, restriction, force: random.whole(0, 6) === 0, only, ended: () => undefined }
          const { plan, snapshot } = yield* Effect.provide(Planner.make({ ...asked, snapshot: loaded }), layer)
          assert.deepStrictEqual(plan, Plan.make({ ...asked, snapshot: full }))
          const states = new Set(plan.leftAlone.flatMap((left) => left.upstream === undefined ? [left.state] : []))
          assert.isTrue(only === undefined ? states.size === 0 : only.every((state) => !states.has(state)))

          const known = yield* Effect.provide(Planner.executable(snapshot, plan), layer)
          for (const step of plan.steps) {
            for (const asset of step.assets) {
              const lot = PartitionSet.take(step.cells, 2)
              const narrow = yield* Effect.provide(Snapshot.narrow(loaded, new Map([[asset, lot]])), layer)
              for (const point of PartitionSet.points(step.cells)) {
                assert.deepStrictEqual(seen(known, asset, point), seen(full, asset, point))
                if (PartitionSet.has(lot, point)) assert.deepStrictEqual(seen(narrow, asset, point), seen(full, asset, point))
              }
              const some = { ...asked, selected: [asset], restriction: new Map([[asset, lot]]) }
              assert.deepStrictEqual(Plan.make({ ...some, snapshot: narrow }), Plan.make({ ...some, snapshot: full }))
              for (const edge of graph.upstream(asset)) {
                assert.strictEqual(known.isStored(edge.upstream), full.isStored(edge.upstream))
                assert.strictEqual(known.hasStrays(edge.upstream), full.hasStrays(edge.upstream))
                if (edge.mapping._tag === "All") assert.strictEqual(narrow.hasStrays(edge.upstream), full.hasStrays(edge.upstream))
              }
            }
          }
        }
      }))
  }

  it("many of these were compared", () => assert.isAbove(comparisons, 20))

  const days = Partitions.daily({ start: "2024-01-01" })
  const up = rows("up", { partitions: days })
  const down = rows("down", { partitions: days, inputs: { up } })
  const graph = graphOf(down)
  const keys = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-06", "2024-01-07"]
  const records = new Map([
    ["up", new Map(keys.map((key, i) => [key, cell(i + 1)]))],
    ["down", new Map(keys.map((key, i) => [key, cell(i + 11, read("up", "up", i + 1))]))]
  ])
  const full = Snapshot.make({ graph, now: History.now, cells: records, dynamicKeys: new Map() })

  it.effect("reads no record of what has no inputs, nor of what is forced, missing or left alone", () =>
    Effect.gen(function*() {
      const { asked, layer } = History.storeOf({ full, keys: new Map(), records })
      const plan = (selected: ReadonlyArray<string>, more: Partial<Plan.PlanOptions> = {}) =>
        Effect.gen(function*() {
          asked.records = 0
          const snapshot = yield* Snapshot.load(graph, selected, History.now)
          const restriction = new Map(selected.map((asset) => [asset, snapshot.space(asset).all]))
          const made = yield* Planner.make({ snapshot, selected, restriction, force: false, ended: () => undefined, ...more })
          return [Plan.size(made.plan), made.plan.fresh, asked.records]
        }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(yield* plan(["up"]), [0, 7, 0])
      assert.deepStrictEqual(yield* plan(["up", "down"], { force: true }), [14, 0, 0])
      assert.deepStrictEqual(yield* plan(["up", "down"], { only: ["missing"] }), [0, 14, 0])
      assert.deepStrictEqual(yield* plan(["up", "down"]), [0, 14, 14])
      const one = PartitionSet.takeLast(full.space("down").all, 1)
      assert.deepStrictEqual(yield* plan(["down"], { restriction: new Map([["down", one]]) }), [0, 1, 2])
    }))

  it.effect("reads no record of many cells that the store can compare, but of those that it plans", () =>
    Effect.gen(function*() {
      const many = Array.from({ length: 6000 }, (_, i) => `k${i}`)
      const keys = Partitions.fixed(many)
      const up = rows("up", { partitions: keys })
      const graph = graphOf(rows("down", { partitions: keys, inputs: { up } }))
      const records = new Map([
        ["up", new Map(many.map((key, i) => [key, cell(i + 1)]))],
        // One has read an older version, one has failed since.
        ["down", new Map(many.map((key, i) => [key, cell(i + 7001, { ...read("up", "up", i === 17 ? 7 : i + 1), failed: i === 19 })]))]
      ])
      const full = Snapshot.make({ graph, now: History.now, cells: records, dynamicKeys: new Map() })
      const { asked, layer } = History.storeOf({ full, keys: new Map(), records })
      const snapshot = yield* Effect.provide(Snapshot.load(graph, ["down"], History.now), layer)
      const options = { selected: ["down"], restriction: new Map([["down", full.space("down").all]]), force: false, ended: () => undefined }
      const made = yield* Effect.provide(Planner.make({ ...options, snapshot }), layer)
      assert.deepStrictEqual(made.plan, Plan.make({ ...options, snapshot: full }))
      assert.strictEqual(Plan.size(made.plan), 2)
      assert.strictEqual(asked.records, 0)
      const known = yield* Effect.provide(Planner.executable(made.snapshot, made.plan), layer)
      assert.strictEqual(asked.records, 4)
      assert.deepStrictEqual(seen(known, "down", [17]), seen(full, "down", [17]))
    }))

  it.effect("does not ask twice for a record, and keeps what was read before", () =>
    Effect.gen(function*() {
      const { asked, layer } = History.storeOf({ full, keys: new Map(), records })
      const loaded = yield* Effect.provide(Snapshot.load(graph, ["down"], History.now), layer)
      const cells = (n: number) => new Map([["down", PartitionSet.take(full.space("down").all, n)]])
      const one = yield* Effect.provide(Snapshot.detail(loaded, cells(1)), layer)
      assert.strictEqual(asked.records, 2)
      const two = yield* Effect.provide(Snapshot.detail(one, cells(2)), layer)
      assert.strictEqual(asked.records, 4)
      assert.deepStrictEqual(Array.from(two.cells("down").keys()), keys.slice(0, 2))
      const all = yield* Effect.provide(Snapshot.detail(two, cells(7)), layer)
      assert.strictEqual(all.cells("up").size, 7)
      asked.records = 0
      yield* Effect.provide(Snapshot.detail(all, cells(7)), layer)
      assert.strictEqual(asked.records, 0)
    }))

  it("an update is seen by what follows, but by no other snapshot", () => {
    const snapshot = Snapshot.make({ graph, now: History.now, cells: records, dynamicKeys: new Map() })
    const { all, keyAt } = snapshot.space("up")
    const before = snapshot.versions("up", all)
    snapshot.update("up", keyAt(PartitionSet.firstPoint(all)!), cell(100))
    assert.strictEqual(snapshot.versions("up", all).max, 100)
    assert.deepStrictEqual(full.versions("up", all), before)
    const nothing = Snapshot.make({ graph, now: History.now, cells: new Map(), dynamicKeys: new Map() })
    assert.isFalse(nothing.isStored("up"))
    nothing.update("up", keys[0]!, cell(undefined, { failed: true }))
    assert.isFalse(nothing.isStored("up"))
    nothing.update("up", keys[0]!, cell(1))
    assert.isTrue(nothing.isStored("up"))
  })

  it("cells of removed keys are strays, and keep their places", () => {
    const set = Partitions.dynamic("grown")
    const own = graphOf(rows("own", { partitions: set }))
    const snapshot = (live: boolean) =>
      Snapshot.make({
        graph: own,
        now: History.now,
        cells: new Map([["own", new Map([["x", cell(1)], ["y", cell(2)]])]]),
        dynamicKeys: new Map([["grown", [
          { key: "x", position: 0, live, sources: [] },
          { key: "y", position: 1, live: true, sources: [] }
        ]]])
      })
    assert.isFalse(snapshot(true).hasStrays("own"))
    assert.isTrue(snapshot(false).hasStrays("own"))
    assert.deepStrictEqual(Array.from(PartitionSet.points(snapshot(false).materialized("own"))), [[1]])
    assert.isTrue(PartitionSet.equals(snapshot(false).sets("own").byBasis.get(basisOf("", {}))!, PartitionSet.range(0, 1)))
  })

  it("only states that are asked for are planned; what stands on planned cells counts as stale", () => {
    const stored = new Map([
      ["up", new Map([[keys[0]!, cell(1)], [keys[1]!, cell(2, { failed: true })], [keys[2]!, cell(undefined, { failed: true })]])],
      ["down", new Map([[keys[0]!, cell(11, read("up", "up", 9))], [keys[3]!, cell(12, read("up", "up"))]])]
    ])
    const snapshot = Snapshot.make({ graph, now: History.now, cells: stored, dynamicKeys: new Map() })
    const tell = (only: ReadonlyArray<CellState>) => {
      const selected = ["up", "down"]
      const restriction = new Map(selected.map((asset) => [asset, PartitionSet.take(snapshot.space(asset).all, 4)]))
      const plan = Plan.make({ snapshot, selected, restriction, force: false, ended: () => undefined, only })
      const days = (set: PartitionSet.PartitionSet) =>
        Array.from(PartitionSet.points(set), (point) => snapshot.space("up").keyAt(point).slice(-1)).join("")
      return {
        steps: plan.steps.flatMap(({ assets, reasons }) => reasons.map((one) => `${assets[0]} ${one.reason._tag} ${days(one.cells)}`)),
        blocked: plan.blocked.map((one) => `${one.asset} ${days(one.cells)}`),
        left: plan.leftAlone.map((one) => `${one.assets[0]} ${one.state} ${days(one.cells)}`),
        fresh: plan.fresh
      }
    }
    assert.deepStrictEqual(tell(["missing", "stale"]), {
      // Day 2 of `up` failed and has data from before: it is read. Day 3 has none.
      steps: ["up Missing 4", "down Missing 2", "down UpstreamChanged 1", "down UpstreamPlanned 4"],
      blocked: [],
      left: ["up failed 23", "down missing 3"],
      fresh: 1
    })
    assert.deepStrictEqual(tell(["failed"]), {
      steps: ["up Failed 23"],
      blocked: [],
      left: ["up missing 4", "down missing 23"],
      fresh: 3
    })
    assert.deepStrictEqual(tell(["missing"]), {
      steps: ["up Missing 4", "down Missing 2"],
      blocked: [],
      left: ["up failed 23", "down stale 4", "down missing 3"],
      // Whether day 1 of `down` is stale was not asked.
      fresh: 2
    })
    assert.deepStrictEqual(tell(["fresh"]).steps, ["up Forced 1234", "down Forced 1234"])
  })
})
