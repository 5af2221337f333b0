/** A cell with checkpoints that is interrupted: nothing more begins, what is under way comes back and is committed. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Asset, Checkpoint, Rows, RunStore } from "../../../index.ts"
import { Store } from "../assets.ts"
import { memory, start, stored } from "./harness.ts"

const Num = Schema.Struct({ value: Schema.String })

/** A call for each number up to 200, 20 at a time. */
const calling = (call: (n: number) => Effect.Effect<unknown>, grace?: Duration.Input) =>
  Asset.make("test/calls", {
    output: Rows.of(Num, { mode: "append" }),
    io: Store,
    checkpoint: { position: Schema.Int, every: 1000, within: "1 hour", ...(grace === undefined ? {} : { grace }) },
    run: (_, _partition, from = 0) =>
      Effect.succeed(Checkpoint.mapEffect(Stream.range(from + 1, 200), (n) => Effect.as(call(n), [{ value: `${n}` }]), {
        concurrency: 20,
        position: (n) => n
      }))
  })

const position = Effect.map(Effect.flatMap(RunStore.RunStore, (store) => store.checkpoints(["test/calls"])), ([at]) => at?.position)

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)

describe("an interrupt of a cell with checkpoints", () => {
  it.effect("waits for the calls under way, begins no further one, and commits what they gave: nothing is called twice", () =>
    Effect.gen(function*() {
      const called: Array<number> = []
      // They end in another order than they began.
      const asset = calling((n) => Effect.andThen(Effect.sync(() => called.push(n)), Effect.sleep(1000 + (n * 7919) % 900)))
      const run = yield* Effect.forkChild(start([asset]))
      yield* TestClock.adjust("3500 millis")
      const begun = called.length
      assert.isAbove(begun, 40)
      const ending = yield* Effect.forkChild(Fiber.interrupt(run))
      yield* TestClock.adjust("1 second")
      assert.isUndefined(ending.pollUnsafe())
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(ending)
      assert.deepStrictEqual([called.length, yield* position], [begun, begun])
      const again = yield* Effect.forkChild(start([asset]))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(again)).state, "succeeded")
      assert.deepStrictEqual(called, upTo(200))
      assert.deepStrictEqual((yield* stored(asset)).map(Number).toSorted((a, b) => a - b), upTo(200))
    }).pipe(Effect.provide(memory)))

  it.effect("has an end itself: one that does not come back is not waited for longer than the grace", () =>
    Effect.gen(function*() {
      const asset = calling((n) => n === 31 ? Effect.never : Effect.sleep("1 second"), "3 seconds")
      const run = yield* Effect.forkChild(start([asset]))
      yield* TestClock.adjust("2500 millis")
      const ending = yield* Effect.forkChild(Fiber.interrupt(run))
      yield* TestClock.adjust("2900 millis")
      assert.isUndefined(ending.pollUnsafe())
      yield* TestClock.adjust("200 millis")
      yield* Fiber.join(ending)
      // Those after it have come back too, but no position may pass over it.
      assert.strictEqual(yield* position, 30)
    }).pipe(Effect.provide(memory)))

  it.effect("takes no longer than the command says that runs it, when it comes to that", () =>
    Effect.gen(function*() {
      let grace: Duration.Input | undefined
      const asset = calling((n) => n === 31 ? Effect.never : Effect.sleep("1 second"), "1 hour")
      const run = yield* Effect.forkChild(Effect.provideService(start([asset]), Checkpoint.Grace, () => grace))
      yield* TestClock.adjust("2500 millis")
      grace = "2 seconds"
      const ending = yield* Effect.forkChild(Fiber.interrupt(run))
      yield* TestClock.adjust("2100 millis")
      yield* Fiber.join(ending)
      assert.strictEqual(yield* position, 30)
    }).pipe(Effect.provide(memory)))

  it.effect("is at once where nothing is under way that could be waited for", () =>
    Effect.gen(function*() {
      const asset = Asset.make("test/calls", {
        output: Rows.of(Num, { mode: "append" }),
        io: Store,
        checkpoint: { position: Schema.Int },
        run: () => Effect.succeed(Stream.fromEffect(Effect.never))
      })
      const run = yield* Effect.forkChild(start([asset]))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(run)
    }).pipe(Effect.provide(memory)))
})
