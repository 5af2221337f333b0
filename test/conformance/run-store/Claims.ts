/** Claims: who holds a cell, and what becomes of it when the holder is gone. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { LeaseLost } from "../../../engine/record/RunStore.ts"
import { request, worker, computed, written, commitOf, a, b, c, started, grants, type Test } from "./Records.ts"

export const claims = (test: Test): void => {
  test("grants a free cell, again to its holder, and never to a second worker", Effect.gen(function*() {
    const { run, store } = yield* started
    assert.deepStrictEqual(grants(yield* store.claim(run, "one", [b, a])), [true, true])
    assert.deepStrictEqual(grants(yield* store.claim(run, "one", [a])), [true])
    assert.deepStrictEqual(grants(yield* store.claim(run, "two", [c, a, b])), [true, false, false])
    assert.deepStrictEqual(yield* store.claim(run, "one", []), { cells: [], cancelled: false })
  }))

  test("gives back what is released, and only to its holder", Effect.gen(function*() {
    const { run, store } = yield* started
    yield* store.claim(run, "one", [a, b])
    yield* store.release("two", [a])
    assert.deepStrictEqual(grants(yield* store.claim(run, "two", [a])), [false])
    yield* store.release("one", [a])
    assert.deepStrictEqual(grants(yield* store.claim(run, "two", [a, b])), [true, false])
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
    yield* store.startWorker(worker("frozen", 50))
    const frozen = yield* store.createRun(request, "frozen")
    yield* store.claim(frozen, "frozen", [a, b])
    yield* Effect.sleep(120)
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
    assert.deepStrictEqual((yield* store.cells(["nhl/games"])).get("nhl/games")?.size, 0)
    yield* store.commit(commitOf(run, "one", [computed(a)]))
    yield* store.commit(commitOf(frozen, "frozen", [computed(b)]))
    assert.strictEqual((yield* store.cells(["nhl/games"])).get("nhl/games")?.size, 2)
  }))

  test("tells a worker whose lease was over, which may then go on", Effect.gen(function*() {
    const { run, store } = yield* started
    yield* store.startWorker(worker("slow", 80))
    assert.isTrue(yield* store.heartbeat("slow"))
    yield* store.claim(run, "slow", [a])
    yield* Effect.sleep(160)
    assert.isFalse(yield* store.heartbeat("slow"))
    assert.deepStrictEqual(grants(yield* store.claim(run, "two", [a])), [false])
    assert.isFalse(yield* store.heartbeat("nobody"))
  }))

  test("gives everything back when a worker stops", Effect.gen(function*() {
    const { run, store } = yield* started
    yield* store.claim(run, "one", [a, b])
    yield* store.stopWorker("one")
    assert.deepStrictEqual(grants(yield* store.claim(run, "two", [a, b])), [true, true])
    yield* store.startWorker(worker("one"))
    const error = yield* Effect.flip(store.commit(commitOf(run, "one", [computed(a)])))
    assert.strictEqual(error._tag, "LeaseLost")
  }))
}
