/** Why a database cannot be used, each fault in one sentence that never contains the password. */
import { Option, Schema } from "effect"
import type { SqlError } from "effect/sql/SqlError"

/** Where a server is: what may be said about it. */
export interface Address {
  readonly host: string
  readonly port: number
  readonly database: string
}

const address = { host: Schema.String, port: Schema.Number }

/** Nothing that speaks Postgres answers at this host and port. */
export class DatabaseUnreachable extends Schema.TaggedError<DatabaseUnreachable>()("DatabaseUnreachable", {
  ...address,
  detail: Schema.String
}) {
  override get message(): string {
    return `No Postgres server answers at ${this.host} port ${this.port} (${this.detail}); check that it runs, that ` +
      "DATABASE_URL or PGHOST and PGPORT name it, and that no firewall is between."
  }
}

/** The server answers and refuses this connection: wrong password, no TLS, no free connection. */
export class DatabaseRefused extends Schema.TaggedError<DatabaseRefused>()("DatabaseRefused", {
  ...address,
  detail: Schema.String
}) {
  override get message(): string {
    return `The Postgres server at ${this.host} port ${this.port} refused the connection: ${this.detail}.`
  }
}

/** The server has no database of this name. */
export class DatabaseMissing extends Schema.TaggedError<DatabaseMissing>()("DatabaseMissing", {
  ...address,
  database: Schema.String
}) {
  override get message(): string {
    return `The Postgres server at ${this.host} port ${this.port} has no database "${this.database}"; create it, or ` +
      "name another one in DATABASE_URL or PGDATABASE."
  }
}

/** A variable that names the database cannot be understood. */
export class DatabaseSettingInvalid extends Schema.TaggedError<DatabaseSettingInvalid>()("DatabaseSettingInvalid", {
  setting: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.setting} ${this.detail}.`
  }
}

export type DatabaseError = DatabaseUnreachable | DatabaseRefused | DatabaseMissing | DatabaseSettingInvalid

const textOf = (cause: unknown, property: "code" | "message"): string | undefined => {
  if (typeof cause !== "object" || cause === null || !(property in cause)) return undefined
  const value: unknown = Reflect.get(cause, property)
  return typeof value === "string" && value !== "" ? value : undefined
}

/** The server's or the system's own words for a failed connection, in one line. */
export const detailOf = (error: SqlError): string =>
  (textOf(error.reason.cause, "message") ?? textOf(error.reason.cause, "code") ?? error.message)
    .split("\n", 1)[0]!.replace(/[.\s]+$/, "")

/**
 * The sentence for a connection that could not be made, or none when the error is about a statement.
 * Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export const ofConnection = (at: Address, error: SqlError): Option.Option<DatabaseError> => {
  const { database, host, port } = at
  const code = textOf(error.reason.cause, "code")
  const detail = detailOf(error)
  if (code === "3D000") return Option.some(new DatabaseMissing({ host, port, database }))
  if (code === "28P01") {
    return Option.some(
      new DatabaseRefused({ host, port, detail: `${detail}; check the user and the password` })
    )
  }
  if (code === "53300") {
    return Option.some(
      new DatabaseRefused({ host, port, detail: `${detail}; raise max_connections or lower the size of the pool` })
    )
  }
  const aboutTls = /tls|ssl|certificate/i.test(`${error.message} ${detail}`)
  if (error.reason._tag === "AuthenticationError" || code === "42501" || aboutTls) {
    return Option.some(new DatabaseRefused({ host, port, detail }))
  }
  return error.reason._tag === "ConnectionError"
    ? Option.some(new DatabaseUnreachable({ host, port, detail }))
    : Option.none()
}
