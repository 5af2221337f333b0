/** What every hook store notes of assets, schedules and sensors; run against each implementation. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { type AgeRecord, type HappeningState, sensorFailures } from "../../engine/record/Happening.ts"
import { HookStore } from "../../engine/record/HookStore.ts"
import { RunStore } from "../../engine/record/RunStore.ts"
import { SensorStore } from "../../engine/record/SensorStore.ts"
import { type Decision, TickStore } from "../../engine/record/TickStore.ts"
import { request, worker } from "./RunStore.ts"

type Stores = RunStore | HookStore | TickStore | SensorStore

const states: ReadonlyArray<HappeningState> = ["too old", "in time", "tick failed", "tick started", "sensor failed", "sensor works"]

const known = Effect.gen(function*() {
  const hooks = yield* HookStore
  yield* (yield* RunStore).startWorker(worker("one"))
  yield* hooks.announce(["h"])
  const noted = Effect.map(hooks.happenings("h", states), ({ happenings }) =>
    happenings.map(({ name, reason, state }) => [state, name, ...reason === null ? [] : [reason]].join(": ")))
  return { hooks, noted, ticks: yield* TickStore, sensors: yield* SensorStore }
})

export const happeningsConformance = <E>(name: string, layer: Layer.Layer<Stores, E>): void => {
  const test = <A, X>(title: string, effect: Effect.Effect<A, X, Stores>) =>
    it.live(title, () => Effect.asVoid(Effect.provide(effect, layer)))

  describe(`what ${name} notes for hooks`, () => {
    test("an asset that becomes too old, each deadline, and that it is in time again; once, by however many", Effect.gen(function*() {
      const { hooks, noted } = yield* known
      const age = (isTooOld: boolean, deadline: number | null = null): AgeRecord =>
        ({ asset: "shop/orders", isTooOld, deadline, reason: isTooOld ? "no \u0000 data" : null })
      const { now, since } = yield* hooks.ages(["shop/orders", "b"])
      assert.deepStrictEqual([...since.keys()].sort(), ["b", "shop/orders"])
      yield* Effect.sleep(3)
      assert.deepStrictEqual((yield* hooks.ages(["b", "shop/orders"])).since, since)
      yield* hooks.noteAges(now, [age(false)])
      assert.deepStrictEqual(yield* noted, [])
      yield* Effect.all(Array.from({ length: 4 }, () => hooks.noteAges(now + 1, [age(true, 7)])), { concurrency: 4 })
      yield* hooks.noteAges(now + 2, [age(true, 7)])
      assert.lengthOf(yield* noted, 1)
      assert.match((yield* noted)[0]!, /^too old: shop\/orders: no . data$/)
      yield* hooks.noteAges(now + 3, [age(true, 8)])
      yield* hooks.noteAges(now + 5, [age(false, 8)])
      // One that was frozen tells what was.
      yield* hooks.noteAges(now + 4, [age(true, 8)])
      assert.deepStrictEqual((yield* noted).map((text) => text.split(":")[0]), ["too old", "too old", "in time"])
      // Nothing is known of it: nobody has looked.
      yield* hooks.noteAges(now + 6, [{ ...age(true), asset: "c" }])
      assert.lengthOf(yield* noted, 3)
    }))

    test("ticks that fail, and the first that starts a run again", Effect.gen(function*() {
      const { noted, ticks } = yield* known
      yield* ticks.announce([{ name: "daily", definition: "0 2 * * *" }])
      let due = 0
      const decide = (_tag: "Start" | "Fail" | "Skip") => {
        const decision: Decision = _tag === "Start" ? { _tag, due: ++due, request } : { _tag, due: ++due, reason: `a ${_tag}` }
        return Effect.all(Array.from({ length: 2 }, () => ticks.decide("daily", "one", () => [decision])), { concurrency: 2 })
      }
      for (const tag of ["Start", "Fail", "Fail", "Skip", "Start", "Start"] as const) yield* decide(tag)
      assert.deepStrictEqual(yield* noted, ["tick failed: daily: a Fail", "tick failed: daily: a Fail", "tick started: daily"])
    }))

    test("a sensor from its third failure in a row on, and that it observes again; to stop it or to set it says nothing", Effect.gen(function*() {
      const { noted, sensors } = yield* known
      yield* sensors.announce(["files"])
      const hold = Effect.map(sensors.hold(["files"], "one"), ([held]) => held!)
      const fail = (times: number) => Effect.flatMap(hold, (held) => Effect.repeat(sensors.failed(held, "one", "no answer"), { times: times - 1 }))
      const observe = Effect.flatMap(hold, (held) => sensors.record(held, "one", { cursor: 1, requests: [] }))
      yield* fail(sensorFailures - 1)
      yield* observe
      assert.deepStrictEqual(yield* noted, [])
      yield* fail(sensorFailures + 1)
      yield* sensors.setCursor("files", 0)
      yield* sensors.setRunning("files", false)
      yield* sensors.setRunning("files", true)
      yield* observe
      yield* observe
      assert.deepStrictEqual(yield* noted, ["sensor failed: files: no answer", "sensor failed: files: no answer", "sensor works: files"])
    }))
  })
}
