/** Three attempts, 1 s and 2 s apart, each failed one a line of the log. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Result } from "effect"
import { TestClock } from "effect/testing"
import { ApiError, Limited, type Reason, Refused, Status } from "../../../resources/api/ApiError.ts"
import { attempting } from "../../../resources/football/Attempts.ts"
import { logged } from "./api.ts"

const error = (reason: Reason) =>
  new ApiError({ api: "football", route: "odds", subject: "the odds of match m", url: "https://x/?secret=***", reason, tries: 1 })

/** When each attempt was made, of a call that fails `failing` times. */
const run = (reason: Reason, failing: number) =>
  Effect.gen(function*() {
    const at: Array<number> = []
    const { layer, lines } = logged()
    const call = Effect.flatMap(Clock.currentTimeMillis, (now) => {
      at.push(now)
      return at.length <= failing ? Effect.fail(error(reason)) : Effect.succeed("answer")
    })
    const fiber = yield* Effect.forkChild(Effect.result(attempting(call, 3)).pipe(Effect.provide(layer)))
    yield* TestClock.adjust("5 minutes")
    return { at, lines, result: yield* Fiber.join(fiber) }
  })

describe("attempting", () => {
  it.effect("waits 1 s and 2 s, and not after the last one", () =>
    Effect.gen(function*() {
      const { at, lines, result } = yield* run(new Status({ status: 500, head: "" }), 9)
      assert.deepStrictEqual(at, [0, 1000, 3000])
      assert.isTrue(Result.isFailure(result) && result.failure.tries === 3)
      assert.match(lines[0]!, /^Warn API call failed for the odds of match m \(attempt 1 of 3\), trying again in 1 s: /)
      assert.match(lines[1]!, /attempt 2 of 3\), trying again in 2 s/)
      assert.match(lines[2]!, /^Error API call failed for the odds of match m after 3 attempts: /)
      assert.strictEqual(lines.length, 3)
    }))

  it.effect("ends with the first good answer", () =>
    Effect.gen(function*() {
      const { at, result } = yield* run(new Status({ status: 503, head: "" }), 1)
      assert.deepStrictEqual([at, result], [[0, 1000], Result.succeed("answer")])
    }))

  it.effect("does not try again what no further try can settle", () =>
    Effect.gen(function*() {
      const { at, lines } = yield* run(new Refused({ code: null, text: "IP is not authorized", transient: false }), 9)
      assert.deepStrictEqual(at, [0])
      assert.match(lines.join("\n"), /^Error API call failed .* after 1 attempt: .*not authorized/)
    }))

  it.effect("waits as long as the API wants, and says that it is the rate limit", () =>
    Effect.gen(function*() {
      const { at, lines } = yield* run(new Limited({ retryAfterMillis: 20_000, head: "" }), 2)
      assert.deepStrictEqual(at, [0, 20_000, 40_000])
      assert.match(lines[0]!, /rate limit \(429\)/)
    }))
})
