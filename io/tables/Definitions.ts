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
import * as Stored from "./Stored.ts"

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

const knownOf = Effect.fnUntraced(function*(wanted: Wanted, stored: Stored.Stored) {
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

const indexes = (wanted: Wanted, columns: ReadonlyArray<string>): ReadonlyArray<string> =>
  wanted.indexes.filter((name) => columns.includes(name)).map((name) => `create index on ${qualified(wanted)} (${quote(name)})`)

const creation = (wanted: Wanted): ReadonlyArray<string> => {
  const lines = [...wanted.columns].map(([name, kind]) => `,\n  ${quote(name)} ${typeOf(kind)}`)
  const own = `${quote(partitionColumn)} text not null,\n  ${quote(rowColumn)} integer not null`
  return [
    `create table ${qualified(wanted)} (\n  ${own}${lines.join("")}\n)`,
    `comment on table ${qualified(wanted)} is ${literal(Catalog.commentOf(wanted.asset))}`,
    `create index on ${qualified(wanted)} (${quote(partitionColumn)}, ${quote(rowColumn)})`,
    ...indexes(wanted, [...wanted.columns.keys()])
  ]
}

/** Many statements in one message. None of them holds this mark: names of columns and tables are letters and digits. */
const mark = "$definitions$"

const all = (sql: SqlClient.SqlClient, statements: ReadonlyArray<string>) =>
  statements.length === 0 ? Effect.void : sql.unsafe(`do ${mark}\nbegin\n${statements.map((each) => `${each};`).join("\n")}\nend ${mark}`)

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
  yield* all(sql, indexes(wanted, added))
  return known
})

/** What is known of those tables that there are. */
export const look = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, wanted: ReadonlyArray<Wanted>) {
  const found: Array<readonly [Wanted, Known]> = []
  for (const [each, stored] of yield* Stored.read(sql, wanted)) found.push([each, yield* knownOf(each, stored)])
  return found
})

type Changed = ReadonlyArray<readonly [table: Wanted, known: Known]>

/** Makes the tables fit; the definitions are locked from here on. */
const change = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, wanted: ReadonlyArray<Wanted>) {
  yield* lockDefinitions(sql)
  const stored = yield* Stored.read(sql, wanted)
  const missing = wanted.filter((each) => !stored.has(each))
  for (const schema of new Set(missing.map(({ schema }) => schema))) {
    if (!(yield* Catalog.hasSchema(sql, schema))) yield* sql.unsafe(`create schema ${quote(schema)}`)
  }
  yield* all(sql, missing.flatMap(creation))
  const changed: Array<Changed[number]> = missing.map((each) => [
    each,
    new Map([...each.columns].map(([name, kind]) => [name, made(kind)] as const))
  ])
  for (const [each, table] of stored) changed.push([each, yield* widen(sql, each, yield* knownOf(each, table))])
  return changed
})

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
