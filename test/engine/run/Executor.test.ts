import { assert, describe, it } from "@effect/vitest"
import { Data, Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Asset, Executor, Input, Io, Mapping, Metadata, Partitions, Rows, RunStore } from "../../../index.ts"
import { Store, Value } from "../assets.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import { type Asked, graphWith, memory, requestOf, resume, start, stored, story, texts } from "./harness.ts"

class Broken extends Data.TaggedError("Broken")<{ readonly message: string }> {}

const letters = Partitions.fixed(["x", "y", "z"])
const always = (value: string) => () => Effect.succeed([value])
const broken = (message = "no luck") => () => Effect.fail(new Broken({ message }))

/** Sleeps, and measures how many do so at once. */
const gauge = () => {
  let now = 0
  let most = 0
  return {
    most: () => most,
    work: Effect.acquireUseRelease(
      Effect.sync(() => {
        most = Math.max(most, ++now)
      }),
      () => Effect.as(Effect.sleep("1 second"), ["done"]),
      () => Effect.sync(() => now--)
    )
  }
}

describe("Executor", () => {
  it.effect("runs a diamond upstream first, and says what it did", () =>
    Effect.gen(function*() {
      const { lines, observer } = story()
      const a = texts("a", always("a"))
      const b = texts("b", always("b"), { inputs: { a } })
      const c = texts("c", always("c"), { inputs: { a } })
      const d = texts("d", ({ b, c }) => Effect.succeed([JSON.stringify([b, c])]), { inputs: { b, c } })
      const report = yield* start([d], { observer })
      assert.deepStrictEqual(lines.slice(0, 2), ["started a", "materialized a"])
      assert.deepStrictEqual(lines.slice(2, -2).sort(), ["materialized b", "materialized c", "started b", "started c"])
      assert.deepStrictEqual(lines.slice(-2), ["started d", "materialized d"])
      assert.deepStrictEqual(yield* stored(d), [JSON.stringify([[{ value: "b" }], [{ value: "c" }]])])
      assert.include(report, { state: "succeeded", materialized: 4, unchanged: 0, fresh: 0 })
      const again = yield* start([d])
      assert.include(again, { state: "succeeded", materialized: 0, fresh: 4 })
    }).pipe(Effect.provide(memory)))

  it.effect("starts partitions in their order, and readers as soon as what they read is there", () =>
    Effect.gen(function*() {
      const { of, observer } = story()
      const a = texts("a", always("a"), { partitions: letters })
      const b = texts("b", always("b"), { partitions: letters, inputs: { a } })
      yield* start([b], { observer, concurrency: 1 })
      const started = of("started")
      assert.deepStrictEqual(started.filter((name) => name.startsWith("a")), ["a@x", "a@y", "a@z"])
      assert.deepStrictEqual(started.filter((name) => name.startsWith("b")), ["b@x", "b@y", "b@z"])
    }).pipe(Effect.provide(memory)))

  it.effect("partitions that read an unpartitioned asset wait for it, follow its changes, and are skipped with it", () =>
    Effect.gen(function*() {
      let value = "one"
      const version = (codeVersion: string) => {
        const base = texts("base", () => value === "none" ? broken()() : Effect.sync(() => [value]), { codeVersion })
        return texts("b", ({ base }) => Effect.succeed([JSON.stringify(base)]), { partitions: letters, inputs: { base } })
      }
      assert.include(yield* start([version("1")]), { state: "succeeded", materialized: 4 })
      assert.deepStrictEqual(yield* stored(version("1"), "z"), ['[{"value":"one"}]'])
      assert.include(yield* start([version("1")]), { materialized: 0, fresh: 4 })
      value = "two"
      assert.include(yield* start([version("2")]), { materialized: 4 })
      assert.deepStrictEqual(yield* stored(version("2"), "x"), ['[{"value":"two"}]'])
      assert.include(yield* start([version("3")]), { materialized: 1, unchanged: 3 })
      value = "none"
      const report = yield* start([version("4")])
      assert.deepStrictEqual(report.skipped.map(({ cell, reason }) => `${cell.partition}: ${reason}`), [
        "x: base failed",
        "y: base failed",
        "z: base failed"
      ])
    }).pipe(Effect.provide(memory)))

  it.effect("runs at most as many steps at once as the run allows, and an asset as it allows itself", () =>
    Effect.gen(function*() {
      const partitions = Partitions.fixed(Array.from({ length: 20 }, (_, i) => `p${i}`))
      const [all, narrow] = [gauge(), gauge()]
      const wide = texts("wide", () => all.work, { partitions })
      const both = Effect.map(Effect.all([narrow.work, all.work], { concurrency: 2 }), ([first]) => first)
      const one = texts("narrow", () => both, { partitions, concurrency: 2 })
      const fiber = yield* Effect.forkChild(start([wide, one], { concurrency: 6 }))
      for (let i = 0; i < 60; i++) yield* TestClock.adjust("500 millis")
      const report = yield* Fiber.join(fiber)
      assert.strictEqual(report.materialized, 40)
      assert.strictEqual(all.most(), 6)
      assert.strictEqual(narrow.most(), 2)
    }).pipe(Effect.provide(memory)))

  it.effect("a failed cell fails alone: neighbours finish, what reads it is skipped and says why", () =>
    Effect.gen(function*() {
      const a = texts("a", (_, key) => key === "y" ? broken()() : Effect.succeed([String(key)]), { partitions: letters })
      const b = texts("b", always("b"), { partitions: letters, inputs: { a } })
      const c = texts("c", always("c"), { partitions: letters, inputs: { b } })
      const total = texts("total", always("t"), { inputs: { c } })
      const report = yield* start([total])
      assert.include(report, { state: "failed", materialized: 6 })
      assert.deepStrictEqual(report.failed, [{ cell: { asset: "a", partition: "y" }, reason: "no luck" }])
      assert.deepStrictEqual(
        report.skipped.map(({ cell, reason }) => [cell.asset, cell.partition, reason]),
        [["b", "y", "a@y failed"], ["c", "y", "b@y was skipped"], ["total", "", "c@y was skipped"]]
      )
      const store = yield* RunStore.RunStore
      const steps = yield* store.steps(report.run)
      assert.strictEqual(steps.length, 10)
      const failed = steps.find((step) => step.state === "failed")
      assert.include(failed, { asset: "a", partition: "y", attempts: 1, error: "Broken: no luck", rows: null })
      const cells = yield* store.cells(new Map([["a", "all"], ["b", "all"]]))
      assert.isTrue(cells.get("a")?.get("y")?.failed)
      assert.isUndefined(cells.get("b")?.get("y"))
      assert.include(yield* store.run(report.run), { state: "failed", materialized: 6, failed: 1, skipped: 3 })
    }).pipe(Effect.provide(memory)))

  it.effect("a partial input lets its reader run on what is there", () =>
    Effect.gen(function*() {
      const a = texts("a", (_, key) => key === "y" ? broken()() : Effect.succeed([String(key)]), { partitions: letters })
      const seen = ({ rows }: Readonly<Record<string, unknown>>) => Effect.succeed([JSON.stringify(rows)])
      const total = texts("total", seen, { inputs: { rows: Input.rows(a, { partial: true }) } })
      const each = texts("each", seen, { partitions: letters, inputs: { rows: Input.rows(a, { partial: true }) } })
      const report = yield* start([total, each])
      assert.include(report, { state: "failed", materialized: 6 })
      assert.deepStrictEqual(report.skipped, [])
      assert.deepStrictEqual(yield* stored(total), [JSON.stringify([{ value: "x" }, { value: "z" }])])
      assert.deepStrictEqual(yield* stored(each, "y"), ["[]"])
    }).pipe(Effect.provide(memory)))

  it.effect("a reader of everything runs when there are no partitions, and is skipped when there should be some", () =>
    Effect.gen(function*() {
      const none = texts("none", always("n"), { partitions: Partitions.dynamic("nothing") })
      const some = texts("some", always("s"), { partitions: letters })
      const seen = ({ rows }: Readonly<Record<string, unknown>>) => Effect.succeed([JSON.stringify(rows)])
      const readsNone = texts("reads_none", seen, { inputs: { rows: none } })
      const readsSome = texts("reads_some", seen, { inputs: { rows: some } })
      const further = texts("further", seen, { inputs: { rows: readsSome } })
      const report = yield* start([readsNone, further], { select: "reads_none reads_some further" })
      assert.deepStrictEqual(yield* stored(readsNone), ["[]"])
      assert.deepStrictEqual(report.skipped.map(({ cell, reason }) => [cell.asset, reason]), [
        ["reads_some", "some has no data for it and is not selected"],
        ["further", "reads_some was skipped"]
      ])
    }).pipe(Effect.provide(memory)))

  it.effect("a computation of several assets commits all of them or none", () =>
    Effect.gen(function*() {
      const pair = (y: ReadonlyArray<{ readonly value: string }>, key: string) =>
        Asset.makeMany(key, {
          outputs: {
            x: { output: Rows.of(Value, { key: ["value"] }), io: Store },
            y: { output: Rows.of(Value, { key: ["value"] }), io: Store }
          },
          run: () => Effect.succeed({ x: [{ value: "1" }], y })
        })
      const good = pair([{ value: "2" }], "good")
      const bad = pair([{ value: "2" }, { value: "2" }], "bad")
      const reader = texts("reader", always("r"), { inputs: { y: good.y, x: good.x } })
      const report = yield* start([good.x, bad.x, bad.y, reader])
      assert.include(report, { state: "failed", materialized: 3 })
      assert.deepStrictEqual(report.failed.map(({ cell }) => cell.asset), ["bad/x", "bad/y"])
      assert.deepStrictEqual(yield* stored(good.y), ["2"])
      assert.deepStrictEqual(yield* stored(bad.x), [])
      const { cells } = yield* RunStore.RunStore
      const now = yield* cells(new Map([["bad/x", "all"], ["bad/y", "all"]]))
      assert.isUndefined(now.get("bad/x")?.get("")?.dataVersion)
    }).pipe(Effect.provide(memory)))

  it.effect("a step that was planned only for its upstream is unchanged when that gives the same data", () =>
    Effect.gen(function*() {
      let value = "same"
      let computed = 0
      const a = texts("a", () => Effect.sync(() => [value]))
      const b = texts("b", () => Effect.sync(() => [String(++computed)]), { inputs: { a } })
      yield* start([b])
      const store = yield* RunStore.RunStore
      yield* store.cells(new Map([["a", "all"]]))
      // A new version of the code of `a` makes it stale, though it gives what it gave before.
      const a2 = texts("a", () => Effect.sync(() => [value]), { codeVersion: "2" })
      const b2 = texts("b", () => Effect.sync(() => [String(++computed)]), { inputs: { a: a2 } })
      const { of, observer } = story()
      const report = yield* start([b2], { observer })
      assert.include(report, { state: "succeeded", materialized: 1, unchanged: 1 })
      assert.deepStrictEqual(of("unchanged"), ["b"])
      assert.strictEqual(computed, 1)
      value = "new"
      const a3 = texts("a", () => Effect.sync(() => [value]), { codeVersion: "3" })
      const b3 = texts("b", () => Effect.sync(() => [String(++computed)]), { inputs: { a: a3 } })
      assert.include(yield* start([b3]), { materialized: 2, unchanged: 0 })
      assert.strictEqual(computed, 2)
    }).pipe(Effect.provide(memory)))

  it.effect("keeps metadata with the materialization, of the attempt that succeeded", () =>
    Effect.gen(function*() {
      const a = texts("a", () =>
        Effect.as(Metadata.attach({ pages: 3, source: "api", page: Metadata.link("https://example.org") }), ["v"]))
      const report = yield* start([a])
      const [step] = yield* (yield* RunStore.RunStore).steps(report.run)
      assert.deepStrictEqual(step?.metadata, {
        pages: { type: "number", value: 3 },
        source: { type: "text", value: "api" },
        page: { type: "link", value: "https://example.org" }
      })
    }).pipe(Effect.provide(memory)))

  it.effect("forces what is selected; a resumed forced run does not run again what it has ended", () =>
    Effect.gen(function*() {
      let fails = true
      const computed: Array<string> = []
      const count = (name: string) => () => Effect.sync(() => [String(computed.push(name))])
      const a = texts("a", count("a"))
      const b = texts("b", () => fails ? broken()() : count("b")(), { inputs: { a } })
      const c = texts("c", count("c"), { inputs: { b } })
      const first = yield* start([c], { force: true })
      assert.include(first, { state: "failed", materialized: 1 })
      fails = false
      const second = yield* resume([c], first.run)
      assert.include(second, { run: first.run, state: "succeeded", materialized: 2 })
      assert.deepStrictEqual(computed, ["a", "b", "c"])
      assert.include(yield* start([c], { force: true }), { materialized: 3 })
      const store = yield* RunStore.RunStore
      assert.include(yield* store.run(first.run), { state: "succeeded", materialized: 3, failed: 0, skipped: 0 })
      assert.match((yield* Effect.flip(resume([c], first.run))).message, /succeeded/)
      assert.match((yield* Effect.flip(resume([c], 99))).message, /no run 99/)
    }).pipe(Effect.provide(memory)))

  it.effect("a resumed run brings up to date what it had materialized from less", () =>
    Effect.gen(function*() {
      for (const force of [false, true]) {
        let fails = true
        const a = texts(`a${force}`, (_, key) => fails && key === "y" ? broken()() : Effect.succeed([String(key)]), {
          partitions: letters
        })
        const total = texts(
          `total${force}`,
          ({ rows }) => Effect.succeed([String((rows as ReadonlyArray<unknown>).length)]),
          { inputs: { rows: Input.rows(a, { partial: true }) } }
        )
        const first = yield* start([total], { force })
        assert.deepStrictEqual(yield* stored(total), ["2"])
        fails = false
        const second = yield* resume([total], first.run)
        assert.include(second, { state: "succeeded", materialized: 2 })
        assert.deepStrictEqual(yield* stored(total), ["3"])
      }
    }).pipe(Effect.provide(memory)))

  it.effect("a defect of user code is a failed step with its sentence; so is an interruption it makes itself", () =>
    Effect.gen(function*() {
      const thrown = texts("thrown", () => {
        throw new TypeError("x is not a function")
      })
      const died = texts("died", () => Effect.die("out of cheese"))
      const interrupted = texts("interrupted", () => Effect.interrupt)
      const nothing = texts("nothing", () => Effect.fail(undefined))
      const lists = Asset.make("lists", {
        output: Rows.of(Value),
        io: Store,
        run: () =>
          Effect.succeed({
            objects: (): ReadonlyArray<{ readonly value: string }> => {
              throw new RangeError("this table cannot be listed")
            }
          })
      })
      const good = texts("good", always("g"))
      const report = yield* start([thrown, died, interrupted, nothing, lists, good])
      assert.include(report, { state: "failed", materialized: 1 })
      const reasons = Object.fromEntries(report.failed.map(({ cell, reason }) => [cell.asset, reason]))
      assert.match(reasons["thrown"] ?? "", /^x is not a function \(test\/engine\/run\/Executor\.test\.ts:\d+:\d+\)$/)
      assert.strictEqual(reasons["died"], "out of cheese")
      assert.match(reasons["interrupted"] ?? "", /interrupt/i)
      assert.isNotEmpty(reasons["nothing"])
      assert.strictEqual(reasons["lists"], "this table cannot be listed")
    }).pipe(Effect.provide(memory)))

  it.effect("refuses before it runs: a wrong selection, a wrong partition, an asset that does not fit its IO manager", () =>
    Effect.gen(function*() {
      const days = texts("days", always("d"), { partitions: letters })
      const store = yield* RunStore.RunStore
      yield* Effect.flip(start([days], { select: "dayz" }))
      const wrong = yield* Effect.flip(start([days], { partitions: "q" }))
      assert.strictEqual(wrong._tag, "PartitionKeyError")
      const picky: Io.IoManager = {
        accepts: ["Rows"],
        validate: () => Effect.fail(new Io.IoError({ asset: "days", message: "days has a bad name.", transient: false })),
        prepare: () => Effect.void,
        write: () => Effect.die("never"),
        load: () => Effect.die("never"),
        stream: () => Stream.die("never")
      }
      const refused = start([days])
      const unfit = yield* Effect.flip(Effect.provideService(refused, Store, picky))
      assert.strictEqual(unfit.message, "days has a bad name.")
      const documents = yield* Effect.flip(Effect.provideService(refused, Store, { ...picky, accepts: ["Document"] }))
      assert.match(documents.message, /days gives rows/)
      assert.deepStrictEqual(yield* store.runs({ limit: 10 }), [])
    }).pipe(Effect.provide(memory)))

  it.effect("interrupted: recorded as cancelled, its claims given back, and resumed without redoing", () =>
    Effect.gen(function*() {
      const computed: Array<string> = []
      const slow = (name: string) => () =>
        Effect.sleep("1 second").pipe(Effect.andThen(Effect.sync(() => computed.push(name))), Effect.as([name]))
      const a = texts("a", slow("a"))
      const b = texts("b", slow("b"), { inputs: { a } })
      const fiber = yield* Effect.forkChild(start([b]))
      yield* TestClock.adjust("1500 millis")
      yield* Fiber.interrupt(fiber)
      const store = yield* RunStore.RunStore
      const [run] = yield* store.runs({ limit: 1 })
      assert.include(run, { state: "cancelled", lost: false, materialized: 1 })
      const second = yield* Effect.forkChild(resume([b], run?.id ?? 0))
      yield* TestClock.adjust("1 second")
      assert.include(yield* Fiber.join(second), { state: "succeeded", materialized: 1 })
      assert.deepStrictEqual(computed, ["a", "b"])
    }).pipe(Effect.provide(memory)))

  it.effect("cancelled by another process: stops, and when cancel has returned no step starts any more", () =>
    Effect.gen(function*() {
      const partitions = Partitions.fixed(Array.from({ length: 50 }, (_, i) => `p${i}`))
      const { of, observer } = story()
      const a = texts("a", () => Effect.as(Effect.sleep("100 millis"), ["a"]), { partitions })
      const fiber = yield* Effect.forkChild(start([a], { observer, concurrency: 3 }))
      yield* TestClock.adjust("250 millis")
      const canceller = yield* Effect.forkChild(Executor.cancel(1))
      yield* TestClock.adjust("600 millis")
      assert.strictEqual((yield* Fiber.join(canceller)).state, "cancelled")
      const started = of("started").length
      assert.isBelow(started, 50)
      yield* TestClock.adjust("1 minute")
      const report = yield* Fiber.join(fiber)
      assert.strictEqual(report.state, "cancelled")
      assert.strictEqual(of("started").length, started)
      assert.strictEqual(report.failed.length, 0)
    }).pipe(Effect.provide(memory)))

  it.effect("selects and restricts: only the partitions asked for, and those that read them", () =>
    Effect.gen(function*() {
      const a = texts("a", (_, key) => Effect.succeed([String(key)]), { partitions: letters })
      const b = texts("b", (_, key) => Effect.succeed([String(key)]), { partitions: letters, inputs: { a } })
      const last = texts("last", ({ a }) => Effect.succeed([JSON.stringify(a)]), {
        inputs: { a: Input.rows(a, { mapping: Mapping.last(1) }) }
      })
      const { of, observer } = story()
      yield* start([b, last], { partitions: "z", observer })
      assert.deepStrictEqual(of("materialized").sort(), ["a@z", "b@z", "last"])
      const { plan } = yield* Executor.plan(graphWith([b, last]), requestOf({}))
      assert.strictEqual(plan.steps.length, 2)
      assert.strictEqual(plan.fresh, 3)
    }).pipe(Effect.provide(memory)))

  it.effect("a run that could not be executed says why among its events: what it asks for may have been wrong from the start", () =>
    Effect.scoped(Effect.gen(function*() {
      const a = texts("a", always("a"), { partitions: letters })
      const store = yield* RunStore.RunStore
      const lease = yield* Lease.acquire
      const begun = Effect.fnUntraced(function*(asked: Asked) {
        const run = yield* store.createRun(requestOf(asked), lease.worker)
        const error = yield* Effect.flip(Executor.begin(graphWith<Store>([a]), run, lease))
        assert.strictEqual((yield* store.run(run)).state, "failed")
        const last = (yield* store.events(run)).at(-1)
        assert.deepStrictEqual([last?.type, last?.message], ["run_finished", `failed: ${error.message}`])
        return error.message
      })
      assert.include(yield* begun({ partitions: "readme" }), "\"readme\" is not a partition of a")
      assert.include(yield* begun({ select: "b" }), "There is no asset, pipeline or group \"b\".")
    })).pipe(Effect.provide(memory)))
})
