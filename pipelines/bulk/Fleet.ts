/** How far a run is over all its processes: from what they have committed. */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"

export const Fleet = Schema.Struct({
  records: Schema.Int,
  failed: Schema.Int,
  /** Processes that take part and are alive. */
  processes: Schema.Int,
  calls: Schema.Int,
  p50_ms: Schema.Finite,
  p90_ms: Schema.Finite,
  p99_ms: Schema.Finite
})
export type Fleet = typeof Fleet.Type

const decode = Schema.decodeUnknownEffect(Schema.Tuple([Fleet]))

/**
 * Records of the input's chunks that are committed: of whole chunks, and of those that are under way up to their
 * checkpoints. What earlier runs have done counts, unless all of it is done `anew`.
 */
export const read = Effect.fn("bulk.fleet")(function*(run: number, anew: boolean) {
  const sql = yield* SqlClient.SqlClient
  // A table is there when its first cell was written.
  const [there] = yield* sql<{ readonly metrics: boolean }>`select to_regclass('bulk.metrics') is not null as metrics`
  const whole = there?.metrics === true
    ? sql`
      select coalesce(sum(m.records), 0)::int as records, coalesce(sum(m.failed), 0)::int as failed
      from bulk.metrics m join bulk.chunks c on c.key = m.chunk
      where not exists (select from sluice.checkpoints k where k.partition = m.chunk and k.rows ? 'bulk/metrics')
        and (${!anew} or exists (select from sluice.steps s
          where s.asset = 'bulk/metrics' and s.partition = m.chunk and s.run = ${run} and s.state = 'materialized'))`
    : sql`select 0 as records, 0 as failed`
  const rows = yield* sql`
    with whole as (${whole}),
      part as (select coalesce(sum((k.position ->> 'records')::int), 0)::int as records,
          coalesce(sum((k.rows ->> 'bulk/failed_records')::int), 0)::int as failed
        from sluice.checkpoints k join bulk.chunks c on c.key = k.partition where k.rows ? 'bulk/failed_records' and (${!anew} or k.run = ${run})),
      call as (select calls::int, p50_ms::float8, p90_ms::float8, p99_ms::float8
        from sluice.calls where run = ${run} and resource = 'bulk' and route = 'process')
    select whole.records + part.records as records, whole.failed + part.failed as failed,
      (select count(*)::int from sluice.run_workers m join sluice.workers w on w.number = m.worker
        where m.run = ${run} and m.left_at is null and w.stopped_at is null and w.expires_at > now()) as processes,
      coalesce(call.calls, 0) as calls, coalesce(call.p50_ms, 0) as p50_ms, coalesce(call.p90_ms, 0) as p90_ms,
      coalesce(call.p99_ms, 0) as p99_ms
    from whole cross join part left join call on true`
  const [fleet] = yield* decode(rows)
  return fleet
})
