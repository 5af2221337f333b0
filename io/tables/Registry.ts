/** Which frames each cell holds, in the schema `sluice_tables`: a set is given back whole, empty frames included. */
import { PgTypes } from "@effect/sql-pg"
import { Effect, Option, Result, Schema } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import * as Catalog from "../warehouse/Catalog.ts"
import { lockDefinitions } from "../warehouse/Prepare.ts"
import * as Transaction from "../warehouse/Transaction.ts"
import type { Cell, Shape } from "./Layout.ts"

const schema = "sluice_tables"

const statements = [
  `create table ${schema}.shapes (
  id integer generated always as identity primary key,
  asset text not null,
  hash text not null,
  in_schema text not null,
  frames json not null,
  unique (asset, hash)
)`,
  `comment on table ${schema}.shapes is 'Sets of frames that cells of an asset hold: names, tables, headers and columns'`,
  `create table ${schema}.cells (
  asset text collate "C" not null,
  partition text collate "C" not null,
  shape integer not null references ${schema}.shapes,
  previous integer,
  primary key (asset, partition)
)`,
  `comment on table ${schema}.cells is 'Cells of assets that are stored as frames; previous is the shape before the last write'`
]

/** Creates the tables that this module keeps. */
export const prepare = (sql: SqlClient.SqlClient): Effect.Effect<void, SqlError.SqlError> => {
  const missing = Effect.map(Catalog.read(sql, { schema, name: "cells" }), Option.isNone)
  const create = Effect.gen(function*() {
    yield* lockDefinitions(sql)
    if (!(yield* missing)) return
    if (!(yield* Catalog.hasSchema(sql, schema))) yield* sql.unsafe(`create schema ${schema}`)
    for (const statement of statements) yield* sql.unsafe(statement)
  })
  return Effect.flatMap(missing, (isMissing) => isMissing ? Transaction.run(sql, create) : Effect.void)
}

export const texts = (values: ReadonlyArray<string | null>) => Result.getOrThrow(PgTypes.array(values, PgTypes.OID.text))
export const integers = (values: ReadonlyArray<number>) => Result.getOrThrow(PgTypes.array(values, PgTypes.OID.int4))

export const keyOf = ({ asset, hash }: Shape): string => `${hash} ${asset}`

/** The number of a shape, under which cells name it. Committed at once, so that no writer waits for another's. */
export const numberOf = (sql: SqlClient.SqlClient, { asset, frames, hash, schema: inSchema }: Shape) =>
  Effect.gen(function*() {
    const select = sql.unsafe<{ readonly id: number }>(`select id from ${schema}.shapes where asset = $1 and hash = $2`, [asset, hash])
    const insert = sql.unsafe<{ readonly id: number }>(
      `insert into ${schema}.shapes (asset, hash, in_schema, frames) values ($1, $2, $3, $4::json)
on conflict (asset, hash) do nothing returning id`,
      [asset, hash, inSchema, JSON.stringify(frames)]
    )
    for (const attempt of [select, insert, select]) {
      const [row] = yield* attempt
      if (row !== undefined) return row.id
    }
    return yield* Effect.die(new Error(`The shape ${hash} of ${asset} is neither there nor can it be written.`))
  })

const Shaped = Schema.Struct({
  id: Schema.Int,
  asset: Schema.String,
  hash: Schema.String,
  schema: Schema.String,
  frames: Schema.Array(Schema.Struct({
    name: Schema.String,
    table: Schema.UndefinedOr(Schema.String).pipe(Schema.optionalKey),
    headers: Schema.Array(Schema.String),
    columns: Schema.Array(Schema.String)
  }))
})

/** The shapes of these numbers. */
export const shapes = (sql: SqlClient.SqlClient, ids: ReadonlyArray<number>): Effect.Effect<ReadonlyMap<number, Shape>, SqlError.SqlError> =>
  ids.length === 0 ? Effect.succeed(new Map()) : Effect.gen(function*() {
    const rows = yield* sql.unsafe<object>(
      `select id, asset, hash, in_schema as schema, frames from ${schema}.shapes where id = any($1::int4[])`,
      [integers(ids)]
    )
    const parsed = yield* Effect.orDie(Schema.decodeUnknownEffect(Schema.Array(Shaped))(rows))
    return new Map(parsed.map(({ frames, id, ...shape }) => [
      id,
      { ...shape, frames: frames.map((frame) => ({ ...frame, table: frame.table })) }
    ]))
  })

/**
 * Records the shapes of the cells and gives those that they had before. From here to the end of the transaction no
 * other writer gets at these cells; in one order, so that writers do not deadlock.
 */
export const record = (sql: SqlClient.SqlClient, cells: ReadonlyArray<Cell>, numbers: ReadonlyMap<string, number>) =>
  sql.unsafe<{ readonly asset: string; readonly partition: string; readonly previous: number | null }>(
    `insert into ${schema}.cells as stored (asset, partition, shape)
select asset, partition, shape from unnest($1::text[], $2::text[], $3::int4[]) as given(asset, partition, shape)
order by asset collate "C", partition collate "C"
on conflict (asset, partition) do update set previous = stored.shape, shape = excluded.shape
returning asset, partition, previous`,
    [
      texts(cells.map(({ shape }) => shape.asset)),
      texts(cells.map(({ partition }) => partition)),
      integers(cells.map(({ shape }) => numbers.get(keyOf(shape)) ?? 0))
    ]
  )

/** A stored cell: its partition and the number of its shape. */
export interface Entry {
  readonly partition: string
  readonly shape: number
}

/** The next cells of an asset after a partition, in their order. */
export const after = (sql: SqlClient.SqlClient, asset: string, partition: string | undefined, count: number) =>
  sql.unsafe<Entry>(
    `select partition, shape from ${schema}.cells where asset = $1${partition === undefined ? "" : " and partition > $3"} order by partition limit $2`,
    partition === undefined ? [asset, count] : [asset, count, partition]
  )

/** Those of the partitions that are stored. */
export const some = (sql: SqlClient.SqlClient, asset: string, partitions: ReadonlyArray<string>) =>
  sql.unsafe<Entry>(
    `select partition, shape from ${schema}.cells where asset = $1 and partition = any($2::text[])`,
    [asset, texts(partitions)]
  )
