/** Calls of an API: what is sent, what comes back, what goes wrong. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Result, Schema } from "effect"
import { brotliCompressSync, gzipSync } from "node:zlib"
import { Api } from "sluice"
import * as LocalApi from "./LocalApi.ts"

const quick = { times: 3, base: "1 millis" } as const

describe("Api.call", () => {
  it.live("asks with query, headers and body, and reads by schema", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make((_, response) => LocalApi.json(response, { id: 7, more: true }))
      const api = yield* LocalApi.declare({
        name: "shop",
        baseUrl: `${server.url}/v1/`,
        headers: { "X-Client": "sluice" },
        query: { user: "me", secret: Redacted.make("s3cr3t") },
        routes: { item: {}, buy: {} }
      })
      const item = yield* api.call({
        route: "item",
        path: "/item",
        query: { id: 7, empty: "", none: undefined, text: "a b&c+d" },
        schema: Schema.Struct({ id: Schema.Int })
      })
      assert.deepStrictEqual(item, { id: 7 })
      yield* api.call({ route: "buy", path: "buy", method: "POST", body: { n: 1 }, idempotencyKey: "k1" })
      assert.deepStrictEqual(server.asked.map(({ body, method, url }) => ({ body, method, url })), [
        { method: "GET", body: "", url: "/v1/item?id=7&empty=&text=a%20b%26c%2Bd&user=me&secret=s3cr3t" },
        { method: "POST", body: "{\"n\":1}", url: "/v1/buy?user=me&secret=s3cr3t" }
      ])
      assert.strictEqual(server.asked[0]!.headers["x-client"], "sluice")
      assert.strictEqual(server.asked[1]!.headers["idempotency-key"], "k1")
      assert.strictEqual(server.asked[1]!.headers["content-type"], "application/json")
      assert.isUndefined(server.asked[0]!.headers["traceparent"])
    }))

  it.live("unpacks gzip and brotli", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make((asked, response) => {
        const [encoding, pack] = asked.url === "/gzip" ? ["gzip", gzipSync] as const : ["br", brotliCompressSync] as const
        response.writeHead(200, { "content-encoding": encoding })
        response.end(pack(JSON.stringify({ url: asked.url })))
      })
      const api = yield* LocalApi.declare({ name: "packed", baseUrl: server.url, routes: { all: {} } })
      assert.deepStrictEqual(yield* api.call({ route: "all", path: "/gzip" }), { url: "/gzip" })
      assert.deepStrictEqual(yield* api.call({ route: "all", path: "/br" }), { url: "/br" })
    }))

  it.live("tries again what passes, and not what is permanent", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make((asked, response, count) =>
        asked.url === "/no" || count < 2
          ? LocalApi.json(response, "<html>\nbusy</html>", asked.url === "/no" ? 403 : 503)
          : LocalApi.json(response, { count }))
      const api = yield* LocalApi.declare({ name: "busy", baseUrl: server.url, retry: quick, routes: { all: {} } })
      assert.deepStrictEqual(yield* api.call({ route: "all", path: "/" }), { count: 2 })
      const no = yield* Effect.flip(api.call({ route: "all", path: "/no", subject: "the secrets" }))
      assert.deepStrictEqual([no.tries, no.transient, no.message], [
        1,
        false,
        `The busy API answered the secrets with 403 at ${server.url}/no: <html> busy</html>`
      ])
    }))

  it.live("errors in 200 bodies, and misfits, are told", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make((asked, response) =>
        LocalApi.json(response, asked.url === "/err" ? { err: "IP is not authorized" } : { games: [{ id: "x" }] }))
      const api = yield* LocalApi.declare({
        name: "odd",
        baseUrl: server.url,
        retry: false,
        routes: { all: {} },
        decode: (body) =>
          typeof body === "object" && body !== null && "err" in body
            ? Result.fail(Api.refused({ message: String(body.err) }))
            : Result.succeed(body)
      })
      const refused = yield* Effect.flip(api.call({ route: "all", path: "/err" }))
      assert.strictEqual(refused.message, `The odd API refused all at ${server.url}/err: IP is not authorized`)
      const schema = Schema.Struct({ games: Schema.Array(Schema.Struct({ id: Schema.Int })) })
      const misfit = yield* Effect.flip(api.call({ route: "all", path: "/games", schema }))
      assert.strictEqual(
        misfit.message,
        `The odd body of all from ${server.url}/games cannot be read: games[0].id is "x", not number.`
      )
    }))

  it.live("no more calls are in flight than there are connections, and none is left open", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make((_, response) => void setTimeout(() => LocalApi.json(response, {}), 5))
      yield* Effect.scoped(Effect.gen(function*() {
        const api = yield* LocalApi.declare({ name: "narrow", baseUrl: server.url, connections: 3, routes: { all: {} } })
        yield* Effect.forEach(Array(20).keys(), () => api.call({ route: "all", path: "/" }), { concurrency: "unbounded" })
        assert.isAtMost(server.open(), 3)
      }))
      assert.strictEqual(server.most(), 3)
      yield* Effect.sleep("20 millis")
      assert.strictEqual(server.open(), 0)
    }))
})
