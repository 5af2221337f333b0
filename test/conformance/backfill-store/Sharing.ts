/** What processes that share a backfill see of it: progress, lots, plans that grow, counts and timings. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import * as PartitionSet from "../../../engine/partition/PartitionSet.ts"
import { BackfillStore, unplanned } from "../../../engine/record/BackfillStore.ts"
import { RunStore } from "../../../engine/record/RunStore.ts"
import { worker } from "../RunStore.ts"
import { begun, cells, end, games, Known, materialize, request, stats, type Test, textOf } from "./Records.ts"

export const sharing = (test: Test): void => {
  test("tells what has changed since the last look, and all of it to newcomers", Effect.gen(function*() {
    const { id, store } = yield* begun
    const known = new Known()
    known.absorb(yield* store.look(id, null))
    assert.deepStrictEqual(known.text, { [`planned ${games}`]: "0-99", [`planned ${stats}`]: "0-99" })
    known.absorb(yield* store.look(id, known.since))
    assert.strictEqual(known.told, 0)
    yield* materialize(id, "one", games, 0, 9)
    yield* materialize(id, "one", games, 20, 29)
    yield* end(id, "one", "failed", games, 10, 14)
    yield* end(id, "one", "skipped", stats, 10, 14)
    yield* store.endLots(id, "one", [], [cells(stats, 50, 59)])
    known.absorb(yield* store.look(id, known.since))
    assert.strictEqual(known.told, 5)
    const expected = {
      [`failed ${games}`]: "10-14",
      [`materialized ${games}`]: "0-9 20-29",
      [`planned ${games}`]: "0-99",
      [`planned ${stats}`]: "0-99",
      [`skipped ${stats}`]: "10-14",
      [`unchanged ${stats}`]: "50-59"
    }
    assert.deepStrictEqual(known.text, expected)
    const newcomer = new Known()
    newcomer.absorb(yield* store.look(id, null))
    assert.deepStrictEqual(newcomer.text, expected)
    const stranger = new Known()
    stranger.absorb(yield* store.look(id, { horizon: known.since!.horizon, round: known.since!.round + 1 }))
    assert.deepStrictEqual(stranger.text, expected)
  }))

  test("gives lots out to those who take part, until they give them back", Effect.gen(function*() {
    const { id, store } = yield* begun
    yield* store.join(id, "two")
    const [first, second, more] = yield* store.take(id, "one", null, () => [cells(games, 0, 9), cells(stats, 0, 4)])
    assert.isUndefined(more)
    assert.deepInclude(first, { asset: games, worker: "one" })
    assert.deepInclude(second, { asset: stats, worker: "one" })
    assert.isTrue(PartitionSet.equals(first!.cells, PartitionSet.range(0, 9)))
    let seen: ReadonlyArray<string> = []
    const [third] = yield* store.take(id, "two", null, (look) => {
      seen = look.lots.map((lot) => `${lot.number} ${lot.worker} ${lot.asset} ${textOf(lot.cells)}`)
      return [cells(games, 10, 19)]
    })
    assert.deepStrictEqual(seen, [`${first!.number} one ${games} 0-9`, `${second!.number} one ${stats} 0-4`])
    assert.deepStrictEqual((yield* store.look(id, null)).lots, [first!, second!, third!])
    yield* store.endLots(id, "two", [first!.number], [])
    yield* store.endLots(id, "one", [first!.number], [cells(games, 0, 3)])
    assert.deepStrictEqual((yield* store.look(id, null)).lots, [second!, third!])
    assert.strictEqual((yield* store.backfill(id)).unchanged, 4)
    assert.deepStrictEqual(yield* store.take(id, "one", null, () => []), [])
    assert.strictEqual((yield* store.look(id, null)).sharers, 2)
    yield* store.leave(id, "two")
    assert.strictEqual((yield* store.look(id, null)).sharers, 1)
    assert.deepStrictEqual(yield* store.take(id, "two", null, () => [cells(games, 30, 39)]), [])
    assert.deepStrictEqual((yield* store.look(id, null)).lots, [second!])
  }))

  test("takes the lots of a worker that died", Effect.gen(function*() {
    const { id, runs, store } = yield* begun
    yield* runs.startWorker(worker("dying", 500))
    yield* store.join(id, "dying")
    const [lot] = yield* store.take(id, "dying", null, () => [cells(games, 0, 9)])
    assert.lengthOf((yield* store.look(id, null)).lots, 1)
    assert.strictEqual((yield* store.look(id, null)).sharers, 2)
    yield* Effect.sleep(700)
    assert.lengthOf((yield* store.look(id, null)).lots, 0)
    assert.strictEqual((yield* store.look(id, null)).sharers, 1)
    let seen = -1
    yield* store.take(id, "one", null, (look) => {
      seen = look.lots.length
      return [cells(games, 0, 9)]
    })
    assert.strictEqual(seen, 0)
    // It was only frozen: what it had taken is another's now.
    yield* runs.heartbeat("dying")
    assert.deepStrictEqual((yield* store.look(id, null)).lots.map((one) => one.worker), ["one"])
    yield* store.endLots(id, "dying", [lot!.number], [])
    assert.lengthOf((yield* store.look(id, null)).lots, 1)

    yield* runs.stopWorker("one")
    yield* runs.startWorker(worker("one"))
    yield* store.join(id, "one")
    assert.deepStrictEqual((yield* store.look(id, null)).lots, [])
  }))

  test("that was made as a run is planned by its first participant", Effect.gen(function*() {
    const runs = yield* RunStore
    const store = yield* BackfillStore
    yield* runs.startWorker(worker("asked"))
    const id = yield* runs.createRun(request, "asked")
    assert.deepInclude(yield* store.look(id, null), { changes: [], later: [unplanned], state: "running", sharers: 1 })
    assert.isTrue(yield* store.extend(id, [unplanned], [cells(games, 0, 9)], []))
    assert.isFalse(yield* store.extend(id, [unplanned], [cells(games, 10, 19)], []))
    assert.deepInclude(yield* store.backfill(id), { name: "season", planned: 10, lost: false })
  }))

  test("is planned further by one of those who want to", Effect.gen(function*() {
    const { id, store } = yield* begun
    const later = [{ asset: stats, source: games }]
    assert.isTrue(yield* store.extend(id, [], [], later))
    assert.deepStrictEqual((yield* store.look(id, null)).later, later)
    const extended = yield* Effect.all(
      [0, 1, 2].map(() => store.extend(id, later, [cells(stats, 100, 109)], [])),
      { concurrency: 3 }
    )
    assert.deepStrictEqual(extended.toSorted(), [false, false, true])
    assert.isFalse(yield* store.extend(id, later, [cells(stats, 200, 209)], []))
    assert.isFalse(yield* store.extend(99, [], [], later))
    assert.deepStrictEqual((yield* store.look(id, null)).later, [])
    assert.strictEqual((yield* store.backfill(id)).planned, 210)
  }))

  test("counts a cell once, however often it was told", Effect.gen(function*() {
    const { id, store } = yield* begun
    yield* end(id, "one", "failed", games, 0, 9)
    yield* materialize(id, "one", games, 5, 14)
    yield* materialize(id, "one", games, 5, 14)
    yield* store.endLots(id, "one", [], [cells(games, 10, 19), cells(games, 18, 19)])
    assert.deepStrictEqual(yield* store.counts(id), [
      { asset: stats, kind: "planned", cells: 100 },
      { asset: games, kind: "planned", cells: 100 },
      { asset: games, kind: "materialized", cells: 10 },
      { asset: games, kind: "unchanged", cells: 5 },
      { asset: games, kind: "failed", cells: 5 }
    ])
    const summary = yield* store.backfill(id)
    assert.deepInclude(summary, { planned: 200, materialized: 10, unchanged: 5, failed: 5, skipped: 0 })
    assert.deepStrictEqual(yield* store.retryFailed(id), { failed: 5, skipped: 0 })
  }))

  test("is as it was after so many changes that they were merged", Effect.gen(function*() {
    const { id, store } = yield* begun
    const known = new Known()
    known.absorb(yield* store.look(id, null))
    // Every second cell, one at a time: nothing melts into ranges before the end.
    for (let round = 0; round < 620; round++) {
      const at = round % 100
      yield* store.endLots(id, "one", [], [cells(round < 310 ? games : stats, at, at)])
      if (round % 100 === 50) known.absorb(yield* store.look(id, known.since))
    }
    const before = yield* store.counts(id)
    yield* store.take(id, "one", known.since, (look) => {
      known.absorb(look)
      return []
    })
    known.absorb(yield* store.look(id, known.since))
    assert.deepStrictEqual(known.text, {
      [`planned ${games}`]: "0-99", [`planned ${stats}`]: "0-99",
      [`unchanged ${games}`]: "0-99", [`unchanged ${stats}`]: "0-99"
    })
    assert.deepStrictEqual(yield* store.counts(id), before)
    assert.deepInclude(yield* store.backfill(id), { planned: 200, unchanged: 200 })
  }))

  test("knows how long steps of assets took", Effect.gen(function*() {
    const { id, store } = yield* begun
    const took = (millis: number) => ({ startedAt: new Date(0), finishedAt: new Date(millis) })
    yield* materialize(id, "one", games, 0, 2, took(100))
    yield* materialize(id, "one", games, 3, 3, took(500))
    yield* end(id, "one", "failed", stats, 0, 3)
    const timings = yield* store.timings([games, stats, "nhl/none"])
    assert.deepStrictEqual([...timings.keys()], [games])
    assert.deepStrictEqual(timings.get(games), { millis: 200, steps: 4 })
    assert.strictEqual((yield* store.timings([])).size, 0)
  }))
}
