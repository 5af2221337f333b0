/** How partitions come together in calls, and what such a call reads. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, type Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Asset, Document, Executor, Input, type Io, Mapping, Partitions, Rows, RunStore } from "../../../../index.ts"
import * as Planner from "../../../../engine/plan/Planner.ts"
import * as Restriction from "../../../../engine/plan/Restriction.ts"
import * as Snapshot from "../../../../engine/plan/Snapshot.ts"
import * as Gather from "../../../../engine/run/Gather.ts"
import * as IoManagers from "../../../../engine/run/IoManagers.ts"
import * as Lease from "../../../../engine/run/Lease.ts"
import { silent } from "../../../../engine/run/Observer.ts"
import * as Recorder from "../../../../engine/run/Recorder.ts"
import * as Stage from "../../../../engine/run/Stage.ts"
import { Store, Value } from "../../assets.ts"
import { graphWith, memory, requestOf, start, stored, texts } from "../harness.ts"
import { batched, elapse, good, keysOf, row } from "./batched.ts"

describe("Groups", () => {
  it.effect("are full as long as there is work, one a slot, and every partition is in one", () =>
    Effect.gen(function*() {
      let running = 0
      let most = 0
      const { asset, calls, sizes } = batched((keys) =>
        Effect.sync(() => {
          most = Math.max(most, ++running)
        }).pipe(Effect.andThen(Effect.sleep("1 second")), Effect.andThen(good(keys)), Effect.ensuring(Effect.sync(() => running--))), {
        count: 950,
        batch: 100
      })
      const report = yield* elapse(start([asset], { concurrency: 3 }), "1 minute")
      assert.include(report, { state: "succeeded", materialized: 950 })
      assert.deepStrictEqual(sizes(), [...Array(9).fill(100), 50])
      assert.strictEqual(most, 3)
      assert.deepStrictEqual(calls.flat().toSorted(), keysOf(950))
      assert.deepStrictEqual(yield* stored(asset, "k123"), ["k123"])
    }).pipe(Effect.provide(memory)))

  it.effect("of a computation with a limit of its own run so many at once", () =>
    Effect.gen(function*() {
      let running = 0
      let most = 0
      const { asset } = batched((keys) =>
        Effect.suspend(() => {
          most = Math.max(most, ++running)
          return Effect.delay(good(keys), "1 second")
        }).pipe(Effect.ensuring(Effect.sync(() => running--))), { count: 60, batch: 10, concurrency: 2 })
      yield* elapse(start([asset], { concurrency: 8 }), "1 minute")
      assert.strictEqual(most, 2)
    }).pipe(Effect.provide(memory)))

  it.effect("start with what is ready where nothing else is, and fill up behind a slow upstream", () =>
    Effect.gen(function*() {
      const partitions = Partitions.fixed(keysOf(200))
      const slow = Asset.make("slow", {
        partitions,
        concurrency: 10,
        output: Rows.of(Value),
        io: Store,
        run: (_, key) => Effect.delay(Effect.succeed(row(key)), "1 second")
      })
      const sizes: Array<number> = []
      const reader = Asset.make("reader", {
        partitions,
        inputs: { slow },
        output: Rows.of(Value),
        io: Store,
        batch: 50,
        concurrency: 1,
        run: (inputs) =>
          Effect.suspend(() => {
            sizes.push(inputs.length)
            return Effect.delay(Effect.succeed(inputs.map(({ slow }) => row(`${slow[0]?.value}!`))), "3 seconds")
          })
      })
      const report = yield* elapse(start([reader], { concurrency: 16 }), "2 minutes", 120)
      assert.include(report, { state: "succeeded", materialized: 400 })
      // Ten become ready a second, and a group takes three: pipelined, not one asset after the other.
      assert.isAtMost(sizes.length, 12)
      assert.isAtLeast(sizes.length, 5)
      assert.strictEqual(sizes.reduce((sum, size) => sum + size), 200)
      assert.deepStrictEqual(yield* stored(reader, "k077"), ["k077!"])
    }).pipe(Effect.provide(memory)))

  it.effect("take the size that the run asks for in place of their own", () =>
    Effect.gen(function*() {
      for (const batch of [7, 60]) {
        const { asset, sizes } = batched(good, { count: 60, batch: 20 })
        yield* Effect.scoped(stage(asset, { batch }))
        assert.deepStrictEqual(sizes(), batch === 7 ? [7, 7, 7, 7, 7, 7, 7, 7, 4] : [60])
      }
    }).pipe(Effect.provide(memory)))

  it.effect("start with the newest where that is asked for", () =>
    Effect.gen(function*() {
      const { asset, calls } = batched(good, { count: 6, batch: 4 })
      yield* Effect.scoped(stage(asset, { order: "newest" }))
      assert.deepStrictEqual(calls, [["k005", "k004", "k003", "k002"], ["k001", "k000"]])
    }).pipe(Effect.provide(memory)))

  it.effect("of several stages keep the limits that these share", () =>
    Effect.gen(function*() {
      let running = 0
      let most = 0
      const { asset, sizes } = batched((keys) =>
        Effect.suspend(() => {
          most = Math.max(most, ++running)
          return Effect.delay(good(keys), "1 second")
        }).pipe(Effect.ensuring(Effect.sync(() => running--))), { count: 40, batch: 10 })
      const other = texts("other", (_, key) =>
        Effect.suspend(() => {
          most = Math.max(most, ++running)
          return Effect.delay(Effect.succeed([String(key)]), "1 second")
        }).pipe(Effect.ensuring(Effect.sync(() => running--))), { partitions: Partitions.fixed(keysOf(10)) })
      const shared = yield* Stage.share(3)
      const both = Effect.forEach([asset, other], (one) => Effect.scoped(stage(one, { shared: { ...shared, place: { lane: one.key, rank: 0 } } })), { concurrency: 2 })
      yield* elapse(both, "1 minute")
      assert.deepStrictEqual([most, sizes()], [3, [10, 10, 10, 10]])
    }).pipe(Effect.provide(memory)))
})

/** One stage of a run by hand. */
const stage = (
  asset: Asset.Any,
  options: Pick<Stage.StageOptions<Store>, "batch" | "order" | "shared">
): Effect.Effect<void, unknown, Store | RunStore.RunStore | Scope.Scope> =>
  Effect.gen(function*() {
    const graph = graphWith<Store>([asset])
    const store = yield* RunStore.RunStore
    const lease = yield* Lease.acquire
    const run = yield* store.createRun(requestOf({}), lease.worker)
    const stored = yield* Snapshot.load(graph, [asset.key])
    const restriction = yield* Effect.fromResult(Restriction.make(stored, [asset.key], null))
    const asked = { snapshot: stored, selected: [asset.key], restriction, force: true, ended: () => undefined }
    const { plan, snapshot: planned } = yield* Planner.make(asked)
    const snapshot = yield* Planner.executable(planned, plan)
    yield* Stage.execute({
      plan,
      snapshot,
      run,
      worker: lease.worker,
      executes: Effect.succeed(true),
      concurrency: 4,
      ...options,
      io: IoManagers.find(yield* Effect.context<Store>()),
      recorder: yield* Recorder.make(run, lease.worker, Gather.of(snapshot)),
      observer: silent
    })
  })

type Text = typeof Value.Type

/** What a step of the test below reads. */
interface Read {
  readonly rows: ReadonlyArray<Text>
  readonly before: ReadonlyArray<Text>
  readonly stream: Stream.Stream<Text, Io.IoError>
  readonly table: { readonly rows: () => ReadonlyArray<Text> }
  readonly body: ReadonlyMap<string, Text>
  readonly one: Text
  readonly all: ReadonlyMap<string, Text>
}

describe("Inputs of a group", () => {
  /** The IO manager in memory, with the loads it was asked for. */
  const counting = (loads: Array<string>) =>
    Layer.effect(Store, Effect.map(Store, (io): Io.IoManager => ({
      ...io,
      load: (source) => Effect.suspend(() => {
        loads.push(source.asset.key)
        return io.load(source)
      }),
      stream: (source) => Stream.suspend(() => {
        loads.push(source.asset.key)
        return io.stream(source)
      })
    }))).pipe(Layer.provideMerge(memory))

  it.effect("are those of single steps, with one load an upstream", () => {
    const loads: Array<string> = []
    return Effect.gen(function*() {
      yield* TestClock.setTime(Date.parse("2024-02-01T12:00:00Z"))
      const days = Partitions.daily({ start: "2024-01-01" })
      const rows = Asset.make("rows", {
        partitions: days,
        output: Rows.of(Value),
        io: Store,
        run: (_, day) => Effect.succeed(Number(day.key.slice(-2)) % 5 === 0 ? [] : [...row(day.key), ...row("second")])
      })
      const bodies = Asset.make("bodies", {
        partitions: days,
        output: Document.of(Value),
        io: Store,
        run: (_, day) => day.key === "2024-01-07" ? Effect.fail("no") : Effect.succeed({ value: day.key })
      })
      const one = Asset.make("one", { output: Document.of(Value), io: Store, run: () => Effect.succeed({ value: "one" }) })
      const all = Asset.make("all", {
        partitions: Partitions.fixed(["x", "y"]),
        output: Document.of(Value),
        io: Store,
        run: (_, value) => Effect.succeed({ value })
      })
      const inputs = {
        rows,
        before: Input.rows(rows, { mapping: Mapping.offset(-2, 0) }),
        stream: Input.stream(rows, { mapping: Mapping.offset(-1, 0) }),
        table: Input.table(rows),
        body: Input.documents(bodies, { partial: true, mapping: Mapping.offset(-1, 0) }),
        one,
        all: Input.documents(all, { mapping: Mapping.all })
      } as const
      const told = (read: Read) =>
        Effect.map(Stream.runCollect(read.stream), (stream) => row(JSON.stringify({
          rows: read.rows,
          before: read.before,
          stream,
          table: read.table.rows(),
          body: Array.from(read.body),
          one: read.one,
          all: Array.from(read.all)
        })))
      const single = Asset.make("single", { partitions: days, inputs, output: Rows.of(Value), io: Store, run: told })
      const batch = Asset.make("batch", {
        partitions: days,
        inputs,
        output: Rows.of(Value),
        io: Store,
        batch: 8,
        run: (inputs) => Effect.forEach(inputs, told)
      })
      yield* start([rows, bodies, one, all])
      yield* start([single], { select: "single" })
      loads.length = 0
      const report = yield* start([batch], { select: "batch" })
      assert.include(report, { state: "succeeded", materialized: 31 })
      const counts = Object.fromEntries(Map.groupBy(loads, (key) => key).entries().map(([key, some]) => [key, some.length]))
      // Four groups; `rows` by four inputs.
      assert.deepStrictEqual(counts, { rows: 16, bodies: 4, one: 4, all: 4 })
      for (let day = 1; day <= 31; day++) {
        const key = `2024-01-${String(day).padStart(2, "0")}`
        assert.deepStrictEqual(yield* stored(batch, key), yield* stored(single, key), key)
      }
      const { plan } = yield* Executor.plan(graphWith([batch, single]), requestOf({ select: "batch,single" }))
      assert.strictEqual(plan.fresh, 62)
    }).pipe(Effect.provide(counting(loads)))
  })
})
