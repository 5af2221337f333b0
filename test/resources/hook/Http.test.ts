/** Hooks over HTTP, told to local servers that answer well, late, wrongly or not at all. */
import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Effect, Redacted, Schema } from "effect"
import { createHmac } from "node:crypto"
import { Hook } from "sluice"
import { payload } from "../../../resources/hook/Slack.ts"
import * as LocalApi from "../api/LocalApi.ts"
import { event, told } from "./events.ts"

const secret = "T0secret/B1secret/xyzzy42"

describe("a webhook", () => {
  it.live("is POSTed the event with its key and signature", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make((_, response) => response.writeHead(204).end())
      const channel = Hook.webhook(`${server.url.replace("//", "//ada:pa%20ss@")}/in?token=${secret}`, {
        headers: { "x-team": "data" }, sign: Redacted.make("key")
      })
      assert.strictEqual(yield* told(channel), "sent")
      const [asked] = server.asked
      assert.deepInclude(asked, { method: "POST", url: `/in?token=${secret}` })
      assert.deepInclude(asked?.headers, {
        "content-type": "application/json", "idempotency-key": "night.12.7", "x-team": "data",
        authorization: `Basic ${Buffer.from("ada:pa ss").toString("base64")}`,
        "sluice-signature": `sha256=${createHmac("sha256", "key").update(asked!.body).digest("hex")}`
      })
      assert.deepStrictEqual(Schema.decodeUnknownSync(Schema.fromJsonString(Hook.HookEvent))(asked!.body), event)
      assert.strictEqual(channel.to, new URL(server.url).host)
    }).pipe(Effect.scoped))

  it.live("is told by any 2xx, and by nothing else; what failed is said without the URL", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make(({ url }, response) => {
        const [, code = "", kind] = new URL(url, "http://x").pathname.split("/")
        if (code === "cut") return response.destroy()
        if (code === "garbage") return response.socket?.end("\u0000\u0001 what?\r\n\r\n")
        const headers = { ...(kind === "later" ? { "retry-after": "7" } : {}), ...(code === "302" ? { location: "/200" } : {}) }
        response.writeHead(Number(code), headers).end(kind === "html" ? `<html>${url}` : kind === "empty" ? "" : `no ${secret}`)
      })
      const at = (path: string) => told(Hook.webhook(`${server.url}/${path}?token=${secret}`))
      for (const path of ["200", "200/html", "202/empty", "204/empty"]) assert.strictEqual(yield* at(path), "sent")
      const failed = (path: string) => Effect.map(at(path), (one) => one === "sent" ? undefined : one)
      const host = new URL(server.url).host
      const expected = [
        ["404", false, `${host} answered 404: no <redacted>`], ["302", false, `${host} answered 302: no <redacted>`],
        ["500", true, `${host} answered 500: no <redacted>`], ["400/empty", false, `${host} answered 400`]
      ] as const
      for (const [path, transient, message] of expected) assert.deepInclude(yield* failed(path), { transient, message })
      assert.deepInclude(yield* failed("429/later"), { transient: true, afterMillis: 7000, message: `${host} answered 429: no <redacted>` })
      assert.deepInclude(yield* failed("503/later"), { transient: true, afterMillis: 7000 })
      for (const path of ["cut", "garbage"]) {
        const one = yield* failed(path)
        assert.isTrue(one?.transient)
        assert.match(one!.message, new RegExp(`^${host} gave no answer: `))
      }
      assert.notInclude(JSON.stringify(yield* Effect.forEach(["404", "302/html", "500", "cut", "garbage", "429"], failed)), "xyzzy42")
      assert.strictEqual(server.asked.filter(({ url }) => url.startsWith("/302")).length, 2, "no redirect is followed")
    }).pipe(Effect.scoped))

  it.live("that hangs is given up after its time, and its connection closed", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make(() => {})
      const error = yield* told(Hook.webhook(Redacted.make(server.url), { timeout: "200 millis" }))
      assert.deepInclude(error, { transient: true, message: `${new URL(server.url).host} gave no whole answer within 200 ms.` })
      yield* Effect.sleep(20)
      assert.strictEqual(server.open(), 0)
    }).pipe(Effect.scoped))

  it.live("without a URL says so, and what is set is not told", () =>
    Effect.gen(function*() {
      const provider = ConfigProvider.fromEnv({ env: { WRONG: `ftp://${secret}` } })
      const of = (name: string) => Effect.provideService(told(Hook.webhook(Config.Redacted(name))), ConfigProvider.ConfigProvider, provider)
      const missing = yield* of("HOOK_URL")
      assert.match(missing === "sent" ? "" : missing.message, /^The URL of the webhook is not set: .*HOOK_URL/)
      assert.deepInclude(yield* of("WRONG"), { transient: false, message: "Its URL is not an http(s) URL." })
      assert.strictEqual(Hook.webhook(Config.Redacted("HOOK_URL")).to, "a URL of the settings")
    }))
})

describe("a Slack hook", () => {
  it.live("is told in the shape that Slack takes, which answers with a word", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make((_, response) => response.end("ok"))
      const channel = Hook.slack(Redacted.make(`${server.url}/services/${secret}`))
      assert.strictEqual(yield* told(channel), "sent")
      assert.deepStrictEqual(JSON.parse(server.asked[0]!.body), {
        text: "shop: run 12 failed",
        unfurl_links: false,
        blocks: [
          { type: "section", text: { type: "mrkdwn", text: "*shop: run 12 failed: 1 cell*", verbatim: true } },
          { type: "section", text: { type: "mrkdwn", text: "shop/orders@2026-03-07: &lt;!channel&gt; a &amp; b &gt; c", verbatim: true } }
        ]
      })
      assert.deepInclude(channel, { kind: "slack", to: new URL(server.url).host, spacingMillis: 1000 })
    }).pipe(Effect.scoped))

  it("keeps within what Slack takes, and cuts no escape in two", () => {
    for (const length of [2890, 2899, 2900, 30_000]) {
      const { blocks } = payload({ title: "&".repeat(400), text: `first\n${"&".repeat(length)}` })
      const written = blocks[1]!.text.text
      assert.isAtMost(written.length, 2900)
      assert.match(written, /^(&amp;)+…*$/)
    }
  })
})
