import { assert, describe, it } from "@effect/vitest"
import { Cause, Data, Effect, Fiber, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { Retry, RunStore } from "../../../index.ts"
import * as Failure from "../../../engine/run/Failure.ts"
import { memory, start, texts } from "./harness.ts"

class Down extends Data.TaggedError("Down")<{ readonly transient: boolean }> {
  override readonly message = "the API said 503"
}

describe("Failure", () => {
  it("is transient by what the error says of itself; an exception never is", () => {
    assert.deepStrictEqual(Failure.ofError(new Down({ transient: true })), { name: "Down", message: "the API said 503", transient: true })
    for (const error of [new Down({ transient: false }), new Error("x"), "text", null, { transient: "yes" }]) {
      assert.isFalse(Failure.ofError(error).transient)
    }
    assert.isFalse(Failure.ofCause(Cause.die(new Down({ transient: true }))).transient)
    assert.isTrue(Failure.ofCause(Cause.fail(new Down({ transient: true }))).transient)
    assert.isTrue(Failure.ofError(new Failure.StepTimeout("late")).transient)
  })

  /** Title, policy, what the attempt does, class, whether it is transient. */
  const table: ReadonlyArray<readonly [string, Retry.Retry<unknown> | undefined, Effect.Effect<never, unknown>, string, boolean]> = [
    ["an error that says that it passes, though nobody retries it", undefined, Effect.fail(new Down({ transient: true })), "Down", true],
    ["an error that says that it does not", Retry.transient({ times: 1 }), Effect.fail(new Down({ transient: false })), "Down", false],
    ["an error that the policy names", Retry.make(() => true, Schedule.recurs(2)), Effect.fail("text"), "Error", true],
    ["an exception, whatever the policy", Retry.always({ times: 3 }), Effect.die(new TypeError("no such field")), "TypeError", false]
  ]
  for (const [title, retry, run, errorClass, transient] of table) {
    it.effect(`is recorded with its step: ${title}`, () =>
      Effect.gen(function*() {
        const a = texts("a", () => run, retry === undefined ? {} : { retry })
        const fiber = yield* Effect.forkChild(start([a]))
        for (let i = 0; i < 20; i++) yield* TestClock.adjust("1 second")
        const report = yield* Fiber.join(fiber)
        const store = yield* RunStore.RunStore
        const [step] = yield* store.steps(report.run)
        assert.include(step, { state: "failed", errorClass, transient })
        const attempts = yield* store.attempts(report.run)
        assert.deepStrictEqual(attempts.map((attempt) => attempt.transient), attempts.map(() => transient))
        assert.deepStrictEqual(attempts.map(({ nextTryAt }) => nextTryAt === null), attempts.map((_, i) => i === attempts.length - 1))
      }).pipe(Effect.provide(memory)))
  }

  it.effect("of an attempt can be seen while the next one is waited for, with the moment at which that begins", () =>
    Effect.gen(function*() {
      const a = texts("a", () => Effect.fail(new Down({ transient: true })), {
        retry: Retry.make(() => true, Schedule.max([Schedule.spaced("1 hour"), Schedule.recurs(1)]))
      })
      const fiber = yield* Effect.forkChild(start([a]))
      yield* TestClock.adjust("1 second")
      const store = yield* RunStore.RunStore
      const [attempt, ...more] = yield* store.attempts(1)
      assert.deepStrictEqual(more, [])
      assert.strictEqual(attempt!.nextTryAt!.getTime(), attempt!.finishedAt.getTime() + 3_600_000)
      yield* TestClock.adjust("2 hours")
      assert.strictEqual((yield* Fiber.join(fiber)).state, "failed")
      assert.deepStrictEqual((yield* store.attempts(1)).map(({ nextTryAt }) => nextTryAt === null), [false, true])
    }).pipe(Effect.provide(memory)))
})
