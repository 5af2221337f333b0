import { assert, describe, it } from "@effect/vitest"
import { Data, Duration, Effect, Fiber, Schedule, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Asset, Retry, Rows, RunStore } from "../../../index.ts"
import { Store, Value } from "../assets.ts"
import { memory, start, stored, texts } from "./harness.ts"

class Passing extends Data.TaggedError("Passing")<{ readonly transient: boolean }> {
  override readonly message = "the API said 503"
}
class Refused extends Data.TaggedError("Refused")<{}> {
  override readonly message = "the API said 404"
}

/** Fails with these errors one after another, then succeeds; notes at which second each attempt began. */
const failing = (...errors: ReadonlyArray<unknown>) => {
  const seconds: Array<number> = []
  const run = () =>
    Effect.gen(function*() {
      const at = (yield* Effect.clockWith((clock) => clock.currentTimeMillis)) / 1000
      const attempt = seconds.push(at) - 1
      return attempt < errors.length ? yield* Effect.fail(errors[attempt]) : ["value"]
    })
  return { seconds, run }
}

const elapse = <A, E, R>(effect: Effect.Effect<A, E, R>, time: Duration.Input, steps = 40) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect)
    const step = Duration.toMillis(Duration.fromInputUnsafe(time)) / steps
    for (let i = 0; i < steps; i++) yield* TestClock.adjust(step)
    return yield* Fiber.join(fiber)
  })

const passing = new Passing({ transient: true })
const permanent = new Passing({ transient: false })

describe("Retry in a run", () => {
  const transient = Retry.transient({ times: 3 })
  // A policy is typed by the errors of its asset; those of this table are unknown.
  const tagged = Retry.onTags(["Refused"], { times: 3 }) as Retry.Retry<unknown>
  const own = (matches: (error: unknown) => boolean) => Retry.make(matches, Schedule.recurs(9))
  const careless = own((error) => (error as { readonly at: { readonly all: boolean } }).at.all)
  const nine = Array<unknown>(9).fill(passing)

  /** Title, policy, errors of the attempts one after another, attempts made, whether the step succeeds. */
  const table: ReadonlyArray<
    readonly [string, Retry.Retry<unknown> | undefined, ReadonlyArray<unknown>, number, boolean]
  > = [
    ["no policy: one attempt", undefined, [passing], 1, false],
    ["transient errors are retried", transient, [passing, passing], 3, true],
    ["until the tries are used up", transient, nine, 4, false],
    ["permanent errors are not", transient, [permanent], 1, false],
    ["a permanent error after a transient one ends it", transient, [passing, permanent], 2, false],
    ["errors without any field are not transient", transient, ["text"], 1, false],
    ["by tag", tagged, [new Refused()], 2, true],
    ["another tag is not", tagged, [passing], 1, false],
    ["an error without a tag does not break the policy", tagged, [undefined], 1, false],
    ["any error", Retry.always({ times: 5 }), [passing, permanent, "text"], 4, true],
    ["by one's own condition and schedule", own((error) => error === "again"), ["again", "again", "again"], 4, true],
    ["a condition that throws does not match", careless, ["text"], 1, false]
  ]
  for (const [title, retry, errors, attempts, succeeds] of table) {
    it.effect(title, () =>
      Effect.gen(function*() {
        const { run, seconds } = failing(...errors)
        const a = texts("a", run, retry === undefined ? {} : { retry })
        const report = yield* elapse(start([a]), "2 minutes")
        assert.strictEqual(report.state, succeeds ? "succeeded" : "failed")
        assert.strictEqual(seconds.length, attempts)
        const store = yield* RunStore.RunStore
        const [step] = yield* store.steps(report.run)
        assert.strictEqual(step?.attempts, attempts)
        const recorded = yield* store.attempts(report.run)
        const failed = succeeds ? attempts - 1 : attempts
        assert.deepStrictEqual(recorded.map((one) => one.attempt), Array.from({ length: failed }, (_, i) => i + 1))
      }).pipe(Effect.provide(memory)))
  }

  it.effect("waits longer each time, with jitter, and says of each attempt why it failed", () =>
    Effect.gen(function*() {
      const { run, seconds } = failing(passing, passing, passing, passing)
      const a = texts("a", run, { retry: Retry.transient({ times: 4, base: "10 seconds" }) })
      const report = yield* elapse(start([a]), "10 minutes", 6000)
      const delays = seconds.slice(1).map((second, i) => second - seconds[i]!)
      for (const [i, expected] of [10, 20, 40, 60].entries()) {
        assert.isAtLeast(delays[i]!, expected * 0.8 - 0.2)
        assert.isAtMost(delays[i]!, expected * 1.2 + 0.2)
      }
      const attempts = yield* (yield* RunStore.RunStore).attempts(report.run)
      const said = attempts.map(({ error, message }) => `${error}: ${message}`)
      assert.deepStrictEqual(said, Array(4).fill("Passing: the API said 503"))
    }).pipe(Effect.provide(memory)))

  it.effect("an attempt that takes too long fails, is interrupted, and is retried as transient", () =>
    Effect.gen(function*() {
      let attempts = 0
      let interrupted = 0
      const slow = (times: number) => () =>
        Effect.suspend(() =>
          attempts++ < times
            ? Effect.onInterrupt(Effect.as(Effect.never, []), () => Effect.sync(() => interrupted++))
            : Effect.succeed(["value"])
        )
      const retry = Retry.transient({ times: 3, base: "1 second" })
      const good = texts("good", slow(2), { timeout: "5 seconds", retry })
      assert.include(yield* elapse(start([good]), "1 minute"), { state: "succeeded", materialized: 1 })
      assert.deepStrictEqual([attempts, interrupted], [3, 2])
      attempts = 0
      const bad = texts("bad", slow(9), { timeout: "5 seconds" })
      const report = yield* elapse(start([bad]), "1 minute")
      assert.strictEqual(attempts, 1)
      assert.match(report.failed[0]?.reason ?? "", /One attempt of bad took longer than its time-out of 5 s/)
    }).pipe(Effect.provide(memory)))

  it.effect("the errors of an output that is a stream are those of its attempt, and are retried with it", () =>
    Effect.gen(function*() {
      let runs = 0
      const a = Asset.make("a", {
        output: Rows.of(Value),
        io: Store,
        retry: Retry.onTags(["Passing"], { times: 3 }),
        run: () =>
          Effect.sync(() => {
            const attempt = ++runs
            const rows = Stream.make({ value: "1" }, { value: "2" })
            return attempt < 3 ? Stream.concat(rows, Stream.fail(passing)) : rows
          })
      })
      const report = yield* elapse(start([a]), "1 minute")
      assert.include(report, { state: "succeeded", materialized: 1 })
      assert.strictEqual(runs, 3)
      assert.deepStrictEqual(yield* stored(a), ["1", "2"])
      const attempts = yield* (yield* RunStore.RunStore).attempts(report.run)
      assert.deepStrictEqual(attempts.map((attempt) => attempt.message), ["the API said 503", "the API said 503"])
    }).pipe(Effect.provide(memory)))
})
