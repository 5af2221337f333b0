/** A server that takes less than the limit says: most of what it takes is used, few calls are refused, and it is noticed when it takes more. */
import { assert, describe, it } from "@effect/vitest"
import type { Rate } from "../../../engine/limit/RateLimit.ts"
import { seeded } from "../../conformance/Random.ts"
import { fixedWindow, inSeconds, type Refusing, slidingWindow, tokenBucket } from "./refusing.ts"
import { type Made, simulate, worst } from "./simulation.ts"

const rate: Rate = { calls: 200, perMillis: 1000, burst: 1 }

const servers = {
  "a token bucket": tokenBucket,
  "a fixed window": (calls: number, perMillis: number, retryAfter?: (left: number) => number) => fixedWindow(() => calls, perMillis, retryAfter),
  "a sliding window": slidingWindow
}

/** Processes that ask for the whole limit, from a first call on. */
const run = (tooMany: Refusing, seconds: number, processes = 2) => {
  const random = seeded(1)
  const { calls } = simulate({
    rates: () => [rate],
    processes,
    millis: seconds * 1000,
    latency: () => 20 + random.next() * 30,
    travel: () => random.next() * 4,
    lateness: () => random.next() * 3,
    keepMillis: rate.perMillis,
    batch: Math.ceil(rate.calls / 20 / processes),
    tooMany
  })
  assert.isAtMost(worst(calls, rate.perMillis), rate.calls)
  return calls
}

const shareOf = (calls: ReadonlyArray<Made>, capacity: number, from: number, to: number) => {
  const within = calls.filter(({ sent }) => sent >= from * 1000 && sent < to * 1000)
  const refused = within.filter((call) => call.refused).length
  return { used: (within.length - refused) / capacity / (to - from), refused: refused / within.length }
}

describe("a rate that was refused", () => {
  for (const [name, server] of Object.entries(servers)) {
    it(`${name} of 30 to 97 % of it is used to 85 % and more, the first seconds included, and refuses 2 % at most`, () => {
      for (const capacity of [60, 100, 160, 194]) {
        const { refused, used } = shareOf(run(server(capacity, 1000), 90), capacity, 0, 90)
        assert.isAtLeast(used, 0.85, `${capacity}/s`)
        assert.isAtMost(refused, 0.02, `${capacity}/s`)
      }
    })

    it(`${name} that asks to wait for whole seconds costs little more than these`, () => {
      const { refused, used } = shareOf(run(server(100, 1000, inSeconds), 60), 100, 0, 60)
      assert.isAtLeast(used, 0.8)
      assert.isAtMost(refused, 0.02)
    })
  }

  it("a server that counts ten times as long is used as well, and refuses more", () => {
    for (const capacity of [60, 100, 160]) {
      const { refused, used } = shareOf(run(fixedWindow(() => capacity * 10, 10_000), 180), capacity, 0, 180)
      assert.isAtLeast(used, 0.85, `${capacity}/s`)
      assert.isAtMost(refused, 0.13, `${capacity}/s`)
    }
  })

  it("a server that takes twice as much, or half as much, is noticed", () => {
    const calls = run(fixedWindow((now) => now < 60_000 ? 80 : now < 120_000 ? 160 : 80, 1000), 180)
    assert.isAtLeast(shareOf(calls, 160, 105, 120).used, 0.85)
    assert.isAtMost(shareOf(calls, 80, 120, 180).refused, 0.05)
    assert.isAtLeast(shareOf(calls, 80, 120, 180).used, 0.85)
  })

  it("a single refusal costs a few seconds of work", () => {
    let told = false
    const calls = run((now) => now > 5000 && !told && (told = true), 40)
    assert.isAtLeast(shareOf(calls, 200, 5, 40).used, 0.84)
    assert.isAtLeast(shareOf(calls, 200, 20, 40).used, 0.93)
  })
})
