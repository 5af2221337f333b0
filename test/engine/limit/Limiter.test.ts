/** Calls that wait: in order, smoothly, given up by an interrupt. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as Limiter from "../../../engine/limit/Limiter.ts"
import * as RateLimit from "../../../engine/limit/RateLimit.ts"
import * as MemoryLimitStore from "../../../storage/MemoryLimitStore.ts"

const limited = <A, E>(title: string, effect: Effect.Effect<A, E, import("../../../engine/limit/LimitStore.ts").LimitStore | import("effect").Scope.Scope>) =>
  it.effect(title, () => Effect.asVoid(Effect.provide(effect, MemoryLimitStore.layer)))

describe("Limiter", () => {
  limited("spaces calls evenly and in order", Effect.gen(function*() {
    const limiter = yield* Limiter.make(RateLimit.make("test", { calls: 2, per: "1 second" }))
    const times: Array<readonly [number, number]> = []
    const all = yield* Effect.forEach([0, 1, 2, 3, 4, 5], (i) =>
      limiter.use(Effect.map(Clock.currentTimeMillis, (now) => times.push([i, now]))), { concurrency: "unbounded" }).pipe(Effect.forkChild)
    for (let i = 0; i < 400; i++) yield* TestClock.adjust("10 millis")
    yield* Fiber.join(all)
    assert.deepStrictEqual(times.map(([i]) => i), [0, 1, 2, 3, 4, 5])
    for (let i = 1; i < times.length; i++) assert.isAtLeast(times[i]![1] - times[i - 1]![1], 490)
  }))
})
