/** What the command line tells of calls, to people and to machines; and that no secret is in any of it. */
import { assert, describe, it } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Effect, Redacted } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import { readdir, readFile } from "node:fs/promises"
import { createServer } from "node:net"
import * as path from "node:path"
import * as LocalApi from "../../resources/api/LocalApi.ts"
import { project } from "../fixture.ts"

const shop = `
import { Config, Context, Effect, Layer, Schema } from "effect"
import { Api, Asset, Deployment, Partitions, Pipeline, RateLimit, Rows, Warehouse } from "sluice"

class Shop extends Context.Service()("Shop") {
  static layer = Layer.effect(Shop, Effect.gen(function*() {
    const secret = (name) => Config.Redacted(name)
    return yield* Api.make({
      name: "shop",
      baseUrl: yield* Config.String("SHOP_URL"),
      query: { key: yield* secret("QUERY_SECRET") },
      headers: { "x-token": yield* secret("HEADER_SECRET") },
      retry: { times: 1, base: "1 millis" },
      limits: [RateLimit.make("shop", { calls: 100, per: "1 second" })],
      routes: { item: {} }
    })
  }))
}

const items = Asset.make("shop/items", {
  partitions: Partitions.fixed(["apple", "bad", "pear"]),
  output: Rows.of(Schema.Struct({ name: Schema.String }), { key: ["name"] }),
  io: Warehouse,
  run: (_, name) =>
    Effect.gen(function*() {
      const api = yield* Shop
      const body = { token: yield* Config.Redacted("BODY_SECRET") }
      yield* Effect.logInfo("asking for an item", api, body)
      return [yield* api.call({ route: "item", path: "/item/" + name, method: "POST", body, schema: Schema.Struct({ name: Schema.String }) })]
    })
})

export default Deployment.make({ pipelines: [Pipeline.make("shop", { assets: [items] })], io: Warehouse.layer, resources: Shop.layer })
`

const secrets = { QUERY_SECRET: "q/Secret+1 ä", HEADER_SECRET: "hSecret2", BODY_SECRET: "bSecret\"3" }
const password = "pSecret4"

/** A secret in any of the forms that it could be found in. */
const formsOf = (secret: string): ReadonlyArray<string> => [
  secret,
  encodeURIComponent(secret),
  encodeURIComponent(secret).replaceAll("%20", "+"),
  JSON.stringify(secret).slice(1, -1),
  Buffer.from(secret).toString("base64").replace(/=+$/, "")
]
const forms = [...Object.values(secrets), password, `me:${password}`].flatMap(formsOf)

const filesIn = (folder: string) =>
  Effect.promise(async () => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
    return (await Promise.all(files.map(async (file) => file + (await readFile(file, "utf8"))))).join("\n")
  })

const query = (url: string, statement: string) =>
  Effect.scoped(Effect.flatMap(PgClient.make({ url: Redacted.make(url) }), (sql) => sql.unsafe(statement))).pipe(
    Effect.provide(Reactivity.layer)
  )

const takenPort = Effect.acquireRelease(
  Effect.callback<{ readonly port: number; readonly close: () => void }>((resume) => {
    const server = createServer()
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed({ port: typeof address === "object" && address !== null ? address.port : 0, close: () => server.close() }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

describe("calls", () => {
  it.live("are in run show, in the database, at Prometheus and OpenTelemetry; no secret is anywhere", () =>
    Effect.gen(function*() {
      const { databaseUrl, folder, run } = yield* project(shop)
      const collector = yield* LocalApi.make((_, response) => LocalApi.json(response, {}))
      const port = (yield* Effect.scoped(takenPort)).port
      let metrics = ""
      const server = yield* LocalApi.make((asked, response, count) => {
        // What this process asks the command for, while it runs.
        const answer = () =>
          asked.url.startsWith("/v1/item/bad")
            ? LocalApi.json(response, `<p>${asked.url} ${JSON.stringify(asked.headers)} ${asked.body}</p>`, 500)
            : LocalApi.json(response, { name: asked.url.slice(9, 13), echo: [asked.url, asked.headers, asked.body] })
        if (count < 3) return answer()
        fetch(`http://127.0.0.1:${port}/metrics`).then((scraped) => scraped.text()).then((text) => metrics = text).then(answer, answer)
      })
      const env = {
        ...secrets,
        SHOP_URL: server.url.replace("//", `//me:${password}@`) + "/v1",
        SHOP_SOURCE: "record:recordings",
        SLUICE_METRICS_PORT: String(port),
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        SLUICE_DEBUG: "1"
      }
      const materialized = yield* run(["materialize", "shop", "--concurrency", "1", "--log-level", "all"], { env })
      assert.strictEqual(materialized.code, 1, materialized.stderr)
      assert.match(materialized.stdout, /shop\/items@bad {2}The shop API answered item with 500 at .* \(after 2 tries\): <p>/)
      const shown = yield* run(["run", "show", "1"])
      assert.match(shown.stdout, /Calls\n +API +ROUTE +CALLS +P50 +P90 +P99 +WAITED +ERRORS\n +shop +item +4 .* 2 Status\n +[\d.]+ % of the limit shop used \(100\/s\)/)
      const json = yield* run(["run", "show", "1", "--json"])
      assert.deepInclude(JSON.parse(json.stdout).calls[0], { resource: "shop", route: "item", calls: 4, failed: 2, errors: { Status: 2 } })

      assert.match(metrics, /^sluice_api_calls_total\{[^}]*api="shop"[^}]*\} \d+$/m)
      assert.match(metrics, /^sluice_api_call_seconds_bucket\{.*route="item".*\} \d+$/m)
      const sent = collector.asked.map(({ body, url }) => `${url} ${body}`)
      assert.isTrue(sent.some((text) => text.startsWith("/v1/traces") && text.includes("\"shop.item\"")))
      assert.isTrue(sent.some((text) => text.startsWith("/v1/metrics") && text.includes("sluice_api_calls_total")))
      const calls = yield* query(databaseUrl, "select resource, route, calls::int, failed::int, errors from sluice.calls")
      assert.deepStrictEqual(calls, [{ resource: "shop", route: "item", calls: 4, failed: 2, errors: { Status: 2 } }])

      const dump = yield* query(databaseUrl, `
        select string_agg(query_to_xml(format('select * from %I.%I', table_schema, table_name), true, false, '')::text, '') as all
        from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')
      `)
      const texts = {
        output: materialized.stdout + materialized.stderr,
        shown: shown.stdout + json.stdout,
        metrics,
        sent: sent.join("\n"),
        recordings: yield* filesIn(path.join(folder, "recordings")),
        database: JSON.stringify(dump)
      }
      assert.include(texts.database, "The shop API answered")
      assert.include(texts.output, "asking for an item")
      for (const [where, text] of Object.entries(texts)) {
        for (const form of forms) assert.isFalse(text.includes(form), `${form} is in ${where}`)
      }

      const taken = yield* takenPort
      const refused = yield* run(["materialize", "shop", "--force"], { env: { ...env, SLUICE_METRICS_PORT: String(taken.port), SLUICE_DEBUG: "" } })
      assert.deepStrictEqual([refused.code, refused.stderr], [
        2,
        `error: The metrics cannot be served at 127.0.0.1:${taken.port} (SLUICE_METRICS_PORT): listen EADDRINUSE: ` +
        `address already in use 127.0.0.1:${taken.port}; write another port, or leave the setting out.\n`
      ])
    }))
})
