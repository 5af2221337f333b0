import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Queue, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { Partitions } from "../../../index.ts"
import * as Daemon from "../../../engine/daemon/Daemon.ts"
import { RunStore, RunStoreError } from "../../../engine/record/RunStore.ts"
import { TickStore } from "../../../engine/record/TickStore.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import * as Schedule from "../../../engine/schedule/Schedule.ts"
import { graphWith, memory, texts } from "../run/harness.ts"
import type { Store } from "../assets.ts"

const minute = 60_000

/** Of long leases, so that the time of the test leaps: each heartbeat would be a step of it. */
const timing = { lease: Duration.hours(9), heartbeat: Duration.hours(3), cancelPoll: Duration.hours(1) }

/** Daemons on one store, whose runs take as long as `takes` says; the time is the test's. */
const scene = Effect.fnUntraced(function*(options: Schedule.Options, takes: Duration.Input = "1 second") {
  const ticks = yield* TickStore
  const computed: Array<number> = []
  const started = yield* Queue.unbounded<void>()
  const asset = texts("asset", () =>
    Effect.gen(function*() {
      yield* Queue.offer(started, undefined)
      yield* Effect.sleep(takes)
      computed.push(1)
      return ["value"]
    }))
  const graph = graphWith<Store>([asset])
  const schedule = Schedule.make("all", { request: { force: true }, ...options })
  const said: Array<string> = []
  const daemon = Effect.gen(function*() {
    const asked = yield* Deferred.make<void>()
    const fiber = yield* Effect.forkScoped(Daemon.run(graph, [schedule], {
      stop: Deferred.await(asked),
      graceMillis: 5000,
      watcher: ({ _tag }) => said.push(_tag)
    }))
    yield* TestClock.adjust(1)
    return { fiber, kill: Fiber.interrupt(fiber), stop: Effect.andThen(Deferred.succeed(asked, undefined), Fiber.join(fiber)) }
  })
  /** `00:01 started`, of the time of 1 January 1970, the earliest first. */
  const history = Effect.map(ticks.ticks("all", { limit: 999 }), (all) =>
    all.toReversed().map(({ due, state }) => `${due.toISOString().slice(11, 16)} ${state}`))
  return { computed, daemon, history, said, started, ticks, runs: yield* RunStore }
})

const test = <A, E>(title: string, effect: Effect.Effect<A, E, Daemon.Stores | Store | Scope.Scope>) =>
  it.effect(title, () =>
    Effect.asVoid(Effect.scoped(effect)).pipe(Effect.provide(memory), Effect.provideService(Lease.Timing, timing)))

describe("a daemon", () => {
  test("starts one run a tick, and so do three", Effect.gen(function*() {
    const { computed, daemon, history, runs } = yield* scene({ cron: "* * * * *" })
    yield* Effect.all([daemon, daemon, daemon])
    for (let i = 0; i < 5; i++) yield* TestClock.adjust(minute)
    yield* TestClock.adjust(2000)
    assert.deepStrictEqual(yield* history, ["00:01 started", "00:02 started", "00:03 started", "00:04 started", "00:05 started"])
    assert.lengthOf(computed, 5)
    const created = yield* runs.runs({ limit: 99 })
    assert.deepStrictEqual(created.map(({ state }) => state), created.map(() => "succeeded"))
    assert.lengthOf(created, 5)
  }))

  const policies: ReadonlyArray<readonly [Schedule.CatchUp, ReadonlyArray<string>, number]> = [
    ["none", ["00:01 skipped", "00:02 skipped", "00:03 skipped", "00:04 skipped", "00:05 skipped"], 0],
    ["latest", ["00:01 skipped", "00:02 skipped", "00:03 skipped", "00:04 skipped", "00:05 started"], 1],
    ["all", ["00:01 started", "00:02 started", "00:03 started", "00:04 started", "00:05 started"], 5],
    [{ within: "2 minutes" }, ["00:01 skipped", "00:02 skipped", "00:03 skipped", "00:04 started", "00:05 started"], 2]
  ]
  for (const [catchUp, expected, times] of policies) {
    test(`that was away over five ticks catches up ${JSON.stringify(catchUp)}, once`, Effect.gen(function*() {
      const { computed, daemon, history } = yield* scene({ cron: "* * * * *", catchUp })
      yield* (yield* daemon).kill
      yield* TestClock.adjust(5.5 * minute)
      yield* Effect.all([daemon, daemon])
      yield* TestClock.adjust(20_000)
      yield* (yield* daemon).kill
      yield* daemon
      assert.deepStrictEqual(yield* history, expected)
      assert.lengthOf(computed, times)
    }))
  }

  const overlaps: ReadonlyArray<readonly [Schedule.Overlap, ReadonlyArray<string>]> = [
    ["skip", ["00:01 started", "00:02 skipped", "00:03 skipped", "00:04 started"]],
    ["queue", ["00:01 started", "00:02 started", "00:03 skipped", "00:04 waiting"]],
    ["allow", ["00:01 started", "00:02 started", "00:03 started", "00:04 started"]]
  ]
  for (const [overlap, expected] of overlaps) {
    test(`whose run takes over two ticks more: ${overlap}`, Effect.gen(function*() {
      const { daemon, history } = yield* scene({ cron: "* * * * *", overlap }, "150 seconds")
      yield* daemon
      yield* TestClock.adjust(4 * minute + 1000)
      assert.deepStrictEqual(yield* history, expected)
    }))
  }

  test("keeps a loop from start to start", Effect.gen(function*() {
    const { computed, daemon, history } = yield* scene({ every: "1 minute" }, "10 seconds")
    yield* daemon
    yield* TestClock.adjust(3.5 * minute)
    assert.deepStrictEqual(yield* history, ["00:00 started", "00:01 started", "00:02 started", "00:03 started"])
    assert.lengthOf(computed, 4)
  }))

  test("never has a loop in two runs at once, and starts a late one at once", Effect.gen(function*() {
    const { computed, daemon, ticks } = yield* scene({ every: "1 minute" }, "90 seconds")
    yield* Effect.all([daemon, daemon])
    yield* TestClock.adjust(5 * 90_000 - 20_000)
    assert.lengthOf(computed, 4)
    const late = (yield* ticks.ticks("all", { limit: 99 })).map(({ at, due }) => at.getTime() - due.getTime())
    // Each but the first began when the one before had ended.
    assert.deepStrictEqual(late.map((millis) => Math.round(millis / 1000)), [30, 30, 30, 30, 0])
  }))

  test("lets running steps end when it is stopped, and leaves what it must to the next", Effect.gen(function*() {
    const { computed, daemon, history, runs, said, started } = yield* scene({ cron: "* * * * *" }, "3 seconds")
    const first = yield* daemon
    yield* TestClock.adjust(minute)
    yield* Queue.take(started)
    const stopping = yield* Effect.forkChild(first.stop)
    yield* TestClock.adjust(4000)
    assert.deepStrictEqual(yield* Fiber.join(stopping), [])
    assert.lengthOf(computed, 1)
    assert.include((yield* runs.run(1)).state, "succeeded")

    const second = yield* daemon
    yield* TestClock.adjust(minute - 4000)
    yield* Queue.take(started)
    yield* second.kill
    assert.deepInclude(yield* runs.run(2), { state: "running", lost: true })
    yield* daemon
    yield* TestClock.adjust(6000)
    assert.include((yield* runs.run(2)).state, "succeeded")
    assert.include(said, "Adopted")
    assert.deepStrictEqual(yield* history, ["00:01 started", "00:02 started"])
  }))

  test("goes on with a run whose tick was recorded, though the answer was lost", Effect.gen(function*() {
    const store = yield* TickStore
    let lost = 0
    const unlucky = TickStore.of({
      ...store,
      decide: (...asked) => Effect.tap(store.decide(...asked), () =>
        lost++ > 0 ? Effect.void : Effect.fail(new RunStoreError({ message: "The connection is lost.", transient: true })))
    })
    yield* Effect.gen(function*() {
      const { daemon, runs, said } = yield* scene({ cron: "* * * * *" })
      yield* daemon
      yield* TestClock.adjust(minute + 10_000)
      assert.deepInclude(yield* runs.run(1), { state: "succeeded" })
      assert.deepStrictEqual(said, ["Up", "Trouble", "Recovered", "Adopted", "Ended"])
    }).pipe(Effect.provideService(TickStore, unlucky))
  }))

  test("asks for the newest partition of the moment at which a tick was due", Effect.gen(function*() {
    const computed: Array<string> = []
    const asset = texts("asset", (_, hour) =>
      Effect.sync(() => {
        computed.push((hour as { readonly key: string }).key)
        return ["value"]
      }), { partitions: Partitions.hourly({ start: "1970-01-01T00:00", timezone: "UTC" }) })
    const schedule = Schedule.make("all", { cron: "0 * * * *", catchUp: "all", request: { partitions: "latest", force: true } })
    const up = Effect.forkScoped(Daemon.run(graphWith<Store>([asset]), [schedule], { stop: Effect.never }))
    const before = yield* up
    yield* TestClock.adjust(1)
    yield* Fiber.interrupt(before)
    yield* TestClock.adjust(3.5 * 60 * minute)
    yield* up
    yield* TestClock.adjust(5000)
    assert.deepStrictEqual(computed, ["1970-01-01T00:00", "1970-01-01T01:00", "1970-01-01T02:00"])
  }))

  test("starts nothing while its schedule is stopped", Effect.gen(function*() {
    const { computed, daemon, history, ticks } = yield* scene({ cron: "* * * * *" })
    yield* daemon
    yield* ticks.setRunning("all", false)
    yield* TestClock.adjust(3 * minute)
    yield* ticks.setRunning("all", true)
    yield* TestClock.adjust(minute + 2000)
    assert.deepStrictEqual(yield* history, ["00:04 started"])
    assert.lengthOf(computed, 1)
  }))

  test("tells of a request that names nothing, or throws", Effect.gen(function*() {
    const { daemon, history, ticks } = yield* scene({
      cron: "* * * * *",
      request: ({ local }) => {
        if (local.includes("00:02")) throw new Error("no luck")
        return local.includes("00:03") ? Schedule.skip("a holiday") : { select: "assett" }
      }
    })
    yield* daemon
    yield* TestClock.adjust(3 * minute + 5000)
    assert.deepStrictEqual(yield* history, ["00:01 failed", "00:02 failed", "00:03 skipped"])
    assert.deepStrictEqual((yield* ticks.ticks("all", { limit: 9 })).map(({ reason }) => reason), [
      "a holiday", "The request of the schedule threw: no luck",
      "There is no asset, pipeline or group \"assett\". Did you mean \"asset\"?"
    ])
  }))
})
