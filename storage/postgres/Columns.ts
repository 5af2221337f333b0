/** The columns of a batch as array parameters for `unnest`: one parameter a column, however many rows. */
import { PgTypes } from "@effect/sql-pg"
import { Result } from "effect"

const column = (oid: number) => (values: ReadonlyArray<unknown>): PgTypes.Parameter =>
  Result.getOrThrow(PgTypes.array(values, oid))

/**
 * Text that Postgres takes: a NUL or half a surrogate pair becomes the replacement character. Error messages quote
 * whatever the outside sent, and a failure that cannot be recorded would be worse than a replaced character.
 */
export const clean = (text: string): string => text.toWellFormed().replaceAll("\0", "\ufffd")

// Escapes that jsonb refuses. An even number of backslashes before it belongs to the text.
const refused = /(?<=(?:^|[^\\])(?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g

const replacer = (_: string, value: unknown): unknown =>
  typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value)) ? String(value) : value

/** JSON for a jsonb column. Numbers that JSON does not have (NaN, infinities, BigInt) become text. */
export const json = (value: unknown): string => (JSON.stringify(value, replacer) ?? "null").replace(refused, "\ufffd")

const isEmpty = (value: object): boolean => {
  for (const _ in value) return false
  return true
}

/** Keys, as they are: a changed key would be another key. */
export const keys: (values: ReadonlyArray<string | null>) => PgTypes.Parameter = column(PgTypes.OID.text)
/** Texts for people. */
export const texts = (values: ReadonlyArray<string | null>): PgTypes.Parameter =>
  keys(values.map((value) => value === null ? null : clean(value)))
/** For `float8[]`, to be cast to bigint: exact to 2^53, without a BigInt for each value. */
export const numbers: (values: ReadonlyArray<number | null>) => PgTypes.Parameter = column(PgTypes.OID.float8)
export const instants: (values: ReadonlyArray<Date | null>) => PgTypes.Parameter = column(PgTypes.OID.timestamptz)
export const flags: (values: ReadonlyArray<boolean | null>) => PgTypes.Parameter = column(PgTypes.OID.bool)
/** For `text[]`, to be cast to jsonb; null where there is nothing in it, because a million rows have nothing in it. */
export const documents = (values: ReadonlyArray<object>): PgTypes.Parameter =>
  keys(values.map((value) => isEmpty(value) ? null : json(value)))
