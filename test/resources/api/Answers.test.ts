/** Answers that are not what they should be, redirects, interrupted calls; and what of secrets other hosts see. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Redacted, Schema } from "effect"
import { gzipSync } from "node:zlib"
import { Api, RateLimit } from "sluice"
import { Limited, Refused, Status, Unreachable } from "../../../resources/api/ApiError.ts"
import { retryAfterMillis } from "../../../resources/api/RetryAfter.ts"
import * as Retrying from "../../../resources/api/Retrying.ts"
import * as LocalApi from "./LocalApi.ts"

const declare = (server: LocalApi.LocalApi, options: Partial<Api.ApiOptions<"all">> = {}) =>
  LocalApi.declare({ name: "odd", baseUrl: server.url, retry: false, breaker: false, routes: { all: {} }, ...options })

const failing = (api: Api.Api<"all">, path: string) =>
  Effect.map(Effect.flip(api.call({ route: "all", path })), ({ message, reason }) => [reason._tag, message.replace(/http:[^\s]+?(?=:? )/, "URL")])

describe("answers", () => {
  it.live("that are no JSON, end early, are packed wrongly or too large say so, with their beginning", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make((asked, response) => {
        switch (asked.url) {
          case "/html":
            return LocalApi.json(response, " <!DOCTYPE html>\n<p>hello</p>")
          case "/empty":
            return LocalApi.json(response, "")
          case "/early":
            response.writeHead(200, { "content-length": "100" })
            response.write("{\"a\":")
            return setTimeout(() => response.destroy(), 5)
          case "/chunked":
            response.writeHead(200)
            response.write("[1,")
            return setTimeout(() => response.destroy(), 5)
          case "/busy":
            response.writeHead(429, { "content-length": "100", "retry-after": "7", "content-encoding": "gzip" })
            response.write("slow")
            return setTimeout(() => response.destroy(), 5)
          case "/gzip":
            response.writeHead(200, { "content-encoding": "gzip" })
            return response.end(gzipSync("[1, 2, 3]").subarray(0, 15))
          case "/large":
            return LocalApi.json(response, "1".repeat(2000))
          case "/bomb":
            response.writeHead(200, { "content-encoding": "gzip" })
            return response.end(gzipSync("1".repeat(100_000)))
          case "/text":
            response.writeHead(200, { "content-type": "text/html" })
            return response.end("[1]")
          default:
            return LocalApi.json(response, `${"x".repeat(198)}äöü`, 418)
        }
      })
      const api = yield* declare(server, { maxBody: 1000 })
      assert.deepStrictEqual(yield* failing(api, "/html"), [
        "NotJson", "The odd API answered all at URL with an HTML page: <!DOCTYPE html> <p>hello</p>"
      ])
      assert.deepStrictEqual(yield* failing(api, "/empty"), ["NotJson", "The odd API answered all at URL with an empty body."])
      assert.deepStrictEqual(yield* failing(api, "/early"), ["NotJson", "The odd API answered all at URL with a body that ends early: {\"a\":"])
      assert.deepStrictEqual(yield* failing(api, "/chunked"), ["NotJson", "The odd API answered all at URL with a body that ends early: [1,"])
      assert.match((yield* failing(api, "/busy")).join(": "), /^Limited: .* wants to be asked again in 7 s\.$/)
      assert.deepStrictEqual(yield* failing(api, "/gzip"), [
        "NotJson", "The odd API answered all at URL with a gzip body that is broken or ends early."
      ])
      const large = ["TooLarge", "The odd API answered all at URL with more than 1000 bytes; raise maxBody of the odd API if that is right."]
      assert.deepStrictEqual([yield* failing(api, "/large"), yield* failing(api, "/bomb")], [large, large])
      assert.deepStrictEqual(yield* failing(api, "/other"), ["Status", `The odd API answered all with 418 at URL: ${"x".repeat(198)}ä`])
      assert.deepStrictEqual(yield* api.call({ route: "all", path: "/text" }), [1])
    }))

  it.live("that redirect elsewhere are followed, within bounds; other hosts see no secret", () =>
    Effect.gen(function*() {
      const other = yield* LocalApi.make((_, response) => LocalApi.json(response, "[]"))
      const server = yield* LocalApi.make((asked, response) => {
        const to = (location: string, status = 302) => LocalApi.json(response, "", status, { location })
        if (asked.url.startsWith("/loop")) return to("/loop")
        if (asked.url.startsWith("/away")) return to(`${other.url}/there`)
        if (asked.url.startsWith("/order")) return to("/v2/done", 303)
        return LocalApi.json(response, { method: asked.method, url: asked.url, body: asked.body })
      })
      const api = yield* declare(server, {
        baseUrl: server.url.replace("//", "//me:p%40ss@"),
        query: { key: Redacted.make("k1") },
        headers: { "x-token": Redacted.make("t1") }
      })
      assert.deepStrictEqual(yield* api.call({ route: "all", path: "/order", method: "POST", body: [1] }), {
        method: "GET", url: "/v2/done", body: ""
      })
      assert.strictEqual(server.asked[0]!.headers.authorization, `Basic ${Buffer.from("me:p@ss").toString("base64")}`)
      assert.match((yield* failing(api, "/loop"))[1]!, /redirects more than 3 times, at last to http.*\/loop$/)
      yield* api.call({ route: "all", path: "/away" })
      yield* api.call({ route: "all", path: `${other.url}/here`, query: { q: 1 } })
      assert.deepStrictEqual(other.asked.map(({ url }) => url), ["/there", "/here?q=1"])
      for (const { headers } of other.asked) {
        assert.isUndefined(headers.authorization)
        assert.isUndefined(headers["x-token"])
      }
    }))

  it.live("a secret is taken out of errors also where it would be cut in two", () =>
    Effect.gen(function*() {
      const secret = "0123456789abcdefghijklmnopqrstuvwxyz"
      const server = yield* LocalApi.make((asked, response) =>
        asked.url.startsWith("/misfit")
          ? LocalApi.json(response, { id: `${"y".repeat(40)}${secret}` })
          : LocalApi.json(response, `${"x".repeat(180)}${secret}`, 500))
      const api = yield* declare(server, { auth: Api.bearer(Redacted.make(secret)) })
      const status = yield* Effect.flip(api.call({ route: "all", path: "/" }))
      const misfit = yield* Effect.flip(api.call({ route: "all", path: "/misfit", schema: Schema.Struct({ id: Schema.Int }) }))
      assert.match(status.message, /x{180}<redacted>$/)
      assert.match(misfit.message, /id is "y{40}<redacted>", not number\.$/)
    }))

  it.live("an interrupted call closes its connection, and gives its place and its permit back", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make((asked, response) => {
        if (asked.url === "/hang") response.writeHead(200).write("[")
        else LocalApi.json(response, "[]")
      })
      const api = yield* declare(server, {
        connections: 1,
        limits: [RateLimit.make("odd", { calls: 2, per: "1 second", burst: true })]
      })
      const hanging = yield* Effect.forkChild(api.call({ route: "all", path: "/hang" }))
      yield* Effect.repeat(Effect.sleep("2 millis"), { until: () => server.asked.length === 1 })
      const waiting = yield* Effect.forkChild(api.call({ route: "all", path: "/waiting" }))
      yield* Effect.sleep("5 millis")
      yield* Fiber.interrupt(waiting)
      yield* Fiber.interrupt(hanging)
      yield* Effect.repeat(Effect.sleep("2 millis"), { until: () => server.open() === 0 })
      yield* api.call({ route: "all", path: "/next" })
      assert.deepStrictEqual(server.asked.map(({ url }) => url), ["/hang", "/next"])
    }))

  it.live("tries carry one idempotency key", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make((_, response, count) => LocalApi.json(response, "[]", count < 2 ? 502 : 200))
      const api = yield* declare(server, { retry: { times: 2, base: "1 millis" } })
      yield* api.call({ route: "all", path: "/", method: "POST", body: {}, idempotencyKey: "order-7" })
      assert.deepStrictEqual(server.asked.map(({ headers }) => headers["idempotency-key"]), ["order-7", "order-7", "order-7"])
    }))
})

describe("tries", () => {
  it("Retry-After is read as seconds or as a date", () => {
    const now = Date.parse("2026-03-08T10:00:00Z")
    const read = (text: string | undefined) => retryAfterMillis(text, now)
    assert.deepStrictEqual(
      ["120", "0.5", "Sun, 08 Mar 2026 10:00:30 GMT", "Sun, 08 Mar 2026 09:00:00 GMT", "-5", "soon", "", undefined].map(read),
      [120_000, 500, 30_000, 0, null, null, null, null]
    )
  })

  it("delays double within their bounds, wait for what the API asks, and end with permanent errors", () => {
    const down = new Unreachable({ problem: "" })
    const delays = (options: Api.RetryOptions, random: number) =>
      [1, 2, 3, 4, 5].map((tries) => Retrying.delay(options, tries, down, random))
    assert.deepStrictEqual(delays({ times: 4, base: "1 second", max: "5 seconds" }, 0.5), [1000, 2000, 4000, 5000, undefined])
    assert.deepStrictEqual(delays({ times: 2, base: "1 second" }, 0).slice(0, 2), [800, 1600])
    const limited = (millis: number) => new Limited({ retryAfterMillis: millis, head: "" })
    const after = (millis: number) => Retrying.delay({ times: 1 }, 1, limited(millis), 0.5)
    assert.deepStrictEqual([after(20_000), after(10), after(Duration.toMillis("1 hour"))], [20_000, 1000, 300_000])
    const permanent = [new Status({ status: 404, head: "" }), new Refused({ code: null, text: "", transient: false })]
    assert.deepStrictEqual(permanent.map((reason) => Retrying.delay({ times: 3 }, 1, reason, 0)), [undefined, undefined])
    assert.isUndefined(Retrying.delay(false, 1, down, 0))
  })
})
