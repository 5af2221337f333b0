/** Old records in Postgres are forgotten: in portions of a few runs, and the steps of large runs in several transactions. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import type { Fragment } from "effect/sql/Statement"
import { type Forgotten, type Kind, kinds, type Retention, type RetentionStore } from "../../engine/record/RetentionStore.ts"
import { attempt, transact } from "./Failure.ts"

const runsAtOnce = 200
/** Deleted in a transaction: 0.1 s, in which the old runs they are of cannot be resumed. */
const rowsAtOnce = 10_000

const Moments = Schema.NonEmptyArray(Schema.Struct({ before: Schema.String }))
const Runs = Schema.Array(Schema.Struct({ id: Schema.Int }))
const Places = Schema.Array(Schema.Struct({ run: Schema.Int, at: Schema.String }))
const Sums = Schema.NonEmptyArray(Schema.Struct({ rows: Schema.Number, bytes: Schema.Number }))

const forgetting = attempt("forget old runs")
const none = { rows: 0, bytes: 0 }

export const make = (sql: PgClient.PgClient): RetentionStore["Service"] => {
  const table = {
    runs: "runs", backfills: "backfills", steps: "steps", attempts: "attempts", events: "events", checks: "check_results",
    calls: "call_sums", asks: "automation_asks", ticks: "ticks", keys: "sensor_requests", workers: "workers"
  } as const

  // `offset 0` keeps the look-up by key for each row: a join would read all cells for each portion.
  const isNeeded = (step: string) =>
    sql.literal(`exists (
      select
      from sluice.cells as cell
      where cell.asset = ${step}.asset and cell.partition = ${step}.partition and (
        (${step}.state = 'materialized' and cell.materialized_by = ${step}.run)
        or (${step}.state = 'failed' and cell.failed and not exists (
          select
          from sluice.steps as later
          where later.asset = cell.asset and later.partition = cell.partition and later.run > ${step}.run
            and later.state = 'failed'
          offset 0
        ))
      )
      offset 0
    )`)
  const isLast = (tick: string) =>
    sql.literal(`${tick}.due = (select max(later.due) from sluice.ticks as later where later.schedule = ${tick}.schedule)`)
  const isUnneeded = sql`
    not exists (select from sluice.steps as step where step.run = record.id and ${isNeeded("step")} offset 0)
    and not exists (select from sluice.checkpoints as checkpoint where checkpoint.run = record.id)
    and not exists (select from sluice.ticks as tick where tick.run = record.id and ${isLast("tick")} offset 0)
  `

  // Each of these tables is read for it, once a day: an index on its workers would be paid for by every commit.
  const isUnnamed = sql.literal(
    ["run_workers.worker", "lots.worker", "call_sums.worker", "steps.worker", "cells.claimed_by", "sensors.observer"].map((column) =>
      `not exists (select from sluice.${column.split(".")[0]} where ${column} = record.number)`).join(" and ")
  )

  const turn: RetentionStore["Service"]["turn"] = Effect.fn("RetentionStore.turn")((everyMillis) =>
    sql`
      insert into sluice.retention as last (at) values (clock_timestamp())
      on conflict (one) do update set at = excluded.at
      where last.at <= excluded.at - ${everyMillis} * interval '1 millisecond'
      returning one
    `.pipe(attempt("see whose turn it is to forget old runs"), Effect.map((rows) => rows.length > 0))
  )

  const forget: RetentionStore["Service"]["forget"] = Effect.fn("RetentionStore.forget")(function*({ dryRun, keys, olderThanMillis }: Retention) {
    // As text: a Date has no microseconds.
    const [{ before }] = yield* sql`
      select (now() - ${olderThanMillis} * interval '1 millisecond')::text as before
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Moments)), forgetting)
    const sums = new Map<Kind, { readonly rows: number; readonly bytes: number }>()

    const sweep = Effect.fnUntraced(function*(kind: Kind, condition: Fragment) {
      const name = sql.literal(`sluice.${table[kind]}`)
      const [{ bytes, rows }] = yield* (dryRun
        ? sql`
          select count(*)::float8 as rows, coalesce(sum(pg_column_size(record)), 0)::float8 as bytes
          from ${name} as record
          where ${condition}
        `
        : sql`
          with gone as (delete from ${name} as record where ${condition} returning pg_column_size(record) as bytes)
          select count(*)::float8 as rows, coalesce(sum(bytes), 0)::float8 as bytes from gone
        `).pipe(Effect.flatMap(Schema.decodeUnknownEffect(Sums)), forgetting)
      const sum = sums.get(kind) ?? none
      sums.set(kind, { rows: sum.rows + rows, bytes: sum.bytes + bytes })
      return rows
    })

    const isOld = sql`run.state <> 'running' and run.finished_at < ${before}::timestamptz`

    /** With the runs of a portion that are still to be forgotten: nobody resumes them meanwhile. */
    const within = <A, E>(runs: ReadonlyArray<number>, use: (runs: Fragment) => Effect.Effect<A, E>) => {
      const held = sql`
        select run.id from sluice.runs as run where run.id = any(${runs}::integer[]) and ${isOld}
        ${dryRun ? sql`` : sql`for update skip locked`}
      `.pipe(
        Effect.flatMap(Schema.decodeUnknownEffect(Runs)),
        forgetting,
        Effect.flatMap((rows) => use(sql`any(${rows.map(({ id }) => id)}::integer[])`))
      )
      return dryRun ? held : transact(sql, "forget old runs", held)
    }

    const forgetSteps = Effect.fnUntraced(function*(runs: ReadonlyArray<number>) {
      const last = runs.at(-1) ?? 0
      let from = sql`(${runs[0] ?? 0}::integer, '-infinity'::timestamptz)`
      for (;;) {
        const [end] = yield* sql`
          select run, finished_at::text as at
          from sluice.steps
          where (run, finished_at) > ${from} and run <= ${last}
          order by run, finished_at
          offset ${rowsAtOnce} limit 1
        `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Places)), forgetting)
        const to = end === undefined ? sql`(${last}::integer, 'infinity'::timestamptz)` : sql`(${end.run}::integer, ${end.at}::timestamptz)`
        yield* within(runs, (held) =>
          sweep("steps", sql`
            record.run = ${held} and (record.run, record.finished_at) > ${from} and (record.run, record.finished_at) <= ${to}
            and not ${isNeeded("record")}
          `))
        if (end === undefined) return
        from = to
      }
    })

    const forgetRuns = (runs: ReadonlyArray<number>) =>
      within(runs, (held) =>
        Effect.gen(function*() {
          for (const kind of ["attempts", "events", "checks", "calls", "asks"] as const) yield* sweep(kind, sql`record.run = ${held}`)
          const unneeded = sql`(select record.id from sluice.runs as record where record.id = ${held} and ${isUnneeded})`
          if (!dryRun) {
            for (const name of ["lots", "backfill_sets"]) {
              yield* sql`delete from ${sql.literal(`sluice.${name}`)} where run in ${unneeded}`.pipe(forgetting)
            }
          }
          yield* sweep("backfills", sql`record.run in ${unneeded}`)
          if (!dryRun) yield* sql`delete from sluice.run_workers where run in ${unneeded}`.pipe(forgetting)
          yield* sweep("runs", sql`record.id = ${held} and ${isUnneeded}`)
        }))

    const isOldTick = sql`
      tick.at < ${before}::timestamptz and tick.state <> 'waiting' and not ${isLast("tick")}
      and not exists (select from sluice.runs as run where run.id = tick.run and not (${isOld}) offset 0)
    `
    for (;;) {
      const rows = yield* sweep("ticks", dryRun ? sql`exists (select from (select record.*) as tick where ${isOldTick})` : sql`
        (record.schedule, record.due) in (
          select tick.schedule, tick.due from sluice.ticks as tick where ${isOldTick} limit ${rowsAtOnce}
        )
      `)
      if (dryRun || rows < rowsAtOnce) break
    }
    // Checks that were asked for by themselves.
    yield* sweep("checks", sql`record.run is null and record.at < ${before}::timestamptz`)

    let after = 0
    for (;;) {
      const found = yield* sql`
        select run.id from sluice.runs as run where run.id > ${after} and ${isOld} order by run.id limit ${runsAtOnce}
      `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Runs)), forgetting)
      const runs = found.map(({ id }) => id)
      if (runs.length === 0) break
      yield* forgetSteps(runs)
      yield* forgetRuns(runs)
      after = runs.at(-1)!
    }
    for (const { olderThanMillis, sensor } of keys) {
      yield* sweep("keys", sql`
        record.sensor = ${sensor} and record.at < now() - ${olderThanMillis} * interval '1 millisecond'
        and not exists (select from sluice.runs as run where run.id = record.run and run.state = 'running' offset 0)
      `)
    }
    yield* sweep("workers", sql`coalesce(record.stopped_at, record.expires_at) < ${before}::timestamptz and ${isUnnamed}`)
    return kinds.map((kind): Forgotten => ({ kind, ...sums.get(kind) ?? none }))
  })

  return { forget, turn }
}
