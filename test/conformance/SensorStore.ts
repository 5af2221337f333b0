/** What every sensor store must do; run against each implementation. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { RunStore } from "../../engine/record/RunStore.ts"
import { type Request, SensorStore } from "../../engine/record/SensorStore.ts"
import { lapse, request, worker } from "./RunStore.ts"

/** A store that knows two sensors, of which the worker "one" holds the first; and another worker. */
const known = Effect.gen(function*() {
  const runs = yield* RunStore
  const sensors = yield* SensorStore
  yield* runs.startWorker(worker("one"))
  yield* runs.startWorker(worker("two"))
  yield* sensors.announce(["files", "rows"])
  const [held] = yield* sensors.hold(["files"], "one")
  const start = (key: string): Request => ({ _tag: "Start", key, request })
  const named = (name: string) => Effect.map(sensors.sensors, (all) => all.find((one) => one.name === name)!)
  return { runs, sensors, held: held!, start, named }
})

export const sensorStoreConformance = <E>(name: string, layer: Layer.Layer<RunStore | SensorStore, E>): void => {
  const test = <A, X>(title: string, effect: Effect.Effect<A, X, RunStore | SensorStore>) =>
    it.live(title, () => Effect.asVoid(Effect.provide(effect, layer)))

  describe(`${name} as a sensor store`, () => {
    test("one worker holds a sensor, until it stops", Effect.gen(function*() {
      const { held, named, runs, sensors } = yield* known
      assert.deepInclude(held, { name: "files", cursor: null, failures: 0 })
      assert.deepStrictEqual((yield* sensors.hold(["files", "rows", "nobody's"], "two")).map((one) => one.name), ["rows"])
      assert.deepStrictEqual(yield* sensors.hold(["files"], "one"), [held])
      assert.strictEqual((yield* named("files")).observer, "one.local:42")
      yield* runs.stopWorker("one")
      assert.isNull((yield* named("files")).observer)
      assert.deepStrictEqual(yield* sensors.hold(["files"], "one"), [])
      const taken = (yield* sensors.hold(["files"], "two"))[0]!
      assert.notStrictEqual(taken.epoch, held.epoch)
    }))

    test("of many that want it at once, one has it", Effect.gen(function*() {
      const { runs, sensors } = yield* known
      yield* runs.stopWorker("one")
      const workers = Array.from({ length: 8 }, (_, i) => `w${i}`)
      yield* Effect.forEach(workers, (id) => runs.startWorker(worker(id)))
      const holds = yield* Effect.forEach(workers, (id) => sensors.hold(["files"], id), { concurrency: 8 })
      assert.lengthOf(holds.flat(), 1)
    }))

    test("a worker whose lease is over loses it, and writes nothing more", Effect.gen(function*() {
      const { named, runs, sensors, start } = yield* known
      yield* runs.startWorker(worker("frozen"))
      const old = (yield* sensors.hold(["rows"], "frozen"))[0]!
      yield* lapse(runs, "frozen")
      const now = (yield* sensors.hold(["rows"], "two"))[0]!
      assert.isUndefined(yield* sensors.record(old, "frozen", { cursor: 1, requests: [start("a")] }))
      yield* sensors.failed(old, "frozen", "late")
      assert.deepStrictEqual(yield* sensors.requests("rows", { limit: 9 }), [])
      assert.deepInclude(yield* named("rows"), { cursor: null, error: null })
      assert.lengthOf((yield* sensors.record(now, "two", { cursor: 2, requests: [start("a")] }))!, 1)
    }))

    test("records a cursor with its requests: one run a key, ever", Effect.gen(function*() {
      const { held, named, runs, sensors, start } = yield* known
      const what = { cursor: { page: 1, "ä\u0000": [null] }, requests: [start("a"), start("b"), start("a"), { _tag: "Skip", key: "c", reason: "old" } as const] }
      const first = (yield* sensors.record(held, "one", what))!
      assert.deepStrictEqual(first.map(({ key, run }) => [key, run !== undefined]), [["a", true], ["b", true], ["c", false]])
      assert.deepStrictEqual(yield* sensors.record(held, "one", what), [])
      const all = yield* Effect.forEach([1, 2, 3, 4], () => sensors.record(held, "one", { cursor: 2, requests: [start("d")] }), { concurrency: 4 })
      assert.lengthOf(all.flatMap((recorded) => recorded ?? []), 1)
      assert.lengthOf(yield* runs.runs({ limit: 99 }), 3)
      assert.strictEqual((yield* named("files")).cursor, 2)
      const told = yield* sensors.requests("files", { limit: 9 })
      assert.deepStrictEqual(new Map(told.map(({ key, reason, runState, state }) => [key, [state, runState, reason]])), new Map([
        ["d", ["started", "running", null]], ["a", ["started", "running", null]],
        ["b", ["started", "running", null]], ["c", ["skipped", null, "old"]]
      ]))
      assert.strictEqual(told[0]?.key, "d")
      assert.deepStrictEqual(yield* sensors.requests("rows", { limit: 9 }), [])
    }))

    test("asks again for a key for which no run could be asked", Effect.gen(function*() {
      const { held, sensors, start } = yield* known
      yield* sensors.record(held, "one", { cursor: 1, requests: [{ _tag: "Fail", key: "a", reason: "no asset" }] })
      const [again] = (yield* sensors.record(held, "one", { cursor: 1, requests: [start("a")] }))!
      assert.isDefined(again?.run)
      yield* sensors.failRun(again!.run!, "its partitions are unknown")
      assert.deepStrictEqual(yield* sensors.record(held, "one", { cursor: 1, requests: [start("a")] }), [])
      assert.deepInclude((yield* sensors.requests("files", { limit: 1 }))[0], { state: "failed", run: again!.run, reason: "its partitions are unknown" })
    }))

    test("nothing is written where a run cannot be: neither cursor nor keys", Effect.gen(function*() {
      const { held, named, runs, sensors, start } = yield* known
      yield* runs.stopWorker("one")
      const exit = yield* Effect.exit(sensors.record(held, "one", { cursor: 7, requests: [{ _tag: "Skip", key: "s", reason: "" }, start("a")] }))
      assert.isTrue(exit._tag === "Failure" || exit.value === undefined)
      assert.strictEqual((yield* named("files")).cursor, null)
      assert.deepStrictEqual(yield* sensors.requests("files", { limit: 9 }), [])
    }))

    test("a cursor that is set ends the hold; so does a stop", Effect.gen(function*() {
      const { held, named, sensors } = yield* known
      yield* sensors.failed(held, "one", "no \u0000 luck")
      yield* sensors.failed(held, "one", "again")
      assert.deepInclude(yield* named("files"), { failures: 2, error: "again" })
      yield* sensors.setCursor("files", { page: 9 })
      assert.deepInclude(yield* named("files"), { failures: 0, error: null })
      assert.isUndefined(yield* sensors.record(held, "one", { cursor: 1, requests: [] }))
      const next = (yield* sensors.hold(["files"], "one"))[0]!
      assert.deepStrictEqual(next.cursor, { page: 9 })
      yield* sensors.setRunning("files", false)
      assert.deepStrictEqual(yield* sensors.hold(["files"], "one"), [])
      assert.isUndefined(yield* sensors.record(next, "one", { cursor: 1, requests: [] }))
      yield* sensors.setRunning("files", true)
      assert.deepStrictEqual((yield* sensors.hold(["files"], "one"))[0]!.cursor, { page: 9 })
      yield* sensors.setRunning("new", false)
      yield* sensors.announce(["new"])
      assert.isFalse((yield* named("new")).running)
    }))

    test("tells of open runs: its own, and those whose worker is gone", Effect.gen(function*() {
      const { held, runs, sensors, start } = yield* known
      const [first, second] = (yield* sensors.record(held, "one", { cursor: 1, requests: [start("a"), start("b")] }))!
      yield* runs.cancelRun(second!.run!)
      assert.deepStrictEqual(yield* sensors.open(["files", "rows"], "one"), [{ sensor: "files", run: first!.run!, own: true }])
      assert.deepStrictEqual(yield* sensors.open(["files"], "two"), [])
      yield* runs.stopWorker("one")
      assert.deepStrictEqual(yield* sensors.open(["files"], "two"), [{ sensor: "files", run: first!.run!, own: false }])
    }))

    test("tells of runs that have ended since, and leaves none out", Effect.gen(function*() {
      const { runs, sensors } = yield* known
      const of = (since: string | null, states: ReadonlyArray<"succeeded" | "failed" | "cancelled"> = ["failed", "succeeded"]) =>
        sensors.ended({ pipelines: ["nhl/*"], states, since })
      const old = yield* runs.createRun(request, "one")
      yield* runs.finishRun(old, "one", "succeeded")
      yield* Effect.sleep(3)
      const begin = yield* of(null)
      assert.deepStrictEqual(begin.runs, [])
      const [first, second] = [yield* runs.createRun(request, "one"), yield* runs.createRun(request, "two")]
      yield* runs.finishRun(second, "two", "failed")
      const one = yield* of(begin.cursor)
      // Others may come again, where an older transaction is open in another database of the server.
      assert.deepInclude(one.runs.map(({ id, pipeline, state }) => [id, pipeline, state]), [second, "nhl/*", "failed"])
      assert.notInclude(one.runs.map(({ id }) => id), first)
      yield* runs.finishRun(first, "one", "succeeded")
      const two = yield* of(one.cursor)
      assert.include(two.runs.map(({ id }) => id), first)
      yield* runs.resumeRun(second, "one")
      yield* runs.finishRun(second, "one", "succeeded")
      assert.deepInclude((yield* of(two.cursor, ["succeeded"])).runs.find(({ id }) => id === second), { state: "succeeded" })
      assert.deepStrictEqual((yield* sensors.ended({ pipelines: ["other"], states: ["failed"], since: begin.cursor })).runs, [])
    }))
  })
}
