/** Why something cannot be stored or loaded, as one sentence: the `IoError`s of values, rows and Postgres. */
import { SqlError } from "effect/sql"
import { IoError } from "../../engine/definition/Io.ts"

/** Thrown by encoders in hot loops, caught once a cell. `reason` completes "column x holds y: …". */
export class Refused extends Error {}

/** A value as it appears in a sentence: at most about 80 characters. */
export const shown = (value: unknown): string => {
  const cut = (text: string) => (text.length > 80 ? `${text.slice(0, 77)}...` : text)
  if (typeof value === "string") return cut(JSON.stringify(value.length > 80 ? value.slice(0, 80) : value))
  if (typeof value === "bigint") return cut(`${value}n`)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid Date" : value.toISOString()
  if (typeof value === "object" && value !== null) {
    try {
      return cut(JSON.stringify(value) ?? "an object")
    } catch {
      return "an object"
    }
  }
  return cut(String(value))
}

/** "nhl/games, partition 2024-01-01" or "nhl/games". */
export const place = (asset: string, partition: string | undefined): string =>
  partition === undefined || partition === "" ? asset : `${asset}, partition ${partition}`

/** An `IoError` that another try cannot cure. */
export const refuse = (asset: string, partition: string | undefined, message: string, cause?: unknown): IoError =>
  new IoError({
    asset,
    ...(partition === undefined || partition === "" ? {} : { partition }),
    message,
    transient: false,
    ...(cause === undefined ? {} : { cause })
  })

interface ServerFields {
  readonly code: string | undefined
  readonly message: string
  readonly detail: string | undefined
  readonly constraint: string | undefined
  readonly column: string | undefined
}

const field = (u: unknown, name: string): string | undefined => {
  const value = typeof u === "object" && u !== null ? Reflect.get(u, name) : undefined
  return typeof value === "string" ? value : undefined
}

/** What the server said; the client keeps the fields of its message on the cause of the reason. */
export const serverFields = (error: SqlError.SqlError): ServerFields => {
  const cause = error.reason.cause
  return {
    code: field(cause, "code"),
    message: field(cause, "message") ?? error.message,
    detail: field(cause, "detail"),
    constraint: field(cause, "constraint"),
    column: field(cause, "column")
  }
}

/** Out of connections, memory or disk, shutting down or starting: classes 53 and 57P of SQLSTATE, and lost connections. */
const transient = (error: SqlError.SqlError, code: string | undefined): boolean =>
  error.isRetryable || (code !== undefined && /^(08|53|57P|40)/.test(code))

const withoutDot = (text: string): string => text.replace(/\.$/, "")

const sentence = (asset: string, partition: string, verb: string, fields: ServerFields): string => {
  const where = place(asset, partition)
  const detail = withoutDot(fields.detail ?? fields.message)
  switch (fields.code) {
    case "23505":
      return `${where} cannot be written: ${detail} (${fields.constraint ?? "unique"}); ` +
        "a key is unique over the whole asset, so drop the second row or declare the output with mode \"upsert\"."
    case "23502":
      return `${where} cannot be written: column "${fields.column ?? "?"}" of its table is never null; ` +
        "give every row a value or make the column nullable in the schema."
    case "23514":
      return `${where} cannot be written: ${withoutDot(fields.message)}.`
    case "42P01":
      return `${asset} was never materialized, or its table was dropped: run \`sluice materialize ${asset} --force\`.`
    case "42501":
      return `${asset}: the database user may not ${verb} it (${withoutDot(fields.message)}); grant the right.`
    default:
      return `Postgres could not ${verb} ${where}: ${withoutDot(fields.message)}` +
        `${fields.detail === undefined ? "" : ` (${withoutDot(fields.detail)})`}.`
  }
}

/** A refusal of Postgres as an `IoError`. */
export const fromSql = (
  asset: string,
  verb: "write" | "load" | "prepare",
  error: SqlError.SqlError,
  partition = ""
): IoError => {
  const fields = serverFields(error)
  return new IoError({
    asset,
    ...(partition === "" ? {} : { partition }),
    message: sentence(asset, partition, verb, fields),
    transient: transient(error, fields.code),
    cause: error
  })
}
