/** What Postgres knows of tables of frames, many at once: who owns them, and the types of their columns. */
import { PgTypes } from "@effect/sql-pg"
import { Effect, Result, Schema } from "effect"
import type { SqlClient, SqlError } from "effect/sql"

export interface Stored {
  /** The comment on the table, which names its asset; null: there is none. */
  readonly comment: string | null
  readonly columns: ReadonlyArray<{ readonly name: string; readonly type: string }>
}

export interface Place {
  readonly schema: string
  readonly name: string
}

const Rows = Schema.Array(Schema.Struct({
  at: Schema.Int,
  comment: Schema.NullOr(Schema.String),
  columns: Schema.Array(Schema.Struct({ name: Schema.String, type: Schema.String }))
}))

const statement = `
select asked.at::int4 as at, obj_description(t.oid, 'pg_class') as comment, coalesce((
  select json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod)) order by attnum)
  from pg_attribute where attrelid = t.oid and attnum > 0 and not attisdropped), '[]') as columns
from unnest($1::text[], $2::text[]) with ordinality as asked(schema, name, at)
join pg_namespace n on n.nspname = asked.schema
join pg_class t on t.relnamespace = n.oid and t.relname = asked.name`

const texts = (values: ReadonlyArray<string>) => Result.getOrThrow(PgTypes.array(values, PgTypes.OID.text))

/** Those of the places that there are. */
export const read = <P extends Place>(
  sql: SqlClient.SqlClient,
  places: ReadonlyArray<P>
): Effect.Effect<ReadonlyMap<P, Stored>, SqlError.SqlError> =>
  places.length === 0 ? Effect.succeed(new Map()) : Effect.gen(function*() {
    const rows = yield* sql.unsafe(statement, [texts(places.map(({ schema }) => schema)), texts(places.map(({ name }) => name))])
    // The statement above makes these rows itself.
    const found = yield* Effect.orDie(Schema.decodeUnknownEffect(Rows)(rows))
    return new Map(found.flatMap(({ at, ...stored }) => {
      const place = places[at - 1]
      return place === undefined ? [] : [[place, stored] as const]
    }))
  })
