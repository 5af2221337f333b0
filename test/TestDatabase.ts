/**
 * A fresh database for a test, on the server of the test run: empty, or with the tables of the engine as the run store
 * leaves them. It is dropped when the test's scope closes.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, ManagedRuntime, Redacted } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { randomUUID } from "node:crypto"
import { inject } from "vitest"
import { type ClientOptions, connect, Database, type Shape } from "../resources/database/Database.ts"
import * as DatabaseUrl from "../resources/database/DatabaseUrl.ts"
// For the type of what the test run provides.
import type {} from "./globalSetup.ts"

/** The URL of the test run's server as its superuser, with the password: for what needs more than a database. */
export const serverUrl = (): string => inject("databaseUrl")

const shapeOf = Effect.fnUntraced(function*(database: string) {
  const parts = yield* DatabaseUrl.parse(Redacted.make(serverUrl()), "The test run's URL")
  const { host, port } = parts
  const shape: Shape = { source: "url", host, port, database, url: DatabaseUrl.format({ ...parts, database }) }
  return shape
})

/** Kept open as long as the process: to log in costs as much as to drop a database. */
const administration = ManagedRuntime.make(PgClient.layerFrom(
  Effect.flatMap(shapeOf("postgres"), (server) => connect(server, { applicationName: "sluice test" }))
))

const administer = (statement: string) =>
  Effect.flatMap(administration.contextEffect, (context) =>
    Effect.provideContext(Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe(statement)), context))

const copyOf = (template: () => string) =>
  Effect.gen(function*() {
    const name = `test_${randomUUID().replaceAll("-", "")}`
    yield* Effect.acquireRelease(
      // Without fsync, files are copied in half of the time in which their pages go through the log.
      administer(`create database ${name} template ${template()} strategy file_copy`),
      () => Effect.ignore(administer(`drop database ${name} with (force)`))
    )
    return yield* shapeOf(name)
  }).pipe(Effect.orDie)

/** A new database that is empty and vanishes with the scope, however many connections are still open to it. */
export const make = copyOf(() => "template0")

/** The same, but migrated: for whom migrations are not the point, they would be half of the work of a small test. */
export const makeMigrated = copyOf(() => inject("migratedDatabase"))

const on = (database: typeof make, options: ClientOptions = {}): Layer.Layer<Database | PgClient.PgClient | SqlClient> =>
  Layer.fresh(
    Layer.provideMerge(Layer.orDie(Database.layerClient(options)), Layer.effect(Database, database))
  )

/** Database, PgClient and SqlClient on a fresh database. Each build of the layer makes another one. */
export const layerWith = (options: ClientOptions) => on(make, options)

/** Database, PgClient and SqlClient on a fresh, empty database, with the defaults of a deployment. */
export const layer = on(make)

/** The same on a database that is migrated. */
export const layerMigrated = on(makeMigrated)

/** The URL of the fresh database with the password: for the environment of a child process, as DATABASE_URL. */
export const url: Effect.Effect<string, never, Database> = Effect.map(Database, (server) => Redacted.value(server.url))

/** Takes the database away from those who use it, for good. */
export const drop = Effect.flatMap(Database, ({ database }) => administer(`drop database ${database} with (force)`))
