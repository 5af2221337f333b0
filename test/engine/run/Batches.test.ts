import { assert, describe, it } from "@effect/vitest"
import { Data, Duration, Effect, Fiber, Layer, Result, Schema, type Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Asset, Document, Executor, Input, type Io, Mapping, Partitions, Retry, Rows, RunStore } from "../../../index.ts"
import * as Planner from "../../../engine/plan/Planner.ts"
import * as Restriction from "../../../engine/plan/Restriction.ts"
import * as Snapshot from "../../../engine/plan/Snapshot.ts"
import * as Gather from "../../../engine/run/Gather.ts"
import * as IoManagers from "../../../engine/run/IoManagers.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import { silent } from "../../../engine/run/Observer.ts"
import * as Recorder from "../../../engine/run/Recorder.ts"
import * as Stage from "../../../engine/run/Stage.ts"
import { Store, Value } from "../assets.ts"
import { graphWith, memory, requestOf, start, stored, story, texts } from "./harness.ts"

class Blip extends Data.TaggedError("Blip")<{ readonly id: string }> {
  override readonly message = `the API said 503 for ${this.id}`
  readonly transient = true
}
class Unknown extends Data.TaggedError("Unknown")<{ readonly id: string }> {
  override readonly message = `no game ${this.id}`
}

const keysOf = (count: number) => Array.from({ length: count }, (_, i) => `k${String(i).padStart(3, "0")}`)
const row = (value: string) => [{ value }]

type Item = ReadonlyArray<{ readonly value: string }> | Result.Result<ReadonlyArray<{ readonly value: string }>, unknown>

interface Definition {
  readonly count?: number
  readonly batch?: number
  readonly concurrency?: number
  readonly timeout?: Duration.Input
  readonly retry?: Retry.Retry<unknown>
}

/** A batch asset of one text a cell, and the calls that it got. */
const batched = (run: (keys: ReadonlyArray<string>, call: number) => Effect.Effect<ReadonlyArray<Item>, unknown>, definition: Definition = {}) => {
  const calls: Array<ReadonlyArray<string>> = []
  const { batch = 500, count = 500, ...rest } = definition
  const asset = Asset.make("odds", {
    ...rest,
    partitions: Partitions.fixed(keysOf(count)),
    output: Rows.of(Value),
    io: Store,
    batch,
    run: (_, keys) => Effect.suspend(() => run(keys, calls.push(keys)))
  })
  return { asset, calls, sizes: () => calls.map((keys) => keys.length) }
}

const elapse = <A, E, R>(effect: Effect.Effect<A, E, R>, time: Duration.Input, steps = 40) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect)
    const step = Duration.toMillis(Duration.fromInputUnsafe(time)) / steps
    for (let i = 0; i < steps; i++) yield* TestClock.adjust(step)
    return yield* Fiber.join(fiber)
  })

const good = (keys: ReadonlyArray<string>) => Effect.succeed(keys.map(row))

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

describe("Failures in a group", () => {
  const poisoned = (bad: string) => (keys: ReadonlyArray<string>) =>
    keys.includes(bad) ? Effect.fail(new Unknown({ id: "?" })) : good(keys)

  it.effect("one poisoned partition of 500 fails alone: the group is split until it stands alone", () =>
    Effect.gen(function*() {
      const { asset, sizes } = batched(poisoned("k333"))
      const reader = Asset.make("reader", {
        partitions: asset.partitions as Partitions.Partitions<string, string>,
        inputs: { asset },
        output: Rows.of(Value),
        io: Store,
        run: ({ asset }) => Effect.succeed(asset)
      })
      const { observer, of } = story()
      const report = yield* start([reader], { observer })
      assert.include(report, { state: "failed", materialized: 998 })
      assert.deepStrictEqual(of("failed"), ["odds@k333"])
      assert.deepStrictEqual(of("skipped"), ["reader@k333"])
      assert.strictEqual(sizes()[0], 500)
      assert.isAtMost(sizes().length, 19)
      const store = yield* RunStore.RunStore
      const splits = (yield* store.events(report.run)).filter(({ type }) => type === "batch_split")
      assert.strictEqual(splits[0]?.message, "500 partitions: no game ?")
      assert.deepStrictEqual([splits.length, splits[0]?.asset], [(sizes().length - 1) / 2, "odds"])
      // Each attempt is recorded for each cell of its group; the last of the guilty one has no next try.
      const attempts = yield* store.attempts(report.run)
      assert.strictEqual(attempts.filter(({ attempt }) => attempt === 1).length, 500)
      const guilty = attempts.filter(({ partition }) => partition === "k333")
      assert.deepStrictEqual(guilty.map(({ attempt }) => attempt), guilty.map((_, i) => i + 1))
      assert.deepStrictEqual(guilty.map(({ nextTryAt }) => nextTryAt === null), [...Array(guilty.length - 1).fill(false), true])
      const [failed] = yield* store.steps(report.run, { states: ["failed"] })
      assert.include(failed, { attempts: guilty.length, errorClass: "Unknown", transient: false })
    }).pipe(Effect.provide(memory)))

  it.effect("an exception in the code is split likewise, and every partition may be guilty", () =>
    Effect.gen(function*() {
      const { asset, calls } = batched((keys) => {
        if (keys.some((key) => key >= "k005")) throw new Error("broken")
        return good(keys)
      }, { count: 8 })
      const report = yield* start([asset])
      assert.include(report, { state: "failed", materialized: 5 })
      assert.deepStrictEqual(report.failed.map(({ cell }) => cell.partition), ["k005", "k006", "k007"])
      assert.match(report.failed[0]?.reason ?? "", /broken/)
      assert.isAtMost(calls.length, 15)
    }).pipe(Effect.provide(memory)))

  it.effect("a result that is a failure fails its cell at once, alone, without another call", () =>
    Effect.gen(function*() {
      const retry = Retry.transient({ times: 3 })
      const { asset, sizes } = batched((keys) =>
        Effect.succeed(keys.map((id) => id.endsWith("7") ? Result.fail(new Unknown({ id })) : Result.succeed(row(id)))), { retry, count: 100 })
      const report = yield* start([asset])
      assert.include(report, { state: "failed", materialized: 90 })
      assert.deepStrictEqual(sizes(), [100])
      assert.strictEqual(report.failed[0]?.reason, "no game k007")
      // The next run takes just these: a set with gaps.
      const { asset: again, calls } = batched(good, { count: 100 })
      assert.include(yield* start([again]), { state: "succeeded", materialized: 10 })
      assert.deepStrictEqual(calls, [keysOf(100).filter((key) => key.endsWith("7"))])
    }).pipe(Effect.provide(memory)))

  it.effect("only the items that fail in passing are tried again, together, until their tries are used up", () =>
    Effect.gen(function*() {
      const retry = Retry.transient({ times: 2, base: "10 seconds" })
      const { asset, calls } = batched((keys, call) =>
        Effect.succeed(keys.map((id) => {
          if (id === "k001") return Result.fail(new Unknown({ id }))
          if (id === "k009" || (call < 3 && id === "k005") || (call === 1 && id === "k003")) return Result.fail(new Blip({ id }))
          return row(id)
        })), { retry, count: 12 })
      const report = yield* elapse(start([asset]), "2 minutes")
      assert.deepStrictEqual(calls.slice(1), [["k003", "k005", "k009"], ["k005", "k009"]])
      assert.deepStrictEqual(report.failed.map(({ cell }) => cell.partition), ["k001", "k009"])
      assert.strictEqual(report.materialized, 10)
      const store = yield* RunStore.RunStore
      const failed = yield* store.steps(report.run, { states: ["failed"] })
      assert.deepStrictEqual(failed.map(({ attempts, errorClass, transient }) => [attempts, errorClass, transient]), [
        [1, "Unknown", false],
        [3, "Blip", true]
      ])
      const attempts = yield* store.attempts(report.run)
      assert.deepStrictEqual(attempts.filter(({ nextTryAt }) => nextTryAt === null).map(({ partition }) => partition), ["k001", "k009"])
      const tries = attempts.filter(({ partition }) => partition === "k005")
      assert.deepStrictEqual(tries.map(({ attempt, transient }) => [attempt, transient]), [[1, true], [2, true]])
      for (const [i, seconds] of [10, 20].entries()) {
        const wait = (tries[i]!.nextTryAt!.getTime() - tries[i]!.finishedAt.getTime()) / 1000
        assert.isTrue(wait >= seconds * 0.8 && wait <= seconds * 1.2, `${wait} s`)
      }
      const steps = yield* store.steps(report.run, { states: ["materialized"] })
      const made = (partition: string) => steps.find((step) => step.partition === partition)
      assert.deepStrictEqual(["k000", "k003", "k005"].map((key) => made(key)?.attempts), [1, 2, 3])
    }).pipe(Effect.provide(memory)))

  it.effect("what is computed is committed while others of its group wait for their next try", () =>
    Effect.gen(function*() {
      const retry = Retry.transient({ times: 1, base: "1 minute" })
      const { asset } = batched((keys, call) =>
        Effect.succeed(keys.map((id) => call === 1 && id === "k001" ? Result.fail(new Blip({ id })) : row(id))), { retry, count: 3 })
      const fiber = yield* Effect.forkChild(start([asset]))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([yield* stored(asset, "k000"), yield* stored(asset, "k001")], [["k000"], []])
      const store = yield* RunStore.RunStore
      const [waiting] = yield* store.attempts(1)
      assert.isAbove(waiting!.nextTryAt!.getTime(), waiting!.finishedAt.getTime() + 40_000)
      yield* TestClock.adjust("2 minutes")
      assert.include(yield* Fiber.join(fiber), { state: "succeeded", materialized: 3 })
    }).pipe(Effect.provide(memory)))

  it.effect("a group that fails in passing is tried again as a whole, and split only when its tries are used up", () =>
    Effect.gen(function*() {
      const retry = Retry.transient({ times: 2, base: "1 second" })
      const passing = batched((keys, call) => call < 3 ? Effect.fail(new Blip({ id: "all" })) : good(keys), { retry, count: 50 })
      assert.include(yield* elapse(start([passing.asset]), "1 minute"), { state: "succeeded", materialized: 50 })
      assert.deepStrictEqual(passing.sizes(), [50, 50, 50])
      const lasting = batched((keys) => keys.includes("k001") ? Effect.fail(new Blip({ id: "some" })) : good(keys), { retry, count: 4 })
      const report = yield* elapse(start([lasting.asset], { force: true }), "1 minute", 120)
      assert.include(report, { state: "failed", materialized: 3 })
      assert.deepStrictEqual(lasting.sizes(), [4, 4, 4, 2, 2, 2, 1, 1, 1, 1, 2])
    }).pipe(Effect.provide(memory)))

  it.effect("a time-out is that of the whole call, and may be one partition's", () =>
    Effect.gen(function*() {
      const { asset, sizes } = batched((keys) =>
        Effect.delay(good(keys), keys.includes("k002") ? "1 hour" : "1 second"), { count: 4, timeout: "5 seconds" })
      const report = yield* elapse(start([asset]), "1 minute")
      assert.deepStrictEqual(sizes(), [4, 2, 2, 1, 1])
      assert.deepStrictEqual(report.failed.map(({ cell }) => cell.partition), ["k002"])
      assert.strictEqual(report.failed[0]?.reason, "One attempt of odds took longer than its time-out of 5s.")
    }).pipe(Effect.provide(memory)))

  it.effect("a wrong number of values, no list and a stream are each one clear sentence", () =>
    Effect.gen(function*() {
      const reasons = (run: (keys: ReadonlyArray<string>) => unknown) =>
        Effect.map(
          // What the compiler would refuse.
          start([batched((keys) => Effect.succeed(run(keys) as ReadonlyArray<Item>), { count: 4 }).asset], { force: true }),
          ({ failed, materialized }) => [materialized, ...new Set(failed.map(({ reason }) => reason))]
        )
      const clear = "it must give a list with one value for each partition, in their order."
      assert.deepStrictEqual(yield* reasons(() => [row("1"), row("2"), row("3")]), [
        0,
        `run of odds gave 3 values for 1 partition: ${clear}`
      ])
      assert.deepStrictEqual(yield* reasons(() => row), [0, `run of odds gave no list for 1 partition: ${clear}`])
      // An API that leaves out what it does not know: those that it knows are kept.
      assert.deepStrictEqual(yield* reasons((keys) => keys.filter((key) => key !== "k002").map(row)), [
        3,
        `run of odds gave 0 values for 1 partition: ${clear}`
      ])
      assert.deepStrictEqual(yield* reasons((keys) => keys.map((key) => key === "k002" ? Stream.make(key) : row(key))), [
        3,
        "run of odds gave a stream in a batch: give the rows as an array, or leave out `batch`."
      ])
    }).pipe(Effect.provide(memory)))
})

describe("A batch asset by hand", () => {
  it.effect("computes one key as a list of one, and materializes and loads like others", () =>
    Effect.gen(function*() {
      const { asset, calls } = batched((keys) =>
        Effect.succeed(keys.map((id) => id === "k001" ? Result.fail(new Unknown({ id })) : Result.succeed(row(id)))))
      assert.deepStrictEqual(yield* Asset.compute(asset, {}, "k004"), row("k004"))
      assert.deepStrictEqual(yield* Effect.flip(Asset.compute(asset, {}, "k001")), new Unknown({ id: "k001" }))
      assert.deepStrictEqual(yield* Asset.materialize(asset, "k004"), row("k004"))
      assert.deepStrictEqual(calls, [["k004"], ["k001"], ["k004"]])
    }).pipe(Effect.provide(memory)))

  it.effect("a table is as good as an array", () =>
    Effect.gen(function*() {
      const asset = Asset.make("table", {
        partitions: Partitions.fixed(["x", "y"]),
        output: Rows.of(Schema.Struct({ value: Schema.String })),
        io: Store,
        batch: 2,
        run: (_, keys) => Effect.succeed(keys.map((key) => ({ objects: () => row(key) })))
      })
      assert.include(yield* start([asset]), { state: "succeeded", materialized: 2 })
      assert.deepStrictEqual(yield* stored(asset, "y"), ["y"])
    }).pipe(Effect.provide(memory)))
})
