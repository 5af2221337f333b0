/** What APIs say, and what they are declared with, has bounds: nothing of it stops a run for ever, or is done twice. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Redacted } from "effect"
import { spawn } from "node:child_process"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { createConnection } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Api, RateLimit } from "sluice"
import { retryAfterMillis } from "../../../resources/api/RetryAfter.ts"
import * as LocalApi from "./LocalApi.ts"

const month = 31 * 86_400_000

const declare = (options: Partial<Api.ApiOptions<"all">> & { readonly baseUrl: string }) =>
  LocalApi.declare({ name: "odd", retry: false, breaker: false, routes: { all: {} }, ...options })

const call = (api: Api.Api<"all">, path = "/") => api.call({ route: "all", path })

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "sluice-bounds-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

/** Undici tells of it when a connection could not be made. */
const connectFailed = "undici:client:connectError"

const listening = `require("net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, function() { console.log(this.address().port) })`

/** The port of a process that is frozen, and whose line of connections is full: the kernel drops what comes. */
const unaccepting = Effect.gen(function*() {
  const frozen = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, ["-e", listening], { stdio: ["ignore", "pipe", "inherit"] })),
    (child) => Effect.sync(() => void child.kill("SIGKILL"))
  )
  const port = yield* Effect.callback<number>((resume) => void frozen.stdout.once("data", (text) => resume(Effect.succeed(Number(String(text))))))
  frozen.kill("SIGSTOP")
  for (let i = 0; i < 6; i++) {
    yield* Effect.acquireRelease(
      Effect.sync(() => createConnection(port, "127.0.0.1").on("error", () => {})),
      (socket) => Effect.sync(() => void socket.destroy())
    )
  }
  yield* Effect.sleep("100 millis")
  return port
})

/** What a declaration is refused with. */
const refusal = (exit: Exit.Exit<unknown, unknown>) => String(Exit.isFailure(exit) ? exit.cause : "taken")

describe("bounds of an API", () => {
  it("no time that a server asks for is longer than a month", () => {
    const read = (text: string) => retryAfterMillis(text, 0)
    assert.deepStrictEqual(["9".repeat(400), "99999999999", "Fri, 31 Dec 9999 23:59:59 GMT"].map(read), [month, month, month])
  })

  it.live("nobody who shares a limit waits for longer than maxRetryAfter, whatever a server asks for", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make((_, response, count) =>
        LocalApi.json(response, "1", count % 2 === 0 ? 429 : 200, { "retry-after": count === 0 ? "86400" : "9".repeat(400) }))
      const api = yield* declare({
        baseUrl: server.url,
        retry: { times: 1, base: "1 millis", maxRetryAfter: "20 millis" },
        limits: [RateLimit.make("odd", { calls: 1000, per: "1 second" })]
      })
      assert.deepStrictEqual(yield* Effect.timeout(Effect.all([call(api), call(api)]), "5 seconds"), [1, 1])
    }))

  it.live("503 with Retry-After is not asked before that", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make((_, response, count) =>
        LocalApi.json(response, "1", count === 0 ? 503 : 200, count === 0 ? { "retry-after": "0.1" } : {}))
      const api = yield* declare({ baseUrl: server.url, retry: { times: 1, base: "1 millis" } })
      const started = performance.now()
      yield* call(api)
      assert.isAtLeast(performance.now() - started, 99)
    }))

  it.live("204 is done, and is not asked for again", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make((_, response) => void response.writeHead(204).end())
      const api = yield* declare({ baseUrl: server.url, retry: { times: 2, base: "1 millis" } })
      assert.isNull(yield* api.call({ route: "all", path: "/order/7", method: "DELETE" }))
      assert.lengthOf(server.asked, 1)
    }))

  it.live("a time-out may be longer than timers are", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make((_, response) => void setTimeout(() => LocalApi.json(response, "1"), 20))
      assert.strictEqual(yield* call(yield* declare({ baseUrl: server.url, timeout: "40 days" })), 1)
    }))

  it.live("one call that is never answered stops no others", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make((asked, response) => void (asked.url === "/never" || LocalApi.json(response, "1")))
      const api = yield* declare({
        baseUrl: server.url,
        timeout: "30 millis",
        retry: { times: 3, base: "1 millis", max: "1 millis" },
        breaker: { cooldown: "1 minute" }
      })
      yield* Effect.forkChild(Effect.forever(Effect.andThen(call(api), Effect.sleep("2 millis"))))
      const error = yield* Effect.flip(call(api, "/never"))
      assert.deepStrictEqual([error.reason._tag, error.tries], ["TimedOut", 4])
      assert.strictEqual(yield* Effect.timeout(call(api), "5 seconds"), 1)
    }))

  // Other kernels refuse what is too much for a line.
  it.live.skipIf(process.platform !== "linux")("a connection that nobody accepts is given up soon after its call", () =>
    Effect.gen(function*() {
      const port = yield* unaccepting
      let given = 0
      const heard = () => void given++
      subscribe(connectFailed, heard)
      yield* Effect.addFinalizer(() => Effect.sync(() => void unsubscribe(connectFailed, heard)))
      const api = yield* declare({ baseUrl: `http://127.0.0.1:${port}`, timeout: "100 millis" })
      assert.strictEqual((yield* Effect.flip(call(api))).reason._tag, "TimedOut")
      // The kernel would try for minutes.
      yield* Effect.repeat(Effect.sleep("20 millis"), { until: () => given > 0 }).pipe(Effect.timeout("20 seconds"))
    }), 30_000)

  it.live("what cannot be is refused: two rates of one name, no connections", () =>
    Effect.gen(function*() {
      const limit = (calls: number) => RateLimit.make("odd", { calls, per: "1 second" })
      const routes = { all: { limits: [limit(5)] } }
      yield* declare({ baseUrl: "http://odd.example", limits: [limit(5)], routes })
      assert.match(
        refusal(yield* Effect.exit(declare({ baseUrl: "http://odd.example", limits: [limit(9)], routes }))),
        /The odd API has two rate limits named "odd", of 9\/s and 5\/s: give them two names, or declare it once\./
      )
      for (const connections of [0, 1.5, Number.NaN]) {
        assert.match(refusal(yield* Effect.exit(declare({ baseUrl: "http://odd.example", connections }))), /whole number from 1 on/)
      }
    }))

  it.live("a token with a line break is told at once, and not shown", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make((_, response) => LocalApi.json(response, "1"))
      const api = yield* declare({ baseUrl: server.url, auth: Api.bearer(Redacted.make("t0ken\n")), retry: { times: 3 } })
      const error = yield* Effect.flip(call(api))
      assert.deepStrictEqual([error.reason._tag, error.tries, error.transient], ["Setting", 1, false])
      assert.match(error.message, /^The request to .* cannot be sent: invalid authorization header\.$/)
    }))

  it.live("a base URL that is none shows no password", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(call(yield* declare({ baseUrl: "https://me:hunter2@odd.example:99999/v1" })))
      assert.notInclude(JSON.stringify([error.message, error.url, error.reason]), "hunter2")
      assert.include(error.message, "\"https://<redacted>@odd.example:99999/v1\"")
    }))

  it.live("recordings of one name are as many as one likes; an index with a request that is no URL is refused", () =>
    Effect.gen(function*() {
      const path = yield* folder
      const server = yield* LocalApi.make((_, response, count) => LocalApi.json(response, { count }))
      const api = yield* declare({ baseUrl: server.url, source: Api.record(path) })
      yield* Effect.forEach(Array(25).keys(), () => call(api, "/same"))
      assert.lengthOf(yield* Effect.promise(() => readdir(join(path, "all"))), 25)
      const replayed = yield* declare({ baseUrl: "http://odd.example", source: Api.replay(path) })
      const bodies = yield* Effect.forEach(Array(25).keys(), () => call(replayed, "/same"))
      assert.deepStrictEqual(bodies, Array.from({ length: 25 }, (_, count) => ({ count })))
      yield* Effect.promise(() => writeFile(join(path, "index.json"), "[{\"file\":\"x.json\",\"request\":\"http://\"}]"))
      const error = yield* Effect.flip(call(yield* declare({ baseUrl: "http://odd.example", source: Api.replay(path) })))
      assert.match(error.message, /^The index of .* has the request "http:\/\/", which is no URL\.$/)
    }))
})
