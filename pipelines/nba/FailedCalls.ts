/** `nba_endpoint_failed_calls`: the calls that failed and were not made well since, as a view for SQL. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { createHash } from "node:crypto"
import * as Catalogue from "../../resources/nba/catalogue.ts"
import * as Survey from "./Survey.ts"

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

const endpoints = Catalogue.endpoints.map((endpoint) =>
  `(${[Survey.asset(endpoint), endpoint.name, Survey.table(endpoint), Survey.parameter(endpoint)].map(quoted).join(", ")})`
).join(",\n    ")

// The view reads through a function, whose body is text to Postgres: a view on the engine's tables would be in the way of
// their next migration.
const makeFunction = `
create or replace function public.nba_failed_calls() returns table (
  id integer, endpoint_name text, table_name text, parameter_name text, parameter_value text,
  error_message text, failed_at timestamptz, retry_count integer
) language sql stable as $body$
  select
    (row_number() over (order by failure.failed_at, cell.asset, cell.partition))::integer,
    endpoint.name, endpoint.table_name, endpoint.parameter, cell.partition,
    left(cell.error, 500), failure.failed_at, failure.retry_count
  from (values
    ${endpoints}
  ) as endpoint (asset, name, table_name, parameter)
  join sluice.cells as cell on cell.asset = endpoint.asset and cell.failed
  cross join lateral (
    select max(step.finished_at) as failed_at, (count(*) - 1)::integer as retry_count
    from sluice.steps as step
    where step.asset = cell.asset and step.partition = cell.partition and step.state = 'failed'
      and (cell.materialized_at is null or step.finished_at > cell.materialized_at)
  ) as failure
$body$`

const makeView = "create or replace view public.nba_endpoint_failed_calls as select * from public.nba_failed_calls()"

const mark = `definition ${createHash("sha256").update(makeFunction + makeView).digest("hex").slice(0, 16)}`

const comment =
  "Calls of the NBA's API that failed and were not made well since, from the records of Sluice. table_name is how the " +
  `tables of the endpoint begin; retry_count counts the runs that tried it again. (${mark})`

const statements = [
  // A function cannot be replaced by one with other columns.
  "drop view if exists public.nba_endpoint_failed_calls",
  "drop function if exists public.nba_failed_calls()",
  makeFunction,
  makeView,
  `comment on view public.nba_endpoint_failed_calls is ${quoted(comment)}`
]

/**
 * Makes the view where it is not there as this version has it; any number of nodes may do so at once. Gives false, and
 * makes the function alone, where a table of another program has that name.
 */
export const ensure = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  return yield* Effect.gen(function*() {
    // Two that replace a function at once would fail; and who finds it made leaves it alone.
    yield* sql`select pg_advisory_xact_lock(hashtextextended('nba_endpoint_failed_calls', 0))`
    const [found] = yield* sql<{ readonly kind: string; readonly comment: string | null }>`
      select relkind::text as kind, obj_description(oid, 'pg_class') as comment
      from pg_class where oid = to_regclass('public.nba_endpoint_failed_calls')`
    if (found !== undefined && found.kind !== "v") {
      yield* sql.unsafe(makeFunction)
      return false
    }
    if (found?.comment?.includes(mark) === true) return true
    for (const statement of statements) yield* sql.unsafe(statement)
    return true
  }).pipe(sql.withTransaction)
})
