/** The store is away for a moment, or for good; what it has been told must not be lost or done twice. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Asset, Io, Partitions, Retry, Rows, RunStore } from "../../../index.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import { Store, Value } from "../assets.ts"
import { memory, resume, start, stored, texts } from "./harness.ts"

const letters = Partitions.fixed(["x", "y", "z"])
const away = new RunStore.RunStoreError({ message: "The connection was lost.", transient: true })

type Service = RunStore.RunStore["Service"]

/** Runs with some methods of the store in memory replaced. */
const withStore = <A, E, R>(effect: Effect.Effect<A, E, R | RunStore.RunStore>, change: (store: Service) => Partial<Service>) =>
  Effect.flatMap(RunStore.RunStore, (store) => Effect.provideService(effect, RunStore.RunStore, { ...store, ...change(store) }))

const elapse = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect)
    for (let i = 0; i < 200; i++) yield* TestClock.adjust("300 millis")
    return yield* Fiber.join(fiber)
  })

/** Makes effects fail for so long from now on. */
const awayFor = (millis: number) =>
  Effect.map(Clock.currentTimeMillis, (from) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(Clock.currentTimeMillis, (now): Effect.Effect<A, E | RunStore.RunStoreError, R> =>
      now < from + millis ? Effect.fail(away) : effect))

describe("When the store is away", () => {
  it.effect("a commit whose answer is lost counts, and nothing is computed or written twice", () =>
    Effect.gen(function*() {
      let computed = 0
      let lost = 0
      const a = Asset.make("a", {
        partitions: letters,
        output: Rows.of(Value, { mode: "append" }),
        io: Store,
        run: (_, key) => Effect.sync(() => {
          computed++
          return [{ value: key }]
        })
      })
      const report = yield* elapse(withStore(start([a], { force: true }), (store) => ({
        commit: (commit) => Effect.flatMap(store.commit(commit), (steps) => lost++ === 0 ? Effect.fail(away) : Effect.succeed(steps))
      })))
      assert.include(report, { state: "succeeded", materialized: 3, unchanged: 0 })
      assert.strictEqual(computed, 3)
      assert.isAtLeast(lost, 1)
      for (const key of ["x", "y", "z"]) assert.deepStrictEqual(yield* stored(a, key), [key])
    }).pipe(Effect.provide(memory)))

  it.effect("claims, attempts, failures and the end of the run are told until they are heard", () =>
    Effect.gen(function*() {
      const calls = new Map<string, number>()
      const flaky = <A, E, R>(name: string, effect: Effect.Effect<A, E, R>) =>
        Effect.suspend((): Effect.Effect<A, E | RunStore.RunStoreError, R> => {
          const call = (calls.get(name) ?? 0) + 1
          calls.set(name, call)
          return call <= 3 ? Effect.fail(away) : effect
        })
      const a = texts("a", () => Effect.fail("no"), { retry: Retry.always({ times: 2, base: "10 millis" }) })
      const b = texts("b", () => Effect.succeed(["b"]), { inputs: { a } })
      const report = yield* elapse(withStore(start([b]), (store) => ({
        claim: (run, worker, cells) => flaky("claim", store.claim(run, worker, cells)),
        recordAttempts: (run, attempts) => flaky("attempts", store.recordAttempts(run, attempts)),
        endSteps: (run, worker, steps, gather) => flaky("ends", store.endSteps(run, worker, steps, gather)),
        recordEvents: (run, events) => flaky("events", store.recordEvents(run, events)),
        finishRun: (run, worker, state) => flaky("finish", store.finishRun(run, worker, state))
      })))
      assert.strictEqual(report.state, "failed")
      const store = yield* RunStore.RunStore
      assert.deepStrictEqual((yield* store.attempts(1)).map(({ attempt }) => attempt), [1, 2, 3])
      assert.deepStrictEqual((yield* store.steps(1)).map(({ asset, state }) => `${asset} ${state}`).toSorted(), ["a failed", "b skipped"])
      assert.strictEqual((yield* store.run(1)).state, "failed")
      const events = (yield* store.events(1)).map(({ type }) => type)
      assert.deepStrictEqual([events[0], events.at(-1)], ["run_started", "run_finished"])
    }).pipe(Effect.provide(memory)))

  it.effect("commits are as patient as all else", () =>
    Effect.gen(function*() {
      const whileAway = yield* awayFor(5000)
      const a = texts("a", (_, key) => Effect.succeed([String(key)]), { partitions: letters })
      const b = Asset.make("b", {
        output: Rows.of(Value),
        io: Store,
        run: () => Effect.succeed(Stream.make({ value: "b" }))
      })
      const report = yield* elapse(withStore(start([a, b]), (store) => ({ commit: (commit) => whileAway(store.commit(commit)) })))
      assert.include(report, { state: "succeeded", materialized: 4 })
    }).pipe(Effect.provide(memory)))

  it.effect("longer than a lease lasts: a commit that comes late is refused where another run has the cell by now, else done", () =>
    Effect.gen(function*() {
      let computed = 0
      const a = texts("a", (_, key) => Effect.as(Effect.sync(() => computed++), [String(key)]), { partitions: letters })
      const whileAway = yield* awayFor(5000)
      const late = withStore(start([a]), (store) => ({
        commit: (commit) => whileAway(store.commit(commit)),
        heartbeat: (worker) => whileAway(store.heartbeat(worker))
      }))
      const [one, other] = yield* elapse(Effect.all([late, Effect.delay(start([a], { partitions: "x" }), "3 seconds")], { concurrency: 2 })).pipe(
        Effect.provideService(Lease.Timing, { lease: Duration.seconds(2), heartbeat: Duration.millis(500), cancelPoll: Duration.seconds(60) })
      )
      assert.include(one, { state: "succeeded", materialized: 2, unchanged: 1 })
      assert.include(other, { state: "succeeded", materialized: 1 })
      assert.strictEqual(computed, 4)
      const store = yield* RunStore.RunStore
      const runs = yield* Effect.forEach(["x", "y", "z"], (partition) => store.materializations({ asset: "a", partition }, { limit: 9 }))
      assert.deepStrictEqual(runs.map((made) => made.map(({ run }) => run)), [[other.run], [one.run], [one.run]])
    }).pipe(Effect.provide(memory)))

  it.effect("for good: the run ends with the store's error, no step is blamed, and it can be resumed", () =>
    Effect.gen(function*() {
      let isAway = true
      const a = texts("a", (_, key) => Effect.succeed([String(key)]), { partitions: letters })
      const error = yield* Effect.flip(elapse(withStore(start([a]), (store) => ({
        commit: (commit) => isAway ? Effect.fail(away) : store.commit(commit)
      }))))
      assert.strictEqual(error, away)
      const store = yield* RunStore.RunStore
      assert.deepStrictEqual(yield* store.steps(1), [])
      assert.strictEqual((yield* store.run(1)).state, "failed")
      isAway = false
      assert.include(yield* resume([a], 1), { state: "succeeded", materialized: 3 })
    }).pipe(Effect.provide(memory)))

  it.effect("an upstream that cannot be loaded for a moment is loaded again, whatever the policy of the asset", () =>
    Effect.gen(function*() {
      const a = texts("a", () => Effect.succeed(["a"]))
      const b = texts("b", ({ a }) => Effect.succeed([JSON.stringify(a)]), { inputs: { a } })
      const io = yield* Store
      let loads = 0
      const report = yield* elapse(Effect.provideService(start([b]), Store, {
        ...io,
        load: (source) =>
          Effect.suspend(() => ++loads < 3 ? Effect.fail(new Io.IoError({ asset: "a", message: "lost", transient: true })) : io.load(source))
      }))
      assert.include(report, { state: "succeeded", materialized: 2 })
    }).pipe(Effect.provide(memory)))

  it.live("a cell that another worker holds is waited for, and not computed when that one has materialized it", () =>
    Effect.gen(function*() {
      let computed = 0
      const slow = () => Effect.as(Effect.andThen(Effect.sync(() => computed++), Effect.sleep(300)), ["a"])
      const a = texts("a", slow, { partitions: letters })
      const [one, two] = yield* Effect.all([start([a]), Effect.delay(start([a]), 50)], { concurrency: 2 })
      assert.deepStrictEqual([one.state, two.state], ["succeeded", "succeeded"])
      assert.deepStrictEqual([one.materialized + two.materialized, one.unchanged + two.unchanged, computed], [3, 3, 3])
    }).pipe(Effect.provide(memory)))
})
