/** Creates and widens the tables of frames as their values ask for it; safe when several processes do so at once. */
import { Effect, Option } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import type { IoError } from "../../engine/definition/Io.ts"
import * as Catalog from "../warehouse/Catalog.ts"
import { literal, quote } from "../warehouse/Identifier.ts"
import { lockDefinitions } from "../warehouse/Prepare.ts"
import { refuse, serverFields } from "../warehouse/Refusal.ts"
import { partitionColumn, rowColumn } from "../warehouse/Table.ts"
import * as Transaction from "../warehouse/Transaction.ts"
import type { Apart } from "./Apart.ts"
import * as Kind from "./Kind.ts"

/** What a table must be able to take. */
export interface Wanted {
  readonly asset: string
  readonly schema: string
  readonly name: string
  readonly indexes: ReadonlyArray<string>
  /** Kinds by column; `none` for a column of nulls, which is created as text and becomes another type later. */
  readonly columns: ReadonlyMap<string, Kind.Kind>
}

export interface Column {
  readonly kind: Kind.Kind
  /** A text column that may hold nothing but nulls, and would then become any other type. */
  readonly maybeEmpty: boolean
}

/** The columns of a stored table. */
export type Known = ReadonlyMap<string, Column>

export const qualified = ({ name, schema }: { readonly schema: string; readonly name: string }): string =>
  `${quote(schema)}.${quote(name)}`

const typeOf = (kind: Kind.Kind): string => kind === "none" ? "text" : kind

/** Whether the columns that are there take all that is to be written. */
export const fits = (known: Known | undefined, wanted: Wanted): boolean =>
  known !== undefined && [...wanted.columns].every(([name, kind]) => {
    const stored = known.get(name)
    if (stored === undefined || kind === "none") return stored !== undefined
    return stored.maybeEmpty ? kind === "text" : Kind.join(stored.kind, kind) === stored.kind
  })

const made = (kind: Kind.Kind): Column => ({ kind: kind === "none" ? "text" : kind, maybeEmpty: kind === "none" })

const refused = (wanted: Wanted, reason: string): IoError =>
  refuse(wanted.asset, undefined, `${wanted.asset} would be stored in ${qualified(wanted)}, ${reason}; name another \`prefix\` in Frames.of.`)

const knownOf = Effect.fnUntraced(function*(wanted: Wanted, stored: Catalog.StoredTable) {
  if (stored.comment !== Catalog.commentOf(wanted.asset)) {
    const owner = stored.comment?.startsWith(Catalog.commentOf("")) ? "is another asset's" : "was not made by Sluice"
    return yield* refused(wanted, `which ${owner}`)
  }
  const known = new Map<string, Column>()
  for (const { name, type } of stored.columns) {
    const kind = Kind.ofType(type)
    if (kind !== undefined) known.set(name, { kind, maybeEmpty: kind === "text" })
    else if (wanted.columns.has(name)) return yield* refused(wanted, `whose column "${name}" is ${type}`)
  }
  return known
})

/** How stored values become text: as they would have been written into a text column at once. */
const using = (name: string, from: Kind.Kind, to: Kind.Kind): string =>
  to === "text" && from === "jsonb" ? `(${quote(name)} #>> '{}')` : `${quote(name)}::${to}`

const create = (sql: SqlClient.SqlClient, wanted: Wanted) =>
  Effect.gen(function*() {
    const lines = [...wanted.columns].map(([name, kind]) => `,\n  ${quote(name)} ${typeOf(kind)}`)
    yield* sql.unsafe(
      `create table ${qualified(wanted)} (\n  ${quote(partitionColumn)} text not null,\n  ${quote(rowColumn)} integer not null${lines.join("")}\n)`
    )
    yield* sql.unsafe(`comment on table ${qualified(wanted)} is ${literal(Catalog.commentOf(wanted.asset))}`)
    yield* sql.unsafe(`create index on ${qualified(wanted)} (${quote(partitionColumn)}, ${quote(rowColumn)})`)
  })

const index = (sql: SqlClient.SqlClient, wanted: Wanted, columns: Iterable<string>) =>
  Effect.forEach(
    wanted.indexes.filter((name) => [...columns].includes(name)),
    (name) => sql.unsafe(`create index on ${qualified(wanted)} (${quote(name)})`),
    { discard: true }
  )

/** Text columns that are asked for as another type, and hold nothing but nulls. Nobody can write to the table then. */
const empties = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, wanted: Wanted, known: Known) {
  const asked = [...wanted.columns].filter(([name, kind]) => kind !== "none" && kind !== "text" && known.get(name)?.maybeEmpty === true)
  if (asked.length === 0) return new Set<string>()
  yield* sql.unsafe(`lock table ${qualified(wanted)} in access exclusive mode`)
  const found = new Set<string>()
  for (const [name] of asked) {
    const rows = yield* sql.unsafe(`select 1 from ${qualified(wanted)} where ${quote(name)} is not null limit 1`)
    if (rows.length === 0) found.add(name)
  }
  return found
})

const widen = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, wanted: Wanted, known: Map<string, Column>) {
  const empty = yield* empties(sql, wanted, known)
  const changes: Array<string> = []
  const added: Array<string> = []
  for (const [name, kind] of wanted.columns) {
    const stored = known.get(name)
    if (stored === undefined) {
      changes.push(`add column ${quote(name)} ${typeOf(kind)}`)
      added.push(name)
      known.set(name, made(kind))
      continue
    }
    if (kind === "none") continue
    const to = empty.has(name) ? kind : Kind.join(stored.kind, kind)
    known.set(name, made(to))
    if (to !== stored.kind) changes.push(`alter column ${quote(name)} type ${to} using ${using(name, stored.kind, to)}`)
  }
  // All changes in one statement: the table is rewritten once at most.
  if (changes.length > 0) yield* sql.unsafe(`alter table ${qualified(wanted)} ${changes.join(", ")}`)
  yield* index(sql, wanted, added)
  return known
})

/** Makes one table fit; the definitions are locked. */
const fit = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, wanted: Wanted) {
  const stored = yield* Catalog.read(sql, wanted)
  if (Option.isSome(stored)) return yield* widen(sql, wanted, yield* knownOf(wanted, stored.value))
  if (!(yield* Catalog.hasSchema(sql, wanted.schema))) yield* sql.unsafe(`create schema ${quote(wanted.schema)}`)
  yield* create(sql, wanted)
  yield* index(sql, wanted, wanted.columns.keys())
  return new Map([...wanted.columns].map(([name, kind]) => [name, made(kind)] as const))
})

/** Reads what is there; none where the table is missing. */
export const look = (
  sql: SqlClient.SqlClient,
  wanted: Wanted
): Effect.Effect<Option.Option<Known>, IoError | SqlError.SqlError> =>
  Effect.flatMap(Catalog.read(sql, wanted), (stored) =>
    Option.isNone(stored) ? Effect.succeedNone : Effect.asSome(knownOf(wanted, stored.value)))

type Changed = ReadonlyArray<readonly [table: Wanted, known: Known]>

const change = (sql: SqlClient.SqlClient, wanted: ReadonlyArray<Wanted>): Effect.Effect<Changed, IoError | SqlError.SqlError> =>
  Effect.andThen(
    lockDefinitions(sql),
    Effect.forEach(wanted, (table) => Effect.map(fit(sql, table), (known) => [table, known] as const))
  )

/** A table that is being read or written for longer than this is changed inside the transaction that needs it. */
const lockTimeout = "2s"

const lockNotAvailable = "55P03"

/**
 * Makes the tables fit, in a transaction of its own that ends at once: others would wait for the end of the one that
 * it is called in. Where that one itself stands in the way, having written to the tables before, it is done within it.
 */
export const ensure = (
  sql: SqlClient.SqlClient,
  apart: Apart,
  wanted: ReadonlyArray<Wanted>
): Effect.Effect<Changed, IoError | SqlError.SqlError> =>
  Effect.gen(function*() {
    const alone = Effect.andThen(sql.unsafe(`set local lock_timeout = '${lockTimeout}'`), change(sql, wanted))
    const changed = yield* Effect.catchTag(apart(alone), "SqlError", (error) =>
      serverFields(error).code === lockNotAvailable ? Effect.succeed(Option.none<Changed>()) : Effect.fail(error))
    return Option.isSome(changed) ? changed.value : yield* Transaction.run(sql, change(sql, wanted))
  })
