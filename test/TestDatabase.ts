/** A fresh, empty database for a test, on the server of the test run; it is dropped when the test's scope closes. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Redacted } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
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

const administer = (statement: string) =>
  Effect.scoped(
    shapeOf("postgres").pipe(
      Effect.flatMap((server) => connect(server, { connections: 1, applicationName: "sluice test" })),
      Effect.flatMap((sql) => sql.unsafe(statement))
    )
  ).pipe(Effect.provide(Reactivity.layer))

/** A new database that is empty and vanishes with the scope, however many connections are still open to it. */
export const make = Effect.gen(function*() {
  const name = `test_${randomUUID().replaceAll("-", "")}`
  yield* Effect.acquireRelease(
    administer(`create database ${name} template template0`),
    () => Effect.ignore(administer(`drop database ${name} with (force)`))
  )
  return yield* shapeOf(name)
}).pipe(Effect.orDie)

/** Database, PgClient and SqlClient on a fresh database. Each build of the layer makes another one. */
export const layerWith = (
  options: ClientOptions = {}
): Layer.Layer<Database | PgClient.PgClient | SqlClient> =>
  Layer.fresh(
    Layer.provideMerge(Layer.orDie(Database.layerClient(options)), Layer.effect(Database, make))
  )

/** Database, PgClient and SqlClient on a fresh database, with the defaults of a deployment. */
export const layer: Layer.Layer<Database | PgClient.PgClient | SqlClient> = layerWith()

/** The URL of the fresh database with the password: for the environment of a child process, as DATABASE_URL. */
export const url: Effect.Effect<string, never, Database> = Effect.map(Database, (server) => Redacted.value(server.url))
