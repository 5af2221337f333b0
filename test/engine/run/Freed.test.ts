/** Runs of one process that want the same cells: told by what ends the claim, and not by asking again and again. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { RunStore } from "../../../engine/record/RunStore.ts"
import * as Executor from "../../../engine/run/Executor.ts"
import * as Freed from "../../../engine/run/Freed.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import type { Cell } from "../../../engine/record/Step.ts"
import type { Store } from "../assets.ts"
import { graphWith, memory, requestOf, texts } from "./harness.ts"

const timing = { lease: Duration.hours(9), heartbeat: Duration.hours(3), cancelPoll: Duration.hours(1) }

/** Two runs of one worker that want the one cell of an asset which takes eight seconds; how often the store is asked. */
const scene = Effect.fnUntraced(function*(outcome: Effect.Effect<ReadonlyArray<string>, Error>) {
  const counted = yield* RunStore
  let asked = 0
  const { freed, store } = Freed.make({ ...counted, claim: (...claim) => Effect.suspend(() => (asked++, counted.claim(...claim))) })
  const starts: Array<number> = []
  const slow = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    starts.push(now)
    return Effect.delay(outcome, "8 seconds")
  })
  const graph = graphWith<Store>([texts("a", () => slow)])
  const lease = yield* Lease.acquire
  const run = Effect.gen(function*() {
    const id = yield* store.createRun(requestOf({ force: true }), lease.worker)
    return yield* Effect.forkChild(Executor.begin(graph, id, lease))
  }).pipe(Effect.provideService(RunStore, store), Effect.provideService(Freed.Freed, freed))
  const first = yield* run
  yield* TestClock.adjust(1)
  const second = yield* run
  return { asked: () => asked, first, second, starts }
})

const inMemory = <A, E>(effect: Effect.Effect<A, E, RunStore | Store | Scope.Scope>) =>
  Effect.scoped(effect).pipe(Effect.provide(memory), Effect.provideService(Lease.Timing, timing))

describe("a cell that another run of the process has", () => {
  it.effect("is had as soon as that run has committed it, and hardly asked for meanwhile", () =>
    inMemory(Effect.gen(function*() {
      const { asked, first, second, starts } = yield* scene(Effect.succeed(["value"]))
      yield* TestClock.adjust(20_000)
      assert.deepStrictEqual([(yield* Fiber.join(first)).state, (yield* Fiber.join(second)).state], ["succeeded", "succeeded"])
      assert.deepStrictEqual(starts, [0, 8000])
      // Each at first, once a second by the clock, and when it was told.
      assert.isAtMost(asked(), 11)
    })))

  it.effect("is had when what has failed there is recorded, ten times a second", () =>
    inMemory(Effect.gen(function*() {
      const { starts } = yield* scene(Effect.fail(new Error("no")))
      yield* TestClock.adjust(8200)
      assert.lengthOf(starts, 2)
    })))

  it.effect("is had when that run is interrupted", () =>
    inMemory(Effect.gen(function*() {
      const { first, starts } = yield* scene(Effect.succeed(["value"]))
      yield* TestClock.adjust(1000)
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust(1)
      assert.lengthOf(starts, 2)
    })))
})

describe("what was freed", () => {
  const [a, b]: [Cell, Cell] = [{ asset: "a", partition: "1" }, { asset: "a", partition: "2" }]
  it.effect("while it was asked for is not missed, and nobody is woken for another cell, or after the end of the waiting", () =>
    Effect.gen(function*() {
      const { freed, store } = Freed.make({ ...yield* RunStore, release: () => Effect.void })
      const woken: Array<string> = []
      const before = freed.mark()
      freed.wait([b], before, () => woken.push("b"))
      const leaves = freed.wait([b], before, () => woken.push("b, second"))
      freed.wait([b], before, () => woken.push("b, third"))
      freed.wait([a, b], before, () => woken.push("gone"))()
      yield* store.release(1, "w", [a])
      freed.wait([a], before, () => woken.push("a, late"))
      freed.wait([a], freed.mark(), () => woken.push("a, in time"))
      assert.deepStrictEqual(woken, ["a, late"])
      yield* store.release(1, "w", [a, b])
      assert.deepStrictEqual(woken, ["a, late", "a, in time", "b"])
      // One alone is woken; one that does not want it leaves it to the next.
      yield* store.release(1, "w", [b])
      leaves()
      assert.deepStrictEqual(woken.splice(3), ["b, second", "b, third"])
      yield* store.release(1, "w", Array.from({ length: 10_001 }, (_, i) => ({ asset: "c", partition: String(i) })))
      freed.wait([a], before, () => woken.push("forgotten"))
      assert.strictEqual(woken.at(-1), "forgotten")
      yield* store.release(1, "w", [a, b])
      assert.lengthOf(woken, 4)
    }).pipe(Effect.provide(memory)))
})
