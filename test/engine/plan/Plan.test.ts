import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Result } from "effect"
import { Asset, Input, Mapping, Partitions, PartitionSet, Plan, Rows, Selection } from "../../../index.ts"
import * as Restriction from "../../../engine/plan/Restriction.ts"
import * as Snapshot from "../../../engine/plan/Snapshot.ts"
import type { DynamicKey, StoredCell } from "../../../engine/record/RunStore.ts"
import { graphOf, plain, Store, Value } from "../assets.ts"
import { cell, read, rows } from "./scene.ts"

const now = DateTime.makeUnsafe("2024-01-06T12:00:00Z")
const daily = Partitions.daily({ start: "2024-01-01" })

interface Scene {
  readonly assets: ReadonlyArray<Asset.Any>
  readonly stored?: Record<string, Record<string, StoredCell>>
  readonly keys?: Record<string, ReadonlyArray<DynamicKey>>
  readonly select?: string
  readonly partitions?: string
  readonly force?: boolean
  readonly ended?: Record<string, ReadonlyArray<string>>
}

const planOf = (scene: Scene) => {
  const graph = graphOf(...scene.assets)
  const snapshot = Snapshot.make({
    graph,
    now,
    cells: new Map(Object.entries(scene.stored ?? {}).map(([key, cells]) => [key, new Map(Object.entries(cells))])),
    dynamicKeys: new Map(Object.entries(scene.keys ?? {}))
  })
  const selected = Result.getOrThrow(Selection.select(graph, scene.select ?? "*"))
  const restriction = Result.getOrThrow(Restriction.make(snapshot, selected, scene.partitions ?? null))
  const plan = Plan.make({
    snapshot,
    selected,
    restriction,
    force: scene.force ?? false,
    ended: (asset) => {
      const keys = scene.ended?.[asset]
      const { all, positionOf } = snapshot.space(asset)
      return keys === undefined
        ? undefined
        : PartitionSet.fromPoints(all.dimensions, keys.map((key) => Result.getOrThrow(positionOf(key))))
    }
  })
  return { plan, snapshot }
}

/** `asset@partition: reason` for each planned cell. */
const lines = (scene: Scene) => {
  const { plan, snapshot } = planOf(scene)
  return plan.steps.flatMap((step) =>
    step.reasons.flatMap(({ cells, reason }) =>
      Array.from(PartitionSet.points(cells), (point) => {
        const key = snapshot.space(step.assets[0]!).keyAt(point)
        return `${step.assets[0]}${key === "" ? "" : `@${key.slice(-2)}`}: ${reason._tag}`
      })
    )
  )
}

const a = plain("a")
const b = plain("b", [a])
const c = plain("c", [b])

describe("Plan", () => {
  it("plans what is missing, upstream first", () => {
    assert.deepStrictEqual(lines({ assets: [c] }), ["a: Missing", "b: Missing", "c: Missing"])
  })

  it("plans nothing when all is fresh", () => {
    const { plan } = planOf({
      assets: [b],
      stored: { a: { "": cell(5) }, b: { "": cell(6, read("in0", "a", 5)) } }
    })
    assert.isTrue(Plan.isEmpty(plan))
    assert.strictEqual(plan.fresh, 2)
  })

  it("plans a cell whose upstream has a newer version, and what is downstream of it", () => {
    const stored = {
      a: { "": cell(9) },
      b: { "": cell(6, read("in0", "a", 5)) },
      c: { "": cell(7, read("in0", "b", 6)) }
    }
    assert.deepStrictEqual(lines({ assets: [c], stored }), ["b: UpstreamChanged", "c: UpstreamPlanned"])
  })

  it("plans a cell whose code version changed, whose inputs grew, or that failed", () => {
    const changed = rows("changed", { codeVersion: "2" })
    assert.deepStrictEqual(lines({ assets: [changed], stored: { changed: { "": cell(1, { codeVersion: "1" }) } } }), [
      "changed: CodeChanged"
    ])
    assert.deepStrictEqual(lines({ assets: [b], stored: { a: { "": cell(1) }, b: { "": cell(2) } } }), ["b: InputAdded"])
    assert.deepStrictEqual(lines({ assets: [a], stored: { a: { "": cell(1, { failed: true }) } } }), ["a: Failed"])
    assert.deepStrictEqual(lines({ assets: [a], stored: { a: { "": cell(undefined, { failed: true }) } } }), ["a: Failed"])
  })

  it("plans a cell whose key stands for another window of time than it did", () => {
    const day = (timezone: string, hourOffset = 0) => Partitions.daily({ start: "2023-07-01", end: "2023-07-03", timezone, hourOffset })
    const made = day("America/New_York")
    const others = [
      Partitions.weekly({ start: "2023-07-01", end: "2023-07-08", weekStart: "Saturday" }), day("Asia/Tokyo"), day("America/New_York", 6),
      Partitions.fixed(["2023-07-01"])
    ]
    const stored = (windows: string) => ({ up: { "2023-07-01": cell(1, { windows }) } })
    for (const partitions of others) {
      assert.include(lines({ assets: [rows("up", { partitions })], stored: stored(Partitions.windowsOf(made)) }), "up@01: WindowChanged")
    }
    // Its start is no part of what a key means, and of cells from before it was recorded nothing is known.
    const longer = rows("up", { partitions: Partitions.daily({ start: "2023-06-30", end: "2023-07-03", timezone: "America/New_York" }) })
    assert.deepStrictEqual(lines({ assets: [longer], stored: stored(Partitions.windowsOf(made)) }), ["up@30: Missing", "up@02: Missing"])
    assert.deepStrictEqual(lines({ assets: [rows("up", { partitions: made })], stored: stored("") }), ["up@02: Missing"])
    const ticks = (start: string) => Partitions.cron({ cron: "0 6 * * *", start, end: "2023-07-03T06:00", timezone: "UTC" })
    assert.strictEqual(Partitions.windowsOf(ticks("2023-06-01")), Partitions.windowsOf(ticks("2023-07-01")))
  })

  it("plans a cell that no longer reads what it has read", () => {
    assert.deepStrictEqual(lines({ assets: [a], stored: { a: { "": cell(3, read("old", "x", 1)) } } }), ["a: InputRemoved"])
  })

  it("tells other cells from the same number of cells whose versions have the same sum", () => {
    const set = Partitions.dynamic("set")
    const up = rows("up", { partitions: set })
    const all = rows("all", { inputs: { up } })
    const stored = {
      up: { a: cell(1), b: cell(2), c: cell(3), d: cell(4) },
      all: { "": cell(9, read("up", "up", 1, 4)) }
    }
    const keys = (...names: ReadonlyArray<string>) => ({ set: names.map((key, position) => ({ key, position, live: true, sources: [] })) })
    assert.deepStrictEqual(lines({ assets: [all], select: "all", stored, keys: keys("a", "d") }), [])
    assert.deepStrictEqual(lines({ assets: [all], select: "all", stored, keys: keys("b", "c") }), ["all: UpstreamChanged"])
  })

  it("no two sets of up to three versions of the first hundred have one sum", () => {
    const sums = new Set<number>()
    let sets = 0
    for (let i = 1; i <= 100; i++) {
      for (let j = 0; j < i; j++) {
        for (let k = 0; k < Math.max(j, 1); k++) {
          sums.add([i, j, k].filter((version) => version > 0).reduce(Snapshot.add, 0))
          sets++
        }
      }
    }
    assert.strictEqual(sums.size, sets)
  })

  it("forces what is selected and only that", () => {
    const stored = { a: { "": cell(5) }, b: { "": cell(6, read("in0", "a", 5)) } }
    assert.deepStrictEqual(lines({ assets: [b], stored, select: "b", force: true }), ["b: Forced"])
  })

  it("does not plan again what the run has ended", () => {
    assert.deepStrictEqual(lines({ assets: [a], force: true, ended: { a: [""] } }), [])
  })

  it("blocks what reads a cell that is neither stored nor planned", () => {
    const { plan } = planOf({ assets: [c], select: "b c" })
    assert.deepStrictEqual(plan.steps, [])
    assert.deepStrictEqual(plan.blocked.map(({ asset, upstream }) => [asset, upstream]), [["b", "a"], ["c", "b"]])
    const reader = rows("reader", { inputs: { a: Input.rows(a, { partial: true }) } })
    assert.deepStrictEqual(lines({ assets: [reader], select: "reader" }), ["reader: Missing"])
  })

  describe("partitions", () => {
    const days = rows("days", { partitions: daily })
    const copy = rows("copy", { partitions: daily, inputs: { days } })
    const shifted = rows("shifted", { partitions: daily, inputs: { days: Input.rows(days, { mapping: Mapping.offset(-1) }) } })
    const total = rows("total", { inputs: { days } })

    it("plans the windows that are over", () => {
      assert.deepStrictEqual(lines({ assets: [days] }), [
        "days@01: Missing",
        "days@02: Missing",
        "days@03: Missing",
        "days@04: Missing",
        "days@05: Missing"
      ])
    })

    it("takes a key, a range, a list", () => {
      assert.deepStrictEqual(lines({ assets: [days], partitions: "2024-01-03" }), ["days@03: Missing"])
      assert.deepStrictEqual(lines({ assets: [copy], partitions: "2024-01-02..2024-01-03", select: "days" }), [
        "days@02: Missing",
        "days@03: Missing"
      ])
      assert.strictEqual(lines({ assets: [days], partitions: "2024-01-01,2024-01-05" }).length, 2)
    })

    it("refuses an expression that fits nothing", () => {
      const graph = graphOf(days)
      const snapshot = Snapshot.make({ graph, now, cells: new Map(), dynamicKeys: new Map() })
      const refused = Restriction.make(snapshot, ["days"], "2024-13-01")
      assert.isTrue(Result.isFailure(refused))
      if (Result.isFailure(refused)) assert.include(refused.failure.message, "month 13")
    })

    it("plans only the stale partitions, by the version each has read", () => {
      const stored = {
        days: { "2024-01-01": cell(1), "2024-01-02": cell(8) },
        copy: { "2024-01-01": cell(3, read("days", "days", 1)), "2024-01-02": cell(4, read("days", "days", 2)) }
      }
      assert.deepStrictEqual(lines({ assets: [copy], stored, partitions: "2024-01-01..2024-01-02" }), [
        "copy@02: UpstreamChanged"
      ])
    })

    it("blocks single partitions, and lets the first one of an offset run without upstream", () => {
      const { plan, snapshot } = planOf({
        assets: [shifted],
        select: "shifted",
        stored: { days: { "2024-01-02": cell(1) } }
      })
      const keys = (set: PartitionSet.PartitionSet) =>
        Array.from(PartitionSet.points(set), (point) => snapshot.space("shifted").keyAt(point).slice(-2))
      assert.deepStrictEqual(plan.steps.map((step) => keys(step.cells)), [["01", "03"]])
      assert.deepStrictEqual(plan.blocked.map((entry) => keys(entry.cells)), [["02", "04", "05"]])
    })

    it("a reader of everything runs on what there is, and is stale when a partition is added or changed", () => {
      const stored = (...versions: ReadonlyArray<number>) => ({
        days: { "2024-01-01": cell(1), "2024-01-02": cell(2) },
        total: { "": cell(9, read("days", "days", ...versions)) }
      })
      assert.deepStrictEqual(lines({ assets: [total], select: "total", stored: { days: { "2024-01-01": cell(1) } } }), [
        "total: Missing"
      ])
      assert.deepStrictEqual(lines({ assets: [total], select: "total", stored: stored(1, 2) }), [])
      assert.deepStrictEqual(lines({ assets: [total], select: "total", stored: stored(1) }), ["total: UpstreamChanged"])
      assert.deepStrictEqual(lines({ assets: [total], select: "total", stored: stored(0, 2) }), ["total: UpstreamChanged"])
      const { plan } = planOf({ assets: [total], select: "total" })
      assert.deepStrictEqual(plan.blocked.map((entry) => entry.upstream), ["days"])
    })
  })

  describe("dynamic partitions", () => {
    const days = rows("days", { partitions: daily })
    const game = Partitions.dynamic("game", { from: days, key: () => "x" })
    const feed = rows("feed", { partitions: game })
    const stats = rows("stats", { partitions: game, inputs: { feed } })
    const keys = {
      game: [
        { key: "g1", position: 0, live: true, sources: ["2024-01-01"] },
        { key: "g2", position: 1, live: true, sources: ["2024-01-02"] },
        { key: "g3", position: 2, live: true, sources: [] }
      ]
    }
    const daysStored = Object.fromEntries(
      ["01", "02", "03", "04", "05"].map((day, i) => [`2024-01-${day}`, cell(i + 1)])
    )

    it("waits with assets whose keys the plan still has to find", () => {
      const { plan } = planOf({ assets: [stats] })
      assert.deepStrictEqual(plan.steps.map((step) => step.assets[0]), ["days"])
      assert.deepStrictEqual(plan.later, [{ asset: "feed", source: "days" }, { asset: "stats", source: "days" }])
    })

    it("plans the known keys when the source is fresh", () => {
      assert.deepStrictEqual(lines({ assets: [feed], keys, stored: { days: daysStored } }), [
        "feed@g1: Missing",
        "feed@g2: Missing",
        "feed@g3: Missing"
      ])
    })

    it("follows an expression of the source to the keys it gave", () => {
      assert.deepStrictEqual(
        lines({ assets: [stats], keys, stored: { days: daysStored }, partitions: "2024-01-02..2024-01-04" }),
        ["feed@g2: Missing", "stats@g2: Missing"]
      )
    })
  })

  it("plans a computation of several assets once, for all of them", () => {
    const many = Asset.makeMany("many", {
      outputs: { x: { output: Rows.of(Value), io: Store }, y: { output: Rows.of(Value), io: Store } },
      run: () => Effect.succeed({ x: [{ value: "x" }], y: [] })
    })
    const { plan } = planOf({ assets: [many.x, many.y], select: "many/x" })
    assert.deepStrictEqual(plan.steps.map((step) => step.assets), [["many/x", "many/y"]])
    assert.strictEqual(Plan.size(plan), 2)
  })

  it("computes nothing for a by-product alone, and it with what else is missing", () => {
    const outputs = { x: { output: Rows.of(Value), io: Store }, figures: { output: Rows.of(Value), io: Store, byProduct: true } }
    const many = Asset.makeMany("many", { partitions: daily, outputs, run: () => Effect.succeed({ x: [], figures: [] }) })
    const stored = { "many/x": { "2024-01-02": cell(1), "2024-01-03": cell(2) } }
    for (const select of ["many/x", "many/figures", "many/x many/figures"]) {
      const { plan } = planOf({ assets: [many.x, many.figures], stored, select, partitions: "2024-01-02..2024-01-04" })
      assert.deepStrictEqual(plan.steps.map((step) => [step.assets, PartitionSet.size(step.cells)]), [[["many/x", "many/figures"], 1]])
      assert.strictEqual(plan.fresh, 2)
    }
    const forced = planOf({ assets: [many.x, many.figures], stored, select: "many/figures", partitions: "2024-01-02", force: true })
    assert.strictEqual(Plan.size(forced.plan), 2)
    assert.throws(() => Asset.makeMany("all", { outputs: { figures: outputs.figures }, run: () => Effect.succeed({ figures: [] }) }), /by-product/)
  })

  it("gives the same plan for random graphs whatever is selected in whatever order, and obeys the dependencies", () => {
    let seed = 7
    const random = (n: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n
    for (let round = 0; round < 30; round++) {
      const assets: Array<Asset.Any> = []
      for (let i = 0; i < 12; i++) {
        assets.push(plain(`n${i}`, assets.filter(() => random(4) === 0)))
      }
      const graph = graphOf(...assets)
      const order = planOf({ assets }).plan.steps.map((step) => step.assets[0]!)
      assert.strictEqual(order.length, 12)
      for (const asset of order) {
        for (const edge of graph.upstream(asset)) {
          assert.isBelow(order.indexOf(edge.upstream), order.indexOf(asset))
        }
      }
      assert.deepStrictEqual(planOf({ assets: assets.toReversed() }).plan.steps.map((step) => step.assets[0]), order)
    }
  })
})
