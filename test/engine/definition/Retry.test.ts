import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Schedule } from "effect"
import { Retry } from "../../../index.ts"

describe("Retry", () => {
  it("says what it retries and how often", () => {
    assert.strictEqual(Retry.always({ times: 2 }).description, "any error, up to 2 times")
    assert.strictEqual(Retry.transient({ times: 3 }).description, "transient errors, up to 3 times")
    assert.strictEqual(Retry.onTags(["A", "B"], { times: 1 }).description, "A and B, up to 1 times")
  })

  it("matches by what the error says of itself", () => {
    const transient = Retry.transient({ times: 1 })
    assert.isTrue(transient.matches({ transient: true }))
    for (const error of [{ transient: "true" }, { transient: false }, {}, null, undefined, "transient", 1]) {
      assert.isFalse(transient.matches(error))
    }
    const tags = Retry.onTags(["A"], { times: 1 })
    assert.isTrue(tags.matches({ _tag: "A" }))
    assert.isFalse(tags.matches({ _tag: "B" }))
    assert.isTrue(Retry.make((error: number) => error > 1, Schedule.recurs(1)).matches(2))
  })

  it.effect("gives as many delays as it has tries, doubling up to the maximum, with jitter", () =>
    Effect.gen(function*() {
      const { schedule } = Retry.always({ times: 5, base: "1 second", max: "6 seconds" })
      const step = yield* Schedule.toStep(schedule)
      for (const expected of [1, 2, 4, 6, 6]) {
        const [, delay] = yield* step(0, "error")
        assert.isAtLeast(Duration.toSeconds(delay), expected * 0.8)
        assert.isAtMost(Duration.toSeconds(delay), expected * 1.2)
      }
      assert.isTrue(Exit.isFailure(yield* Effect.exit(step(0, "error"))))
    }))
})
