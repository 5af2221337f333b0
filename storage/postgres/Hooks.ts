/** Hooks in Postgres, by its clock: which there are, and what they were told. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import { HookEvent } from "../../engine/record/HookEvent.ts"
import type { HookStore } from "../../engine/record/HookStore.ts"
import { keys } from "./Columns.ts"
import * as Deliveries from "./Deliveries.ts"
import { attempt } from "./Failure.ts"
import * as Happenings from "./Happenings.ts"

const Known = Schema.Array(Schema.Struct({
  name: Schema.String,
  running: Schema.Boolean,
  since: Schema.Date,
  waiting: Schema.Int,
  sent: Schema.Int,
  failed: Schema.Int
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

export const make = (sql: PgClient.PgClient): HookStore["Service"] => {
  return {
    ...Deliveries.make(sql),
    ...Happenings.make(sql),
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
      yield* sql`delete from sluice.happenings where at < ${before}`.pipe(attempt("forget what happened long ago"))
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
