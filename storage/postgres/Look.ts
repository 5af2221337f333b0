/** How a backfill stands and what has changed in it, for processes that ask four times a second. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import type { Look, Since } from "../../engine/record/BackfillStore.ts"
import { RunState } from "../../engine/record/Run.ts"
import { noBackfill } from "../Refusals.ts"
import { attempt } from "./Failure.ts"
import { changeOf, Rows } from "./Progress.ts"
import { setOf } from "./SetColumns.ts"
import { aliveIn } from "./Workers.ts"

/** Fails with why there is no such backfill. */
export const notFound = Effect.fnUntraced(function*(sql: PgClient.PgClient, id: number) {
  const runs = yield* sql`select from sluice.runs where id = ${id}`.pipe(attempt(`look for the backfill ${id}`))
  return yield* noBackfill(id, runs.length === 0 ? "absent" : "run")
})

const LookRow = Schema.Array(Schema.Struct({
  horizon: Schema.String,
  state: Schema.Union([RunState, Schema.Literal("paused")]),
  cancelRequested: Schema.Boolean,
  round: Schema.Int,
  sharers: Schema.Int,
  later: Schema.Array(Schema.Struct({ asset: Schema.String, source: Schema.String })),
  retrying: Schema.Boolean,
  changes: Rows,
  lots: Schema.Array(Schema.Struct({
    number: Schema.Int,
    worker: Schema.String,
    asset: Schema.String,
    numbering: Schema.String,
    partitions: Schema.String
  }))
}))
const decodeLook = Schema.decodeUnknownEffect(LookRow)

/**
 * How a backfill stands. It is one statement, so that all of it is of one moment:
 *
 * - Lots and progress: a participant gives a lot back after the commits of its cells. Were the lots read after the
 *   progress, a lot that ended in between would seem never to have been taken and its cells never to have been done.
 * - Progress and horizon: the horizon is the snapshot that the rows were read with, so that the next look asks for just
 *   what this one could not see, also of transactions that began before it and are committed after it. Only the oldest
 *   of those open would do; but beside a commit of minutes everything since would be told four times a second.
 */
export const readLook = Effect.fnUntraced(function*(sql: PgClient.PgClient, id: number, since: Since) {
  const [row] = yield* sql`
    select
      pg_current_snapshot()::text as horizon,
      case when asked.state = 'running' and asked.paused then 'paused' else asked.state end as state,
      asked.cancel_requested as "cancelRequested",
      asked.round,
      asked.later,
      asked.retrying,
      (select count(*)::integer from (${aliveIn(sql, id)}) as alive) as sharers,
      (
        select coalesce(json_agg(json_build_object(
          'kind', change.kind, 'asset', change.asset, 'numbering', change.numbering, 'partitions', change.partitions
        )), '[]')
        from sluice.backfill_sets as change
        where change.run = ${id}
          and change.committed_in >= pg_snapshot_xmin(asked.seen)
          and not pg_visible_in_snapshot(change.committed_in, asked.seen)
      ) as changes,
      (
        select coalesce(json_agg(json_build_object(
          'number', lot.number, 'worker', worker.id,
          'asset', lot.asset, 'numbering', lot.numbering, 'partitions', lot.partitions
        ) order by lot.number), '[]')
        from sluice.lots as lot
        join sluice.run_workers as member on member.run = lot.run and member.worker = lot.worker
        join sluice.workers as worker on worker.number = lot.worker
        where lot.run = ${id}
          and member.left_at is null and worker.stopped_at is null and worker.expires_at > now()
      ) as lots
    from (
      select
        run.state::text as state, run.cancel_requested, backfill.paused, backfill.round, backfill.later,
        backfill.retry_of is not null as retrying,
        case
          when backfill.round = ${since?.round ?? null}::integer then ${since?.horizon ?? null}::text::pg_snapshot
          else '1:1:'::pg_snapshot
        end as seen
      from sluice.backfills as backfill
      join sluice.runs as run on run.id = backfill.run
      where backfill.run = ${id}
    ) as asked
  `.pipe(Effect.flatMap(decodeLook), attempt(`look at the backfill ${id}`))
  if (row === undefined) return yield* notFound(sql, id)
  const look: Look = {
    ...row,
    changes: yield* Effect.forEach(row.changes, changeOf),
    lots: yield* Effect.forEach(row.lots, ({ partitions, ...lot }) =>
      Effect.map(setOf(partitions), (cells) => ({ ...lot, cells })))
  }
  return look
})
