/** `sluice nba report`: rows by table, calls by endpoint, work by node, and the last failed calls. */
import { Console, Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { Cli, PartitionSet } from "sluice"
import * as Catalogue from "../../resources/nba/catalogue.ts"
import * as Columns from "./Columns.ts"
import * as Connection from "./Connection.ts"
import * as FailedCalls from "./FailedCalls.ts"
import * as Survey from "./Survey.ts"

const rowsOf = <S extends Schema.ConstraintDecoder<unknown>>(schema: S) => Schema.decodeUnknownEffect(Schema.Array(schema))

/** The exact number of rows of every table whose name begins with `nba_`. */
const tables = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const found = yield* sql<{ readonly name: string }>`
    select table_name::text as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' and table_name like 'nba\\_%' order by 1`
  return yield* Effect.forEach(found, ({ name }) =>
    Effect.map(
      sql<{ readonly rows: number; readonly bytes: number }>`
        select count(*)::float8 as rows, pg_total_relation_size(${`public.${name}`}::regclass)::float8 as bytes from ${sql(`public.${name}`)}`,
      ([row]) => ({ table: name, rows: row?.rows ?? 0, bytes: row?.bytes ?? 0 })
    ), { concurrency: 2 })
})

const Activity = Schema.Struct({ name: Schema.String, processed: Schema.Int, failed: Schema.Int, rows: Schema.Finite, first: Schema.Date, last: Schema.Date })

/** What was recorded of the endpoints' calls, summed by asset or by node. */
const activity = Effect.fnUntraced(function*(by: "asset" | "node") {
  const sql = yield* SqlClient.SqlClient
  const assets = Catalogue.endpoints.map(Survey.asset)
  return yield* sql`
    select ${sql(by)} as name, count(*) filter (where state = 'materialized')::integer as processed,
      count(*) filter (where state = 'failed')::integer as failed, coalesce(sum(rows), 0)::float8 as rows,
      min(started_at) as first, max(finished_at) as last
    from sluice.ledger where ${sql.in("asset", assets)} and node is not null group by 1 order by 1`.pipe(Effect.flatMap(rowsOf(Activity)))
})

/** How each endpoint stands: counted as sets, however many calls there are. */
const endpoints = Effect.gen(function*() {
  const { snapshot } = yield* Cli.planBackfill({ selection: "group:nba" })
  const last = new Map((yield* activity("asset")).map((one) => [one.name, one]))
  return Catalogue.endpoints.filter((endpoint) => snapshot.graph.assets.has(Survey.asset(endpoint))).map((endpoint) => {
    const asset = Survey.asset(endpoint)
    const all = snapshot.space(asset).all
    const failed = PartitionSet.intersection(snapshot.sets(asset).failed, all)
    const processed = PartitionSet.difference(snapshot.materialized(asset), failed)
    const known = PartitionSet.size(all)
    return {
      endpoint: endpoint.name,
      known,
      processed: PartitionSet.size(processed),
      failed: PartitionSet.size(failed),
      missing: known - PartitionSet.size(processed) - PartitionSet.size(failed),
      last: last.get(asset)?.last ?? null
    }
  })
})

const FailedCall = Schema.Struct({
  endpoint_name: Schema.String,
  parameter_name: Schema.String,
  parameter_value: Schema.String,
  error_message: Schema.NullOr(Schema.String),
  failed_at: Schema.Date,
  retry_count: Schema.Int
})

const failedCalls = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* FailedCalls.ensure
  // By the function, whose name is not that of a table of other programs.
  return yield* sql`
    select endpoint_name, parameter_name, parameter_value, error_message, failed_at, retry_count
    from public.nba_failed_calls() order by failed_at desc limit 10`.pipe(Effect.flatMap(rowsOf(FailedCall)))
})

const size = (bytes: number): string => bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
const moment = (at: Date | null): string => at === null ? "" : at.toISOString().slice(0, 19).replace("T", " ")
const number = (n: number): string => n.toLocaleString("en-US")

/** Why a call failed, for a column: what the row says beside it is left out, and the URL, which the view has. */
export const reasonOf = (message: string): string =>
  message.replace(/^ApiError: /, "").replace(/ (?:at|from) https?:\/\/[^\s)]+/g, "").slice(0, 120)

const section = (title: string, titles: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>, none: string) =>
  Console.log([title, ...(rows.length === 0 ? [none] : Columns.lines(titles, rows)).map((line) => `  ${line}`), ""].join("\n"))

export const report = Effect.fn("nba.report")(function*(input: { readonly dbConfig: string | undefined; readonly json: boolean }) {
  const url = yield* Connection.url(input.dbConfig)
  const found = yield* Cli.withStored(Effect.all({
    tables,
    endpoints,
    nodes: activity("node"),
    failedCalls
  })).pipe(Cli.withSettings({ DATABASE_URL: url }))
  if (input.json) return yield* Console.log(JSON.stringify(found, null, 2))
  yield* section(
    "Tables",
    ["TABLE", "ROWS", "SIZE"],
    found.tables.map(({ bytes, rows, table }) => [table, number(rows), size(bytes)]),
    "none yet"
  )
  yield* section(
    "Endpoints",
    ["ENDPOINT", "IDS", "PROCESSED", "FAILED", "MISSING", "LAST (UTC)"],
    found.endpoints.filter(({ failed, last, processed }) => processed + failed > 0 || last !== null)
      .map(({ endpoint, failed, known, last, missing, processed }) => [
        endpoint, number(known), number(processed), number(failed), number(missing), moment(last)
      ]),
    "none was asked yet"
  )
  yield* section(
    "Nodes",
    ["NODE", "PROCESSED", "FAILED", "ROWS", "FIRST (UTC)", "LAST (UTC)"],
    found.nodes.map(({ failed, first, last, name, processed, rows }) => [
      name, number(processed), number(failed), number(rows), moment(first), moment(last)
    ]),
    "none yet"
  )
  yield* section(
    "Last failed calls (all are in nba_endpoint_failed_calls)",
    ["FAILED (UTC)", "CALL", "RETRIES", "ERROR"],
    found.failedCalls.map((call) => [
      moment(call.failed_at),
      `${call.endpoint_name} ${call.parameter_name}=${call.parameter_value}`,
      String(call.retry_count),
      reasonOf(call.error_message ?? "")
    ]),
    "none"
  )
})
