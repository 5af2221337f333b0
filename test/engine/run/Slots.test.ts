/** Slots that stages share: bounded, in order within a lane, fair between lanes, and never lost. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import * as Slots from "../../../engine/run/Slots.ts"

/** Lets everything run that can. */
const settle = Effect.forEach([1, 2, 3], () => Effect.yieldNow)

const harness = () => {
  const slots = Slots.make(1)
  const log: Array<string> = []
  const step = Effect.fnUntraced(function*(turn: Slots.Turn, name: string, index: number) {
    const end = yield* Deferred.make<void>()
    const work = Effect.sync(() => {
      turn.begun(index)
      log.push(name)
    }).pipe(Effect.andThen(Deferred.await(end)))
    const fiber = yield* Effect.forkChild(turn.within(work))
    yield* settle
    return { fiber, end: Effect.andThen(Deferred.succeed(end, undefined), settle) }
  })
  return { slots, log, step }
}

describe("Slots", () => {
  it.effect("a later stage of a lane waits for the steps of the earlier one, also for those that do not ask yet", () =>
    Effect.scoped(Effect.gen(function*() {
      const { log, slots, step } = harness()
      const first = yield* slots.join({ lane: "a", rank: 1 }, 2)
      const second = yield* slots.join({ lane: "a", rank: 2 }, 1)
      const other = yield* slots.join({ lane: "b", rank: 3 }, 1)
      const later = yield* step(second, "a2", 0)
      assert.deepStrictEqual(log, [])
      const one = yield* step(first, "a1.0", 0)
      const beside = yield* step(other, "b", 0)
      yield* one.end
      assert.deepStrictEqual(log, ["a1.0", "b"])
      yield* beside.end
      // The slot is free, and the second step of the first stage is still to come.
      assert.deepStrictEqual(log, ["a1.0", "b"])
      const two = yield* step(first, "a1.1", 1)
      yield* two.end
      assert.deepStrictEqual(log, ["a1.0", "b", "a1.1", "a2"])
      yield* later.end
    })))

  it.effect("a stage that is paused keeps nobody waiting: what was claimed for a later one is done", () =>
    Effect.scoped(Effect.gen(function*() {
      const { log, slots, step } = harness()
      const first = yield* slots.join({ lane: "a", rank: 1 }, 1)
      const second = yield* slots.join({ lane: "a", rank: 2 }, 2)
      const later = yield* step(second, "a2.0", 0)
      assert.deepStrictEqual(log, [])
      first.paused(true)
      yield* settle
      assert.deepStrictEqual(log, ["a2.0"])
      yield* later.end
      first.paused(false)
      const last = yield* step(second, "a2.1", 1)
      assert.deepStrictEqual(log, ["a2.0"])
      yield* (yield* step(first, "a1", 0)).end
      assert.deepStrictEqual(log, ["a2.0", "a1", "a2.1"])
      yield* last.end
    })))

  it.effect("a step that ends without a start, or is another worker's, and a stage that goes keep nobody waiting", () =>
    Effect.scoped(Effect.gen(function*() {
      const { log, slots, step } = harness()
      const first = yield* slots.join({ lane: "a", rank: 1 }, 1)
      const second = yield* slots.join({ lane: "a", rank: 2 }, 1)
      const later = yield* step(second, "a2", 0)
      assert.deepStrictEqual(log, [])
      first.begun(0)
      yield* settle
      assert.deepStrictEqual(log, ["a2"])
      yield* later.end
      const last = yield* Effect.scoped(Effect.gen(function*() {
        yield* slots.join({ lane: "a", rank: 3 }, 5)
        const last = yield* step(yield* slots.join({ lane: "a", rank: 4 }, 1), "a4", 0)
        assert.deepStrictEqual(log, ["a2"])
        return last
      }))
      yield* settle
      assert.deepStrictEqual(log, ["a2", "a4"])
      yield* last.end
    })))

  it.effect("an interrupt, waiting or in the slot, gives it back", () =>
    Effect.scoped(Effect.gen(function*() {
      const { log, slots, step } = harness()
      const turn = yield* slots.join({ lane: "a", rank: 1 }, 9)
      const holder = yield* step(turn, "0", 0)
      const waiting = yield* step(turn, "1", 1)
      const next = yield* step(turn, "2", 2)
      yield* Fiber.interrupt(waiting.fiber)
      yield* Fiber.interrupt(holder.fiber)
      yield* settle
      assert.deepStrictEqual(log, ["0", "2"])
      yield* next.end
      const after = yield* step(turn, "3", 3)
      assert.deepStrictEqual(log, ["0", "2", "3"])
      yield* after.end
    })))
})
