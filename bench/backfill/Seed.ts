/** A million materialized cells without running them: rows of the store's own table, from one statement an asset. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { add } from "../../engine/plan/Snapshot.ts"
import { days, endpoints, games } from "./definitions.ts"

/** All have one version, so that what their readers have read is one text. */
const version = 1
const read = (upstream: string) => ({ asset: upstream, count: 1, sum: add(0, version), max: version })

/**
 * Writes the cells of an asset that a hash chooses, as if they had read those of `upstream`. The store makes the sets
 * when it is first asked for them.
 */
export const cells = Effect.fnUntraced(function*(asset: string, share: number, upstream?: readonly [string, string]) {
  const sql = yield* SqlClient.SqlClient
  const inputs = upstream === undefined ? null : JSON.stringify({ [upstream[0]]: read(upstream[1]) })
  yield* sql`
    insert into sluice.cells (asset, partition, data_version, materialized_at, code_version, inputs)
    select ${asset}, cell.partition, ${version}::integer, now(), '', ${inputs}::text::jsonb
    from (
      select to_char(date '2024-01-01' + day, 'YYYY-MM-DD') || '|endpoint_' || lpad(endpoint::text, 2, '0') ||
        '|00224' || lpad(game::text, 5, '0') as partition
      from generate_series(0, ${days - 1}::integer) as day,
        generate_series(0, ${endpoints - 1}::integer) as endpoint,
        generate_series(0, ${games - 1}::integer) as game
    ) as cell
    where abs(hashtext(cell.partition)::bigint) % 1000 < ${share * 1000}::integer
  `
  yield* sql`analyze sluice.cells`
})

/** The least the database can do for so many cells: a row and one bookkeeping row each, 500 cells a transaction. */
export const bareInserts = Effect.fnUntraced(function*(count: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`drop table if exists bare_rows, bare_steps`
  yield* sql`create table bare_rows (_partition text not null, n integer not null)`
  yield* sql`create index on bare_rows (_partition)`
  yield* sql`create table bare_steps (cell text primary key, at timestamptz not null default now())`
  const began = performance.now()
  for (let from = 0; from < count; from += 500) {
    const batch = Array.from({ length: 500 }, (_, i) => `2024-01-01|endpoint_00|${from + i}`)
    yield* sql.withTransaction(Effect.andThen(
      sql`insert into bare_rows select k, 1 from unnest(${batch}::text[]) as k`,
      sql`insert into bare_steps (cell) select k from unnest(${batch}::text[]) as k`
    ))
  }
  return count / ((performance.now() - began) / 1000)
})
