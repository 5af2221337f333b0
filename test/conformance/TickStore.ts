/** What every tick store must do; run against each implementation. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import type { BackfillStore } from "../../engine/record/BackfillStore.ts"
import { RunStore } from "../../engine/record/RunStore.ts"
import { type Decision, type Standing, TickStore } from "../../engine/record/TickStore.ts"
import { request, worker } from "./RunStore.ts"

/** A store that knows two schedules, and two workers. */
const known = Effect.gen(function*() {
  const runs = yield* RunStore
  const ticks = yield* TickStore
  yield* runs.startWorker(worker("one"))
  yield* runs.startWorker(worker("two"))
  yield* ticks.announce([{ name: "daily", definition: "0 2 * * *" }, { name: "hourly", definition: "0 * * * *" }])
  const standing = (name = "daily") =>
    Effect.map(ticks.standings([name]), ({ standings }): Standing => standings.get(name)!)
  const start = (due: number): Decision => ({ _tag: "Start", due, request })
  const decide = (decisions: ReadonlyArray<Decision>, by = "one") =>
    Effect.map(ticks.decide("daily", by, () => decisions), (decided) =>
      decided.map(({ decision, run }) => ({ due: decision.due, run })))
  return { runs, ticks, standing, start, decide }
})

// By the hour, long ago: no clock is asked.
const due = (hour: number): number => Date.UTC(2026, 0, 1, hour)

export const tickStoreConformance = <E>(name: string, layer: Layer.Layer<RunStore | BackfillStore | TickStore, E>): void => {
  const test = <A, X>(title: string, effect: Effect.Effect<A, X, RunStore | TickStore>) =>
    it.live(title, () => Effect.asVoid(Effect.provide(effect, layer)))

  describe(`${name} as a tick store`, () => {
    test("knows a schedule from when it was first announced, as running", Effect.gen(function*() {
      const { standing, ticks } = yield* known
      const { now, standings } = yield* ticks.standings(["daily", "hourly", "nobody's"])
      assert.deepStrictEqual([...standings.keys()].sort(), ["daily", "hourly"])
      const first = standings.get("daily")!
      assert.deepInclude(first, { running: true, last: undefined, runs: [], waiting: [] })
      assert.isAtMost(first.since, now)
      yield* Effect.sleep("3 millis")
      yield* ticks.announce([{ name: "daily", definition: "0 2 * * *" }])
      assert.strictEqual((yield* standing()).since, first.since)
      yield* ticks.announce([{ name: "daily", definition: "0 3 * * *" }])
      assert.isAbove((yield* standing()).since, first.since)
      assert.deepStrictEqual((yield* ticks.schedules).map(({ name, running }) => [name, running]), [["daily", true], ["hourly", true]])
    }))

    test("starts one run a tick, whoever decides and however often", Effect.gen(function*() {
      const { decide, runs, standing, start, ticks } = yield* known
      const all = yield* Effect.all(
        Array.from({ length: 12 }, (_, i) => decide([start(due(1)), start(due(2))], i % 2 === 0 ? "one" : "two")),
        { concurrency: 12 }
      )
      const decided = all.flat()
      assert.deepStrictEqual(decided.map((one) => one.due).sort(), [due(1), due(2)])
      const created = yield* runs.runs({ limit: 99 })
      assert.deepStrictEqual(created.map(({ id }) => id).sort(), decided.map(({ run }) => run).sort())
      assert.deepStrictEqual(created[0]?.request, request)
      const after = yield* standing()
      assert.deepInclude(after, { runs: created.map(({ id }) => id).sort(), waiting: [] })
      assert.strictEqual(after.last?.due, due(2))
      const [latest] = yield* ticks.ticks("daily", { limit: 1 })
      assert.deepInclude(latest, { schedule: "daily", state: "started", runState: "running", reason: null, due: new Date(due(2)) })
      assert.deepStrictEqual(yield* ticks.ticks("hourly", { limit: 9 }), [])
    }))

    test("a tick waits, is started, and stays as it was decided", Effect.gen(function*() {
      const { decide, runs, standing, start, ticks } = yield* known
      yield* decide([
        start(due(1)), { _tag: "Wait", due: due(2) }, { _tag: "Wait", due: due(3) },
        { _tag: "Skip", due: due(4), reason: "run 1 goes on" }, { _tag: "Fail", due: due(5), reason: "no asset \"x\"\0" }
      ])
      assert.deepInclude(yield* standing(), { waiting: [due(2), due(3)] })
      assert.deepStrictEqual(yield* decide([start(due(4)), start(due(5)), { _tag: "Wait", due: due(2) }]), [])
      const [second] = yield* decide([start(due(2))], "two")
      assert.isDefined(second?.run)
      assert.deepInclude(yield* standing(), { waiting: [due(3)], runs: [second!.run! - 1, second!.run!] })
      yield* runs.finishRun(second!.run!, "two", "succeeded")
      yield* ticks.fail(second!.run! - 1, "its partitions are unknown")
      assert.deepStrictEqual(
        (yield* ticks.ticks("daily", { limit: 9 })).map(({ reason, runState, state }) => [state, runState, reason?.replaceAll("\0", "\ufffd")]),
        [
          ["failed", null, "no asset \"x\"\ufffd"], ["skipped", null, "run 1 goes on"], ["waiting", null, undefined],
          ["started", "succeeded", undefined], ["failed", "running", "its partitions are unknown"]
        ]
      )
    }))

    test("is stopped: what waits is skipped; and started: since then", Effect.gen(function*() {
      const { decide, standing, ticks } = yield* known
      const { since } = yield* standing()
      yield* decide([{ _tag: "Wait", due: due(2) }])
      yield* Effect.sleep("3 millis")
      yield* ticks.setRunning("daily", true)
      assert.strictEqual((yield* standing()).since, since)
      yield* ticks.setRunning("daily", false)
      const stopped = yield* standing()
      assert.deepInclude(stopped, { running: false, waiting: [] })
      assert.isAbove(stopped.since, since)
      assert.deepInclude((yield* ticks.ticks("daily", { limit: 1 }))[0], { state: "skipped", reason: "the schedule was stopped" })
      yield* ticks.setRunning("new", false)
      const { since: before } = yield* standing("new")
      yield* ticks.announce([{ name: "new", definition: "0 * * * *" }])
      assert.deepInclude(yield* standing("new"), { running: false, since: before })
    }))

    test("nothing is recorded when the worker is unknown, and nothing of a schedule that is", Effect.gen(function*() {
      const { decide, standing, start, ticks } = yield* known
      const exit = yield* Effect.exit(decide([{ _tag: "Skip", due: due(1), reason: "none" }, start(due(2))], "nobody"))
      assert.strictEqual(exit._tag, "Failure")
      assert.deepInclude(yield* standing(), { last: undefined, runs: [] })
      assert.deepStrictEqual(yield* ticks.decide("nobody's", "one", () => [start(due(1))]), [])
    }))

    test("tells of runs whose worker is gone and of one's own, unless they are to be cancelled", Effect.gen(function*() {
      const { decide, runs, start, ticks } = yield* known
      const [first, second] = yield* decide([start(due(1)), start(due(2))])
      assert.deepStrictEqual(yield* ticks.open(["daily", "hourly"], "two"), [])
      yield* runs.cancelRun(second!.run!)
      const open = (own: boolean) => [{ schedule: "daily", run: first!.run!, own }]
      assert.deepStrictEqual(yield* ticks.open(["daily", "hourly"], "one"), open(true))
      yield* runs.stopWorker("one")
      assert.deepStrictEqual(yield* ticks.open(["daily", "hourly"], "two"), open(false))
      assert.deepStrictEqual(yield* ticks.open(["hourly"], "two"), [])
      yield* runs.resumeRun(first!.run!, "two")
      assert.deepStrictEqual(yield* ticks.open(["daily"], "two"), open(true))
      yield* runs.finishRun(first!.run!, "two", "failed")
      assert.deepStrictEqual(yield* ticks.open(["daily"], "two"), [])
    }))
  })
}
