/** What every store must forget, and what it must keep; run against each implementation. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import type { BackfillStore } from "../../engine/record/BackfillStore.ts"
import { type KeptKeys, RetentionStore } from "../../engine/record/RetentionStore.ts"
import { RunStore } from "../../engine/record/RunStore.ts"
import { SensorStore } from "../../engine/record/SensorStore.ts"
import { TickStore } from "../../engine/record/TickStore.ts"
import { all, cellsOf, commitOf, computed, ended, gather, request, worker } from "./RunStore.ts"

type Stores = RunStore | BackfillStore | TickStore | SensorStore | RetentionStore

const [a, b, c] = cellsOf("nhl/games", 0, 3) as [ReturnType<typeof computed>, ReturnType<typeof computed>, ReturnType<typeof computed>]

/** A store in which two runs of ticks and one by hand have done the same three cells. */
const used = Effect.gen(function*() {
  const runs = yield* RunStore
  const ticks = yield* TickStore
  const retention = yield* RetentionStore
  yield* runs.startWorker(worker("one"))
  yield* ticks.announce([{ name: "daily", definition: "0 2 * * *" }])
  const start = (due: number) =>
    Effect.map(ticks.decide("daily", "one", () => [{ _tag: "Start", due, request }]), ([decided]) => decided!.run!)
  /** Materializes cells, fails others, records one fact of each kind, and ends. */
  const execute = Effect.fnUntraced(function*(run: number, good: ReadonlyArray<typeof a>, bad: ReadonlyArray<typeof a> = []) {
    yield* runs.claim(run, "one", [...good, ...bad])
    yield* runs.commit(commitOf(run, "one", good.map((cell) => computed(cell))))
    yield* runs.endSteps(run, "one", bad.map((cell) => ended(cell, "failed")), gather)
    const at = new Date()
    yield* runs.recordAttempts(run, [{
      ...a, attempt: 1, startedAt: at, finishedAt: at, error: "ApiError", message: "503", transient: true, nextTryAt: null
    }])
    yield* runs.recordEvents(run, [{ type: "planned", at, message: "began" }])
    yield* runs.recordChecks(run, [{ ...a, check: "rows", severity: "warn", passed: true, message: "", examples: [], at }])
    yield* runs.finishRun(run, "one", bad.length > 0 ? "failed" : "succeeded")
  })
  const forget = (olderThanMillis: number, dryRun = false, keys: ReadonlyArray<KeptKeys> = []) =>
    Effect.map(retention.forget({ olderThanMillis, keys, dryRun }), (found) =>
      Object.fromEntries(found.flatMap(({ kind, rows }) => rows === 0 ? [] : [[kind, rows]])))
  const stepsOf = (run: number) =>
    Effect.map(runs.steps(run), (steps) => steps.map(({ partition, state }) => `${partition} ${state}`).sort())
  const first = yield* start(1000)
  yield* execute(first, [a, b], [c])
  const second = yield* start(2000)
  yield* execute(second, [b], [c])
  const third = yield* start(3000)
  yield* execute(third, [b])
  return { runs, ticks, retention, start, execute, forget, stepsOf, first, second, third }
})

/** Longer than a clock stands still. */
const aMoment = Effect.sleep("5 millis")

export const retentionStoreConformance = <E>(name: string, layer: Layer.Layer<Stores, E>): void => {
  const test = <A, X>(title: string, effect: Effect.Effect<A, X, Stores>) =>
    it.live(title, () => Effect.asVoid(Effect.provide(effect, layer)))

  describe(`${name} as a retention store`, () => {
    test("forgets what no cell needs, as it told before; a second time there is nothing", Effect.gen(function*() {
      const { first, forget, runs, second, stepsOf, third } = yield* used
      const cells = yield* runs.cells(all("nhl/games"))
      yield* aMoment
      assert.deepStrictEqual(yield* forget(3_600_000), {})
      const told = { steps: 3, attempts: 3, events: 3, checks: 3, ticks: 2 }
      assert.deepStrictEqual(yield* forget(0, true), told)
      assert.deepStrictEqual(yield* stepsOf(second), ["1 materialized", "2 failed"])
      assert.deepStrictEqual(yield* forget(0), told)
      assert.deepStrictEqual(yield* stepsOf(first), ["0 materialized"])
      assert.deepStrictEqual(yield* stepsOf(second), ["2 failed"])
      assert.deepStrictEqual(yield* stepsOf(third), ["1 materialized"])
      assert.deepStrictEqual(yield* runs.cells(all("nhl/games")), cells)
      assert.deepInclude(yield* runs.run(first), { state: "failed", materialized: 2, failed: 1 })
      assert.deepStrictEqual((yield* runs.materializations(a, { limit: 9 })).map(({ run }) => run), [first])
      assert.deepStrictEqual(yield* runs.attempts(first), [])
      assert.deepStrictEqual(yield* forget(0), {})
    }))

    test("a run that nothing needs goes, with its number; one that runs, and the tick of it, stay", Effect.gen(function*() {
      const { execute, first, forget, runs, second, start, stepsOf, third, ticks } = yield* used
      const open = yield* start(4000)
      yield* runs.claim(open, "one", [a, b, c])
      yield* runs.commit(commitOf(open, "one", [a, b, c].map((cell) => computed(cell))))
      const last = yield* start(5000)
      yield* execute(last, [])
      yield* aMoment
      assert.deepInclude(yield* forget(0, true), { runs: 3, steps: 6, ticks: 3 })
      assert.deepInclude(yield* forget(0), { runs: 3, steps: 6, ticks: 3 })
      assert.deepStrictEqual((yield* runs.runs({ limit: 9 })).map(({ id }) => id), [last, open])
      for (const run of [first, second, third]) {
        assert.strictEqual((yield* Effect.flip(runs.run(run)))._tag, "RunUnavailable")
        assert.strictEqual((yield* Effect.flip(runs.resumeRun(run, "one")))._tag, "RunUnavailable")
      }
      assert.deepStrictEqual(yield* stepsOf(open), ["0 materialized", "1 materialized", "2 materialized"])
      assert.deepStrictEqual((yield* ticks.ticks("daily", { limit: 9 })).map(({ run }) => run), [last, open])
      assert.strictEqual(yield* start(6000), last + 1)
    }))

    test("the last tick stays, so that none before it is decided upon again", Effect.gen(function*() {
      const { forget, ticks } = yield* used
      yield* ticks.decide("daily", "one", () => [
        { _tag: "Skip", due: 4000, reason: "none" }, { _tag: "Wait", due: 4500 }, { _tag: "Skip", due: 5000, reason: "none" }
      ])
      yield* aMoment
      yield* forget(0)
      assert.deepStrictEqual((yield* ticks.ticks("daily", { limit: 9 })).map(({ due }) => due.getTime()), [5000, 4500])
      const { standings } = yield* ticks.standings(["daily"])
      assert.deepInclude(standings.get("daily"), { waiting: [4500] })
      assert.strictEqual(standings.get("daily")?.last?.due, 5000)
    }))

    test("keys of sensors stay, but for those that are said to come no more and have no open run", Effect.gen(function*() {
      const { forget, runs } = yield* used
      const sensors = yield* SensorStore
      yield* sensors.announce(["kept", "brief"])
      const start = (key: string) => ({ _tag: "Start", key, request }) as const
      for (const hold of yield* sensors.hold(["kept", "brief"], "one")) {
        const [done] = (yield* sensors.record(hold, "one", { cursor: 1, requests: [start("done"), start("open"), { _tag: "Skip", key: "none", reason: "" }] }))!
        yield* runs.finishRun(done!.run!, "one", "succeeded")
      }
      yield* aMoment
      const keysOf = (sensor: string) => Effect.map(sensors.requests(sensor, { limit: 9 }), (all) => all.map(({ key }) => key).sort())
      assert.notProperty(yield* forget(0, true), "keys")
      assert.notProperty(yield* forget(0, true, [{ sensor: "brief", olderThanMillis: 3_600_000 }]), "keys")
      const brief = [{ sensor: "brief", olderThanMillis: 0 }, { sensor: "unknown", olderThanMillis: 0 }]
      assert.deepInclude(yield* forget(0, true, brief), { keys: 2 })
      assert.deepInclude(yield* forget(0, false, brief), { keys: 2 })
      assert.deepStrictEqual([yield* keysOf("brief"), yield* keysOf("kept")], [["open"], ["done", "none", "open"]])
      // What is forgotten would be asked for again.
      const [hold] = yield* sensors.hold(["brief"], "one")
      assert.deepStrictEqual((yield* sensors.record(hold!, "one", { cursor: 2, requests: [start("done"), start("open")] }))?.map(({ key }) => key), ["done"])
    }))

    test("gives the turn to one of many, once in a time", Effect.gen(function*() {
      const { turn } = yield* RetentionStore
      const turns = (every: number) =>
        Effect.map(Effect.all(Array.from({ length: 5 }, () => turn(every)), { concurrency: "unbounded" }), (all) => all.filter((own) => own).length)
      assert.strictEqual(yield* turns(3_600_000), 1)
      assert.strictEqual(yield* turns(3_600_000), 0)
      yield* Effect.sleep("30 millis")
      assert.strictEqual(yield* turns(20), 1)
    }))
  })
}
