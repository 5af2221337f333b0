/** Runs over an API: what a run hears of its calls, what survives chaos, and that no secret gets anywhere. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { Api, Partitions, RateLimit, Retry, RunStore } from "sluice"
import { texts, memory, start, stored } from "../../engine/run/harness.ts"
import * as Chaos from "./Chaos.ts"
import * as LocalApi from "./LocalApi.ts"

const Body = Schema.Struct({ value: Schema.String })

const keys = Array.from({ length: 150 }, (_, i) => `k${i}`)

/** The API tells some errors in 200 bodies. */
const decode: Api.Decode = (body) =>
  typeof body === "object" && body !== null && "err" in body
    ? Result.fail(Api.refused({ code: 9998, message: String(body.err), transient: true }))
    : Result.succeed(body)

describe("a run over an API", () => {
  it.live("chaos: the rows are right, failures are typed and listed, the breaker opens and closes", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make(Chaos.answering([100, 112], (asked, response) =>
        LocalApi.json(response, { value: `of ${asked.url.slice(6)}` })))
      const api = yield* LocalApi.declare({
        name: "chaos",
        baseUrl: server.url,
        connections: 8,
        timeout: "100 millis",
        limits: [RateLimit.make("chaos", { calls: 20_000, per: "1 second", burst: true })],
        retry: { times: 1, base: "1 millis", max: "20 millis" },
        breaker: { failures: 4, cooldown: "20 millis" },
        routes: { item: {} },
        decode
      })
      const items = texts("chaos/items", (_, key) =>
        Effect.map(api.call({ route: "item", path: `/item/${String(key)}`, schema: Body }), ({ value }) => [value]), {
        partitions: Partitions.fixed(keys),
        retry: Retry.transient({ times: 5, base: "1 millis" })
      })
      const { failed, materialized, run } = yield* start([items], { concurrency: 16 })
      assert.deepStrictEqual([materialized, failed.length], [keys.length, 0])
      for (const key of keys) assert.deepStrictEqual(yield* stored(items, key), [`of ${key}`])

      const store = yield* RunStore.RunStore
      const [calls] = yield* store.calls(run)
      assert.deepInclude(calls, { resource: "chaos", route: "item" })
      assert.isAtLeast(calls!.calls, server.asked.length)
      assert.deepStrictEqual(Object.keys(calls!.errors).sort(), Chaos.kinds)
      const attempts = yield* store.attempts(run)
      assert.isNotEmpty(attempts)
      for (const { error, message, transient } of attempts) {
        assert.deepStrictEqual([error, transient], ["ApiError", true])
        assert.match(message, /^The chaos API .* at http:\/\/127\.0\.0\.1:\d+\/item\/k\d+/)
      }
      const told = (yield* store.events(run)).filter(({ type }) => type === "breaker_changed").map(({ message }) => message)
      assert.match(told[0]!, /^The chaos API seems to be down \([^)]+\): its calls wait for 1 s, then one is tried\.$/)
      assert.include(told, "The chaos API answers again.")
      assert.include((yield* store.events(run)).map(({ type }) => type), "limit_changed")
    }).pipe(Effect.provide(memory)))
})
