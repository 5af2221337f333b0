/** The runs of sensors, and the ends of runs that sensors observe. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import type { SensorStore } from "../../engine/record/SensorStore.ts"
import { clean, keys } from "./Columns.ts"
import { attempt } from "./Failure.ts"
import { openRuns } from "./OpenRuns.ts"

const Ended = Schema.Array(Schema.Struct({
  id: Schema.Int,
  pipeline: Schema.String,
  partitions: Schema.NullOr(Schema.String),
  state: Schema.Literals(["succeeded", "failed", "cancelled"]),
  finishedAt: Schema.Date
}))

const Horizon = Schema.NonEmptyArray(Schema.Struct({ horizon: Schema.String, next: Schema.String }))

export const make = (sql: PgClient.PgClient): Pick<SensorStore["Service"], "open" | "failRun" | "ended"> => ({
  open: Effect.fn("SensorStore.open")((sensors, worker) =>
    Effect.map(
      openRuns(sql, "sensors", sql`select sensor as asker, run from sluice.sensor_requests where sensor = any(${keys(sensors)}::text[])`, worker),
      (found) => found.map(({ asker: sensor, own, run }) => ({ sensor, own, run }))
    )
  ),
  failRun: Effect.fn("SensorStore.failRun")((run, reason) =>
    sql`
      update sluice.sensor_requests set state = 'failed', reason = ${clean(reason)} where run = ${run}
    `.pipe(attempt(`note why run ${run} has failed`), Effect.asVoid)
  ),
  ended: Effect.fn("SensorStore.ended")(function*({ pipelines, since, states }) {
    const seeing = attempt("look for runs that have ended")
    // Before the rows are read: every transaction below the horizon is over, and what it wrote is seen now at the latest.
    const [{ horizon, next }] = yield* sql`
      select pg_snapshot_xmin(pg_current_snapshot())::text as horizon, pg_snapshot_xmax(pg_current_snapshot())::text as next
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Horizon)), seeing)
    if (since === null) return { cursor: horizon, runs: [] }
    const runs = yield* sql`
      select id, request->>'selection' as pipeline, request->>'partitions' as partitions, state::text, finished_at as "finishedAt"
      from sluice.runs
      where state::text = any(${keys(states)}::text[]) and request->>'selection' = any(${keys(pipelines)}::text[])
        and ((${next}::bigint - xmin::text::bigint) & 4294967295) <= ${next}::bigint - ${since}::bigint
      order by id
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Ended)), seeing)
    return { cursor: horizon, runs }
  })
})
