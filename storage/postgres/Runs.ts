/** Runs: their life, and what the list of runs shows. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import type { Fragment } from "effect/sql/Statement"
import { unplanned } from "../../engine/record/BackfillStore.ts"
import { RunRequest, RunState, type RunSummary } from "../../engine/record/Run.ts"
import type { RunStore } from "../../engine/record/RunStore.ts"
import { unavailable, unregistered } from "../Refusals.ts"
import { json } from "./Columns.ts"
import { attempt, transact } from "./Failure.ts"
import { closeGate, executes as executing, isLost, workerNumber } from "./Workers.ts"

const Row = Schema.Struct({
  id: Schema.Int,
  state: RunState,
  lost: Schema.Boolean,
  cancelRequested: Schema.Boolean,
  request: RunRequest,
  worker: Schema.String,
  workerId: Schema.String,
  startedAt: Schema.Date,
  finishedAt: Schema.NullOr(Schema.Date),
  materialized: Schema.Int,
  failed: Schema.Int,
  skipped: Schema.Int
})

const Marked = Schema.Array(Schema.Struct({ lost: Schema.Boolean, stopped: Schema.Boolean }))
const Created = Schema.Array(Schema.Struct({ id: Schema.Int }))

export const make = (sql: PgClient.PgClient) => {
  const lost = (run: Fragment) => isLost(sql, run)

  // A finished run keeps its counts; only those of running ones are counted.
  const summaries = (condition: Fragment) =>
    sql`
      select
        run.id,
        run.state::text as state,
        ${lost(sql`run`)} as lost,
        run.cancel_requested as "cancelRequested",
        run.request,
        worker.host || ':' || worker.pid as worker,
        worker.id as "workerId",
        run.started_at as "startedAt",
        run.finished_at as "finishedAt",
        coalesce(run.materialized, counted.materialized) as materialized,
        coalesce(run.failed, counted.failed) as failed,
        coalesce(run.skipped, counted.skipped) as skipped
      from sluice.runs as run
      cross join lateral (
        select worker.id, worker.host, worker.pid
        from sluice.run_workers as member
        join sluice.workers as worker on worker.number = member.worker
        where member.run = run.id
        order by member.joined_at desc, member.worker desc
        limit 1
      ) as worker
      cross join lateral (
        select
          (count(*) filter (where step.state = 'materialized'))::integer as materialized,
          (count(*) filter (where step.state = 'failed'))::integer as failed,
          (count(*) filter (where step.state = 'skipped'))::integer as skipped
        from sluice.steps as step
        where step.run = run.id and run.materialized is null
      ) as counted
      ${condition}
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Schema.Array(Row))), attempt("read runs"))

  const createRun: RunStore["Service"]["createRun"] = Effect.fn("RunStore.createRun")(function*(request, worker) {
    const [row] = yield* sql`
      with run as (
        insert into sluice.runs (request)
        select ${json(request)}::jsonb where ${workerNumber(sql, worker)} is not null
        returning id
      ),
      backfill as (
        insert into sluice.backfills (run, name, later)
        select id, ${request.backfill?.name ?? null}::text, ${json([unplanned])}::jsonb
        from run
        where ${request.backfill !== undefined}
      )
      insert into sluice.run_workers (run, worker)
      select run.id, ${workerNumber(sql, worker)} from run
      returning run as id
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Created)), attempt("create a run"))
    return row === undefined ? yield* unregistered(worker) : row.id
  })

  const resumeRun: RunStore["Service"]["resumeRun"] = Effect.fn("RunStore.resumeRun")((run, worker) =>
    transact(
      sql,
      `resume run ${run}`,
      Effect.gen(function*() {
        const resuming = attempt(`resume run ${run}`)
        // Locked first: the look at its worker must not be older than what another resume has just written.
        yield* sql`select from sluice.runs where id = ${run} for update`.pipe(resuming)
        const [found] = yield* summaries(sql`where run.id = ${run}`)
        if (found === undefined) return yield* unavailable(run, "absent")
        if (found.state === "succeeded") return yield* unavailable(run, "succeeded")
        if (found.state === "running" && !found.lost) return yield* unavailable(run, "alive")
        const taken = yield* sql`
          update sluice.runs
          set
            state = 'running', cancel_requested = false,
            finished_at = null, materialized = null, failed = null, skipped = null
          where id = ${run} and ${workerNumber(sql, worker)} is not null
          returning id
        `.pipe(resuming)
        yield* sql`
          update sluice.run_workers set left_at = now() where run = ${run} and left_at is null
        `.pipe(resuming)
        yield* sql`
          insert into sluice.run_workers (run, worker)
          select ${run}::integer, worker.number from ${workerNumber(sql, worker)} as worker where worker.number is not null
          on conflict (run, worker) do update set joined_at = excluded.joined_at, left_at = null, running = 0
        `.pipe(resuming)
        return taken.length === 0 ? yield* unregistered(worker) : found.request
      })
    )
  )

  /** Ends a run; a condition may tell that it is not the caller's to end. */
  const end = (run: number, state: Exclude<RunState, "running">, isOwn: Fragment) =>
    sql`
      update sluice.runs as run
      set
        state = ${state}::sluice.run_state, finished_at = now(),
        materialized = counted.materialized, failed = counted.failed, skipped = counted.skipped
      from (
        select
          count(*) filter (where step.state = 'materialized') as materialized,
          count(*) filter (where step.state = 'failed') as failed,
          count(*) filter (where step.state = 'skipped') as skipped
        from sluice.steps as step
        where step.run = ${run}
      ) as counted
      where run.id = ${run} and ${isOwn}
      returning run.id
    `.pipe(attempt(`finish run ${run}`), Effect.map((rows) => rows.length > 0))

  const finishRun: RunStore["Service"]["finishRun"] = Effect.fn("RunStore.finishRun")((run, worker, state) =>
    end(
      run,
      state,
      // It may ask again, where the answer was lost.
      sql`run.state in ('running', ${state}::sluice.run_state) and exists (
        select
        from sluice.run_workers as member
        where member.run = run.id and member.worker = ${workerNumber(sql, worker)} and member.left_at is null
      )`
    )
  )

  // Claims lock the row of their run, so this waits for those under way. Nobody would end a lost run: it ends here.
  const cancelRun: RunStore["Service"]["cancelRun"] = Effect.fn("RunStore.cancelRun")((run) =>
    transact(
      sql,
      `cancel run ${run}`,
      Effect.gen(function*() {
        const cancelling = attempt(`cancel run ${run}`)
        yield* closeGate(sql, run).pipe(cancelling)
        const [row] = yield* sql`
          update sluice.runs set cancel_requested = true where id = ${run} and state in ('running', 'cancelled')
          returning
            ${lost(sql`runs`)} as lost,
            exists (select from sluice.backfills where run = runs.id and stop_reason is not null) as stopped
        `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Marked)), cancelling)
        if (row?.lost === true) return void (yield* end(run, row.stopped ? "failed" : "cancelled", sql`true`))
        if (row !== undefined) return
        const found = yield* sql`select from sluice.runs where id = ${run}`.pipe(cancelling)
        return yield* unavailable(run, found.length === 0 ? "absent" : "ended")
      })
    )
  )

  const cancelRequested: RunStore["Service"]["cancelRequested"] = Effect.fn("RunStore.cancelRequested")((run) =>
    sql<{ readonly requested: boolean }>`
      select cancel_requested as requested from sluice.runs where id = ${run}
    `.pipe(attempt(`see whether run ${run} is cancelled`), Effect.map((rows) => rows[0]?.requested === true))
  )

  const executes: RunStore["Service"]["executes"] = Effect.fn("RunStore.executes")((run, worker) =>
    sql<{ readonly executes: boolean }>`select ${executing(sql, run, worker)} as executes`.pipe(
      attempt(`see who executes run ${run}`),
      Effect.map((rows) => rows[0]?.executes === true)
    )
  )

  const runs: RunStore["Service"]["runs"] = Effect.fn("RunStore.runs")(({ limit }) =>
    summaries(sql`order by run.id desc limit ${limit}::bigint`)
  )

  const run: RunStore["Service"]["run"] = Effect.fn("RunStore.run")(function*(id) {
    const [found]: ReadonlyArray<RunSummary> = yield* summaries(sql`where run.id = ${id}`)
    return found === undefined ? yield* unavailable(id, "absent") : found
  })

  return { createRun, resumeRun, finishRun, cancelRun, cancelRequested, executes, runs, run }
}
