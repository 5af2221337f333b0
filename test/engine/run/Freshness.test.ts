/** Ways in which data could change without its readers becoming stale, or a run could do other than what was asked. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Result, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Asset, AssetGraph, Check, Document, Executor, Input, Mapping, Partitions, Pipeline, Rows, Warehouse } from "../../../index.ts"
import { RunStore } from "../../../engine/record/RunStore.ts"
import * as Recorder from "../../../engine/run/Recorder.ts"
import * as MemoryRunStore from "../../../storage/MemoryRunStore.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import { RunStoreError } from "../../../engine/record/RunStore.ts"
import { plain, Store, Value } from "../assets.ts"
import * as TestDatabase from "../../TestDatabase.ts"
import { graphWith, memory, requestOf, start, story } from "./harness.ts"

const services = Layer.mergeAll(PostgresRunStore.layer, Warehouse.layer).pipe(Layer.provideMerge(TestDatabase.layerMigrated))
const Figure = Schema.Struct({ id: Schema.String, n: Schema.Int })

describe("Freshness", () => {
  it.live("a cell that another run made from older data is made again, also when it was forced", () =>
    Effect.gen(function*() {
      let n = 1
      let slow = 0
      const up = Asset.make("p/up", {
        output: Rows.of(Figure),
        io: Store,
        run: () => Effect.delay(Effect.sync(() => [{ id: "up", n }]), slow)
      })
      const down = Asset.make("p/down", {
        inputs: { up },
        output: Rows.of(Figure),
        io: Store,
        run: ({ up }) => Effect.sync(() => [{ id: `${Math.random()}`, n: up[0]!.n }])
      })
      for (const force of [false, true]) {
        slow = 0
        yield* start([down], { force: true })
        n++
        slow = 300
        const long = yield* Effect.forkChild(start([down], { select: force ? "*" : "p/up or p/down", force }))
        if (!force) yield* start([down], { select: "p/up", force: true })
        else {
          yield* Effect.sleep(100)
          yield* start([down], { select: "p/down", force: true })
        }
        yield* Fiber.join(long)
        if (!force) yield* start([down])
        const [row] = yield* Asset.load(down)
        assert.strictEqual(row?.n, n)
        const { plan } = yield* Executor.plan(graphWith<Store>([down]), requestOf({}))
        assert.deepStrictEqual(plan.steps, [])
      }
    }).pipe(Effect.provide(memory)))

  it.effect("a partition expression means the same in all stages of a run, whatever the clock does meanwhile", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.parse("2024-01-05T23:59:59Z"))
      const games = Asset.make("p/games", {
        partitions: Partitions.daily({ start: "2024-01-01" }),
        output: Rows.of(Value),
        io: Store,
        run: (_, day) => Effect.as(TestClock.setTime(Date.parse("2024-01-06T00:00:05Z")), [{ value: `game of ${day.key}` }])
      })
      const game = Partitions.dynamic("p/game", { from: games, key: (row) => row.value })
      const feed = Asset.make("p/feed", { partitions: game, output: Rows.of(Value), io: Store, run: (_, value) => Effect.succeed([{ value }]) })
      const { lines, observer } = story()
      yield* start([feed], { partitions: "latest", observer })
      assert.deepStrictEqual(lines.filter((line) => line.startsWith("materialized")), [
        "materialized p/games@2024-01-04",
        "materialized p/feed@game of 2024-01-04"
      ])
    }).pipe(Effect.provide(memory)))

  it("an identity between products whose dimensions stand in another order is refused", () => {
    const x = Partitions.fixed(["x"])
    const y = Partitions.fixed(["y"])
    const make = (key: string, partitions: Partitions.Any, inputs: Record<string, Input.Input<unknown, unknown>> = {}) =>
      Asset.make(key, { partitions, inputs, output: Rows.of(Value), io: Store, run: () => Effect.succeed([]) })
    const up = make("up", Partitions.product({ a: x, b: y }))
    const down = make("down", Partitions.product({ b: y, a: x }), { up: Input.rows(up, { mapping: Mapping.identity }) })
    const graph = AssetGraph.make([Pipeline.make("p", { assets: [down] })])
    assert.match(Result.isFailure(graph) ? graph.failure.message : "", /same order/)
    const projected = make("down", Partitions.product({ b: y, a: x }), { up: Input.rows(up, { mapping: Mapping.project() }) })
    assert.isTrue(Result.isSuccess(AssetGraph.make([Pipeline.make("p", { assets: [projected] })])))
  })

  it("a check cannot be over all documents of a partitioned asset at once", () => {
    const documents = Asset.make("d", {
      partitions: Partitions.fixed(["a", "b"]),
      output: Document.of(Value),
      io: Store,
      run: () => Effect.succeed({ value: "" })
    })
    const passes = () => Effect.succeed(Check.none([], () => false))
    assert.throws(() => Check.make("c", { asset: documents, over: "asset", run: passes }), /all documents of d at once/)
  })

  it.live("what a run records is recorded once, however much of it and whatever fails meanwhile", () =>
    Effect.gen(function*() {
      const store = yield* RunStore
      yield* store.startWorker({ id: "w", host: "h", pid: 1, leaseMillis: 60_000 })
      const run = yield* store.createRun(requestOf({}), "w")
      let refusals = 3
      let largest = 0
      const seen: Array<string> = []
      const flaky = RunStore.of({
        ...store,
        recordEvents: (_, events) =>
          Effect.suspend(() => {
            if (refusals-- > 0) return Effect.fail(new RunStoreError({ message: "away", transient: true }))
            largest = Math.max(largest, events.length)
            seen.push(...events.map((event) => event.message))
            return Effect.void
          })
      })
      yield* Effect.scoped(Effect.gen(function*() {
        const recorder = yield* Recorder.make(run, "w", () => [])
        for (let i = 0; i < 200_000; i++) recorder.event({ type: "planned", at: new Date(), message: String(i) })
        yield* recorder.flush
      })).pipe(Effect.provideService(RunStore, flaky))
      assert.strictEqual(seen.length, 200_000)
      assert.isTrue(seen.every((message, i) => message === String(i)))
      assert.isBelow(largest, 10_000)
    }).pipe(Effect.provide(MemoryRunStore.layer)))

  it.live("a run function that gives no Effect, or throws, fails its own step with a place", () =>
    Effect.gen(function*() {
      const promised = Asset.make("promised", {
        output: Rows.of(Value),
        io: Store,
        // @ts-expect-error a Promise is no Effect; a project may run without ever having been type-checked
        run: () => Promise.resolve([{ value: "x" }])
      })
      const thrown = Asset.make("thrown", {
        output: Rows.of(Value),
        io: Store,
        run: () => Effect.sync((): Array<{ readonly value: string }> => {
          throw new TypeError("boom")
        })
      })
      const report = yield* start([promised, thrown, plain("fine")])
      const reasons = new Map(report.failed.map(({ cell, reason }) => [cell.asset, reason]))
      assert.match(reasons.get("promised") ?? "", /must give an Effect/)
      assert.match(reasons.get("thrown") ?? "", /^boom \(.*Freshness\.test\.ts:\d+:\d+\)$/)
      assert.strictEqual(report.materialized, 1)
    }).pipe(Effect.provide(memory)))

  it.live("a concurrency far beyond the steps costs nothing", () =>
    Effect.gen(function*() {
      const report = yield* start([plain("a"), plain("b")], { concurrency: 300_000_000 })
      assert.strictEqual(report.materialized, 2)
    }).pipe(Effect.provide(memory)))

  it.live("more streams than connections: all finish, and the run is never held for lost", () =>
    Effect.gen(function*() {
      const partitions = Partitions.fixed(Array.from({ length: 12 }, (_, i) => `c${i}`))
      const rows = Array.from({ length: 20 }, (_, n) => ({ id: String(n), n }))
      const up = Asset.make("p/up", { partitions, output: Rows.of(Figure), io: Warehouse, run: () => Effect.succeed(rows) })
      const down = Asset.make("p/down", {
        partitions,
        inputs: { up: Input.stream(up) },
        output: Rows.of(Figure),
        io: Warehouse,
        run: ({ up }) => Effect.succeed(Stream.mapEffect(up, (row) => Effect.delay(Effect.succeed(row), 5)))
      })
      const report = yield* Executor.start(graphWith<Warehouse>([down]), requestOf({ concurrency: 12 }))
      assert.deepStrictEqual([report.state, report.materialized], ["succeeded", 24])
    }).pipe(Effect.timeout("40 seconds"), Effect.provide(services)))
})
