/** What becomes of a group when a call or one of its items fails; and batch assets outside of runs. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Asset, Partitions, Retry, Rows, RunStore } from "../../../../index.ts"
import { Store, Value } from "../../assets.ts"
import { memory, start, stored, story } from "../harness.ts"
import { batched, Blip, elapse, good, keysOf, row, Unknown, type Item } from "./batched.ts"

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
      assert.strictEqual(report.failed[0]?.reason, "One attempt of odds took longer than its time-out of 5 s.")
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
