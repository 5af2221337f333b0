/** What hooks are told of assets that grow too old, of schedules whose ticks fail, and of sensors that cannot observe. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Schema, type Scope } from "effect"
import { TestClock } from "effect/testing"
import * as Daemon from "../../../engine/daemon/Daemon.ts"
import * as Hook from "../../../engine/hook/Hook.ts"
import * as Executor from "../../../engine/run/Executor.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import * as Schedule from "../../../engine/schedule/Schedule.ts"
import * as Sensor from "../../../engine/sensor/Sensor.ts"
import type { Store } from "../assets.ts"
import { graphWith, memory, requestOf, texts } from "../run/harness.ts"

/** Of long leases, so that the time of the test leaps: each heartbeat would be a step of it. */
const timing = { lease: Duration.hours(9), heartbeat: Duration.hours(3), cancelPoll: Duration.hours(1) }

/** Two assets that say how old they may be, and a schedule or a sensor that fails while it is said to; for two daemons. */
const scene = (options: Partial<Hook.Options<never>>, asker?: "schedule" | "sensor") => {
  const received: Array<Hook.HookEvent> = []
  const fails = { now: false }
  const graph = graphWith<Store>([
    texts("shop/orders", () => Effect.succeed(["value"]), { freshness: { within: "2 minutes" } }),
    texts("shop/prices", () => Effect.succeed(["value"]), { freshness: { within: "30 seconds", cron: "*/5 * * * *" } })
  ])
  const nightly = Schedule.make("nightly", {
    every: "1 minute",
    request: ({ due }) => {
      if (fails.now) throw new Error(`no rate for ${due.epochMilliseconds}`)
      return { select: "shop/orders", force: true }
    }
  })
  const arrivals = Sensor.make("shop/orders", {
    cursor: Schema.Int,
    initial: 0,
    every: "1 second",
    observe: () => fails.now ? Effect.fail({ message: "no answer" }) : Effect.succeed({ cursor: 0, found: [] })
  })
  const hook = Hook.make("h", {
    recovery: true,
    tell: { kind: "test", to: "a test", spacingMillis: 0, send: (event) => Effect.sync(() => void received.push(event)) },
    ...options
  })
  const daemon = Effect.forkScoped(Daemon.run(graph, asker === "schedule" ? [nightly] : [], {
    stop: Effect.never, hooks: [hook], sensors: asker === "sensor" ? [arrivals] : []
  }))
  const start = Effect.andThen(Effect.all([daemon, daemon]), TestClock.adjust(1))
  const materialize = (select: string) =>
    Effect.orDie(Effect.andThen(Executor.start(graph, requestOf({ select, force: true })), TestClock.adjust(11_000)))
  return { fails, materialize, received, start, titles: () => received.map(({ kind, title }) => `${kind}: ${title}`) }
}

const test = <A, E>(title: string, effect: Effect.Effect<A, E, Daemon.Stores | Store | Scope.Scope>) =>
  it.effect(title, () =>
    Effect.asVoid(Effect.scoped(effect)).pipe(Effect.provide(memory), Effect.provideService(Lease.Timing, timing)))

describe("a hook is told", () => {
  test("that an asset is too old, also one that was never stored, and that it is in time again", Effect.gen(function*() {
    const { materialize, received, start, titles } = scene({ on: Hook.freshnessMissed, of: "shop/orders" })
    yield* start
    yield* TestClock.adjust("119 seconds")
    assert.deepStrictEqual(titles(), [], "its age is counted from when somebody looked")
    yield* TestClock.adjust("1 minute")
    assert.strictEqual(received[0]?.text, [
      "shop/orders is too old",
      "Nothing of it is stored, and it may be 2 min old.",
      "look at it: npx sluice explain shop/orders"
    ].join("\n"))
    yield* materialize("shop/prices")
    yield* materialize("shop/orders")
    yield* TestClock.adjust("1 minute")
    assert.deepStrictEqual(titles(), ["too old: shop/orders is too old", "recovered: shop/orders is in time again"])
  }))

  test("of each deadline that an asset misses", Effect.gen(function*() {
    const { materialize, start, titles } = scene({ on: Hook.freshnessMissed, of: "shop/prices", once: 0 })
    yield* TestClock.adjust("4 minutes")
    yield* start
    yield* TestClock.adjust("2 minutes")
    const missed = "too old: shop/prices is too old"
    assert.deepStrictEqual(titles(), [missed])
    yield* TestClock.adjust("5 minutes")
    assert.deepStrictEqual(titles(), [missed, missed])
    yield* materialize("shop/prices")
    assert.deepStrictEqual(titles(), [missed, missed, "recovered: shop/prices is in time again"])
  }))

  test("of a schedule whose ticks fail, the same once, and when it starts a run again", Effect.gen(function*() {
    const { fails, received, start, titles } = scene({ on: Hook.tickFailed }, "schedule")
    yield* start
    yield* TestClock.adjust("1 minute")
    fails.now = true
    yield* TestClock.adjust("3 minutes")
    fails.now = false
    yield* TestClock.adjust("3 minutes")
    assert.deepStrictEqual(titles(), ["tick failed: schedule nightly: a tick failed", "recovered: schedule nightly: a tick started a run again"])
    assert.match(received[0]?.text ?? "", /\nThe request of the schedule threw: no rate for \d+\nlook at it: npx sluice ticks nightly$/)
    assert.deepInclude(received[0], { run: null, resume: null, subject: { type: "schedule", name: "nightly", reason: received[0]?.subject?.reason ?? null } })
  }))

  test("of a sensor that fails three times in a row and more, the same once in a while, and when it observes again", Effect.gen(function*() {
    const { fails, received, start, titles } = scene({ on: [Hook.sensorFailed, Hook.runFailed], of: "shop/orders", once: "1 minute" }, "sensor")
    fails.now = true
    yield* start
    yield* TestClock.adjust("2 seconds")
    assert.deepStrictEqual(titles(), [])
    yield* TestClock.adjust("2 minutes")
    fails.now = false
    yield* TestClock.adjust("2 minutes")
    const failed = "sensor failed: sensor shop/orders cannot observe"
    assert.deepStrictEqual(titles(), [failed, failed, "recovered: sensor shop/orders observes again"])
    assert.match(received[1]?.text ?? "", /^no answer\nlook at it: npx sluice sensor show shop\/orders\nthe same came \d+ more times since it was told last$/m)
  }))

  test("nothing of what it is not about, and nothing that it did not ask for", Effect.gen(function*() {
    const { fails, start, titles } = scene({ on: [Hook.runFailed, Hook.sensorFailed], of: "shop/prices" }, "sensor")
    fails.now = true
    yield* start
    yield* TestClock.adjust("5 minutes")
    assert.deepStrictEqual(titles(), [])
  }))
})
