/** Calls that wait: in order, evenly, given up by an interrupt, without asking the store more than needed. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Layer, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { type Ask, LimitStore, LimitStoreError } from "../../../engine/limit/LimitStore.ts"
import * as Limiter from "../../../engine/limit/Limiter.ts"
import * as RateLimit from "../../../engine/limit/RateLimit.ts"
import * as MemoryLimitStore from "../../../storage/MemoryLimitStore.ts"

interface Scene {
  /** What the store was asked. */
  readonly asks: Array<Ask>
  /** Lets the store fail so often. */
  readonly fail: (times: number, transient?: boolean) => void
  /** Lets the store take its time from now on. */
  readonly delay: (millis: number) => void
}

const test = <A, E>(title: string, effect: (scene: Scene) => Effect.Effect<A, E, LimitStore | Scope.Scope>) =>
  it.effect(title, () => {
    const asks: Array<Ask> = []
    let failures = 0
    let isTransient = true
    let delayMillis = 0
    const store = MemoryLimitStore.make()
    const watched = Layer.succeed(LimitStore, LimitStore.of({
      ...store,
      ask: (ask) =>
        Effect.suspend(() => {
          if (failures-- > 0) return Effect.fail(new LimitStoreError({ message: "The limit store is away.", transient: isTransient }))
          asks.push(ask)
          return delayMillis === 0 ? store.ask(ask) : Effect.delay(Effect.tap(store.ask(ask), () => Effect.sleep(delayMillis / 2)), delayMillis / 2)
        })
    }))
    const fail = (times: number, transient = true) => {
      failures = times
      isTransient = transient
    }
    const delay = (millis: number) => {
      delayMillis = millis
    }
    return Effect.asVoid(Effect.provide(effect({ asks, fail, delay }), watched))
  })

/** In steps, as timers would fire. */
const pass = (millis: number, step = 5) =>
  Effect.forEach(Array.from({ length: Math.ceil(millis / step) }), () => TestClock.adjust(step), { discard: true })

/** Calls that note their name and time. */
const noting = Effect.sync(() => {
  const notes: Array<readonly [string, number]> = []
  const call = (name: string) => Effect.map(Clock.currentTimeMillis, (now) => void notes.push([name, now]))
  return { call, names: () => notes.map(([name]) => name), times: () => notes.map(([, time]) => time) }
})

const limit = RateLimit.make("test", { calls: 2, per: "1 second" })

describe("Limiter", () => {
  test("makes calls evenly, in the order in which they came", () =>
    Effect.gen(function*() {
      const limiter = yield* Limiter.make(limit)
      const { call, names, times } = yield* noting
      const all = yield* Effect.forkChild(
        Effect.forEach(["a", "b", "c", "d", "e", "f"], (name) => limiter.use(call(name)), { concurrency: "unbounded" })
      )
      yield* pass(3500)
      yield* Fiber.join(all)
      assert.deepStrictEqual(names(), ["a", "b", "c", "d", "e", "f"])
      const gaps = times().slice(1).map((time, i) => time - times()[i]!)
      assert.isTrue(gaps.every((gap) => gap >= 490 && gap <= 510), gaps.join(" "))
    }))

  test("stays even where it begins to use permits by its own clock, a window after it has become alone", () =>
    Effect.gen(function*() {
      const limiter = yield* Limiter.make(RateLimit.make("late", { calls: 20, per: "2 seconds" }))
      const { call, times } = yield* noting
      yield* Effect.forkChild(limiter.use(call("first")))
      yield* pass(1850)
      yield* Effect.forkChild(Effect.forever(limiter.use(call("x"))))
      yield* pass(1000)
      const gaps = times().slice(2).map((time, i) => time - times()[i + 1]!)
      assert.isAtLeast(gaps.length, 8)
      assert.isTrue(gaps.every((gap) => gap >= 95), gaps.join(" "))
    }))

  test("makes a burst where one is declared, and no more in the window", () =>
    Effect.gen(function*() {
      const limiter = yield* Limiter.make(RateLimit.make("burst", { calls: 5, per: "1 second", burst: true }))
      const { call, times } = yield* noting
      yield* Effect.forkChild(Effect.forEach(Array.from({ length: 12 }), () => limiter.use(call("x")), { concurrency: "unbounded" }))
      yield* pass(100)
      assert.lengthOf(times(), 5)
      yield* pass(850)
      assert.lengthOf(times(), 5)
      yield* pass(150)
      assert.lengthOf(times(), 10)
    }))

  test("a store that takes its time costs no calls", ({ delay }) =>
    Effect.gen(function*() {
      delay(60)
      const limiter = yield* Limiter.make(RateLimit.make("far", { calls: 500, per: "1 second" }))
      const { call, times } = yield* noting
      yield* Effect.forkChild(Effect.forever(limiter.use(Effect.andThen(Effect.sleep("5 millis"), call("x")))).pipe(
        Effect.replicateEffect(100, { concurrency: "unbounded" })
      ))
      yield* pass(2000)
      const before = times().length
      yield* pass(2000)
      // Its goodbye is not to be waited for in a time that stands still.
      delay(0)
      assert.isAtLeast(times().length - before, 900)
      assert.isAtMost(times().length - before, 1000)
    }))

  test("a call that is interrupted while it waits gives its place and its permit back", () =>
    Effect.gen(function*() {
      const limiter = yield* Limiter.make(limit)
      const { call, names } = yield* noting
      const fibers = yield* Effect.forEach(["a", "b", "c", "d"], (name) => Effect.forkChild(limiter.use(call(name))))
      yield* pass(100)
      yield* Fiber.interrupt(fibers[1]!)
      yield* Fiber.interrupt(fibers[2]!)
      yield* pass(500)
      assert.deepStrictEqual(names(), ["a", "d"])
      // Nothing is held: another limiter of the same budget gets its turn as if they had never been.
      const other = yield* Limiter.make(limit)
      yield* Effect.forkChild(other.use(call("e")))
      yield* pass(600)
      assert.deepStrictEqual(names(), ["a", "d", "e"])
    }))

  test("a call that is interrupted before it waits takes nobody's place", () =>
    Effect.gen(function*() {
      const limiter = yield* Limiter.make(RateLimit.make("early", { calls: 1, per: "100 millis" }))
      const fiber = yield* Effect.forkChild(
        Effect.uninterruptibleMask((restore) => Effect.andThen(Effect.sleep("10 millis"), restore(limiter.use(Effect.void))))
      )
      yield* pass(5)
      yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* pass(20)
      const { call, names } = yield* noting
      yield* Effect.forkChild(limiter.use(call("next")))
      yield* pass(200)
      assert.deepStrictEqual(names(), ["next"])
    }))

  test("a call whose turn comes in the moment of its interrupt leaks no permit", ({ asks }) =>
    Effect.gen(function*() {
      const limiter = yield* Limiter.make(RateLimit.make("one", { calls: 1, per: "100 millis" }))
      for (let i = 0; i < 40; i++) {
        const fiber = yield* Effect.forkChild(limiter.use(Effect.never))
        yield* pass(i * 5, 1)
        yield* Fiber.interrupt(fiber)
      }
      const { call, names } = yield* noting
      yield* Effect.forkChild(limiter.use(call("last")))
      // An interrupted call is given a second to arrive.
      yield* pass(1300)
      assert.deepStrictEqual(names(), ["last"])
      assert.strictEqual(asks.at(-1)?.open, 0)
    }))

  test("a call counts until a window after its answer; with `reaches`, after it must have arrived", () =>
    Effect.gen(function*() {
      const second = Effect.fnUntraced(function*(options: Partial<RateLimit.Options>) {
        const limiter = yield* Limiter.make(RateLimit.make(`slow${options.reaches === undefined ? "" : "/reaches"}`, { calls: 1, per: "1 second", ...options }))
        const { call, times } = yield* noting
        const slow = Effect.andThen(call("x"), Effect.sleep("700 millis"))
        yield* Effect.forkChild(Effect.forEach([1, 2], () => limiter.use(slow), { concurrency: "unbounded" }))
        yield* pass(2000)
        return times()[1]! - times()[0]!
      })
      const strict = yield* second({})
      assert.isTrue(strict >= 1700 && strict < 1800, String(strict))
      const stated = yield* second({ reaches: "100 millis" })
      assert.isTrue(stated >= 1100 && stated < 1850, String(stated))
    }))

  test("heavy calls take their weight, and are refused where they could never be made", () =>
    Effect.gen(function*() {
      const limiter = yield* Limiter.make(RateLimit.make("heavy", { calls: 10, per: "1 second" }))
      const { call, names, times } = yield* noting
      yield* Effect.forkChild(Effect.forEach([["a", 5], ["b", 1], ["c", 4], ["d", 3]] as const, ([name, weight]) =>
        limiter.use(call(name), weight), { concurrency: "unbounded" }))
      yield* pass(2000)
      assert.deepStrictEqual(names(), ["a", "b", "c", "d"])
      assert.isAtLeast(times()[3]! - times()[0]!, 700)
      for (const weight of [0, -1, 0.5, Number.NaN]) {
        const none = yield* Effect.exit(limiter.use(Effect.void, weight))
        assert.match(String(Exit.isFailure(none) ? none.cause : ""), /under the limit heavy has the weight .*: it is a whole number from 1 on/)
      }
      const exit = yield* Effect.exit(limiter.use(Effect.void, 11))
      assert.match(String(Exit.isFailure(exit) ? exit.cause : ""), /weight 11 can never be made under the limit heavy of 10\/s/)
    }))

  test("under several limits the slowest is waited for first", () =>
    Effect.gen(function*() {
      const quick = yield* Limiter.make(RateLimit.make("quick", { calls: 50, per: "1 second" }))
      const slow = yield* Limiter.make(RateLimit.make("slow", { calls: 1, per: "1 second" }))
      const { call, times } = yield* noting
      const use = Limiter.using(Limiter.all([quick, slow]))
      yield* Effect.forkChild(Effect.forEach([1, 2, 3], () => use(call("x")), { concurrency: "unbounded" }))
      yield* pass(2500)
      assert.lengthOf(times(), 3)
      assert.isAtLeast(times()[2]! - times()[0]!, 2000)
    }))

  test("under several limits `reaches` counts from the sending, not from the first permit", () =>
    Effect.gen(function*() {
      const quick = yield* Limiter.make(RateLimit.make("quick", { calls: 50, per: "1 second" }))
      const slow = yield* Limiter.make(RateLimit.make("slow", { calls: 1, per: "2 seconds", reaches: "100 millis" }))
      const { call, times } = yield* noting
      yield* quick.slowDown({ retryAfter: "3 seconds" })
      yield* pass(50)
      const use = Limiter.using(Limiter.all([quick, slow]))
      yield* Effect.forkChild(Effect.forEach([1, 2], () => use(call("x")), { concurrency: 2 }))
      yield* pass(8000, 20)
      assert.lengthOf(times(), 2)
      assert.isAtLeast(times()[0]!, 3000)
      assert.isAtLeast(times()[1]! - times()[0]!, 2000)
    }))

  test("a server that refuses everything is told of once a minute, and what it asks for has bounds", () =>
    Effect.gen(function*() {
      const told: Array<string> = []
      const limiter = yield* Limiter.make(RateLimit.make("closed", { calls: 100, per: "1 second" }), {
        onChange: (message) => Effect.sync(() => void told.push(message))
      })
      yield* Effect.forkChild(Effect.forever(Effect.andThen(limiter.use(Effect.sleep("5 millis")), limiter.slowDown({ sentAgo: "5 millis" }))))
      yield* pass(30_000, 50)
      assert.isBelow(told.length, 20)
      yield* limiter.slowDown({ retryAfter: Number.POSITIVE_INFINITY })
      yield* pass(100)
      const [usage] = yield* Effect.flatMap(LimitStore, (store) => store.usage)
      assert.isBelow(usage!.pace.pausedMillis, 32 * 86_400_000)
    }))

  test("asks the store a few times while it waits, and never while there is nothing to wait for", ({ asks }) =>
    Effect.gen(function*() {
      const limiter = yield* Limiter.make(RateLimit.make("rare", { calls: 1, per: "1 minute" }))
      const { call, times } = yield* noting
      yield* Effect.forkChild(Effect.forEach([1, 2], () => limiter.use(call("x")), { concurrency: "unbounded" }))
      yield* pass(59_000, 50)
      assert.lengthOf(times(), 1)
      // It stays in line by a word every third of its lease.
      assert.isBelow(asks.length, 45)
      yield* pass(5000, 50)
      assert.lengthOf(times(), 2)
      const before = asks.length
      yield* pass(600_000, 1000)
      assert.strictEqual(asks.length, before)
    }))

  test("falls when there are too many calls, tells of it, and recovers", () =>
    Effect.gen(function*() {
      const told: Array<string> = []
      const limiter = yield* Limiter.make(RateLimit.make("fussy", { calls: 10, per: "1 second" }), {
        onChange: (message) => Effect.sync(() => void told.push(message))
      })
      const { call, times } = yield* noting
      yield* Effect.forkChild(Effect.forever(limiter.use(call("x"))))
      yield* pass(1000)
      yield* limiter.slowDown({ retryAfter: "2 seconds" })
      // Another answer of the same moment is no further fall.
      yield* limiter.slowDown()
      const before = times().length
      yield* pass(1900)
      assert.isAtMost(times().length - before, 1)
      yield* pass(1200)
      const fallen = times().filter((time) => time >= 3000 && time < 4000).length
      assert.isTrue(fallen >= 4 && fallen <= 6, String(fallen))
      yield* pass(14_000)
      assert.isAtLeast(times().filter((time) => time >= 17_000 && time < 18_000).length, 9)
      yield* pass(22_000, 50)
      assert.lengthOf(told, 2)
      assert.match(told[0]!, /^The rate of fussy falls to 50 % of 10\/s, after a pause of 2 s\.$/)
      assert.strictEqual(told[1], "The rate of fussy is 10/s again.")
    }))

  test("waits while the store is away, and fails its calls where waiting is of no use", ({ fail }) =>
    Effect.gen(function*() {
      const limiter = yield* Limiter.make(limit)
      const { call, names } = yield* noting
      fail(3)
      yield* Effect.forkChild(limiter.use(call("a")))
      yield* pass(200)
      assert.deepStrictEqual(names(), [])
      yield* pass(800)
      assert.deepStrictEqual(names(), ["a"])
      fail(1, false)
      const fiber = yield* Effect.forkChild(limiter.use(call("b")))
      yield* pass(100)
      assert.match(String(yield* Fiber.await(fiber)), /The limit store is away/)
    }))

  test("what a statement said that was lost and comes late takes nothing back", ({ asks, fail }) =>
    Effect.gen(function*() {
      const limiter = yield* Limiter.make(RateLimit.make("lossy", { calls: 10, per: "1 second", burst: true }), { lease: "2 seconds" })
      const { call, times } = yield* noting
      yield* Effect.forkChild(Effect.forEach(Array.from({ length: 40 }), () => limiter.use(call("x")), { concurrency: "unbounded" }))
      yield* pass(30)
      fail(1)
      yield* pass(1000)
      // The statement that seemed to be lost was on its way.
      const { holder } = asks[0]!
      assert.notStrictEqual(asks.at(-1)?.holder, holder)
      yield* Effect.flatMap(LimitStore, (store) => store.ask({ ...asks[0]!, want: 0, open: 0 }))
      yield* pass(8000)
      const made = times()
      assert.isAbove(made.length, 20)
      for (let i = 10; i < made.length; i++) assert.isAtLeast(made[i]! - made[i - 10]!, 1000)
    }))

  test("its end gives back what it has", ({ asks }) =>
    Effect.gen(function*() {
      yield* Effect.scoped(Effect.gen(function*() {
        const limiter = yield* Limiter.make(RateLimit.make("brief", { calls: 100, per: "1 second" }))
        yield* Effect.forkChild(limiter.use(Effect.void))
        yield* pass(20)
      }))
      assert.deepInclude(asks.at(-1), { want: 0, open: 0 })
      assert.strictEqual(asks.flatMap(({ answered }) => answered).reduce((sum, { count }) => sum + count, 0), 1)
      const [usage] = yield* Effect.flatMap(LimitStore, (store) => store.usage)
      assert.deepInclude(usage, { used: 1, waiting: 0, holders: 0 })
    }))
})
