/** What participants and people do with a backfill: join, leave, pause, stop, retry, extend and end it. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import type { BackfillStore } from "../../engine/record/BackfillStore.ts"
import { RunState } from "../../engine/record/Run.ts"
import { before, retriedKinds, retryOf } from "../BackfillRetry.ts"
import { noBackfill, unregistered } from "../Refusals.ts"
import * as BackfillRuns from "./BackfillRuns.ts"
import { json, keys } from "./Columns.ts"
import { attempt, transact } from "./Failure.ts"
import { notFound } from "./Look.ts"
import { changeOf, compact, lockBackfill, readProgress, recordProgress, Rows } from "./Progress.ts"
import * as Runs from "./Runs.ts"
import { aliveIn, closeGate, workerNumber } from "./Workers.ts"

const Standing = Schema.Array(Schema.Struct({
  state: RunState,
  cancelling: Schema.Boolean,
  lost: Schema.Boolean,
  paused: Schema.Boolean,
  round: Schema.Int,
  plansMore: Schema.Boolean,
  stopReason: Schema.NullOr(Schema.String),
  retryOf: Schema.NullOr(Schema.Literals(["succeeded", "failed", "cancelled"])),
  stoppedBefore: Schema.NullOr(Schema.String)
}))

export const make = (sql: PgClient.PgClient) => {
  const { backfill } = BackfillRuns.make(sql)
  const { cancelRun, finishRun } = Runs.make(sql)

  /** How it stands, with the row of its run locked: claims, cancels and joins wait, or are seen. */
  const hold = Effect.fnUntraced(function*(id: number, doing: string, gone: ReadonlyArray<string> = []) {
    const holding = attempt(doing)
    yield* closeGate(sql, id).pipe(holding)
    // In a statement of its own: the look at the workers must not be older than what was waited for.
    yield* sql`select from sluice.runs where id = ${id} for update`.pipe(holding)
    const [found] = yield* sql`
      select
        run.state::text as state,
        backfill.round,
        backfill.paused,
        backfill.later <> '[]' as "plansMore",
        backfill.stop_reason as "stopReason",
        backfill.retry_of::text as "retryOf",
        backfill.stopped_before as "stoppedBefore",
        run.state = 'running' and run.cancel_requested as cancelling,
        run.state = 'running' and not exists (
          select
          from (${aliveIn(sql, id)}) as alive
          join sluice.workers as known on known.number = alive.worker
          where not known.id = any(${keys(gone)}::text[])
        ) as lost
      from sluice.backfills as backfill
      join sluice.runs as run on run.id = backfill.run
      where backfill.run = ${id}
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Standing)), holding)
    return found ?? (yield* notFound(sql, id))
  })

  /** A backfill that ended, or whose processes are all gone, is running again. */
  const reopen = (id: number, doing: string) =>
    Effect.andThen(
      sql`
        update sluice.runs
        set
          state = 'running', cancel_requested = false, finished_at = null,
          materialized = null, failed = null, skipped = null
        where id = ${id}
      `,
      sql`update sluice.backfills set paused = false, stop_reason = null where run = ${id}`
    ).pipe(attempt(doing))

  /** Takes away what failed, was skipped or is tried again, and gives it. */
  const takeBack = (id: number, doing: string) =>
    sql`
      delete from sluice.backfill_sets where run = ${id} and kind = any(${keys(retriedKinds)}::text[])
      returning kind, asset, numbering, partitions
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Rows)), attempt(doing))

  /** All open cells are to be done again, and not only those of a retry. */
  const widen = (id: number, doing: string) =>
    Effect.andThen(
      sql`update sluice.backfills set retry_of = null, stopped_before = null where run = ${id}`,
      sql`delete from sluice.backfill_sets where run = ${id} and kind = 'retried'`
    ).pipe(attempt(doing))

  const join: BackfillStore["Service"]["join"] = Effect.fn("BackfillStore.join")((id, worker, openOnly = false) => {
    const doing = `join the backfill ${id}`
    return transact(
      sql,
      doing,
      Effect.gen(function*() {
        yield* lockBackfill(sql, id)
        const { cancelling, lost, retryOf, state } = yield* hold(id, doing)
        if (state === "succeeded") return yield* noBackfill(id, "succeeded")
        if (openOnly && state !== "running") return yield* noBackfill(id, "ended")
        if (cancelling && !lost) return yield* noBackfill(id, "stopping")
        if (state !== "running" || lost) yield* reopen(id, doing)
        // A retry whose processes are gone is still one.
        if (retryOf !== null && (state !== "running" || cancelling)) yield* widen(id, doing)
        const joined = yield* sql`
          insert into sluice.run_workers as member (run, worker)
          select ${id}::integer, worker.number from ${workerNumber(sql, worker)} as worker
          on conflict (run, worker) do update set joined_at = excluded.joined_at, left_at = null, running = 0
          returning worker
        `.pipe(attempt(doing))
        if (joined.length === 0) return yield* unregistered(worker)
        yield* sql`
          delete from sluice.lots where run = ${id} and worker = ${workerNumber(sql, worker)}
        `.pipe(attempt(doing))
        return yield* backfill(id)
      })
    )
  })

  // Its lots go even if it has stopped meanwhile, and its number is no worker's any more.
  const leave: BackfillStore["Service"]["leave"] = Effect.fn("BackfillStore.leave")((id, worker) =>
    sql`
      with gone as (
        update sluice.run_workers as member
        set left_at = clock_timestamp(), running = 0
        from sluice.workers as worker
        where member.run = ${id} and member.left_at is null
          and worker.number = member.worker and worker.id = ${worker}
        returning member.worker
      )
      delete from sluice.lots using gone where lots.run = ${id} and lots.worker = gone.worker
    `.pipe(attempt(`leave the backfill ${id}`), Effect.asVoid)
  )

  // Claims share a lock on the row of the backfill: this waits for those under way, and later ones see what is written.
  const setPaused = (id: number, paused: boolean) => {
    const doing = `${paused ? "pause" : "go on with"} the backfill ${id}`
    return transact(
      sql,
      doing,
      Effect.gen(function*() {
        const { cancelling, state } = yield* hold(id, doing)
        if (state === "succeeded") return yield* noBackfill(id, "succeeded")
        if (state !== "running") return yield* noBackfill(id, "ended")
        if (cancelling) return yield* noBackfill(id, "stopping")
        yield* sql`update sluice.backfills set paused = ${paused} where run = ${id}`.pipe(attempt(doing))
      })
    )
  }

  const stop: BackfillStore["Service"]["stop"] = Effect.fn("BackfillStore.stop")((id, reason) => {
    const doing = `stop the backfill ${id}`
    return transact(
      sql,
      doing,
      Effect.gen(function*() {
        const { cancelling, state } = yield* hold(id, doing)
        // Whoever was first says why: another participant, or the user who cancels it.
        if (state !== "running" || cancelling) return
        yield* sql`update sluice.backfills set stop_reason = ${reason} where run = ${id}`.pipe(attempt(doing))
        yield* cancelRun(id)
      })
      // A backfill that does not exist needs no stop.
    ).pipe(Effect.catchTag("RunUnavailable", () => Effect.void))
  })

  const retryFailed: BackfillStore["Service"]["retryFailed"] = Effect.fn("BackfillStore.retryFailed")((id, gone = []) => {
    const doing = `retry the failed cells of the backfill ${id}`
    return transact(
      sql,
      doing,
      Effect.gen(function*() {
        yield* lockBackfill(sql, id)
        const found = yield* hold(id, doing, gone)
        const { cancelling, lost, state } = found
        if (cancelling && !lost) return yield* noBackfill(id, "stopping")
        if (state === "running" && found.paused && !cancelling) return yield* noBackfill(id, "paused")
        // Failures are recorded meanwhile: those that are opened again are counted, no more and no less.
        const taken = yield* Effect.forEach(yield* takeBack(id, doing), changeOf)
        const progress = yield* readProgress(sql, [id])
        const settled = (progress.get(id) ?? []).filter(({ kind }) => !retriedKinds.includes(kind))
        const { failed, leaves, retried, skipped } = retryOf([...settled, ...taken])
        if (failed + skipped === 0) return yield* noBackfill(id, "nothing to retry")
        const goesOn = state === "running" && !cancelling && !lost
        const isAll = goesOn ? found.retryOf === null : !leaves && !found.plansMore
        if (!isAll) yield* recordProgress(sql, id, retried)
        yield* sql`update sluice.backfills set round = round + 1 where run = ${id}`.pipe(attempt(doing))
        if (!goesOn) {
          const again = before(found)
          yield* reopen(id, doing)
          yield* sql`
            update sluice.backfills
            set
              retry_of = ${isAll ? null : again.state}::sluice.run_state,
              stopped_before = ${isAll ? null : again.stopReason}::text
            where run = ${id}
          `.pipe(attempt(doing))
        }
        return { failed, skipped }
      })
    )
  })

  const extend: BackfillStore["Service"]["extend"] = Effect.fn("BackfillStore.extend")((id, before, planned, later) =>
    transact(
      sql,
      `plan more of the backfill ${id}`,
      Effect.gen(function*() {
        const extended = yield* sql`
          update sluice.backfills set later = ${json(later)}::jsonb
          where run = ${id} and later = ${json(before)}::jsonb
          returning run
        `.pipe(attempt(`plan more of the backfill ${id}`))
        if (extended.length === 0) return false
        yield* recordProgress(sql, id, planned.map((set) => ({ ...set, kind: "planned" })))
        return true
      })
    )
  )

  const finish: BackfillStore["Service"]["finish"] = Effect.fn("BackfillStore.finish")((id, worker, state, round) => {
    const doing = `end the backfill ${id}`
    return transact(
      sql,
      doing,
      Effect.gen(function*() {
        yield* lockBackfill(sql, id)
        const found = yield* hold(id, doing)
        if (found.state !== "running") return false
        if (round !== undefined && found.round !== round) return false
        if (round === undefined) {
          const others = yield* sql`
            select from (${aliveIn(sql, id)}) as alive where alive.worker is distinct from ${workerNumber(sql, worker)}
          `.pipe(attempt(doing))
          if (others.length > 0) return false
        }
        const again = round === undefined ? null : found.retryOf
        if (!(yield* finishRun(id, worker, again ?? state))) return false
        if (again !== null) {
          yield* sql`update sluice.backfills set stop_reason = stopped_before where run = ${id}`.pipe(attempt(doing))
        }
        yield* sql`delete from sluice.lots where run = ${id}`.pipe(attempt(doing))
        yield* compact(sql, id)
        return true
      })
    ).pipe(Effect.catchTag("RunUnavailable", () => Effect.succeed(false)))
  })

  const report: BackfillStore["Service"]["report"] = Effect.fn("BackfillStore.report")((id, worker, running) =>
    sql`
      update sluice.run_workers set running = ${running}
      where run = ${id} and worker = ${workerNumber(sql, worker)} and left_at is null
    `.pipe(attempt(`tell how the backfill ${id} goes on`), Effect.asVoid)
  )

  return {
    join,
    leave,
    pause: Effect.fn("BackfillStore.pause")((id: number) => setPaused(id, true)),
    unpause: Effect.fn("BackfillStore.unpause")((id: number) => setPaused(id, false)),
    stop,
    retryFailed,
    extend,
    finish,
    report
  }
}
