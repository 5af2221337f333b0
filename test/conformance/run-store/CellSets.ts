/** The states of cells as sets: they say what the cells say, whatever happened and by whatever numbering. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import * as PartitionSet from "../../../engine/partition/PartitionSet.ts"
import { BackfillStore } from "../../../engine/record/BackfillStore.ts"
import { basisOf, type CellSets, type Numbering } from "../../../engine/record/CellSets.ts"
import { RunStore } from "../../../engine/record/RunStore.ts"
import type { Cell } from "../../../engine/record/Step.ts"
import { seeded } from "../Random.ts"
import {
  a, all, b, backfillRequest, c, cellsOf, commitOf, computed, ended, gather, gatherBy, lapse, materialize, numbered, started, type Test,
  worker
} from "./Records.ts"

/** The same sets, as cells one by one say it. */
export const fromCells = Effect.fnUntraced(function*(asset: string, numbering: Numbering = numbered) {
  const store = yield* RunStore
  const of = (points: ReadonlyArray<PartitionSet.Point>) => PartitionSet.fromPoints(numbering.dimensions, points)
  const failed: Array<PartitionSet.Point> = []
  const bases = new Map<string, Array<PartitionSet.Point>>()
  let strays = false
  for (const [partition, cell] of (yield* store.cells(all(asset))).get(asset) ?? []) {
    const point = numbering.pointOf(partition)
    if (cell.failed && point !== undefined) failed.push(point)
    if (cell.dataVersion === undefined) continue
    strays ||= point === undefined
    const basis = basisOf(cell.codeVersion, cell.inputs, cell.windows)
    if (point !== undefined) bases.set(basis, [...bases.get(basis) ?? [], point])
  }
  const byBasis = Array.from(bases, ([basis, points]) => [basis, of(points)] as const)
  return {
    materialized: of(byBasis.flatMap(([, set]) => Array.from(PartitionSet.points(set)))),
    failed: of(failed),
    byBasis: byBasis.sort(([x], [y]) => x < y ? -1 : 1),
    strays
  }
})

export const comparable = ({ byBasis, failed, materialized, strays }: CellSets) => ({
  materialized, failed, byBasis: Array.from(byBasis).sort(([x], [y]) => x < y ? -1 : 1), strays
})

const setsOf = (asset: string, numbering: Numbering = numbered) =>
  Effect.flatMap(RunStore, (store) =>
    Effect.map(store.cellSets(new Map([[asset, numbering]])), (found) => found.get(asset)!))

const agree = Effect.fnUntraced(function*(asset: string, numbering: Numbering = numbered) {
  const sets = yield* setsOf(asset, numbering)
  assert.deepStrictEqual(comparable(sets), yield* fromCells(asset, numbering))
  return sets
})

export const cellSets = (test: Test): void => {
  test("knows no cells of an asset that has none", Effect.gen(function*() {
    const store = yield* RunStore
    assert.strictEqual((yield* store.cellSets(new Map())).size, 0)
    const sets = yield* agree("nhl/none")
    assert.isTrue(PartitionSet.isEmpty(sets.materialized))
    assert.isUndefined(sets.lastMaterialized)
    const one: Numbering = { id: "one", dimensions: 0, pointOf: (partition) => partition === "" ? [] : undefined }
    assert.deepStrictEqual((yield* setsOf("nhl/top", one)).materialized, PartitionSet.empty(0))
  }))

  for (const isAsked of [true, false]) {
    const when = isAsked ? "and goes on with the sets it has" : "when it is asked for the first time"
    test(`tells materialized, failed and by which basis, ${when}`, Effect.gen(function*() {
      const { run, store } = yield* started
      if (isAsked) yield* agree("nhl/games")
      const at = (seconds: number) => ({ finishedAt: new Date(1000 * seconds) })
      const read = (asset: string, sum: number) => ({ inputs: { day: { asset, count: 1, sum, max: sum } } })
      yield* materialize(run, [computed(a, at(3)), computed(b, { ...read("nhl/days", 1), ...at(9) }), computed(c, at(5))])
      yield* materialize(run, [
        computed(cellsOf("nhl/games", 3, 4)[0]!, read("nhl/days", 2)),
        computed(cellsOf("nhl/teams", 4, 5)[0]!, { codeVersion: "v7", windows: "day UTC" })
      ])
      yield* store.claim(run, "one", [c, ...cellsOf("nhl/games", 5, 7)])
      yield* store.endSteps(run, "one", [
        ended(c, "failed"),
        ended(cellsOf("nhl/games", 5, 6)[0]!, "failed"),
        ended(cellsOf("nhl/games", 6, 7)[0]!, "skipped")
      ], gather)
      const sets = yield* agree("nhl/games")
      assert.deepStrictEqual(sets.materialized, PartitionSet.range(0, 3))
      assert.deepStrictEqual(sets.failed, PartitionSet.fromPositions([2, 5]))
      assert.deepStrictEqual(
        new Map(sets.byBasis),
        new Map([
          [basisOf("v1", {}), PartitionSet.fromPositions([0, 2])],
          [basisOf("v1", { day: { asset: "nhl/days" } }), PartitionSet.fromPositions([1, 3])]
        ])
      )
      assert.deepStrictEqual(Array.from((yield* agree("nhl/teams")).byBasis.keys()), [basisOf("v7", {}, "day UTC")])
      assert.strictEqual((yield* store.cells(all("nhl/teams"))).get("nhl/teams")?.get(cellsOf("nhl/teams", 4, 5)[0]!.partition)?.windows, "day UTC")
      yield* materialize(run, [computed(c, { codeVersion: "v2" })])
      assert.deepStrictEqual((yield* agree("nhl/games")).failed, PartitionSet.range(5, 5))
      assert.isAbove(sets.lastMaterialized?.getTime() ?? 0, 8999)
    }))
  }

  test("gives many assets at once", Effect.gen(function*() {
    const { run, store } = yield* started
    const assets = Array.from({ length: 40 }, (_, i) => `nhl/a${i}`)
    const asked = new Map(assets.map((asset) => [asset, numbered]))
    assert.strictEqual((yield* store.cellSets(asked)).size, 40)
    const cells = assets.flatMap((asset, i) => cellsOf(asset, 0, i).map((cell) => computed(cell)))
    yield* materialize(run, cells)
    for (const [asset, sets] of yield* store.cellSets(asked)) {
      assert.deepStrictEqual(comparable(sets), yield* fromCells(asset))
    }
  }))

  test("does not take a failure of a worker that had lost the cell", Effect.gen(function*() {
    const { run, store } = yield* started
    yield* agree("nhl/games")
    yield* store.startWorker(worker("frozen"))
    const backfills = yield* BackfillStore
    const frozen = yield* backfills.create(backfillRequest, [], [], "frozen")
    yield* store.claim(frozen, "frozen", [a, b])
    yield* lapse(store, "frozen")
    yield* materialize(run, [computed(a)])
    yield* store.claim(run, "one", [b])
    yield* store.endSteps(frozen, "frozen", [ended(a, "failed"), ended(b, "failed")], gather)
    assert.isTrue(PartitionSet.isEmpty((yield* agree("nhl/games")).failed))
    assert.deepStrictEqual((yield* backfills.look(frozen, null)).changes, [])
  }))

  test("tells a backfill what became of its cells, and other runs' not", Effect.gen(function*() {
    const { run: other, store } = yield* started
    const backfills = yield* BackfillStore
    const run = yield* backfills.create(backfillRequest, [], [], "one")
    const [d] = cellsOf("nhl/games", 7, 8)
    yield* materialize(other, [computed(d!)])
    yield* materialize(run, [computed(a), computed(b, { codeVersion: "v2" })])
    yield* store.claim(run, "one", [c])
    yield* store.endSteps(run, "one", [ended(c, "failed"), ended(d!, "skipped"), ended(a, "skipped")], gather)
    const united = new Map<string, PartitionSet.PartitionSet>()
    for (const { asset, cells, kind, numbering } of (yield* backfills.look(run, null)).changes) {
      assert.deepStrictEqual([asset, numbering], ["nhl/games", numbered.id])
      united.set(kind, PartitionSet.union(united.get(kind) ?? PartitionSet.empty(1), cells))
    }
    // A cell that this run has materialized is not skipped by it any more.
    assert.deepStrictEqual(Object.fromEntries(united), {
      materialized: PartitionSet.range(0, 1),
      failed: PartitionSet.range(2, 2),
      skipped: PartitionSet.range(7, 7)
    })
  }))

  test("counts anew by another numbering, with a flag for what has no place in it", Effect.gen(function*() {
    const { run, store } = yield* started
    const doubled: Numbering = {
      id: "pairs", dimensions: 2, pointOf: (partition) => Number(partition) < 50 ? [Number(partition) % 5, Number(partition)] : undefined
    }
    yield* materialize(run, cellsOf("nhl/games", 0, 60).map((cell) => computed(cell)))
    assert.isFalse((yield* agree("nhl/games")).strays)
    const sets = yield* agree("nhl/games", doubled)
    assert.isTrue(sets.strays)
    assert.strictEqual(PartitionSet.size(sets.materialized), 50)
    // A worker with the older definition.
    yield* materialize(run, cellsOf("nhl/games", 60, 62).map((cell) => computed(cell, { codeVersion: "v0" })))
    yield* agree("nhl/games", doubled)
    yield* agree("nhl/games")
    // A worker with the newer one.
    const cells = cellsOf("nhl/games", 0, 3).map((cell) => computed(cell, { codeVersion: "v3" }))
    yield* store.claim(run, "one", cells)
    yield* store.commit({ ...commitOf(run, "one", cells), gather: gatherBy(doubled) })
    yield* agree("nhl/games")
    yield* agree("nhl/games", doubled)
  }))

  test("keeps the state of a commit that fails, also when it cannot be gathered", Effect.gen(function*() {
    const { run, store } = yield* started
    yield* materialize(run, [computed(a)])
    yield* agree("nhl/games")
    yield* store.claim(run, "one", [a, b])
    yield* Effect.exit(store.commit({ ...commitOf(run, "one", [computed(b)]), keys: () => { throw new Error("no") } }))
    yield* Effect.exit(store.commit({ ...commitOf(run, "one", [computed(b)]), gather: () => { throw new Error("no") } }))
    assert.deepStrictEqual((yield* agree("nhl/games")).materialized, PartitionSet.range(0, 0))
    assert.lengthOf(yield* store.commit(commitOf(run, "one", [computed(b)])), 1)
  }))

  test("says after any history what the cells say", Effect.gen(function*() {
    const { run, store } = yield* started
    const random = seeded(4711)
    for (let round = 0; round < 120; round++) {
      const from = random.int(0, 60)
      const cells: ReadonlyArray<Cell> = cellsOf("nhl/games", from, from + random.int(1, 12))
      yield* store.claim(run, "one", cells)
      if (random.next() < 0.3) {
        yield* store.endSteps(run, "one", cells.map((cell) => ended(cell, random.pick(["failed", "failed", "skipped"]))), gather)
        yield* store.release(run, "one", cells)
      } else {
        const asset = random.pick(["x", "y"])
        yield* store.commit(commitOf(run, "one", cells.map((cell) =>
          computed(cell, {
            codeVersion: random.pick(["v1", "v1", "v2"]),
            windows: random.pick(["", "", "day UTC"]),
            inputs: random.next() < 0.5 ? {} : { i: { asset, count: round, sum: round, max: round } }
          }))))
      }
      if (random.next() < 0.2) yield* agree("nhl/games")
    }
    yield* agree("nhl/games")
  }))
}
