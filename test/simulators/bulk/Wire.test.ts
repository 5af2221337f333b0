/** The stand-in's HTTP: what a client sends is read right however it is cut, and answered in its order, or refused. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { request } from "node:http"
import { connect } from "node:net"
import * as Wire from "../../../simulators/bulk/Wire.ts"

/** Sends these pieces, each by itself, and gives all that comes back until the connection is closed. */
const exchange = (port: number, pieces: ReadonlyArray<string>): Effect.Effect<string> =>
  Effect.callback<string>((resume) => {
    let text = ""
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }, async () => {
      for (const piece of pieces) {
        await new Promise((resolve) => socket.write(piece, "latin1", resolve))
        await new Promise((resolve) => setImmediate(resolve))
      }
    })
    socket.setEncoding("latin1").on("data", (more: string) => {
      text += more
    })
    socket.on("error", () => {})
    socket.on("close", () => resume(Effect.succeed(text)))
    return Effect.sync(() => socket.destroy())
  })

/** Says what it was asked, the later the longer the path is. */
const echo = ({ body, header, method, path }: Wire.Request, respond: Wire.Respond) => {
  setTimeout(() => respond(200, JSON.stringify({ method, path, key: header("idempotency-key") ?? null, body }), { "x-own": "1" }), 20 / path.length)
}

const bodies = (answer: string): ReadonlyArray<unknown> =>
  answer.split("\r\n\r\n").slice(1).map((part) => JSON.parse(part.split("HTTP/1.1")[0]!))

const utf8 = (text: string) => Buffer.from(text, "utf8").toString("latin1")
const post = (path: string, body: string, more = "") => `POST ${path} HTTP/1.1\r\nHost: x\r\nIdempotency-Key: k${path}\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`

const serving = <A>(test: (port: number) => Effect.Effect<A>) =>
  Effect.scoped(Effect.flatMap(Wire.listen(0, echo), ({ port }) => test(port)))

describe("the wire of the bulk stand-in", () => {
  it.live("requests are read right wherever they are cut", () =>
    serving(Effect.fnUntraced(function*(port) {
      const text = post("/a?b=c", utf8("{\"name\":\"Zoë 😀\"}\r\n\r\n")) + post("/after/that", "2", "Connection: close\r\n")
      const expected = [
        { method: "POST", path: "/a", key: "k/a?b=c", body: "{\"name\":\"Zoë 😀\"}\r\n\r\n" },
        { method: "POST", path: "/after/that", key: "k/after/that", body: "2" }
      ].map((value) => utf8(JSON.stringify(value)))
      for (let cut = 0; cut < text.length; cut += 3) {
        const answer = yield* exchange(port, [text.slice(0, cut), text.slice(cut)])
        assert.deepStrictEqual(bodies(answer), expected.map((value) => JSON.parse(value)), `cut at ${cut}`)
      }
      const slowly = yield* exchange(port, [...text])
      assert.deepStrictEqual(bodies(slowly), expected.map((value) => JSON.parse(value)))
    })), 20_000)

  it.live("connections are kept, and answers come in the order of their requests", () =>
    serving(Effect.fnUntraced(function*(port) {
      // The first one is answered last, by itself.
      const answer = yield* exchange(port, [post("/", "1") + post("/very/long/path", "2") + post("/x", "3", "connection: close\r\n")])
      assert.deepStrictEqual(bodies(answer).map((value) => JSON.stringify(value).match(/"body":"(\d)"/)?.[1]), ["1", "2", "3"])
      assert.strictEqual(answer.match(/keep-alive: timeout=30/g)?.length, 2)
      assert.strictEqual(answer.match(/connection: close/g)?.length, 1)
      assert.strictEqual(answer.match(/x-own: 1\r\n/g)?.length, 3)
    })))

  it.live("what cannot be read is refused, and the connection ends", () =>
    serving(Effect.fnUntraced(function*(port) {
      const cases: ReadonlyArray<readonly [string, number]> = [
        ["garbage\r\n\r\n", 400],
        ["POST / HTTP/2.0\r\n\r\n", 400],
        ["POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400],
        ["POST / HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n", 400],
        ["POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 411],
        ["POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413],
        [`GET / HTTP/1.1\r\nx: ${"y".repeat(20_000)}`, 431]
      ]
      for (const [text, status] of cases) {
        const answer = yield* exchange(port, [text])
        assert.match(answer, new RegExp(`^HTTP/1.1 ${status} [A-Z]`), text.slice(0, 60))
        assert.match(answer, /connection: close/)
      }
    })))

  it.live("a client that waits for 100 Continue, asks for the head alone, or speaks HTTP/1.0", () =>
    serving(Effect.fnUntraced(function*(port) {
      const told = yield* Effect.callback<string>((resume) => {
        const client = request({ port, host: "127.0.0.1", method: "POST", path: "/a", headers: { expect: "100-continue", "content-length": 2 } })
        // Only then.
        client.on("continue", () => client.end("ok"))
        client.on("response", (response) => response.setEncoding("utf8").on("data", (text: string) => resume(Effect.succeed(text))))
        client.flushHeaders()
      })
      assert.match(told, /"body":"ok"/)
      const head = yield* exchange(port, ["HEAD /a HTTP/1.1\r\nConnection: close\r\n\r\n"])
      assert.match(head, /content-length: [1-9]\d*\r\nconnection: close\r\n\r\n$/)
      assert.match(yield* exchange(port, ["GET /a HTTP/1.0\r\n\r\n"]), /^HTTP\/1.1 200 OK[\s\S]*connection: close/)
    })))

  it.live("serves fetch, many at a time, and goes on when clients break off", () =>
    serving(Effect.fnUntraced(function*(port) {
      const gone = connect({ port, host: "127.0.0.1" }, () => {
        gone.write(post("/a", "12345").slice(0, -2))
        gone.resetAndDestroy()
      })
      gone.on("error", () => {})
      const said = yield* Effect.forEach(Array.from({ length: 200 }, (_, i) => i), (i) =>
        Effect.promise(async () => {
          const response = await fetch(`http://127.0.0.1:${port}/n`, { method: "POST", body: `n${i} ü`, headers: { "idempotency-key": `k${i}` } })
          return await response.json() as { readonly body: string; readonly key: string }
        }), { concurrency: 20 })
      assert.deepStrictEqual(said.map(({ body, key }) => `${key} ${body}`), Array.from({ length: 200 }, (_, i) => `k${i} n${i} ü`))
    })))

  it.live("a port that is taken is a defect", () =>
    serving((port) =>
      Effect.gen(function*() {
        const exit = yield* Effect.exit(Effect.scoped(Wire.listen(port, echo)))
        assert.strictEqual(exit._tag, "Failure")
      })))
})
