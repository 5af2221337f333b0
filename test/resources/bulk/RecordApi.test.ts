/** Records sent to a stand-in API that fails, is down, is slow and asks for less. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type Outcome, RecordApi } from "../../../resources/bulk/RecordApi.ts"
import { simulated } from "./api.ts"

const send = (i: number, record: unknown = { id: `r${i}`, amount: i }) =>
  Effect.flatMap(Effect.flatMap(RecordApi, (api) => api.process), (send) => send({ id: `r${i}`, key: `file-${i}`, record }))

const sendAll = (count: number) =>
  Effect.forEach(Array.from({ length: count }, (_, i) => i), (i) => send(i), { concurrency: "unbounded" })

const isProcessed = (outcome: Outcome) => outcome._tag === "Processed"

describe("the record API", () => {
  it.live("tries again what fails with 503, with the same key, and works at the declared rate", () =>
    simulated({ errorRate: 0.2, latency: "5 millis" }, { RATE_LIMIT_CALLS: "60", RATE_LIMIT_PERIOD: "0.1" }, (simulator) =>
      Effect.gen(function*() {
        const outcomes = yield* sendAll(400)
        // A share of 0.2⁴ fails four times.
        assert.isAtLeast(outcomes.filter(isProcessed).length, 395)
        const seen = simulator.seen(100)
        assert.strictEqual(seen.processed, outcomes.filter(isProcessed).length)
        assert.strictEqual(seen.repeated, 0)
        assert.strictEqual(outcomes.reduce((sum, { tries }) => sum + tries, 0), seen.arrivals)
        assert.isAtMost(seen.most, 60)
      })))

  it.live("does not try again what the API refuses", () =>
    simulated({}, {}, (simulator) =>
      Effect.gen(function*() {
        const outcome = yield* send(1, { id: "r1", amount: "much" })
        assert.strictEqual(outcome._tag, "Failed")
        if (outcome._tag === "Failed") assert.match(outcome.error.message, /answered record r1 with 422 .*amount is not a number/)
        assert.strictEqual(simulator.seen(1000).arrivals, 1)
      })))

  it.live("waits while the API is down: no record is lost, and none is burnt", () =>
    simulated(
      { outages: [{ after: 50, millis: 600 }] },
      { BREAKER_COOLDOWN: "0.1", RATE_LIMIT_CALLS: "100", RATE_LIMIT_PERIOD: "0.1" },
      (simulator) =>
        Effect.gen(function*() {
          const outcomes = yield* sendAll(300)
          assert.isTrue(outcomes.every(isProcessed))
          const seen = simulator.seen(100)
          assert.strictEqual(seen.processed, 300)
          // While it is open a probe every 0.1 s is all that comes, beside those that were under way.
          assert.isBelow(seen.failed, 150)
        })
    ))

  it.live("goes slower when it is told that it asks too often", () =>
    simulated(
      { limit: { calls: 20, per: "200 millis" } },
      { RATE_LIMIT_CALLS: "40", RATE_LIMIT_PERIOD: "0.2" },
      (simulator) =>
        Effect.gen(function*() {
          const outcomes = yield* sendAll(60)
          assert.isTrue(outcomes.every(isProcessed))
          const seen = simulator.seen(200)
          assert.isAbove(seen.limited, 0)
          assert.strictEqual(seen.processed, 60)
        })
    ))

  it.live("keeps connections: at most one for each call in flight, and in sync mode one for each worker", () =>
    simulated({ latency: "5 millis" }, { BULK_MODE: "sync", MAX_WORKERS: "4" }, (simulator) =>
      Effect.gen(function*() {
        yield* sendAll(100)
        const seen = simulator.seen(1000)
        assert.strictEqual(seen.mostInFlight, 4)
        assert.isAtMost(seen.connections, 4)
      })))

  it.live("says in one sentence that it is down before anything is sent", () =>
    simulated({ outages: [{ after: 0, millis: 60_000 }] }, {}, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(Effect.flatMap(RecordApi, (api) => api.health))
        assert.match(error.message, /^The record API answered the health check with 503 at http.*\/process\/health: /)
      })))
})
