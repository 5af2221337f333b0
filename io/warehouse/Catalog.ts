/** What Postgres knows of a stored table: its columns, indexes, checks and the asset that owns it. */
import { Effect, Option, Schema } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import type { Table } from "./Table.ts"

const StoredTable = Schema.Struct({
  /** The comment on the table, which names its asset. */
  comment: Schema.NullOr(Schema.String),
  isTable: Schema.Boolean,
  columns: Schema.Array(Schema.Struct({
    name: Schema.String,
    type: Schema.String,
    notNull: Schema.Boolean,
    /** It has a default or numbers itself, so that a row may leave it out. */
    filled: Schema.Boolean
  })),
  indexes: Schema.Array(Schema.Struct({ columns: Schema.Array(Schema.String), isPrimary: Schema.Boolean })),
  checks: Schema.Array(Schema.Struct({ name: Schema.String, columns: Schema.Array(Schema.String) }))
})

export type StoredTable = typeof StoredTable.Type

/** The comment that marks a table as an asset's. */
export const commentOf = (asset: string): string => `Sluice asset ${asset}`

const statement = `
select json_build_object(
  'comment', obj_description(t.oid, 'pg_class'),
  'isTable', t.relkind in ('r', 'p'),
  'columns', coalesce((
    select json_agg(json_build_object(
      'name', attname, 'type', format_type(atttypid, atttypmod), 'notNull', attnotnull,
      'filled', atthasdef or attidentity <> ''
    ) order by attnum)
    from pg_attribute where attrelid = t.oid and attnum > 0 and not attisdropped), '[]'),
  'indexes', coalesce((
    select json_agg(json_build_object('isPrimary', i.indisprimary, 'columns', (
      select coalesce(json_agg(coalesce(a.attname, '') order by k.place), '[]')
      from unnest(i.indkey) with ordinality as k(attnum, place)
      left join pg_attribute a on a.attrelid = t.oid and a.attnum = k.attnum)))
    from pg_index i where i.indrelid = t.oid and i.indpred is null), '[]'),
  'checks', coalesce((
    select json_agg(json_build_object('name', c.conname, 'columns', (
      select coalesce(json_agg(a.attname), '[]') from pg_attribute a
      where a.attrelid = t.oid and a.attnum = any (c.conkey))))
    from pg_constraint c where c.conrelid = t.oid and c.contype = 'c'), '[]')
) as "table"
from pg_class t join pg_namespace n on n.oid = t.relnamespace
where n.nspname = $1 and t.relname = $2`

const parse = Schema.decodeUnknownEffect(Schema.Struct({ table: StoredTable }))

/** The stored table, none when there is none of that name. */
export const read = (
  sql: SqlClient.SqlClient,
  table: Pick<Table, "schema" | "name">
): Effect.Effect<Option.Option<StoredTable>, SqlError.SqlError> =>
  Effect.flatMap(sql.unsafe(statement, [table.schema, table.name]), ([row]) =>
    row === undefined
      ? Effect.succeed(Option.none())
      // The statement above makes this JSON itself.
      : Effect.map(Effect.orDie(parse(row)), (parsed) => Option.some(parsed.table)))

/** True when the schema of Postgres exists; asked first, since creating it may need a right that the user lacks. */
export const hasSchema = (sql: SqlClient.SqlClient, schema: string): Effect.Effect<boolean, SqlError.SqlError> =>
  Effect.map(sql.unsafe(`select 1 from pg_namespace where nspname = $1`, [schema]), (rows) => rows.length > 0)
