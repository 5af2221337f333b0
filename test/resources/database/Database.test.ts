import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Cause, ConfigProvider, Effect, Exit, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as net from "node:net"
import { inspect } from "node:util"
import { choose, Database } from "../../../resources/database/Database.ts"
import * as DatabaseUrl from "../../../resources/database/DatabaseUrl.ts"
import * as TestDatabase from "../../TestDatabase.ts"
import * as Fixture from "./Fixture.ts"

const secret = "s3cr3t-Wörd"

const withVariables = (env: Record<string, string>) =>
  Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord(env)))

/** Builds the layer with these variables and answers the one sentence, having looked for the secret everywhere. */
const sentenceOf = (env: Record<string, string>) =>
  Effect.gen(function*() {
    const exit = yield* Effect.exit(Effect.provide(Database, Database.layer()).pipe(withVariables(env)))
    if (Exit.isSuccess(exit)) return assert.fail("the layer was built")
    const inspected = inspect(exit, { depth: 20, showHidden: true })
    const everywhere = `${Cause.pretty(exit.cause)}${inspected}${JSON.stringify(exit)}`
    for (const leak of [secret, encodeURIComponent(secret), "s3cr3t"]) assert.notInclude(everywhere, leak)
    const error = Cause.squash(exit.cause)
    return error instanceof Error ? error.message : assert.fail("no error")
  })

const chosen = (env: Record<string, string>) => choose().pipe(withVariables(env))

const freePort = Effect.promise(() =>
  new Promise<number>((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })
)

const serverParts = Effect.suspend(() => DatabaseUrl.parse(Redacted.make(TestDatabase.serverUrl()), "url"))

describe("Database", () => {
  it.live("takes DATABASE_URL before the PG variables, and these before its own server", () =>
    Effect.gen(function*() {
      const url = "postgresql://me:p%40ss@db.example.com:6000/shop?sslmode=require"
      const byUrl = yield* chosen({ DATABASE_URL: url, PGHOST: "other" })
      assert.deepStrictEqual(
        [byUrl.source, byUrl.host, byUrl.port, byUrl.database],
        ["url", "db.example.com", 6000, "shop"]
      )
      assert.strictEqual(Redacted.value(byUrl.url), url)
      const variables = { PGHOST: "pg.example.com", PGUSER: "a@b", PGPASSWORD: secret, PGDATABASE: "d/e" }
      const byVariables = yield* chosen(variables)
      assert.deepStrictEqual(
        [byVariables.source, byVariables.host, byVariables.port, byVariables.database],
        ["environment", "pg.example.com", 5432, "d/e"]
      )
      const parts = yield* DatabaseUrl.parse(byVariables.url, "url")
      assert.strictEqual(parts.username, "a@b")
      assert.strictEqual(parts.password === undefined ? "" : Redacted.value(parts.password), secret)
      const socket = yield* chosen({ PGHOST: "/var/run/postgresql", PGDATABASE: "d" })
      assert.strictEqual(socket.host, "/var/run/postgresql")
      const folder = yield* Fixture.folder
      const own = yield* choose({ stateFolder: folder }).pipe(withVariables({ PGPORT: "1", PGUSER: "nobody" }))
      assert.strictEqual(own.source, "embedded")
      yield* Fixture.query(own.url, "select 1")
    }))

  it.live("names host and port of a server that does not answer, and what to check", () =>
    Effect.gen(function*() {
      const port = yield* freePort
      const url = `postgres://me:${encodeURIComponent(secret)}@127.0.0.1:${port}/db`
      const message = yield* sentenceOf({ DATABASE_URL: url })
      assert.include(message, `127.0.0.1 port ${port}`)
      assert.include(message, "ECONNREFUSED")
      assert.include(message, "check that it runs")
      const unknown = yield* sentenceOf({ PGHOST: "nowhere.invalid", PGPASSWORD: secret })
      assert.include(unknown, "nowhere.invalid port 5432")
    }))

  it.live("tells a wrong password, an unknown database and a server without TLS apart", () =>
    Effect.gen(function*() {
      const parts = yield* serverParts
      const guess = Redacted.value(DatabaseUrl.format({ ...parts, password: Redacted.make(secret) }))
      assert.match(yield* sentenceOf({ DATABASE_URL: guess }), /refused the connection: password authentication failed/)
      const missing = Redacted.value(DatabaseUrl.format({ ...parts, database: "no such" }))
      assert.match(yield* sentenceOf({ DATABASE_URL: missing }), /has no database "no such"; create it/)
      const tls = Redacted.value(DatabaseUrl.format({ ...parts, sslMode: "require" }))
      assert.match(yield* sentenceOf({ DATABASE_URL: tls }), /refused the connection: .*TLS/)
      const nobody = Redacted.value(DatabaseUrl.format({ ...parts, password: undefined }))
      assert.match(yield* sentenceOf({ DATABASE_URL: nobody }), /refused the connection: .*password/)
    }))

  it.live("says what is wrong with a setting, and never repeats it", () =>
    Effect.gen(function*() {
      const cases: ReadonlyArray<readonly [url: string, sentence: RegExp]> = [
        [`mysql://me:${secret}@host/db`, /^DATABASE_URL must be a Postgres URL such as /],
        [secret, /^DATABASE_URL must be a Postgres URL/],
        [`postgres://me:12/${secret}@host/db`, /^DATABASE_URL is not a valid .* percent-encoded\.$/],
        [`postgres://me:12?${secret}@host/db`, /^DATABASE_URL is not a valid/],
        [`postgres://me:12#${secret}@host/db`, /^DATABASE_URL is not a valid/],
        [`postgres://me:${secret}%zz@host/db`, /^DATABASE_URL has a "%"/],
        [`postgres://me:${secret}@host:70000/db`, /^DATABASE_URL is not a valid/],
        [`postgres://me:${secret}@host/db?port=0`, /^DATABASE_URL has a port outside/],
        [`postgres://me:${secret}@host/db?sslmode=${secret}`, /^DATABASE_URL has an unknown sslmode/],
        [`postgres://me:${secret}@host/db?connect_timeout=${secret}`, /^DATABASE_URL has a connect_timeout/]
      ]
      for (const [url, sentence] of cases) assert.match(yield* sentenceOf({ DATABASE_URL: url }), sentence)
      assert.match(yield* sentenceOf({ PGHOST: "h", PGPORT: "x", PGPASSWORD: secret }), /^PGPORT must be a number/)
      assert.match(yield* sentenceOf({ PGHOST: "h", PGSSLMODE: "x", PGPASSWORD: secret }), /^PGSSLMODE has an unknown/)
      assert.match(yield* sentenceOf({ PGSERVICE: "s", PGPASSWORD: secret }), /^PGSERVICE names a service file/)
    }))

  it.live("puts together every URL that it can take apart", () =>
    Effect.gen(function*() {
      for (const host of ["localhost", "::1", "/tmp/a b"]) {
        for (const text of ["plain", "a@b:c/d?e#f%g&h=i j", "ü€😀"]) {
          const parts = { host, port: 6543, database: text, username: text, sslMode: undefined }
          const url = DatabaseUrl.format({ ...parts, password: Redacted.make(text) })
          const { password, ...back } = yield* DatabaseUrl.parse(url, "url")
          assert.deepStrictEqual(back, parts)
          assert.strictEqual(password === undefined ? undefined : Redacted.value(password), text)
        }
      }
    }))

  it.live("sets its session defaults, and connects through a pooler that refuses them", () =>
    Effect.gen(function*() {
      const server = yield* Database
      const sql = yield* SqlClient
      const setting = sql.unsafe<{ idle: string; name: string }>(
        `select current_setting('idle_in_transaction_session_timeout') as idle,
           current_setting('application_name') as name`
      )
      assert.deepStrictEqual(yield* setting, [{ idle: "1min", name: "sluice" }])
      // Like PgBouncer: a start with a parameter that it does not know is answered with an error.
      const pooler = yield* Effect.acquireRelease(
        Effect.promise(() =>
          new Promise<net.Server>((resolve) => {
            const listening = net.createServer((client) =>
              client.once("data", (first) => {
                if (first.includes("idle_in_transaction_session_timeout")) {
                  const fields = "SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: idle_in\0\0"
                  const head = Buffer.from([0x45, 0, 0, 0, fields.length + 4])
                  return client.end(Buffer.concat([head, Buffer.from(fields)]))
                }
                const upstream = net.connect(server.port, server.host)
                upstream.write(first)
                client.pipe(upstream).pipe(client)
                client.on("error", () => upstream.destroy())
                upstream.on("error", () => client.destroy())
              })
            )
            listening.listen(0, "127.0.0.1", () => resolve(listening))
          })
        ),
        (listening) => Effect.sync(() => listening.close())
      )
      const address = pooler.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const through = Redacted.make(Redacted.value(server.url).replace(`:${server.port}/`, `:${port}/`))
      assert.deepStrictEqual(yield* Fixture.query(through, "select 7 as n"), [{ n: 7 }])
    }).pipe(Effect.provide(TestDatabase.layer)))
})

describe("TestDatabase", () => {
  const tables = Effect.gen(function*() {
    const sql = yield* PgClient.PgClient
    yield* sql`create table mine (n int)`
    const { database } = yield* Database
    return { database, rows: yield* sql`select tablename from pg_tables where schemaname = 'public'` }
  })

  it.effect("gives each build of the layer an empty database, and drops it with the scope", () =>
    Effect.gen(function*() {
      const [one, two] = yield* Effect.all([
        Effect.provide(tables, TestDatabase.layer),
        Effect.provide(tables, TestDatabase.layer)
      ], { concurrency: 2 })
      assert.notStrictEqual(one.database, two.database)
      assert.deepStrictEqual([one.rows, two.rows], [[{ tablename: "mine" }], [{ tablename: "mine" }]])
      const left = yield* Fixture.query(
        Redacted.make(TestDatabase.serverUrl()),
        `select datname from pg_database where datname in ('${one.database}', '${two.database}')`
      )
      assert.deepStrictEqual(left, [])
    }))

  it.live("gives a child process the URL of the fresh database", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      yield* sql`create table written (n int primary key, filler text)`
      const child = yield* Fixture.start("writerProcess.ts", [], { DATABASE_URL: yield* TestDatabase.url })
      yield* Effect.repeat(sql`select count(*)::int as n from written`, { until: ([row]) => Number(row?.n) > 5 })
      child.process.kill("SIGKILL")
    }).pipe(Effect.provide(Layer.fresh(TestDatabase.layer))))
})
