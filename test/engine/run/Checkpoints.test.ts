/** Cells that go on inside: what is done once stays done, and nobody sees a cell that is not whole. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Asset, Checkpoint, Document, Partitions, Retry, Rows, RunStore } from "../../../index.ts"
import { Store, Value } from "../assets.ts"
import { memory, requestOf, resume, start, stored, texts } from "./harness.ts"

const Num = Schema.Struct({ id: Schema.Int })
const two = Partitions.fixed(["x", "y"])

interface Shape {
  readonly size?: number
  readonly every?: number
  readonly within?: Duration.Input
  readonly codeVersion?: string
  readonly mode?: Rows.Mode
  readonly retry?: Retry.Retry<unknown>
  readonly timeout?: Duration.Input
}

/** The numbers from 1 to `size`; `call` is made for each, and may fail. */
const counting = (call: (n: number) => Effect.Effect<unknown, unknown>, shape: Shape = {}) => {
  const { codeVersion = "", every = 10, mode = "append", retry, size = 100, timeout, within } = shape
  return Asset.make("test/count", {
    partitions: two,
    codeVersion,
    output: Rows.of(Num, { mode }),
    io: Store,
    ...(retry === undefined ? {} : { retry }),
    ...(timeout === undefined ? {} : { timeout }),
    checkpoint: { position: Schema.Int, every, ...(within === undefined ? {} : { within }) },
    run: (_, _key, from = 0) =>
      Effect.succeed(Stream.map(Stream.mapEffect(Stream.range(from + 1, size), (n) => Effect.as(call(n), n)), (n) => ({
        rows: [{ id: n }],
        position: n
      })))
  })
}

const idsOf = (asset: Asset.Any, partition = "x") =>
  Effect.gen(function*() {
    const io = yield* Store
    const { values } = yield* io.load({ asset: { key: asset.key, output: asset.output, partitioned: true }, partitions: [partition] })
    return values.map((row) => (row as typeof Num.Type).id)
  })

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)
const x = { partitions: "x" }
const progress = Effect.flatMap(RunStore.RunStore, (store) => store.checkpoints(["test/count"]))

/** Fails at a number as often as told, and counts its calls. */
const failingAt = (at: number, times = Number.POSITIVE_INFINITY) => {
  const calls: Array<number> = []
  let failed = 0
  return {
    calls,
    call: (n: number) =>
      Effect.suspend(() => {
        calls.push(n)
        return n === at && failed++ < times ? Effect.fail("broken") : Effect.void
      })
  }
}

describe("Checkpoints", () => {
  it.effect("a cell that ends before its first checkpoint is as any other", () =>
    Effect.gen(function*() {
      const asset = counting(() => Effect.void, { size: 9, mode: "replace" })
      const report = yield* start([asset])
      assert.include(report, { state: "succeeded", materialized: 2 })
      assert.deepStrictEqual(yield* idsOf(asset), upTo(9))
      const store = yield* RunStore.RunStore
      const [step] = yield* store.steps(report.run)
      assert.deepInclude(step, { rows: 9, metadata: { records: { type: "number", value: 9 } } })
      assert.deepStrictEqual(yield* progress, [])
    }).pipe(Effect.provide(memory)))

  it.effect("another try goes on where the last one failed, and all tries count", () =>
    Effect.gen(function*() {
      const { call, calls } = failingAt(57, 2)
      const asset = counting(call, { retry: Retry.always({ times: 3, base: "1 milli" }) })
      const fiber = yield* Effect.forkChild(start([asset], x))
      yield* TestClock.adjust("1 minute")
      const report = yield* Fiber.join(fiber)
      assert.deepStrictEqual([report.state, report.materialized], ["succeeded", 1])
      assert.deepStrictEqual(yield* idsOf(asset), upTo(100))
      assert.deepStrictEqual(calls.filter((n) => n < 57), upTo(56))
      assert.strictEqual(calls.filter((n) => n === 57).length, 3)
      const store = yield* RunStore.RunStore
      const [step] = yield* store.steps(report.run)
      assert.deepInclude(step, { rows: 100, attempts: 3, metadata: { records: { type: "number", value: 100 } } })
      assert.deepStrictEqual((yield* store.events(report.run)).filter(({ type }) => type === "checkpoint").map(({ message }) => message), [
        "goes on after 56 records",
        "goes on after 56 records"
      ])
      assert.deepStrictEqual(yield* progress, [])
    }).pipe(Effect.provide(memory)))

  it.effect("a policy counts the tries that got nowhere", () =>
    Effect.gen(function*() {
      let calls = 0
      const call = (n: number) => Effect.suspend(() => ++calls % 20 === 0 || n === 150 ? Effect.fail("broken") : Effect.void)
      const asset = counting(call, { size: 200, retry: Retry.always({ times: 2, base: "1 milli" }) })
      const fiber = yield* Effect.forkChild(start([asset], x))
      for (let i = 0; i < 100; i++) yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(fiber)).state, "failed")
      const store = yield* RunStore.RunStore
      const goneOn = (yield* store.events(1)).filter(({ type }) => type === "checkpoint").map(({ message }) => message)
      assert.isAbove(new Set(goneOn).size, 5)
      assert.deepStrictEqual(goneOn.slice(-2), ["goes on after 149 records", "goes on after 149 records"])
      assert.notStrictEqual(goneOn.at(-4), goneOn.at(-1))
    }).pipe(Effect.provide(memory)))

  it.effect("nobody sees a cell that is not whole: what was stored before stays until it is", () =>
    Effect.gen(function*() {
      const size = 30
      const first = counting(() => Effect.void, { mode: "replace", size })
      yield* start([first], x)
      const broken = counting(failingAt(25).call, { mode: "replace", size: 40, codeVersion: "2" })
      assert.strictEqual((yield* start([broken], x)).state, "failed")
      assert.deepStrictEqual(yield* idsOf(broken), upTo(30))
      const [at] = yield* progress
      assert.deepInclude(at, { partition: "x", position: 24, records: 24, rows: { "test/count": 24 } })
      const { call, calls } = failingAt(0)
      yield* start([counting(call, { mode: "replace", size: 40, codeVersion: "2" })], x)
      assert.deepStrictEqual(calls, upTo(40).slice(24))
      assert.deepStrictEqual(yield* idsOf(broken), upTo(40))
    }).pipe(Effect.provide(memory)))

  it.effect("starts anew when its code has changed, when asked for, and when its position does not fit", () =>
    Effect.gen(function*() {
      const store = yield* RunStore.RunStore
      const said = (run: number) =>
        Effect.map(store.events(run), (events) => events.filter(({ type }) => type === "checkpoint").map(({ message }) => message))
      yield* start([counting(failingAt(35).call)], x)
      const edited = failingAt(45)
      const one = yield* start([counting(edited.call, { codeVersion: "2" })], x)
      assert.deepStrictEqual(yield* said(one.run), ["starts anew after 34 records, because its code or what it reads has changed"])
      assert.deepStrictEqual(edited.calls, upTo(45))
      const forced = failingAt(55, 1)
      const two = yield* start([counting(forced.call, { codeVersion: "2" })], { ...x, force: true })
      assert.deepStrictEqual(yield* said(two.run), ["starts anew after 44 records, because this was asked for"])
      // The same run may be asked for, and yet go on.
      yield* resume([counting(forced.call, { codeVersion: "2" })], two.run)
      assert.deepStrictEqual((yield* said(two.run)).slice(1), ["goes on after 54 records"])
      assert.deepStrictEqual(forced.calls, [...upTo(55), ...upTo(100).slice(54)])
      assert.deepStrictEqual(yield* idsOf(counting(() => Effect.void)), upTo(100))
    }).pipe(Effect.provide(memory)))

  it.effect("starts anew when what it reads has changed, and when somebody else has materialized it meanwhile", () =>
    Effect.gen(function*() {
      let text = "one"
      const source = texts("source", () => Effect.succeed([text]))
      const calls: Array<string> = []
      let breaks = 15
      const reader = Asset.make("reader", {
        inputs: { source },
        output: Rows.of(Value, { mode: "append" }),
        io: Store,
        checkpoint: { position: Schema.Int, every: 5 },
        run: (inputs, _, from = 0) => {
          const read = JSON.stringify(inputs)
          return Effect.succeed(Stream.range(from + 1, 20).pipe(Stream.mapEffect((n) => {
            calls.push(`${n}`)
            return n === breaks ? Effect.fail("broken") : Effect.succeed({ rows: [{ value: `${n} ${read.length}` }], position: n })
          })))
        }
      })
      yield* start([source, reader])
      text = "another"
      breaks = 0
      yield* start([source, reader], { select: "source", force: true })
      yield* start([source, reader])
      assert.deepStrictEqual(calls, [...upTo(15), ...upTo(20)].map(String))
      const rows = yield* stored(reader)
      assert.strictEqual(rows.length, 20)
      assert.strictEqual(new Set(rows.map((row) => row.split(" ")[1])).size, 1)
    }).pipe(Effect.provide(memory)))

  it.effect("what is done is committed in time, and when the cell is interrupted or runs out of time", () =>
    Effect.gen(function*() {
      const slow = (n: number) => Effect.sleep(n === 8 ? "1 hour" : "1 second")
      const asset = counting(slow, { every: 1000, within: "4 seconds" })
      const fiber = yield* Effect.forkChild(start([asset], x))
      yield* TestClock.adjust("4 seconds")
      assert.isAtLeast((yield* progress)[0]?.records ?? 0, 3)
      yield* TestClock.adjust("3500 millis")
      yield* Fiber.interrupt(fiber)
      assert.deepInclude((yield* progress)[0], { records: 7, position: 7 })
      const timed = yield* Effect.forkChild(start([counting(slow, { every: 1000, timeout: "10 seconds" })], x))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(timed)).state, "failed")
      assert.deepInclude((yield* progress)[0], { records: 7 })
      assert.deepStrictEqual(yield* idsOf(asset), [])
    }).pipe(Effect.provide(memory)))

  it.effect("what nobody goes on with is removed after 30 days, unless somebody is at it", () =>
    Effect.gen(function*() {
      const asset = counting((n) => n === 57 ? Effect.fail("broken") : Effect.void)
      yield* start([asset], x)
      const other = start([counting(() => Effect.void)], { partitions: "y", force: true })
      yield* TestClock.adjust("29 days")
      yield* other
      assert.strictEqual((yield* progress)[0]?.records, 56)
      yield* TestClock.adjust("2 days")
      const store = yield* RunStore.RunStore
      const io = yield* Store
      const aside = io.partial!.count({ asset: { key: asset.key, output: asset.output, partitioned: true }, partition: "x" })
      yield* store.startWorker({ id: "at it", host: "h", pid: 1, leaseMillis: 3_600_000 })
      const run = yield* store.createRun(requestOf({ partitions: "x" }), "at it")
      yield* store.claim(run, "at it", [{ asset: asset.key, partition: "x" }])
      yield* other
      assert.deepStrictEqual([(yield* progress).length, yield* aside], [1, 56])
      yield* store.release(run, "at it", [{ asset: asset.key, partition: "x" }])
      const { run: last } = yield* other
      assert.deepStrictEqual([yield* progress, yield* aside], [[], 0])
      const events = (yield* store.events(last)).filter(({ type }) => type === "checkpoint")
      assert.deepStrictEqual(events.map(({ message, partition }) => [partition, message]), [
        ["x", "removes 56 records with which nobody has gone on for 30 days"]
      ])
      const { call, calls } = failingAt(0)
      yield* start([counting(call)], x)
      assert.deepStrictEqual(calls, upTo(100))
    }).pipe(Effect.provide(memory)))

  it.effect("one computation fills two tables, and both move together", () =>
    Effect.gen(function*() {
      let breaks = 33
      const both = Asset.makeMany("test/both", {
        outputs: {
          even: { output: Rows.of(Value, { mode: "append" }), io: Store },
          odd: { output: Rows.of(Value, { mode: "append" }), io: Store }
        },
        checkpoint: { position: Schema.Int, every: 10 },
        run: (_, _partition, from = 0) =>
          Effect.succeed(Checkpoint.mapEffect(Stream.range(from + 1, 50), (n) =>
            n === breaks
              ? Effect.fail("broken")
              : Effect.succeed(n % 2 === 0 ? { even: [{ value: `${n}` }] } : { odd: [{ value: `${n}` }] }), {
            concurrency: 4,
            position: (n) => n
          }))
      })
      const failed = yield* start([both.even, both.odd])
      assert.lengthOf(failed.failed, 2)
      const store = yield* RunStore.RunStore
      const [at] = yield* store.checkpoints(["test/both"])
      assert.deepInclude(at, { records: 32, rows: { "test/both/even": 16, "test/both/odd": 16 } })
      breaks = 0
      assert.deepInclude(yield* start([both.even, both.odd]), { state: "succeeded", materialized: 2 })
      assert.deepStrictEqual(yield* stored(both.even), upTo(50).filter((n) => n % 2 === 0).map(String))
      assert.deepStrictEqual(yield* stored(both.odd), upTo(50).filter((n) => n % 2 === 1).map(String))
      assert.deepStrictEqual(yield* Asset.compute(both.odd, {}), upTo(50).filter((n) => n % 2 === 1).map((n) => ({ value: `${n}` })))
    }).pipe(Effect.provide(memory)))

  it.effect("gives partition keys, also of rows that were put aside by an earlier try", () =>
    Effect.gen(function*() {
      const { call } = failingAt(25, 1)
      const source = counting(call, { size: 30, mode: "replace" })
      const found = Partitions.dynamic("test/found", { from: source, key: (row: typeof Num.Type) => row.id % 10 === 0 ? `${row.id}` : undefined })
      const reader = texts("reader", (_, key) => Effect.succeed([String(key)]), { partitions: found })
      yield* start([source, reader], { select: "test/count", ...x })
      yield* start([source, reader], { select: "test/count", ...x })
      const store = yield* RunStore.RunStore
      const keys = (yield* store.dynamicKeys(["test/found"])).get("test/found")
      assert.deepStrictEqual(keys?.map(({ key }) => key), ["10", "20", "30"])
    }).pipe(Effect.provide(memory)))

  it.effect("an answer that is lost commits nothing twice; one that comes late is noticed", () =>
    Effect.gen(function*() {
      const store = yield* RunStore.RunStore
      const away = new RunStore.RunStoreError({ message: "The connection was lost.", transient: true })
      let commits = 0
      const flaky: typeof store = {
        ...store,
        commitCheckpoint: (commit) =>
          Effect.flatMap(store.commitCheckpoint(commit), () => ++commits % 2 === 0 ? Effect.fail(away) : Effect.void)
      }
      const asset = counting(() => Effect.void)
      const fiber = yield* Effect.forkChild(Effect.provideService(start([asset], x), RunStore.RunStore, flaky))
      for (let i = 0; i < 50; i++) yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(fiber)).state, "succeeded")
      assert.deepStrictEqual(yield* idsOf(asset), upTo(100))
    }).pipe(Effect.provide(memory)))

  it.effect("a cell whose end fails is ended by the next run, and no record is done again", () =>
    Effect.gen(function*() {
      const store = yield* RunStore.RunStore
      const full = new RunStore.RunStoreError({ message: "The disk is full.", transient: false })
      const refusing: typeof store = { ...store, commit: () => Effect.fail(full) }
      const { call, calls } = failingAt(0)
      const asset = counting(call, { size: 95 })
      const failed = yield* Effect.provideService(start([asset], x), RunStore.RunStore, refusing)
      assert.deepStrictEqual(failed.failed.map(({ reason }) => reason), ["The disk is full."])
      assert.deepInclude((yield* progress)[0], { records: 95, position: 95 })
      assert.deepStrictEqual(yield* idsOf(asset), [])
      assert.include(yield* start([asset], x), { state: "succeeded" })
      assert.deepStrictEqual(calls, upTo(95))
      assert.deepStrictEqual(yield* idsOf(asset), upTo(95))
    }).pipe(Effect.provide(memory)))

  it.effect("rows that were left aside without a checkpoint are not taken for its own", () =>
    Effect.gen(function*() {
      const asset = counting(() => Effect.void)
      const io = yield* Store
      const cell = { asset: { key: asset.key, output: asset.output, partitioned: true }, partition: "x" }
      yield* io.partial!.add([{ ...cell, value: [{ id: 7 }, { id: 8 }] }])
      assert.include(yield* start([asset], x), { state: "succeeded" })
      assert.deepStrictEqual(yield* idsOf(asset), upTo(100))
    }).pipe(Effect.provide(memory)))

  it.effect("is refused where an IO manager cannot keep rows of cells that are not whole", () =>
    Effect.gen(function*() {
      const { partial: _, ...whole } = yield* Store
      const error = yield* Effect.flip(Effect.provideService(start([counting(() => Effect.void)], x), Store, whole))
      assert.match(error.message, /^test\/count has a checkpoint, but test\/Store does not keep rows .*: store it in the Warehouse, or leave out `checkpoint`\.$/)
    }).pipe(Effect.provide(memory)))

  it.effect("is refused where rows cannot be kept in part, and where run gives something else", () =>
    Effect.gen(function*() {
      const options = { io: Store, checkpoint: { position: Schema.Int } } as const
      // @ts-expect-error a document is no stream of rows
      assert.throws(() => Asset.make("d", { ...options, output: Document.of(Schema.Int), run: () => Effect.succeed(1) }), "gives a document")
      const every = { io: Store, checkpoint: { position: Schema.Int, every: 0 } } as const
      assert.throws(() => Asset.make("e", { ...every, output: Rows.of(Num), run: () => Effect.succeed(Stream.empty) }), "every 0 records")
      // @ts-expect-error an array is no stream of rows and positions
      const array = Asset.make("array", { ...options, output: Rows.of(Num), run: () => Effect.succeed([{ id: 1 }]) })
      assert.match((yield* start([array])).failed[0]?.reason ?? "", /run of array gave no stream: .* \{ rows, position \}/)
      // @ts-expect-error plain rows have no position
      const plain = Asset.make("plain", { ...options, output: Rows.of(Num), run: () => Effect.succeed(Stream.make({ id: 1 })) })
      assert.match((yield* start([plain])).failed[0]?.reason ?? "", /gave an element without `rows` and `position`/)
    }).pipe(Effect.provide(memory)))
})

