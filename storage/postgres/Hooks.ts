/** Hooks in Postgres, by its clock: which there are, and which ends of runs they have not seen yet. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import { HookEvent } from "../../engine/record/HookEvent.ts"
import type { HookStore } from "../../engine/record/HookStore.ts"
import { json, keys, numbers } from "./Columns.ts"
import * as Deliveries from "./Deliveries.ts"
import { attempt } from "./Failure.ts"
import { isLost } from "./Workers.ts"

const Known = Schema.Array(Schema.Struct({
  name: Schema.String,
  running: Schema.Boolean,
  since: Schema.Date,
  waiting: Schema.Int,
  sent: Schema.Int,
  failed: Schema.Int
}))

const Ends = Schema.Array(Schema.Struct({
  id: Schema.Number,
  run: Schema.NullOr(Schema.Int),
  state: Schema.Literals(["succeeded", "failed", "cancelled", "lost", "checked"]),
  at: Schema.Date,
  checks: Schema.Array(Schema.Struct({
    asset: Schema.String,
    check: Schema.String,
    severity: Schema.Literals(["warn", "error"]),
    passed: Schema.Int,
    failed: Schema.Int,
    firstFailure: Schema.NullOr(Schema.Struct({ partition: Schema.String, message: Schema.String }))
  })),
  place: Schema.Number
}))

const Failures = Schema.Array(Schema.Struct({
  asset: Schema.String,
  count: Schema.Int,
  partition: Schema.String,
  error: Schema.String,
  attempts: Schema.Int
}))

const Told = Schema.Array(Schema.Struct({
  id: Schema.Number,
  state: Schema.Literals(["waiting", "same", "sent", "summed", "failed"]),
  event: HookEvent,
  recordedAt: Schema.Date,
  sentAt: Schema.NullOr(Schema.Date),
  tries: Schema.Int,
  reason: Schema.NullOr(Schema.String),
  toldIn: Schema.NullOr(Schema.Number)
}))

const Horizon = Schema.NonEmptyArray(Schema.Struct({ horizon: Schema.Number }))

const mostEnds = 1000

/** A cursor that falls behind is moved now and then, though nothing was seen. */
const mostBehind = 1000

export const make = (sql: PgClient.PgClient): HookStore["Service"] => {
  const xid = (place: number) => Deliveries.xid(sql, place)

  const ends: HookStore["Service"]["ends"] = Effect.fn("HookStore.ends")(function*(hook, states, known = []) {
    const seeing = attempt(`look for ends of runs for the hook ${hook}`)
    // Before the rows are read: every transaction below the horizon is over, and what it wrote is seen now at the latest.
    const [{ horizon }] = yield* sql`
      select pg_snapshot_xmin(pg_current_snapshot())::text::float8 as horizon
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Horizon)), seeing)
    const found = yield* sql`
      select ended.id::float8 as id, ended.run, ended.state, ended.at, ended.seen_from::text::float8 as place, coalesce(ended.checks, '[]') as checks
      from sluice.hooks as hook
      join sluice.run_ends as ended on ended.seen_from >= hook.seen and ended.at >= hook.since
      where hook.name = ${hook} and hook.running and ended.state = any(${keys(states)}::text[])
        and ended.id <> all(${numbers([...known])}::float8[]::bigint[])
      order by ended.seen_from, ended.id
      limit ${mostEnds}
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Ends)), seeing)
    if (found.length === 0) {
      yield* sql`
        update sluice.hooks set seen = ${xid(horizon)}
        where name = ${hook} and seen::text::float8 < ${horizon - mostBehind}::float8
      `.pipe(seeing)
    }
    // Of the last transaction not all may be here.
    const cursor = Math.min(horizon, found.at(mostEnds - 1)?.place ?? horizon)
    return { cursor, ends: found.toSorted((left, right) => left.id - right.id) }
  })

  return {
    ...Deliveries.make(sql),
    ends,
    announce: Effect.fn("HookStore.announce")((hooks) =>
      sql`
        insert into sluice.hooks (name) select name from unnest(${keys(hooks)}::text[]) as hook (name) order by name
        on conflict (name) do nothing
      `.pipe(attempt("make hooks known"), Effect.asVoid)
    ),
    setRunning: Effect.fn("HookStore.setRunning")((name, running) =>
      sql`
        insert into sluice.hooks as known (name, running) values (${name}, ${running})
        on conflict (name) do update set running = excluded.running, since = excluded.since, seen = excluded.seen
        where known.running <> excluded.running
      `.pipe(attempt(`${running ? "start" : "stop"} the hook ${name}`), Effect.asVoid)
    ),
    hooks: sql`
      select hook.name, hook.running, hook.since, counted.waiting, counted.sent, counted.failed
      from sluice.hooks as hook
      cross join lateral (
        select
          (count(*) filter (where state = 'waiting'))::integer as waiting,
          (count(*) filter (where state = 'sent'))::integer as sent,
          (count(*) filter (where state = 'failed'))::integer as failed
        from sluice.hook_deliveries where hook = hook.name
      ) as counted
      order by hook.name
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Known)), attempt("read hooks")),
    noteChecks: Effect.fn("HookStore.noteChecks")((checks) =>
      sql`
        insert into sluice.run_ends (at, state, checks)
        select clock_timestamp(), 'checked', ${json(checks)}::jsonb where exists (select from sluice.hooks)
      `.pipe(attempt("note checks for hooks"), Effect.asVoid)
    ),
    noteLost: Effect.fn("HookStore.noteLost")((goneMillis) =>
      sql`
        insert into sluice.run_ends (at, run, worker, state)
        select gone.at, run.id, gone.worker, 'lost'
        from sluice.runs as run
        cross join lateral (
          select worker.number as worker, coalesce(worker.stopped_at, worker.expires_at) as at
          from sluice.run_workers as member
          join sluice.workers as worker on worker.number = member.worker
          where member.run = run.id and member.left_at is null
          order by 2 desc
          limit 1
        ) as gone
        where ${isLost(sql, sql`run`)} and gone.at < now() - ${goneMillis} * interval '1 millisecond'
          and gone.at >= (select min(since) from sluice.hooks where running)
          and not exists (select from sluice.backfills as backfill where backfill.run = run.id and backfill.paused)
        on conflict (run, worker) where state = 'lost' do nothing
      `.pipe(attempt("note lost runs"), Effect.asVoid)
    ),
    failures: Effect.fn("HookStore.failures")((run) =>
      sql`
        select distinct on (step.asset)
          step.asset, step.partition, coalesce(step.error, '') as error, step.attempts,
          (count(*) over (partition by step.asset))::integer as count
        from sluice.steps as step
        where step.run = ${run} and step.state = 'failed'
        order by step.asset, step.finished_at, step.partition
      `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Failures)), attempt(`read what failed in run ${run}`))
    ),
    forget: Effect.fn("HookStore.forget")(function*(olderThanMillis) {
      const before = sql`now() - ${olderThanMillis} * interval '1 millisecond'`
      yield* sql`delete from sluice.hook_deliveries where recorded_at < ${before} and state <> 'waiting'`.pipe(attempt("forget old deliveries"))
      yield* sql`delete from sluice.run_ends where at < ${before}`.pipe(attempt("forget old ends of runs"))
    }),
    deliveries: Effect.fn("HookStore.deliveries")((hook, { limit }) =>
      sql`
        select
          id::float8 as id, state, event, recorded_at as "recordedAt", sent_at as "sentAt", tries, reason, told_in::float8 as "toldIn"
        from sluice.hook_deliveries
        where hook = ${hook}
        order by id desc
        limit ${limit}::bigint
      `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Told)), attempt(`read the deliveries of the hook ${hook}`))
    )
  }
}
