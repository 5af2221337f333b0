import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Latch, Stream } from "effect"
import { TestClock } from "effect/testing"
import { setImmediate } from "node:timers/promises"
import * as InOrder from "../../../engine/definition/InOrder.ts"

describe("InOrder", () => {
  it.effect("gives in order what ends in any order, and never runs more at a time than it may", () =>
    Effect.gen(function*() {
      let open = 0
      let most = 0
      const call = (n: number) =>
        Effect.gen(function*() {
          most = Math.max(most, ++open)
          yield* Effect.sleep((n * 7919) % 97)
          open--
          return n
        })
      const given = InOrder.mapEffect(Stream.range(1, 2000), call, { concurrency: 25, ahead: 300 })
      const fiber = yield* Effect.forkChild(Stream.runCollect(given))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(fiber), Array.from({ length: 2000 }, (_, i) => i + 1))
      assert.strictEqual(most, 25)
    }))

  it.effect("one that takes long holds up the others only when so many wait for it", () =>
    Effect.gen(function*() {
      const latch = yield* Latch.make()
      let done = 0
      const call = (n: number) => n === 1 ? latch.await : Effect.sync(() => void done++)
      const given = InOrder.mapEffect(Stream.range(1, 1000), call, { concurrency: 10, ahead: 100 })
      const fiber = yield* Effect.forkChild(Stream.runCount(given))
      for (let i = 0; i < 200; i++) yield* Effect.yieldNow
      assert.strictEqual(done, 99)
      yield* latch.open
      assert.strictEqual(yield* Fiber.join(fiber), 1000)
      assert.strictEqual(done, 999)
    }))

  it.effect("calls go on while nobody takes what they gave, until so many wait", () =>
    Effect.gen(function*() {
      let done = 0
      const call = () => Effect.sync(() => void done++)
      const held = yield* Latch.make()
      const given = InOrder.mapEffect(Stream.range(1, 2000), call, { concurrency: 2, ahead: 300 })
      const fiber = yield* Effect.forkChild(Stream.runForEach(given, () => held.await))
      // How many turns the calls need depends on what else the process is at.
      while (done < 300) yield* Effect.promise(() => setImmediate())
      for (let i = 0; i < 2000; i++) yield* Effect.yieldNow
      assert.isAtMost(done, 600)
      yield* held.open
      yield* Fiber.join(fiber)
      assert.strictEqual(done, 2000)
    }))

  it.effect("after a failure nothing begins, and what is before it comes first", () =>
    Effect.gen(function*() {
      let begun = 0
      const given: Array<number> = []
      const call = (n: number) =>
        Effect.gen(function*() {
          begun++
          yield* Effect.sleep(n === 50 ? 10 : 100)
          return n === 50 ? yield* Effect.fail("fifty") : n
        })
      const stream = InOrder.mapEffect(Stream.range(1, 1000), call, { concurrency: 8, ahead: 100 })
      const fiber = yield* Effect.forkChild(Effect.flip(Stream.runForEach(stream, (n) => Effect.sync(() => given.push(n)))))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* Fiber.join(fiber), "fifty")
      assert.deepStrictEqual(given, Array.from({ length: 49 }, (_, i) => i + 1))
      assert.isAtMost(begun, 60)
    }))

  it.effect("where the elements fail, what came before is given first; a call that throws is a failure", () =>
    Effect.gen(function*() {
      const given: Array<number> = []
      const elements = Stream.concat(Stream.range(1, 20), Stream.fail("no more"))
      const all = (call: (n: number) => Effect.Effect<number>) =>
        Stream.runForEach(InOrder.mapEffect(elements, call, { concurrency: 3, ahead: 10 }), (n) => Effect.sync(() => given.push(n)))
      const fiber = yield* Effect.forkChild(Effect.flip(all((n) => Effect.delay(Effect.succeed(n), 100 - n))))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* Fiber.join(fiber), "no more")
      assert.deepStrictEqual(given, Array.from({ length: 20 }, (_, i) => i + 1))
      const exit = yield* Effect.exit(all(() => {
        throw new Error("thrown")
      }))
      assert.match(String(exit), /thrown/)
    }))

  it.effect("as many at a time as a function says by now; who takes no more ends those under way", () =>
    Effect.gen(function*() {
      let most = 2
      let open = 0
      let ended = 0
      const call = (n: number) =>
        Effect.acquireUseRelease(
          Effect.sync(() => void open++),
          () => Effect.delay(Effect.succeed(n), 100),
          () => Effect.sync(() => {
            open--
            ended++
          })
        )
      const given = InOrder.mapEffect(Stream.range(1, 1000), call, { concurrency: () => most, ahead: 500 })
      const fiber = yield* Effect.forkChild(Stream.runDrain(Stream.take(given, 50)))
      for (const size of [2, 7, 3]) {
        most = size
        yield* TestClock.adjust(150)
        assert.strictEqual(open, size)
      }
      most = 20
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.strictEqual(open, 0)
      assert.isAtLeast(ended, 50)
    }))
})
