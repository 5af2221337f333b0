/** Claims: who holds a cell, and what becomes of it when the holder is gone. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { BackfillStore } from "../../../engine/record/BackfillStore.ts"
import { type Claimed, LeaseLost } from "../../../engine/record/RunStore.ts"
import {
  a, all, b, backfillRequest, c, commitOf, computed, ended, gather, grants, lapse, request, started, startedTwo, type Test, worker,
  written
} from "./Records.ts"

export const claims = (test: Test): void => {
  test("grants a free cell, again to its holder, and never to a second worker", Effect.gen(function*() {
    const { next, run, store } = yield* startedTwo
    assert.deepStrictEqual(grants(yield* store.claim(run, "one", [b, a])), [true, true])
    assert.deepStrictEqual(grants(yield* store.claim(run, "one", [a])), [true])
    const { cells } = yield* store.claim(next, "two", [c, a, b])
    assert.deepStrictEqual(cells.map(({ granted, own }) => [granted, own]), [[true, false], [false, false], [false, false]])
    assert.deepStrictEqual(yield* store.claim(run, "one", []), { cells: [], standing: "running" })
  }))

  test("gives back what is released, and only to its holder", Effect.gen(function*() {
    const { next, run, store } = yield* startedTwo
    yield* store.claim(run, "one", [a, b])
    yield* store.release(next, "two", [a])
    assert.deepStrictEqual(grants(yield* store.claim(next, "two", [a])), [false])
    yield* store.release(run, "one", [a])
    assert.deepStrictEqual(grants(yield* store.claim(next, "two", [a, b])), [true, false])
  }))

  test("holds runs of one worker apart: one has a cell until it commits, gives it back or ends", Effect.gen(function*() {
    const { run, store } = yield* started
    const second = yield* store.createRun(request, "one")
    const third = yield* store.createRun(request, "one")
    assert.deepStrictEqual(grants(yield* store.claim(run, "one", [a, b, c])), [true, true, true])
    const refused = yield* store.claim(second, "one", [a, b])
    assert.deepStrictEqual([grants(refused), refused.cells.map(({ own }) => own)], [[false, false], [true, true]])
    yield* store.release(second, "one", [a])
    assert.strictEqual((yield* Effect.flip(store.commit(commitOf(second, "one", [computed(a)]))))._tag, "LeaseLost")
    yield* store.endSteps(second, "one", [ended(b, "failed")], gather)
    assert.isFalse((yield* store.cells(all("nhl/games"))).get("nhl/games")?.has(b.partition) ?? false)
    yield* store.commit(commitOf(run, "one", [computed(a)]))
    assert.deepStrictEqual(grants(yield* store.claim(second, "one", [a, b])), [true, false])
    yield* store.finishRun(run, "one", "cancelled")
    assert.deepStrictEqual(grants(yield* store.claim(third, "one", [a, b, c])), [false, true, true])
    assert.lengthOf(yield* store.commit(commitOf(second, "one", [computed(a)])), 1)
  }))

  test("tells what the run has done already, and not what others did", Effect.gen(function*() {
    const { next, run, store } = yield* startedTwo
    const done = (claimed: Claimed) => claimed.cells.map((cell) => [cell.granted, cell.done])
    yield* store.claim(run, "one", [a, b])
    yield* store.commit(commitOf(run, "one", [computed(a)]))
    assert.deepStrictEqual(done(yield* store.claim(next, "two", [a])), [[true, false]])
    assert.deepStrictEqual(done(yield* store.claim(run, "one", [a, b, c])), [[false, true], [true, false], [true, false]])
    yield* store.release(next, "two", [a])
    assert.deepStrictEqual(done(yield* store.claim(run, "one", [a])), [[true, true]])
    yield* store.release(run, "one", [a])
    yield* store.claim(next, "two", [a])
    yield* store.commit(commitOf(next, "two", [computed(a)]))
    assert.deepStrictEqual(done(yield* store.claim(run, "one", [a])), [[true, false]])
  }))

  test("says what it refuses: an unknown worker, an unknown run", Effect.gen(function*() {
    const { run, store } = yield* started
    const nobody = yield* Effect.flip(store.claim(run, "nobody", [a]))
    assert.match(nobody.message, /nobody/)
    assert.isFalse(nobody.transient)
    assert.match((yield* Effect.flip(store.claim(99, "one", [a]))).message, /99/)
    assert.match((yield* Effect.flip(store.createRun(request, "nobody"))).message, /nobody/)
  }))

  test("takes over from a holder whose lease is over, and refuses its commit", Effect.gen(function*() {
    const { run, store } = yield* started
    yield* store.startWorker(worker("frozen"))
    const frozen = yield* store.createRun(request, "frozen")
    yield* store.claim(frozen, "frozen", [a, b])
    yield* lapse(store, "frozen")
    assert.deepStrictEqual(grants(yield* store.claim(run, "one", [a])), [true])
    let wrote = false
    const error = yield* Effect.flip(store.commit({
      ...commitOf(frozen, "frozen", [computed(b), computed(a)]),
      write: Effect.sync(() => {
        wrote = true
        return [written(), written()]
      })
    }))
    assert.instanceOf(error, LeaseLost)
    assert.deepStrictEqual(error.cells, [a])
    assert.isFalse(wrote)
    assert.deepStrictEqual(yield* store.steps(frozen), [])
    assert.deepStrictEqual((yield* store.cells(all("nhl/games"))).get("nhl/games")?.size, 0)
    yield* store.commit(commitOf(run, "one", [computed(a)]))
    yield* store.commit(commitOf(frozen, "frozen", [computed(b)]))
    assert.strictEqual((yield* store.cells(all("nhl/games"))).get("nhl/games")?.size, 2)
  }))

  test("tells a worker whose lease was over, which may then go on", Effect.gen(function*() {
    const { next, store } = yield* startedTwo
    yield* store.startWorker(worker("slow", 1500))
    const slow = yield* store.createRun(request, "slow")
    assert.isTrue(yield* store.heartbeat("slow"))
    yield* store.claim(slow, "slow", [a])
    yield* Effect.sleep(1600)
    assert.isFalse(yield* store.heartbeat("slow"))
    assert.deepStrictEqual(grants(yield* store.claim(next, "two", [a])), [false])
    assert.isFalse(yield* store.heartbeat("nobody"))
  }))

  test("grants nothing to a worker that does not execute the run, and says that it is not its own", Effect.gen(function*() {
    const { next, run, store } = yield* startedTwo
    const refused = { standing: "cancelled", granted: [false, false] }
    const asked = (run: number, worker: string) =>
      Effect.map(store.claim(run, worker, [a, b]), (claimed) => ({
        standing: claimed.standing, granted: grants(claimed)
      }))
    assert.deepStrictEqual(yield* asked(run, "two"), refused)
    assert.strictEqual((yield* store.claim(run, "two", [])).standing, "cancelled")
    assert.deepStrictEqual([yield* store.executes(run, "one"), yield* store.executes(run, "two")], [true, false])
    yield* store.finishRun(next, "two", "succeeded")
    assert.deepStrictEqual(yield* asked(next, "two"), refused)
    assert.isFalse(yield* store.executes(next, "two"))
    assert.deepStrictEqual(yield* asked(run, "one"), { standing: "running", granted: [true, true] })
    // Held by another worker is no standing: it may ask again.
    const third = yield* store.createRun(request, "two")
    assert.deepStrictEqual(yield* asked(third, "two"), { standing: "running", granted: [false, false] })
    assert.deepStrictEqual([yield* store.executes(99, "one"), yield* store.executes(run, "nobody")], [false, false])
  }))

  test("grants nothing to a worker whose run was taken over, though it holds its cells", Effect.gen(function*() {
    const { store } = yield* started
    yield* store.startWorker(worker("frozen"))
    const run = yield* store.createRun(request, "frozen")
    yield* store.claim(run, "frozen", [a])
    yield* lapse(store, "frozen")
    yield* store.resumeRun(run, "two")
    yield* store.startWorker(worker("frozen"))
    const refused = yield* store.claim(run, "frozen", [a, b])
    assert.deepStrictEqual([refused.standing, ...grants(refused)], ["cancelled", false, false])
    assert.isFalse(yield* store.executes(run, "frozen"))
    assert.isFalse(yield* store.finishRun(run, "frozen", "succeeded"))
    assert.deepInclude(yield* store.run(run), { state: "running", workerId: "two" })
    assert.isTrue(yield* store.executes(run, "two"))
    assert.deepStrictEqual(grants(yield* store.claim(run, "two", [a, b])), [false, true])
    yield* store.stopWorker("frozen")
    assert.deepStrictEqual(grants(yield* store.claim(run, "two", [a, b])), [true, true])
  }))

  test("grants nothing while a backfill is paused, and tells it from a cancel", Effect.gen(function*() {
    const { store } = yield* started
    const backfills = yield* BackfillStore
    const run = yield* backfills.create(backfillRequest, [], [], "one")
    const standing = Effect.map(store.claim(run, "one", [a]), (claimed) => [claimed.standing, ...grants(claimed)])
    assert.deepStrictEqual(yield* standing, ["running", true])
    yield* backfills.pause(run)
    assert.deepStrictEqual(yield* standing, ["paused", false])
    assert.strictEqual((yield* store.claim(run, "one", [])).standing, "paused")
    assert.strictEqual((yield* store.claim(run, "two", [])).standing, "cancelled")
    assert.lengthOf(yield* store.commit(commitOf(run, "one", [computed(a)])), 1)
    yield* backfills.unpause(run)
    assert.deepStrictEqual(yield* standing, ["running", true])
    yield* backfills.pause(run)
    yield* store.cancelRun(run)
    assert.deepStrictEqual(yield* standing, ["cancelled", false])
  }))

  test("gives everything back when a worker stops", Effect.gen(function*() {
    const { next, run, store } = yield* startedTwo
    yield* store.claim(run, "one", [a, b])
    yield* store.stopWorker("one")
    assert.deepStrictEqual(grants(yield* store.claim(next, "two", [a, b])), [true, true])
    yield* store.startWorker(worker("one"))
    const error = yield* Effect.flip(store.commit(commitOf(run, "one", [computed(a)])))
    assert.strictEqual(error._tag, "LeaseLost")
  }))
}
