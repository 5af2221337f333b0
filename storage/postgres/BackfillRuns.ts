/** Backfills: how they begin, and what lists show of them. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import type { Fragment } from "effect/sql/Statement"
import type { BackfillStore, BackfillSummary } from "../../engine/record/BackfillStore.ts"
import { RunRequest, RunState } from "../../engine/record/Run.ts"
import { countsOf, retriedOf, sizeOf, timedCells, totalsOf } from "../BackfillProgress.ts"
import { unregistered } from "../Refusals.ts"
import { json, keys } from "./Columns.ts"
import { attempt, transact } from "./Failure.ts"
import { notFound } from "./Look.ts"
import { readProgress, recordProgress } from "./Progress.ts"
import { workerNumber } from "./Workers.ts"

const Row = Schema.Struct({
  id: Schema.Int,
  name: Schema.NullOr(Schema.String),
  state: Schema.Union([RunState, Schema.Literal("paused")]),
  lost: Schema.Boolean,
  cancelRequested: Schema.Boolean,
  request: RunRequest,
  startedAt: Schema.Date,
  finishedAt: Schema.NullOr(Schema.Date),
  stopReason: Schema.NullOr(Schema.String),
  isRetry: Schema.Boolean,
  participants: Schema.Array(Schema.Struct({
    worker: Schema.String,
    host: Schema.String,
    pid: Schema.Int,
    alive: Schema.Boolean,
    joinedAt: Schema.DateFromString,
    leftAt: Schema.NullOr(Schema.DateFromString),
    running: Schema.Int
  }))
})

const Created = Schema.Array(Schema.Struct({ id: Schema.Int }))
const Timed = Schema.Array(Schema.Struct({ asset: Schema.String, millis: Schema.Number, steps: Schema.Int }))

export const make = (sql: PgClient.PgClient) => {
  const rows = (condition: Fragment) =>
    sql`
      select
        run.id,
        backfill.name,
        case when run.state = 'running' and backfill.paused then 'paused' else run.state::text end as state,
        run.state = 'running' and not coalesce(members.alive, false) as lost,
        run.cancel_requested as "cancelRequested",
        run.request,
        run.started_at as "startedAt",
        run.finished_at as "finishedAt",
        backfill.stop_reason as "stopReason",
        backfill.retry_of is not null as "isRetry",
        coalesce(members.participants, '[]') as participants
      from sluice.backfills as backfill
      join sluice.runs as run on run.id = backfill.run
      cross join lateral (
        select
          bool_or(member.left_at is null and worker.stopped_at is null and worker.expires_at > now()) as alive,
          json_agg(json_build_object(
            'worker', worker.id, 'host', worker.host, 'pid', worker.pid, 'running', member.running,
            'alive', worker.stopped_at is null and worker.expires_at > now(),
            'joinedAt', member.joined_at, 'leftAt', member.left_at
          ) order by member.joined_at) as participants
        from sluice.run_workers as member
        join sluice.workers as worker on worker.number = member.worker
        where member.run = run.id
      ) as members
      ${condition}
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Schema.Array(Row))), attempt("read backfills"))

  const summaries = Effect.fnUntraced(function*(condition: Fragment) {
    const found = yield* rows(condition)
    const progress = yield* readProgress(sql, found.map(({ id }) => id))
    return found.map(({ isRetry, ...row }): BackfillSummary => {
      const changes = progress.get(row.id) ?? []
      return { ...row, retrying: isRetry ? sizeOf(retriedOf(changes)) : null, ...totalsOf(countsOf(changes)) }
    })
  })

  const backfills: BackfillStore["Service"]["backfills"] = Effect.fn("BackfillStore.backfills")(({ limit }) =>
    summaries(sql`order by run.id desc limit ${limit}::bigint`)
  )

  const backfill: BackfillStore["Service"]["backfill"] = Effect.fn("BackfillStore.backfill")(function*(id) {
    const [found] = yield* summaries(sql`where run.id = ${id}`)
    return found ?? (yield* notFound(sql, id))
  })

  const counts: BackfillStore["Service"]["counts"] = Effect.fn("BackfillStore.counts")((id) =>
    Effect.map(readProgress(sql, [id]), (progress) => countsOf(progress.get(id) ?? []))
  )

  const create: BackfillStore["Service"]["create"] = Effect.fn("BackfillStore.create")(
    (request, planned, later, worker) =>
      transact(
        sql,
        "create a backfill",
        Effect.gen(function*() {
          const [row] = yield* sql`
            with run as (
              insert into sluice.runs (request)
              select ${json(request)}::jsonb from ${workerNumber(sql, worker)} as worker
              returning id
            ),
            member as (
              insert into sluice.run_workers (run, worker)
              select run.id, worker.number from run, ${workerNumber(sql, worker)} as worker
            )
            insert into sluice.backfills (run, name, later)
            select id, ${request.backfill?.name ?? null}::text, ${json(later)}::jsonb from run
            returning run as id
          `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Created)), attempt("create a backfill"))
          if (row === undefined) return yield* unregistered(worker)
          yield* recordProgress(sql, row.id, planned.map((set) => ({ ...set, kind: "planned" })))
          return row.id
        })
      )
  )

  // By way of cells, because no index leads from an asset to its last steps: of the cells with the last keys (with time
  // windows, the newest), the step that materialized each. Two look-ups by key for each of a bounded number of cells,
  // however many steps there are: 1.3 ms with a million. Of cells that were only claimed, some are passed over.
  const timings: BackfillStore["Service"]["timings"] = Effect.fn("BackfillStore.timings")(function*(assets) {
    const rows = yield* sql`
      select asked.asset, timed.millis, timed.steps
      from unnest(${keys(assets)}::text[]) as asked (asset)
      cross join lateral (
        select
          count(*)::integer as steps,
          (avg(extract(epoch from step.finished_at - step.started_at)) * 1000)::float8 as millis
        from (
          select last.partition, last.materialized_by
          from (
            select cell.partition, cell.materialized_by
            from sluice.cells as cell
            where cell.asset = asked.asset
            order by cell.partition desc
            limit ${10 * timedCells}::bigint
          ) as last
          where last.materialized_by is not null
          limit ${timedCells}::bigint
        ) as sample
        cross join lateral (
          select step.started_at, step.finished_at
          from sluice.steps as step
          where step.asset = asked.asset and step.partition = sample.partition
            and step.run = sample.materialized_by and step.state = 'materialized'
          limit 1
        ) as step
      ) as timed
      where timed.steps > 0
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Timed)), attempt("read how long steps took"))
    return new Map(rows.map(({ asset, millis, steps }) => [asset, { millis, steps }]))
  })

  return { create, backfills, backfill, counts, timings }
}
