/** Hooks on the command line: runs that tell, what is listed of it, and what a kill leaves. */
import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as LocalApi from "../../resources/api/LocalApi.ts"
import { freePort, project } from "../fixture.ts"

const secret = "T0/B1/xyzzy4242"

/** An asset that fails while FAIL is set; hooks to what URL names, and to a receiver that is not there. */
const shop = `
import { Config, Effect, Layer, Schema } from "effect"
import { Asset, Check, Deployment, Hook, Pipeline, Rows, Warehouse } from "sluice"

const orders = Asset.make("shop/orders", {
  output: Rows.of(Schema.Struct({ id: Schema.String }), { key: ["id"] }),
  io: Warehouse,
  run: () => process.env.FAIL ? Effect.fail(new Error(process.env.FAIL)) : Effect.succeed([{ id: "1" }])
})

export default Deployment.make({
  pipelines: [Pipeline.make("shop", {
    assets: [orders],
    checks: [Check.make("has rows", { asset: orders, run: (rows) => Effect.succeed(Check.every(rows, () => process.env.BAD === undefined)) })]
  })],
  hooks: [
    Hook.make("failures", {
      description: "Who is on call", of: orders, recovery: true, tell: Hook.webhook(Config.Redacted("HOOK_URL"), { timeout: "2 seconds" })
    }),
    Hook.make("wins", { on: [Hook.runSucceeded, Hook.checkFailed], tell: Hook.command(["sh", "-c", "cat > won.json"]) }),
    Hook.make("mails", { on: [Hook.runFailed, Hook.checkWarned], tell: Hook.email({ smtp: Config.Redacted("SMTP_URL"), from: "a@b.example", to: "c@d.example" }) })
  ],
  io: Warehouse.layer,
  resources: Layer.empty
})
`

const onDatabase = (url: string) => (text: string) =>
  Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<Readonly<Record<string, unknown>>>(text)).pipe(
    Effect.provide(Layer.provide(PgClient.layer({ url: Redacted.make(url), maxConnections: 1 }), Reactivity.layer))
  )

describe("hooks on the command line", () => {
  it.live("a run tells, however that goes; what was told is listed, and no secret is anywhere", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make(({ url }, response, count) =>
        response.writeHead(count === 0 ? 503 : url.includes("nobody") ? 404 : 200).end(`no ${secret}`))
      const { databaseUrl, run } = yield* project(shop)
      const said: Array<string> = []
      const smtp = "ftp://ada:hunter4242@mail.example"
      const sluice = (args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}) =>
        Effect.tap(run(args, { env: { HOOK_URL: `${server.url}/in/${secret}`, SMTP_URL: smtp, ...env } }), ({ stderr, stdout }) =>
          Effect.sync(() => said.push(stdout, stderr)))

      assert.match((yield* sluice(["hooks"])).stdout, /failures +new +run failed, recovery +shop\/orders +webhook: a URL of the settings +0 +·/)
      const failed = yield* sluice(["materialize", "shop"], { FAIL: "The till of the shop is closed. Come back" })
      assert.strictEqual(failed.code, 1)
      assert.include(failed.stderr, "The hook mails cannot tell \"shop: run 1 failed\": The SMTP URL is not of the form")
      assert.match(failed.stderr, /The hook failures could not tell "shop: run 1 failed" and tries again, .*: 127\.0\.0\.1:\d+ answered 503: no <redacted>\n[^]*The hook failures has told it now\./)
      const told = server.asked.map(({ body }) => JSON.parse(body))
      assert.lengthOf(told, 2)
      assert.deepStrictEqual(told[0], told[1])
      assert.deepInclude(told[0], { kind: "failed", title: "shop: run 1 failed", resume: "npx sluice run resume 1", hook: "failures" })
      assert.match(told[0].text, /^shop\/orders: The till of the shop is closed\.$/m)

      assert.strictEqual((yield* sluice(["run", "resume", "1"])).code, 0)
      assert.deepStrictEqual(server.asked.map(({ body }) => JSON.parse(body).kind), ["failed", "failed", "recovered"])
      const refused = yield* sluice(["materialize", "shop", "--force"], { FAIL: "It is on fire", HOOK_URL: `${server.url}/nobody/${secret}` })
      assert.match(refused.stderr, /The hook failures cannot tell "shop: run 2 failed": 127\.0\.0\.1:\d+ answered 404: no <redacted>/)

      const retried = yield* sluice(["hook", "retry", "failures"], { HOOK_URL: `${server.url}/nobody/${secret}` })
      assert.match(retried.stdout, /^1 message that was given up is told by webhook: a URL of the settings, in one\.$/m)
      assert.include(retried.stderr, "The hook failures cannot tell \"shop: run 2 failed\"")

      const shown = (yield* sluice(["hook", "show", "failures"])).stdout
      for (const text of ["Who is on call", "10 messages in 1 h", "once in 1 h", "2 sent, 0 waiting, 1 given up"]) assert.include(shown, text)
      assert.match(shown, /given up +1 +shop: run 2 failed +127\.0\.0\.1:\d+ answered 404: no <redacted>\n.* sent +1 +shop: run 1 succeeded again\n.* sent +2 +shop: run 1 failed/)
      const [mails] = JSON.parse((yield* sluice(["hooks", "--json"])).stdout).filter(({ name }: { readonly name: string }) => name === "mails")
      assert.deepInclude(mails, { state: "running", waiting: 0, sent: 0, failed: 2, tell: { kind: "email", to: "c@d.example" }, on: ["run failed", "check warned"] })
      assert.include((yield* sluice(["hook", "show", "wins", "--json"])).stdout, "\"state\": \"sent\"")

      assert.match((yield* sluice(["hook", "retry", "failures"])).stdout, /is told by webhook/)
      assert.strictEqual(JSON.parse(server.asked.at(-1)!.body).title, "shop: run 2 failed")
      assert.strictEqual((yield* sluice(["hook", "retry", "failures"])).stdout, "The hook failures has given up no message.\n")
      assert.strictEqual((yield* sluice(["check"], { BAD: "1" })).code, 1)
      assert.match((yield* sluice(["hook", "show", "wins"])).stdout, /sent +1 +check "has rows" of shop\/orders failed/)

      assert.strictEqual((yield* sluice(["hook", "test", "wins"])).stdout, "The hook wins was told, by command: sh.\n")
      const test = yield* sluice(["hook", "test", "mails"], { SMTP_URL: `smtp://ada:hunter4242@127.0.0.1:${yield* freePort}` })
      assert.deepStrictEqual([test.code, /^error: 127\.0\.0\.1:\d+ did not take the e-mail: .*ECONNREFUSED/.test(test.stderr)], [1, true], test.stderr)
      assert.match((yield* sluice(["hook", "test", "failures"], { HOOK_URL: "" })).stderr, /^error: The URL of the webhook is not set|^error: Its URL is not/)
      assert.include((yield* sluice(["hook", "stop", "wins"])).stdout, "is told nothing of what ends until `sluice hook start wins`")
      assert.match((yield* sluice(["hooks"])).stdout, /wins +stopped/)
      for (const [args, sentence] of [
        [["hook", "show", "failure"], "There is no hook \"failure\". Did you mean \"failures\"?"],
        [["hook", "test", "x"], "There is no hook \"x\". `sluice hooks` lists those that exist."]
      ] as const) {
        const wrong = yield* sluice(args)
        assert.deepStrictEqual([wrong.code, wrong.stderr], [2, `error: ${sentence}\n`])
      }

      // All tables of the engine as text: one that is added is looked at too.
      const [rows] = yield* onDatabase(databaseUrl)(`
        select string_agg(query_to_xml(format('select * from sluice.%I', relname), true, true, '')::text, '') as rows
        from pg_class where relnamespace = 'sluice'::regnamespace and relkind = 'r'
      `)
      for (const text of [...said, String(rows?.["rows"])]) assert.notMatch(text, /xyzzy4242|hunter4242|aHVudGVy/)
      assert.include(String(rows?.["rows"]), "The till of the shop is closed")
    }).pipe(Effect.scoped), 60_000)

  it.live("what a killed process has sent and not recorded is sent again, with the same key", () =>
    Effect.gen(function*() {
      const killed: Array<() => void> = []
      // The first message is received by a process that dies before it can note that.
      const server = yield* LocalApi.make((_, response, count) => count === 0 ? killed.forEach((kill) => kill()) : response.end())
      const { databaseUrl, run, start } = yield* project(shop)
      const env = { HOOK_URL: `${server.url}/in`, FAIL: "no", SMTP_URL: "" }
      const running = start(["materialize", "shop"], { env })
      killed.push(() => running.process.kill("SIGKILL"))
      assert.isNull((yield* Effect.promise(() => running.ended)).code)
      // Its lease is over.
      yield* onDatabase(databaseUrl)("update sluice.workers set expires_at = now()")
      yield* run(["materialize", "shop"], { env })
      const keys = server.asked.map(({ headers }) => headers["idempotency-key"])
      assert.lengthOf(keys, 2)
      assert.strictEqual(keys[0], keys[1])
      assert.deepStrictEqual(yield* onDatabase(databaseUrl)("select state, tries from sluice.hook_deliveries where hook = 'failures' order by id"), [
        { state: "sent", tries: 2 }, { state: "same", tries: 0 }
      ])
    }).pipe(Effect.scoped), 60_000)
})
