/** The Postgres server of a project: the one that is named by the environment, else its own embedded one. */
import { PgClient } from "@effect/sql-pg"
import type { PgTypes } from "@effect/sql-pg"
import { Config, Context, Effect, Layer, Option, Redacted } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import type * as Scope from "effect/Scope"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { DatabaseError } from "./DatabaseError.ts"
import { DatabaseSettingInvalid, DatabaseUnreachable, detailOf, ofConnection } from "./DatabaseError.ts"
import * as DatabaseUrl from "./DatabaseUrl.ts"
import * as EmbeddedPostgres from "./EmbeddedPostgres.ts"

/** Which server was chosen, and how to reach it. Only `url` holds the password. */
export interface Shape {
  /** `url`: DATABASE_URL; `environment`: the PG* variables; `embedded`: the project's own server. */
  readonly source: "embedded" | "url" | "environment"
  readonly host: string
  readonly port: number
  readonly database: string
  readonly url: Redacted.Redacted<string>
}

export interface ServerOptions {
  /** The project's state folder, in which the embedded server lives. Default `.sluice` in the working folder. */
  readonly stateFolder?: string | undefined
}

export interface ClientOptions {
  /** The most connections open at once. Default 10. */
  readonly connections?: number | undefined
  /** What pg_stat_activity shows. Default "sluice". */
  readonly applicationName?: string | undefined
  /** How values of each type are read and written; default sql-pg's own. */
  readonly types?: PgTypes.Registry | undefined
  /** False for a pooler that cannot keep named statements. Default true. */
  readonly prepare?: boolean | undefined
}

export type Failure = DatabaseError | EmbeddedPostgres.EmbeddedPostgresError

const variable = (name: string) =>
  Config.option(Config.String(name)).pipe(
    Effect.mapError(() => new DatabaseSettingInvalid({ setting: name, detail: "cannot be read" })),
    Effect.map(Option.getOrUndefined)
  )

const secret = (name: string) =>
  Config.option(Config.Redacted(name)).pipe(
    Effect.mapError(() => new DatabaseSettingInvalid({ setting: name, detail: "cannot be read" })),
    Effect.map(Option.getOrUndefined)
  )

const describe = (source: Shape["source"], url: Redacted.Redacted<string>, setting: string) =>
  Effect.map(DatabaseUrl.parse(url, setting), ({ database, host, port }): Shape => ({
    source,
    host,
    port,
    database,
    url
  }))

const fromVariables = Effect.gen(function*() {
  const host = yield* variable("PGHOST")
  const database = yield* variable("PGDATABASE")
  const service = yield* variable("PGSERVICE")
  if (service !== undefined && host === undefined && database === undefined) {
    return yield* new DatabaseSettingInvalid({
      setting: "PGSERVICE",
      detail: "names a service file, which Sluice does not read; set DATABASE_URL, or PGHOST and PGDATABASE"
    })
  }
  if (host === undefined && database === undefined) return undefined
  const port = Number((yield* variable("PGPORT")) ?? "5432")
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    return yield* new DatabaseSettingInvalid({ setting: "PGPORT", detail: "must be a number from 1 to 65535" })
  }
  const username = (yield* variable("PGUSER")) ?? DatabaseUrl.systemUser()
  const url = DatabaseUrl.format({
    host: host ?? "localhost",
    port,
    database: database ?? username,
    username,
    password: yield* secret("PGPASSWORD"),
    sslMode: yield* variable("PGSSLMODE")
  })
  return yield* describe("environment", url, "PGSSLMODE")
})

/**
 * Chooses the server: DATABASE_URL, else PGHOST or PGDATABASE with the other PG* variables, else the embedded server,
 * which is started if it does not run. The variables are read through the current ConfigProvider.
 */
export const choose = Effect.fn("Database.choose")(
  function*(options: ServerOptions = {}): Effect.fn.Return<Shape, Failure> {
    const url = yield* secret("DATABASE_URL")
    if (url !== undefined) return yield* describe("url", url, "DATABASE_URL")
    const named = yield* fromVariables
    if (named !== undefined) return named
    const { database, host, port, url: own } = yield* EmbeddedPostgres.ensure({ folder: options.stateFolder })
    return { source: "embedded", host, port, database, url: own }
  }
)

const connectMillis = 10_000

// The client's default of 16 MiB would refuse to read a document or row that it has written.
const maxMessageBytes = 512 * 1024 * 1024

// A process that hangs inside a transaction holds row locks and keeps vacuum from cleaning up for everybody.
const sessionDefaults = { idle_in_transaction_session_timeout: "60000" }

const open = (server: Shape, options: ClientOptions, startupParameters: Readonly<Record<string, string>>) => {
  // A field given here would win over the same word in the URL, which was chosen by the user.
  const chosen = (name: string) => new RegExp(`[?&]${name}=`).test(Redacted.value(server.url))
  const applicationName = options.applicationName ?? (chosen("application_name") ? undefined : "sluice")
  return Effect.tap(
    PgClient.make({
      url: server.url,
      applicationName,
      connectTimeout: chosen("connect_timeout") ? undefined : connectMillis,
      maxConnections: options.connections ?? 10,
      maxMessageSize: maxMessageBytes,
      startupParameters,
      ...(options.types === undefined ? {} : { types: options.types }),
      ...(options.prepare === undefined ? {} : { prepare: options.prepare })
    }),
    (client) => client.unsafe("select 1")
  )
}

/** The sentence for an error of the client about its connection; none when the error is about a statement. */
export const explain = (server: Shape, error: SqlError): Option.Option<DatabaseError> => ofConnection(server, error)

const toSentence = (server: Shape, error: SqlError): DatabaseError =>
  Option.getOrElse(
    explain(server, error),
    () => new DatabaseUnreachable({ host: server.host, port: server.port, detail: detailOf(error) })
  )

/** Opens a pool to a server and makes one query, so that a server that cannot be used is told at once. */
export const connect = (
  server: Shape,
  options: ClientOptions = {}
): Effect.Effect<PgClient.PgClient, DatabaseError, Scope.Scope | Reactivity.Reactivity> =>
  open(server, options, sessionDefaults).pipe(
    // PgBouncer refuses parameters that it does not know; the default is then the server's.
    Effect.catchIf(
      (error) => detailOf(error).includes("unsupported startup parameter"),
      () => open(server, options, {})
    ),
    Effect.mapError((error) => toSentence(server, error))
  )

/** The chosen server as a service. Building its layer starts the embedded server if that is the choice. */
export class Database extends Context.Service<Database, Shape>()("sluice/resources/database/Database") {
  /** Which server it is; opens no connection. */
  static readonly layerServer = (options: ServerOptions = {}): Layer.Layer<Database, Failure> =>
    Layer.effect(Database, choose(options))

  /** The server of this URL. `setting` is what a message calls the URL. */
  static readonly layerUrl = (
    url: Redacted.Redacted<string>,
    setting = "The database URL"
  ): Layer.Layer<Database, DatabaseError> => Layer.effect(Database, describe("url", url, setting))

  /** A pool of connections to the chosen server. */
  static readonly layerClient = (
    options: ClientOptions = {}
  ): Layer.Layer<PgClient.PgClient | SqlClient, DatabaseError, Database> =>
    PgClient.layerFrom(Effect.flatMap(Database, (server) => connect(server, options)))

  /** The chosen server and a pool of connections to it: what a deployment provides. */
  static readonly layer = (
    options: ServerOptions & ClientOptions = {}
  ): Layer.Layer<Database | PgClient.PgClient | SqlClient, Failure> =>
    Layer.provideMerge(Database.layerClient(options), Database.layerServer(options))
}
