/**
 * Which file each cell has, in the schema `sluice_lake`; and which files are nobody's yet, or nobody's any more.
 *
 * A file is *loose* from before it is written until the commit that makes it a cell's, and again from the commit that
 * replaces it on. So the files of writers that died are known without a look at the store.
 */
import { PgTypes } from "@effect/sql-pg"
import { Effect, Option, Result, Schema } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import * as Catalog from "../warehouse/Catalog.ts"
import { lockDefinitions } from "../warehouse/Prepare.ts"
import * as Transaction from "../warehouse/Transaction.ts"
import * as Form from "./Form.ts"
import type { FileFormat } from "./Layout.ts"

const schema = "sluice_lake"

const statements = [
  `create table ${schema}.assets (asset text collate "C" primary key)`,
  `comment on table ${schema}.assets is 'Assets that have a place in the lake'`,
  `create table ${schema}.files (
  asset text collate "C" not null,
  partition text collate "C" not null,
  path text not null,
  format text not null,
  size bigint not null,
  rows bigint not null,
  written_at timestamptz not null,
  previous text,
  primary key (asset, partition)
)`,
  `comment on table ${schema}.files is 'Files of cells, by their paths in the lake; previous is the file before the last write'`,
  `create table ${schema}.loose_files (
  path text primary key,
  expires_at timestamptz not null,
  condemned boolean not null default false
)`,
  `comment on table ${schema}.loose_files is 'Files that are being written, or were replaced: removed when they expire; a condemned one is no cell''s ever'`
]

/** Came later: files that are older have none. */
const addForms = [
  `alter table ${schema}.files add column forms text`,
  `comment on column ${schema}.files.forms is 'How each column stands in the file, as JSON'`
]

/** Creates the tables that this module keeps, and notes that the asset has a place. */
export const prepare = (sql: SqlClient.SqlClient, asset: string): Effect.Effect<void, SqlError.SqlError> => {
  const changes = Effect.map(Catalog.read(sql, { schema, name: "files" }), Option.match({
    onNone: () => [...statements, ...addForms],
    onSome: ({ columns }) => columns.some(({ name }) => name === "forms") ? [] : addForms
  }))
  const change = Effect.gen(function*() {
    yield* lockDefinitions(sql)
    if (!(yield* Catalog.hasSchema(sql, schema))) yield* sql.unsafe(`create schema ${schema}`)
    // Somebody else may have made them before the lock was ours.
    for (const statement of yield* changes) yield* sql.unsafe(statement)
  })
  return Effect.gen(function*() {
    if ((yield* changes).length > 0) yield* Transaction.run(sql, change)
    yield* sql.unsafe(`insert into ${schema}.assets values ($1) on conflict do nothing`, [asset])
  })
}

const texts = (values: ReadonlyArray<string>) => Result.getOrThrow(PgTypes.array(values, PgTypes.OID.text))
const numbers = (values: ReadonlyArray<number>) => Result.getOrThrow(PgTypes.array(values.map(String), PgTypes.OID.text))

/** A file that is written and not yet a cell's. */
export interface Written {
  readonly asset: string
  readonly partition: string
  readonly path: string
  readonly format: FileFormat["format"]
  readonly forms: Form.Fields
  /** In bytes. */
  readonly size: number
  readonly rows: number
}

/** How long a file may go without a sign of its writer. */
const patience = "1 hour"

/** Announces a file that is about to be written, or that it is still being written. */
export const announce = (sql: SqlClient.SqlClient, path: string) =>
  sql.unsafe(
    `insert into ${schema}.loose_files as loose (path, expires_at) values ($1, now() + interval '${patience}')
on conflict (path) do update set expires_at = excluded.expires_at where not loose.condemned`,
    [path]
  )

/** Of a file that was removed. */
export const forget = (sql: SqlClient.SqlClient, paths: ReadonlyArray<string>) =>
  sql.unsafe(`delete from ${schema}.loose_files where path = any($1::text[])`, [texts(paths)])

/** Takes files out of the loose ones; gives those that were there, and may become cells'. */
const claim = (sql: SqlClient.SqlClient, files: ReadonlyArray<Written>) =>
  sql.unsafe<{ readonly path: string }>(
    `delete from ${schema}.loose_files where path = any($1::text[]) and not condemned returning path`,
    [texts(files.map(({ path }) => path))]
  )

/**
 * Makes the files those of their cells, one a cell. From here to the end of the transaction no other writer gets at these
 * cells; in one order, so that writers do not deadlock.
 */
const assign = (sql: SqlClient.SqlClient, files: ReadonlyArray<Written>) =>
  sql.unsafe<{ readonly previous: string | null }>(
    `insert into ${schema}.files as stored (asset, partition, path, format, forms, size, rows, written_at)
select asset, partition, path, format, forms, size::bigint, rows::bigint, now()
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
  as given(asset, partition, path, format, forms, size, rows)
order by asset collate "C", partition collate "C"
on conflict (asset, partition) do update
set path = excluded.path, format = excluded.format, forms = excluded.forms, size = excluded.size,
  rows = excluded.rows, written_at = excluded.written_at, previous = stored.path
returning previous`,
    [
      texts(files.map((file) => file.asset)),
      texts(files.map((file) => file.partition)),
      texts(files.map((file) => file.path)),
      texts(files.map((file) => file.format)),
      texts(files.map((file) => JSON.stringify(file.forms))),
      numbers(files.map((file) => file.size)),
      numbers(files.map((file) => file.rows))
    ]
  )

/** Records the files of cells, all or none; gives those that were removed before they could be. */
export const record = (sql: SqlClient.SqlClient, files: ReadonlyArray<Written>, keepSeconds: number) =>
  Effect.gen(function*() {
    const there = new Set((yield* claim(sql, files)).map(({ path }) => path))
    const gone = files.filter(({ path }) => !there.has(path))
    if (gone.length > 0) return gone
    const replaced = (yield* assign(sql, files)).flatMap(({ previous }) => previous ?? [])
    if (replaced.length > 0) {
      // By the clock, since the transaction may have begun long ago.
      yield* sql.unsafe(
        `insert into ${schema}.loose_files (path, expires_at)
select path, clock_timestamp() + make_interval(secs => $2::float8) from unnest($1::text[]) as replaced(path)`,
        [texts(replaced), keepSeconds]
      )
    }
    return []
  })

/**
 * Condemns files that have expired, so that no commit can take them any more; gives them, to be removed. What a commit or
 * another sweep is at is left to it: to wait for one another could be a deadlock.
 */
export const condemn = (sql: SqlClient.SqlClient, count: number) =>
  sql.unsafe<{ readonly path: string }>(
    `update ${schema}.loose_files set condemned = true
where path in (
  select path from ${schema}.loose_files where condemned or expires_at < now() limit $1 for no key update skip locked
) returning path`,
    [count]
  )

/** The file of a cell. */
export interface Entry {
  readonly partition: string
  readonly path: string
  readonly format: FileFormat["format"]
  /** Undefined for a file that was written before they were recorded: its columns are what the schema says. */
  readonly forms: Form.Fields | undefined
  readonly size: number
}

/** Not by its name: in a database that only old code has prepared, there is no such column. */
const columns = "partition, path, format, to_jsonb(stored) ->> 'forms' as forms, size::float8 as size"

const parse = Schema.decodeUnknownSync(Form.Recorded)

const entries = (sql: SqlClient.SqlClient, rest: string, parameters: ReadonlyArray<unknown>) => {
  const rows = sql.unsafe<Omit<Entry, "forms"> & { readonly forms: string | null }>(
    `select ${columns} from ${schema}.files stored ${rest}`,
    parameters
  )
  return Effect.map(rows, (found) => {
    // Most files have the same.
    const parsed = new Map<string | null, Form.Fields | undefined>([[null, undefined]])
    for (const { forms } of found) if (forms !== null && !parsed.has(forms)) parsed.set(forms, parse(forms))
    return found.map((row): Entry => ({ ...row, forms: parsed.get(row.forms) }))
  })
}

/** The files of the next cells of an asset after a partition, in their order. */
export const after = (sql: SqlClient.SqlClient, asset: string, partition: string | undefined, count: number) =>
  entries(
    sql,
    `where asset = $1${partition === undefined ? "" : " and partition > $3"} order by partition limit $2`,
    partition === undefined ? [asset, count] : [asset, count, partition]
  )

/** The files of those of the partitions that are stored. */
export const some = (sql: SqlClient.SqlClient, asset: string, partitions: ReadonlyArray<string>) =>
  entries(sql, "where asset = $1 and partition = any($2::text[])", [asset, texts(partitions)])

/** Whether the asset has a place in the lake. */
export const knows = (sql: SqlClient.SqlClient, asset: string) =>
  Effect.map(sql.unsafe(`select from ${schema}.assets where asset = $1`, [asset]), (rows) => rows.length > 0)
