import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Cli } from "../../../index.ts"
import * as Continuous from "../../../pipelines/football/Continuous.ts"

/** Cycles of these lengths, in seconds; what is no number fails so. Gives the seconds at which they began. */
const began = Effect.fnUntraced(function*(cycles: ReadonlyArray<number | Error>, until: number) {
  const starts: Array<number> = []
  const cycle = Effect.suspend(() => {
    const next = cycles[starts.length] ?? 0
    return Clock.currentTimeMillis.pipe(
      Effect.tap((now) => Effect.sync(() => starts.push(now / 1000))),
      Effect.andThen(typeof next === "number" ? Effect.sleep(next * 1000) : Effect.fail(next))
    )
  })
  const fiber = yield* Effect.forkChild(Continuous.everySeconds(60, cycle, true))
  yield* TestClock.adjust(until * 1000)
  return { starts, exit: fiber.pollUnsafe(), stop: Fiber.interrupt(fiber) }
})

describe("continuous cycles", () => {
  it("sleep for what is left of the period", () => {
    assert.strictEqual(Continuous.sleepSeconds(60, 5.44).toFixed(2), "54.56")
    assert.strictEqual(Continuous.sleepSeconds(60, 75), 0)
  })

  it.effect("begin from start to start; a long one is followed by the next at once", () =>
    Effect.gen(function*() {
      const { starts, stop } = yield* began([5.44, 75, 1, 1], 200)
      assert.deepStrictEqual(starts, [0, 60, 135, 195])
      yield* stop
    }))

  it.effect("go on after one that failed, but not with a setting that is wrong", () =>
    Effect.gen(function*() {
      const { exit, starts } = yield* began([1, new Error("no live list"), new Cli.Refusal({ message: "no secret" })], 300)
      assert.deepStrictEqual(starts, [0, 60, 120])
      assert.isTrue(exit !== undefined && Exit.isFailure(exit))
    }))
})
