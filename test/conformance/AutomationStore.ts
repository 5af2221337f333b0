/** What every automation store must do; run against each implementation. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { PartitionSet } from "../../index.ts"
import type { State } from "../../engine/record/AutomationState.ts"
import { AutomationStore } from "../../engine/record/AutomationStore.ts"
import { BackfillStore } from "../../engine/record/BackfillStore.ts"
import { RunStore } from "../../engine/record/RunStore.ts"
import { request as backfill } from "./backfill-store/Records.ts"
import { request, worker } from "./RunStore.ts"

const cells = PartitionSet.fromRanges([{ from: 3, to: 5 }, { from: 9, to: 9 }])
const state: State = {
  at: 1_700_000_000_000,
  tick: null,
  crons: ["a tick"],
  numbering: "days",
  asked: { cells, reads: [0, 2 ** 52 - 1, 7, 8], by: "[\"1\",null,[]]", upstream: null },
  remembered: new Map([["a since", cells]])
}
const ask = { cells: { asset: "a", numbering: "days", cells }, request }

export const automationStoreConformance = <E>(name: string, layer: Layer.Layer<RunStore | AutomationStore | BackfillStore, E>): void => {
  const test = <A, X>(title: string, effect: Effect.Effect<A, X, RunStore | AutomationStore | BackfillStore>) =>
    it.live(title, () => Effect.asVoid(Effect.provide(effect, layer)))
  const begin = Effect.gen(function*() {
    const runs = yield* RunStore
    const store = yield* AutomationStore
    yield* runs.startWorker(worker("one"))
    yield* runs.startWorker(worker("two"))
    const record = (version: number, by = "one") => store.record({ asset: "a", version, state, asks: [ask], worker: by })
    const standing = Effect.map(store.standings(["a", "b"]), ({ standings }) => standings.get("a")!)
    return { runs, store, record, standing }
  })

  describe(`${name} as an automation store`, () => {
    test("records a state with the runs that it asked for, and gives it back", Effect.gen(function*() {
      const { record, runs, standing, store } = yield* begin
      assert.deepStrictEqual(yield* standing, { version: 0, running: true, state: undefined, open: [] })
      const [run] = (yield* record(0))!
      assert.deepStrictEqual(yield* standing, { version: 1, running: true, state, open: [ask.cells] })
      assert.deepStrictEqual((yield* runs.run(run!)).request, request)
      assert.deepInclude((yield* store.asks(["a"], { limit: 5 }))[0], { asset: "a", run: run!, cells: 4, runState: "running" })
      yield* runs.finishRun(run!, "one", "failed")
      assert.deepStrictEqual((yield* standing).open, [])
      assert.strictEqual((yield* store.asks(["a"], { limit: 5 }))[0]?.runState, "failed")
    }))

    test("of many that saw one version, one is recorded, with one run", Effect.gen(function*() {
      const { record, runs, standing } = yield* begin
      for (const version of [0, 1]) {
        const all = yield* Effect.all(Array.from({ length: 8 }, (_, i) => record(version, i % 2 === 0 ? "one" : "two")), { concurrency: 8 })
        assert.lengthOf(all.filter((one) => one !== undefined), 1)
      }
      assert.strictEqual((yield* standing).version, 2)
      assert.lengthOf(yield* runs.runs({ limit: 99 }), 2)
      assert.isUndefined(yield* record(7))
    }))

    test("that is stopped refuses what was evaluated before, at its first evaluation too, until it is started", Effect.gen(function*() {
      const { record, standing, store } = yield* begin
      yield* store.setRunning("a", false)
      assert.isUndefined(yield* record(0))
      assert.deepInclude(yield* standing, { running: false, state: undefined })
      yield* store.setRunning("a", false)
      const { version } = yield* standing
      assert.isUndefined(yield* record(version))
      const before = yield* store.pulse
      yield* store.setRunning("a", true)
      assert.notStrictEqual(yield* store.pulse, before)
      assert.isUndefined(yield* record(version))
      assert.lengthOf((yield* record((yield* standing).version))!, 1)
      yield* store.setRunning("a", false)
      assert.deepInclude(yield* standing, { running: false, state })
    }))

    test("says which live workers evaluate", Effect.gen(function*() {
      const { runs, store } = yield* begin
      assert.deepStrictEqual(yield* store.attending, [])
      yield* runs.startWorker({ ...worker("north"), host: "north" })
      yield* Effect.all([store.attend("north"), store.attend("one"), store.attend("nobody")])
      const [first, second, ...more] = yield* store.attending
      assert.deepStrictEqual([/^north:\d+$/.test(first ?? ""), /^one\.local:\d+$/.test(second ?? ""), more], [true, true, []])
      yield* runs.stopWorker("one")
      yield* runs.startWorker(worker("lapsed", 1))
      yield* store.attend("lapsed")
      yield* Effect.sleep(5)
      assert.deepStrictEqual(yield* store.attending, [first!])
    }))

    test("records nothing for an unknown worker", Effect.gen(function*() {
      const { record, standing } = yield* begin
      assert.strictEqual((yield* Effect.exit(record(0, "nobody")))._tag, "Failure")
      assert.strictEqual((yield* standing).version, 0)
    }))

    test("tells of claimed cells, of lost runs, and by its pulse that cells, runs or keys have changed", Effect.gen(function*() {
      const { record, runs, store } = yield* begin
      const before = yield* store.pulse
      assert.strictEqual(yield* store.pulse, before)
      const [run] = (yield* record(0))!
      const after = yield* store.pulse
      assert.notStrictEqual(after, before)
      yield* runs.addKeys("letters", ["x"])
      const added = yield* store.pulse
      assert.notStrictEqual(added, after)
      yield* runs.removeKeys("letters", ["x"])
      assert.notStrictEqual(yield* store.pulse, added)
      yield* runs.claim(run!, "one", [{ asset: "a", partition: "x" }, { asset: "c", partition: "" }])
      assert.deepStrictEqual(yield* store.claimed(["a", "b"]), [{ asset: "a", partition: "x" }])
      assert.deepStrictEqual(yield* store.openRuns(["a"], "two"), [])
      assert.deepStrictEqual(yield* store.openRuns(["a"], "one"), [{ asset: "a", run: run!, own: true }])
      yield* runs.stopWorker("one")
      assert.deepStrictEqual(yield* store.claimed(["a", "b"]), [])
      assert.deepStrictEqual(yield* store.openRuns(["a", "b"], "two"), [{ asset: "a", run: run!, own: false }])
      assert.deepStrictEqual(yield* store.openRuns(["b"], "two"), [])
      yield* runs.cancelRun(run!)
      assert.deepStrictEqual(yield* store.openRuns(["a"], "two"), [])
    }))

    test("tells what backfills have before them, as long as somebody takes part", Effect.gen(function*() {
      const { runs, store } = yield* begin
      const backfills = yield* BackfillStore
      const part = { asset: "a", numbering: "days", cells: PartitionSet.range(3, 4) }
      const id = yield* backfills.create(backfill, [ask.cells], [], "one")
      assert.deepStrictEqual(yield* store.backfilled(["a", "b"]), [ask.cells])
      assert.deepStrictEqual(yield* store.backfilled(["b"]), [])
      yield* backfills.pause(id)
      yield* backfills.endLots(id, "one", [], [part])
      assert.deepStrictEqual(yield* store.backfilled(["a"]), [{ ...ask.cells, cells: PartitionSet.difference(cells, part.cells) }])
      yield* runs.stopWorker("one")
      assert.deepStrictEqual(yield* store.backfilled(["a"]), [])
    }))
  })
}
