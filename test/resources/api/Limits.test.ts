/** Calls wait for their limits: each try takes a permit, slow routes do not hold up the others, 429 slows down. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { RateLimit } from "sluice"
import { Notices } from "../../../engine/definition/Notice.ts"
import * as LocalApi from "./LocalApi.ts"

describe("limits of an API", () => {
  it.live("each try takes a permit", () =>
    Effect.gen(function*() {
      const arrivals: Array<number> = []
      const server = yield* LocalApi.make((_, response, count) => {
        arrivals.push(performance.now())
        if (count % 2 === 0) response.destroy()
        else LocalApi.json(response, {})
      })
      const api = yield* LocalApi.declare({
        name: "limited",
        baseUrl: server.url,
        retry: { times: 3, base: "1 millis", max: "1 millis" },
        breaker: false,
        limits: [RateLimit.make("limited", { calls: 2, per: "60 millis", burst: true })],
        routes: { all: {} }
      })
      yield* Effect.forEach(Array(4).keys(), () => api.call({ route: "all", path: "/" }), { concurrency: 4 })
      assert.isAtLeast(arrivals.length, 8)
      arrivals.forEach((at, i) => i >= 2 && assert.isAtLeast(at - arrivals[i - 2]!, 60))
    }))

  it.live("a call counts from the beginning of its answer: a long body holds no permit", () =>
    Effect.gen(function*() {
      // The first answer ends when the second call has come.
      let end = () => {}
      const server = yield* LocalApi.make((_, response, count) => {
        if (count > 0) {
          end()
          return LocalApi.json(response, {})
        }
        response.writeHead(200, { "content-type": "application/json" })
        response.write("{")
        end = () => response.end("}")
      })
      const api = yield* LocalApi.declare({
        name: "long",
        baseUrl: server.url,
        connections: 2,
        retry: { times: 0 },
        limits: [RateLimit.make("long", { calls: 1, per: "20 millis" })],
        routes: { all: { timeout: "10 seconds" } }
      })
      const answers = yield* Effect.forEach(Array(2).keys(), () => api.call({ route: "all", path: "/" }), { concurrency: 2 })
      assert.deepStrictEqual(answers, [{}, {}])
    }))

  it.live("a call that can never be made fails alone, also where another one makes way for it", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make((_, response) => void setTimeout(() => LocalApi.json(response, {}), 20))
      const api = yield* LocalApi.declare({
        name: "narrow",
        baseUrl: server.url,
        connections: 1,
        limits: [RateLimit.make("narrow", { calls: 3, per: "60 millis", burst: true })],
        routes: { all: {} }
      })
      const call = (weight: number) => Effect.exit(api.call({ route: "all", path: "/", weight }))
      // The second one waits for the connection of the first, and the third one for that of the second.
      const exits = yield* Effect.forEach([1, 4, 1], call, { concurrency: 3 })
      assert.deepStrictEqual(exits.map(Exit.isSuccess), [true, false, true])
      assert.match(String(exits[1]), /A call of weight 4 can never be made under the limit narrow of 3\/60ms/)
    }))

  it.live("a route with a slow limit leaves the connections to the others", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make((_, response) => LocalApi.json(response, {}))
      const api = yield* LocalApi.declare({
        name: "mixed",
        baseUrl: server.url,
        connections: 2,
        routes: { slow: { limits: [RateLimit.make("mixed/slow", { calls: 1, per: "1 hour" })] }, quick: {} }
      })
      const slow = yield* Effect.forkChild(
        Effect.forEach(Array(10).keys(), () => api.call({ route: "slow", path: "/slow" }), { concurrency: 10 })
      )
      yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => server.asked.length > 0 })
      yield* Effect.forEach(Array(5).keys(), () => api.call({ route: "quick", path: "/quick" }), { concurrency: 5 })
      assert.deepStrictEqual(server.asked.map(({ url }) => url).sort(), [...Array(5).fill("/quick"), "/slow"])
      yield* Fiber.interrupt(slow)
    }))

  it.live("429 slows down, and is told; Retry-After is waited for", () => {
    const heard: Array<string> = []
    return Effect.gen(function*() {
      const server = yield* LocalApi.make((_, response, count) =>
        LocalApi.json(response, "\"slower\"", count === 0 ? 429 : 200, count === 0 ? { "retry-after": "0.1" } : {}))
      const api = yield* LocalApi.declare({
        name: "fussy",
        baseUrl: server.url,
        retry: { times: 1, base: "1 millis" },
        limits: [RateLimit.make("fussy", { calls: 1000, per: "1 second" })],
        routes: { all: {} }
      })
      const started = performance.now()
      yield* api.call({ route: "all", path: "/" })
      assert.isAtLeast(performance.now() - started, 99)
      assert.lengthOf(server.asked, 2)
      assert.match(heard[0] ?? "", /^The rate of fussy falls to \d+ % of 1000\/s, after a pause of/)
    }).pipe(Effect.provideService(Notices, (notice) => void heard.push(notice.message)))
  })
})
