/** Facts that are only ever added: attempts, events and results of checks. One insert a batch. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import { CheckSummary } from "../../engine/record/CheckSummary.ts"
import type { Event, EventType } from "../../engine/record/Event.ts"
import type { RunStore } from "../../engine/record/RunStore.ts"
import { cellColumns } from "./Claims.ts"
import { flags, instants, json, keys, numbers, texts } from "./Columns.ts"
import { attempt } from "./Failure.ts"

// A record, so that the compiler asks for a type of event that is missing here.
const eventTypes: Readonly<Record<EventType, true>> = {
  run_started: true,
  run_resumed: true,
  planned: true,
  step_failed: true,
  checkpoint: true,
  commit_split: true,
  batch_split: true,
  lease_lost: true,
  limit_changed: true,
  breaker_changed: true,
  check_failed: true,
  run_stopped: true,
  run_finished: true
}

const Attempts = Schema.Array(
  Schema.Struct({
    asset: Schema.String,
    partition: Schema.String,
    attempt: Schema.Int,
    startedAt: Schema.Date,
    finishedAt: Schema.Date,
    error: Schema.String,
    message: Schema.String,
    transient: Schema.Boolean,
    nextTryAt: Schema.NullOr(Schema.Date)
  })
)

const Checks = Schema.Array(
  Schema.Struct({
    asset: Schema.String,
    partition: Schema.String,
    check: Schema.String,
    severity: Schema.Literals(["warn", "error"]),
    passed: Schema.Boolean,
    message: Schema.String,
    examples: Schema.Array(Schema.Unknown),
    at: Schema.Date
  })
)

const Events = Schema.Array(
  Schema.Struct({
    type: Schema.String.pipe(Schema.refine((type): type is EventType => type in eventTypes)),
    at: Schema.Date,
    asset: Schema.NullOr(Schema.String),
    partition: Schema.NullOr(Schema.String),
    message: Schema.String
  })
)

export const make = (sql: PgClient.PgClient) => {
  const recordAttempts: RunStore["Service"]["recordAttempts"] = Effect.fn("RunStore.recordAttempts")(
    (run, attempts) => {
      if (attempts.length === 0) return Effect.void
      const { assets, partitions } = cellColumns(attempts)
      return sql`
        insert into sluice.attempts (
          run, asset, partition, attempt, started_at, finished_at, error, message, transient, next_try_at
        )
        select
          ${run}::integer, asset, partition, attempt::integer, started_at, finished_at, error, message, transient,
          next_try_at
        from unnest(
          ${assets}::text[],
          ${partitions}::text[],
          ${numbers(attempts.map((attempt) => attempt.attempt))}::float8[],
          ${instants(attempts.map((attempt) => attempt.startedAt))}::timestamptz[],
          ${instants(attempts.map((attempt) => attempt.finishedAt))}::timestamptz[],
          ${texts(attempts.map((attempt) => attempt.error))}::text[],
          ${texts(attempts.map((attempt) => attempt.message))}::text[],
          ${flags(attempts.map((attempt) => attempt.transient))}::boolean[],
          ${instants(attempts.map((attempt) => attempt.nextTryAt))}::timestamptz[]
        ) as batch (
          asset, partition, attempt, started_at, finished_at, error, message, transient, next_try_at
        )
      `.pipe(attempt(`record attempts of run ${run}`), Effect.asVoid)
    }
  )

  const recordChecks: RunStore["Service"]["recordChecks"] = Effect.fn("RunStore.recordChecks")((run, results) => {
    if (results.length === 0) return Effect.void
    const { assets, partitions } = cellColumns(results)
    return sql`
      insert into sluice.check_results (run, asset, partition, name, severity, passed, message, examples, at)
      select ${run}::integer, asset, partition, name, severity, passed, message, examples::jsonb, at
      from unnest(
        ${assets}::text[],
        ${partitions}::text[],
        ${texts(results.map((result) => result.check))}::text[],
        ${keys(results.map((result) => result.severity))}::text[],
        ${flags(results.map((result) => result.passed))}::boolean[],
        ${texts(results.map((result) => result.message))}::text[],
        ${keys(results.map(({ examples }) => examples.length === 0 ? null : json(examples)))}::text[],
        ${instants(results.map((result) => result.at))}::timestamptz[]
      ) as batch (asset, partition, name, severity, passed, message, examples, at)
    `.pipe(attempt("record results of checks"), Effect.asVoid)
  })

  const recordEvents: RunStore["Service"]["recordEvents"] = Effect.fn("RunStore.recordEvents")((run, events) =>
    events.length === 0 ? Effect.void : sql`
      insert into sluice.events (run, type, at, asset, partition, message)
      select ${run}::integer, type, at, asset, partition, message
      from unnest(
        ${keys(events.map((event) => event.type))}::text[],
        ${instants(events.map((event) => event.at))}::timestamptz[],
        ${keys(events.map((event) => event.asset ?? null))}::text[],
        ${keys(events.map((event) => event.partition ?? null))}::text[],
        ${texts(events.map((event) => event.message))}::text[]
      ) as batch (type, at, asset, partition, message)
    `.pipe(attempt(`record events of run ${run}`), Effect.asVoid)
  )

  const attempts: RunStore["Service"]["attempts"] = Effect.fn("RunStore.attempts")((run) =>
    sql`
      select
        asset, partition, attempt, started_at as "startedAt", finished_at as "finishedAt", error, message, transient,
        next_try_at as "nextTryAt"
      from sluice.attempts
      where run = ${run}
      order by id
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Attempts)), attempt(`read the attempts of run ${run}`))
  )

  const checks: RunStore["Service"]["checks"] = Effect.fn("RunStore.checks")((run) =>
    sql`
      select asset, partition, name as check, severity, passed, message, coalesce(examples, '[]') as examples, at
      from sluice.check_results
      where run = ${run}
      order by id
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Checks)), attempt(`read the results of checks of run ${run}`))
  )

  const checkSummaries: RunStore["Service"]["checkSummaries"] = Effect.fn("RunStore.checkSummaries")((run) =>
    sql`
      with last as (
        select distinct on (asset, name, partition) id, asset, name, partition, passed, message
        from sluice.check_results
        where run = ${run}
        order by asset, name, partition, id desc
      ),
      counted as (
        select
          asset, name, count(*) filter (where passed)::integer as passed, count(*) filter (where not passed)::integer as failed,
          min(id) filter (where not passed) as first_failure
        from last
        group by asset, name
      ),
      told as (
        select distinct on (asset, name)
          asset, name, severity, min(id) over (partition by asset, name) as first_id
        from sluice.check_results
        where run = ${run}
        order by asset, name, id desc
      )
      select
        counted.asset, counted.name as check, told.severity, counted.passed, counted.failed,
        case when last.id is not null
          then json_build_object('partition', last.partition, 'message', last.message)
        end as "firstFailure"
      from counted
      join told using (asset, name)
      left join last on last.id = counted.first_failure
      order by told.first_id
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Schema.Array(CheckSummary))), attempt(`read the results of checks of run ${run}`))
  )

  const unchecked: RunStore["Service"]["unchecked"] = Effect.fn("RunStore.unchecked")((run, asset, check) =>
    sql<{ readonly partition: string }>`
      select step.partition
      from sluice.steps as step
      where step.run = ${run} and step.asset = ${asset} and step.state = 'materialized' and not exists (
        select from sluice.check_results as result
        where result.run = ${run} and result.asset = ${asset} and result.name = ${check}
          and result.partition = step.partition and result.at >= step.finished_at
      )
    `.pipe(attempt(`see what of run ${run} is not checked`), Effect.map((rows) => rows.map((row) => row.partition)))
  )

  const events: RunStore["Service"]["events"] = Effect.fn("RunStore.events")(function*(run) {
    const rows = yield* sql`
      select type, at, asset, partition, message
      from sluice.events
      where run = ${run}
      order by id
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Events)), attempt(`read the events of run ${run}`))
    return rows.map(({ asset, at, message, partition, type }): Event => ({
      type,
      at,
      message,
      ...asset === null ? {} : { asset },
      ...partition === null ? {} : { partition }
    }))
  })

  return { recordAttempts, recordChecks, recordEvents, attempts, checks, checkSummaries, unchecked, events }
}
