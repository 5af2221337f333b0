/** What became of the records of the input, over all runs and processes that took part: from what is stored. */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"

export const Statistics = Schema.Struct({
  read: Schema.Int,
  processed: Schema.Int,
  /** Those that a later try has recovered are not among them, but among the processed ones. */
  failed: Schema.Int,
  recovered: Schema.Int,
  unreadable: Schema.Int,
  no_id: Schema.Int,
  refused: Schema.Int,
  unanswered: Schema.Int,
  retries: Schema.Int,
  batches: Schema.Int,
  mean_batch_seconds: Schema.Finite,
  max_batch_seconds: Schema.Finite,
  p50_ms: Schema.Finite,
  p90_ms: Schema.Finite,
  p99_ms: Schema.Finite,
  max_ms: Schema.Finite,
  cpu_percent: Schema.Finite,
  rss_mb: Schema.Finite,
  breaker_trips: Schema.Int,
  anomalies: Schema.Int,
  /** The reason of the one that was seen last. */
  last_anomaly: Schema.NullOr(Schema.String)
})
export type Statistics = typeof Statistics.Type

const nothing: Statistics = {
  read: 0, processed: 0, failed: 0, recovered: 0, unreadable: 0, no_id: 0, refused: 0, unanswered: 0, retries: 0, batches: 0,
  mean_batch_seconds: 0, max_batch_seconds: 0, p50_ms: 0, p90_ms: 0, p99_ms: 0, max_ms: 0, cpu_percent: 0, rss_mb: 0,
  breaker_trips: 0, anomalies: 0, last_anomaly: null
}

/**
 * Rows of the run's own chunks. Those of a chunk that is not whole are put aside; what it may have had before
 * is done anew, and does not count.
 */
const rowsOf = (table: string, columns: ReadonlyArray<string>): string => {
  const wanted = columns.map((column) => `t.${column}`).join(", ")
  return `
  select ${wanted} from bulk.${table} t join own c on c.key = t.chunk where not exists (select from open where open.chunk = t.chunk)
  union all
  select ${wanted} from sluice_partial."bulk.${table}" t join open on open.chunk = t.chunk`
}

const neverRecovered = "(select null as idempotency_key, null as chunk, null as state, null::timestamptz as ended_at where false)"
const noAnomalies = "select null as reason, null::timestamptz as seen_at where false"

export interface Of {
  /** Nothing is left to do: the chunks that a killed run with --force had begun anew do not count. */
  readonly isDone: boolean
  /** The run that has done all it could anew, and not all of the input: what earlier ones have done does not count. */
  readonly anewIn?: number | undefined
}

/** Of all that is committed, of the chunks that the input has now. */
export const read = Effect.fnUntraced(function*({ anewIn, isDone }: Of) {
  const run = anewIn ?? null
  const sql = yield* SqlClient.SqlClient
  // A table is there when its first cell was begun.
  const [there] = yield* sql<{ readonly metrics: boolean; readonly anomalies: boolean; readonly recovered: boolean }>`
    select to_regclass('sluice_partial."bulk.metrics"') is not null as metrics,
      to_regclass('sluice_partial."bulk.anomalies"') is not null as anomalies, to_regclass('bulk.recovered') is not null as recovered`
  if (there?.metrics !== true) return nothing
  const recovered = sql.literal(there.recovered ? "bulk.recovered" : neverRecovered)
  const of = (table: string, ...columns: ReadonlyArray<string>) => sql.literal(rowsOf(table, columns))
  const rows = yield* sql`
    with own as (select key from bulk.chunks where ${run}::int is null
        or exists (select from sluice.checkpoints k where k.computation = 'bulk' and k.partition = key and k.run = ${run}::int)
        or exists (select from sluice.steps s where s.asset = 'bulk/metrics' and s.partition = key and s.run = ${run}::int and s.state = 'materialized')),
      open as (select c.key as chunk, (k.position ->> 'records')::int as records
        from sluice.checkpoints k join own c on c.key = k.partition where k.computation = 'bulk' and not ${isDone}::boolean),
      m as (${of("metrics", "records", "retries", "seconds", "max_ms", "cpu_percent", "rss_mb", "breaker_trips")}),
      failures as (${of("failed_records", "kind", "idempotency_key", "failed_at")}),
      -- What was recovered before it failed anew, in a run with --force, says nothing of that failure, or of one that is no more.
      v as (select f.idempotency_key from ${recovered} v join own c on c.key = v.chunk
        join failures f on f.idempotency_key = v.idempotency_key and f.failed_at <= v.ended_at where v.state = 'processed'),
      f as (select kind, count(*)::int as n from failures f
        where not exists (select from v where v.idempotency_key = f.idempotency_key) group by 1),
      r as (select count(*)::int as sent,
          coalesce(percentile_disc(0.5) within group (order by response_ms), 0)::float8 as p50_ms,
          coalesce(percentile_disc(0.9) within group (order by response_ms), 0)::float8 as p90_ms,
          coalesce(percentile_disc(0.99) within group (order by response_ms), 0)::float8 as p99_ms
        from (${of("results", "response_ms")}) as r),
      a as (${there.anomalies ? of("anomalies", "reason", "seen_at") : sql.literal(noAnomalies)})
    select (select coalesce(sum(records), 0)::int from (
        select m.records from bulk.metrics m join own c on c.key = m.chunk where not exists (select from open where open.chunk = m.chunk)
        union all select records from open) as n) as read, (select sent from r) + (select count(*)::int from v) as processed,
      (select count(*)::int from v) as recovered,
      coalesce((select sum(n) from f), 0)::int as failed,
      coalesce((select n from f where kind = 'unreadable'), 0) as unreadable,
      coalesce((select n from f where kind = 'no id'), 0) as no_id,
      coalesce((select n from f where kind = 'refused'), 0) as refused,
      coalesce((select n from f where kind = 'unanswered'), 0) as unanswered,
      coalesce(sum(m.retries), 0)::int as retries, count(*)::int as batches,
      coalesce(avg(m.seconds), 0)::float8 as mean_batch_seconds, coalesce(max(m.seconds), 0)::float8 as max_batch_seconds,
      (select p50_ms from r) as p50_ms, (select p90_ms from r) as p90_ms, (select p99_ms from r) as p99_ms,
      coalesce(max(m.max_ms), 0)::float8 as max_ms,
      coalesce(avg(m.cpu_percent), 0)::float8 as cpu_percent, coalesce(max(m.rss_mb), 0)::float8 as rss_mb,
      coalesce(max(m.breaker_trips), 0)::int as breaker_trips, (select count(*)::int from a) as anomalies,
      (select reason from a order by seen_at desc limit 1) as last_anomaly
    from m`
  const [row] = yield* Schema.decodeUnknownEffect(Schema.Array(Statistics))(rows)
  return row!
})

const n = (value: number): string => value.toLocaleString("en", { maximumFractionDigits: 1 })

const share = (part: number, whole: number): string => whole === 0 ? "0 %" : `${(part / whole * 100).toFixed(1)} %`

/** The end of a run in words; `now` is of this run alone, and undefined where it had nothing to do. */
export const lines = (all: Statistics, now: { readonly seconds: number; readonly done: number } | undefined): ReadonlyArray<string> => [
  `Records read         ${n(all.read)}`,
  `Records processed    ${n(all.processed)}${all.recovered === 0 ? "" : ` (${n(all.recovered)} of them at a later try)`}`,
  `Records failed       ${n(all.failed)} (${share(all.failed, all.read)}: unreadable ${n(all.unreadable)}, no id ${n(all.no_id)}, ` +
  `refused ${n(all.refused)}, unanswered ${n(all.unanswered)})`,
  ...now === undefined ? [] : [
    `Duration             ${n(now.seconds)} s`,
    `Average speed        ${n(now.done / Math.max(0.001, now.seconds))} records/s`
  ],
  `API response times   p50 ${n(all.p50_ms)} ms, p90 ${n(all.p90_ms)} ms, p99 ${n(all.p99_ms)} ms, max ${n(all.max_ms)} ms; ${n(all.retries)} retries`,
  `Batches              ${n(all.batches)}, mean ${n(all.mean_batch_seconds)} s, max ${n(all.max_batch_seconds)} s`,
  `Resources            CPU ${n(all.cpu_percent)} % of a core, memory up to ${n(all.rss_mb)} MB`,
  `Circuit breaker      ${n(all.breaker_trips)} ${all.breaker_trips === 1 ? "trip" : "trips"}`,
  `Anomalies            ${n(all.anomalies)}${all.last_anomaly === null ? "" : ` (the last one: ${all.last_anomaly})`}`
]
