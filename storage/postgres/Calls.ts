/** Sums of calls of outside things, by run, worker and route. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import * as Calls from "../../engine/record/Calls.ts"
import type { RunStore } from "../../engine/record/RunStore.ts"
import { instants, json, keys, numbers, texts } from "./Columns.ts"
import { attempt } from "./Failure.ts"

const Counts = Schema.Record(Schema.String, Schema.Finite)

const Rows = Schema.Array(
  Schema.Struct({
    resource: Schema.String,
    route: Schema.String,
    calls: Schema.Finite,
    errors: Counts,
    latencies: Counts,
    millis: Schema.Finite,
    waitMillis: Schema.Finite,
    firstAt: Schema.Date,
    lastAt: Schema.Date,
    limit: Schema.NullOr(Schema.Struct({ name: Schema.String, perSecond: Schema.Finite, shared: Schema.Boolean }))
  })
)

export const make = (sql: PgClient.PgClient) => {
  const recordCalls: RunStore["Service"]["recordCalls"] = Effect.fn("RunStore.recordCalls")((run, worker, calls) =>
    calls.length === 0 ? Effect.void : sql`
      insert into sluice.call_sums (
        run, worker, resource, route, calls, errors, latencies, millis, wait_millis, first_at, last_at, rate_limit
      )
      select
        ${run}::integer, worker.number, resource, route, calls::bigint, errors::jsonb, latencies::jsonb, millis,
        wait_millis, first_at, last_at, rate_limit::jsonb
      from sluice.workers as worker, unnest(
        ${texts(calls.map(({ resource }) => resource))}::text[],
        ${texts(calls.map(({ route }) => route))}::text[],
        ${numbers(calls.map(({ calls }) => calls))}::float8[],
        ${keys(calls.map(({ errors }) => json(errors)))}::text[],
        ${keys(calls.map(({ latencies }) => json(latencies)))}::text[],
        ${numbers(calls.map(({ millis }) => millis))}::float8[],
        ${numbers(calls.map(({ waitMillis }) => waitMillis))}::float8[],
        ${instants(calls.map(({ firstAt }) => firstAt))}::timestamptz[],
        ${instants(calls.map(({ lastAt }) => lastAt))}::timestamptz[],
        ${keys(calls.map(({ limit }) => limit === null ? null : json(limit)))}::text[]
      ) as batch (resource, route, calls, errors, latencies, millis, wait_millis, first_at, last_at, rate_limit)
      where worker.id = ${worker}
      on conflict (run, worker, resource, route) do update set
        calls = excluded.calls,
        errors = excluded.errors,
        latencies = excluded.latencies,
        millis = excluded.millis,
        wait_millis = excluded.wait_millis,
        first_at = excluded.first_at,
        last_at = excluded.last_at,
        rate_limit = excluded.rate_limit
    `.pipe(attempt(`record calls of run ${run}`), Effect.asVoid)
  )

  const calls: RunStore["Service"]["calls"] = Effect.fn("RunStore.calls")(function*(run) {
    const rows = yield* sql`
      select
        resource, route, calls::float8 as calls, errors, latencies, millis, wait_millis as "waitMillis",
        first_at as "firstAt", last_at as "lastAt", rate_limit as "limit"
      from sluice.call_sums
      where run = ${run}
      order by worker
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Rows)), attempt(`read the calls of run ${run}`))
    return Calls.merge(rows)
  })

  return { recordCalls, calls }
}
