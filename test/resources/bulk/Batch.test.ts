/** Calls with several records: each record has an outcome of its own, whatever becomes of the call. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { type Outcome, RecordApi } from "../../../resources/bulk/RecordApi.ts"
import * as Gathering from "../../../resources/bulk/Gathering.ts"
import { simulated } from "./api.ts"

const sendAll = (count: number, amount: (i: number) => unknown = (i) => i) =>
  Effect.flatMap(Effect.flatMap(RecordApi, (api) => api.process), (send) =>
    Effect.forEach(
      Array.from({ length: count }, (_, i) => i),
      (i) => send({ id: `r${i}`, key: `file-${i}`, record: { id: `r${i}`, amount: amount(i) } }),
      { concurrency: "unbounded" }
    ))

const isProcessed = (outcome: Outcome) => outcome._tag === "Processed"
const scoreOf = (outcome: Outcome) => outcome._tag === "Processed" ? (outcome.answer as { readonly score: number }).score : undefined

/** Every seventh record has no amount. */
const flawed = (i: number) => i % 7 === 0 ? "much" : i

describe("calls with several records", () => {
  it.live("are full, and answered record by record: the bad ones fail alone, with their reason", () =>
    simulated({ latency: "5 millis" }, { RECORDS_PER_CALL: "25" }, (simulator) =>
      Effect.gen(function*() {
        const outcomes = yield* sendAll(200, flawed)
        outcomes.forEach((outcome, i) => {
          assert.strictEqual(isProcessed(outcome), i % 7 !== 0)
          assert.strictEqual(outcome.tries, 1)
          if (outcome._tag === "Failed") assert.match(outcome.error.message, new RegExp(`^The record API answered record r${i} with 422 at http.*/process: amount is not a number`))
          else assert.strictEqual(scoreOf(outcome), i * 100 % 1000)
        })
        const { arrivals, mostRecords, processed } = simulator.seen(1000)
        assert.deepStrictEqual([arrivals, mostRecords, processed], [8, 25, 171])
      })))

  it.live("that are refused as a whole are halved until the guilty record stands alone", () =>
    simulated({ atomic: true }, { RECORDS_PER_CALL: "32" }, (simulator) =>
      Effect.gen(function*() {
        const outcomes = yield* sendAll(64, (i) => i === 10 ? "much" : i)
        assert.deepStrictEqual(outcomes.flatMap((outcome, i) => isProcessed(outcome) ? [] : [i]), [10])
        assert.deepStrictEqual([simulator.seen(1000).processed, simulator.seen(1000).repeated], [63, 0])
        // 32 alone, and 1 + 2 × 5 for the halves of the other.
        assert.strictEqual(simulator.seen(1000).arrivals, 12)
      })))

  it.live("are sent again with what may pass alone, with the same keys, and waited for while the API is down", () =>
    simulated(
      { errorRate: 0.2, outages: [{ after: 5, millis: 400 }] },
      { RECORDS_PER_CALL: "10", BREAKER_COOLDOWN: "0.1", RATE_LIMIT_CALLS: "10", RATE_LIMIT_PERIOD: "0.1" },
      (simulator) =>
        Effect.gen(function*() {
          const outcomes = yield* sendAll(300)
          // A share of 0.2⁴ fails four times.
          const processed = outcomes.filter(isProcessed).length
          assert.isAtLeast(processed, 295)
          const seen = simulator.seen(100)
          assert.deepStrictEqual([seen.processed, seen.repeated], [processed, 0])
          assert.isTrue(outcomes.some(({ tries }) => tries > 1))
          assert.isAtMost(seen.most, 10)
        })
    ))

  it.live("count as so many records where the limit is of records", () =>
    simulated(
      {},
      { RECORDS_PER_CALL: "10", RATE_LIMIT_COUNTS: "records", RATE_LIMIT_CALLS: "50", RATE_LIMIT_PERIOD: "0.1" },
      (simulator) =>
        Effect.gen(function*() {
          yield* sendAll(200)
          assert.isAtMost(simulator.seen(100).most, 5)
        })
    ))
})

describe("gathering", () => {
  it.live("goes on without a leader that is interrupted, and without followers that are", () =>
    Effect.gen(function*() {
      const settled: Array<ReadonlyArray<number>> = []
      const ask = Gathering.make({
        size: 3,
        lingerMillis: 20,
        settle: (members: ReadonlyArray<number>) => {
          settled.push(members)
          return Effect.as(Effect.sleep(30), members.map((n) => n * 2))
        }
      })
      const [leader, follower, third] = [yield* Effect.forkChild(ask(1)), yield* Effect.forkChild(ask(2)), yield* Effect.forkChild(ask(3))]
      yield* Effect.sleep(10)
      yield* Fiber.interrupt(leader)
      assert.deepStrictEqual(yield* Fiber.join(follower), 4)
      assert.deepStrictEqual(yield* Fiber.join(third), 6)
      assert.deepStrictEqual(settled, [[1, 2, 3], [2, 3]])
      const [early, gone] = [yield* Effect.forkChild(ask(4)), yield* Effect.forkChild(ask(5))]
      yield* Effect.sleep(5)
      yield* Fiber.interrupt(gone)
      assert.deepStrictEqual(yield* Fiber.join(early), 8)
      assert.deepStrictEqual(settled.at(-1), [4])
    }))
})
