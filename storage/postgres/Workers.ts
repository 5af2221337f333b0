/** Workers and their leases, which run by the database's clock: the clocks of machines need not agree. */
import type { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import type { Fragment } from "effect/sql/Statement"
import type { RunStore } from "../../engine/record/RunStore.ts"
import { attempt } from "./Failure.ts"

/** The number of a worker that has not stopped, as a subquery; null if there is none. */
export const workerNumber = (sql: PgClient.PgClient, id: string) =>
  sql`(select worker.number from sluice.workers as worker where worker.id = ${id} and worker.stopped_at is null)`

// Any number that no other kind of lock uses.
const gateKey = 0x67617465

/**
 * Lets no claim of a run begin until the end of the transaction, of which it is to be the first lock, and waits for those
 * under way. The locks on rows say what is true; this one is fair: with 24 processes that claimed without a pause, a
 * pause waited for its turn at the row of the run for up to 19 s.
 */
export const closeGate = (sql: PgClient.PgClient, run: number) =>
  sql`select pg_advisory_xact_lock(${gateKey}::integer, ${run}::integer)`

/** Passes the gate of a run, and locks what `executing` says to the end of the transaction. */
export const entering = (sql: PgClient.PgClient, run: number, worker: string) =>
  executingFrom(
    sql,
    sql`(
      select ${run}::integer as number, pg_advisory_xact_lock_shared(${gateKey}::integer, ${run}::integer) offset 0
    ) as gate`,
    worker
  )

/**
 * The run and its worker where this worker executes it, else no row; locked, so that it stays so to the end of the
 * transaction. The run is locked before its member, as by all who change them; and a lock is taken on the newest version
 * of a row, however old the snapshot of the statement is.
 */
export const executing = (sql: PgClient.PgClient, run: number, worker: string) =>
  executingFrom(sql, sql`(values (${run}::integer)) as gate (number)`, worker)

const executingFrom = (sql: PgClient.PgClient, gate: Fragment, worker: string) =>
  sql`(
    select run.id, run.cancel_requested, member.worker
    from ${gate}
    cross join lateral (
      select id, cancel_requested from sluice.runs where id = gate.number and state = 'running' for share
    ) as run
    cross join lateral (
      select member.worker
      from sluice.run_workers as member
      where member.run = run.id and member.worker = ${workerNumber(sql, worker)} and member.left_at is null
      for share
    ) as member
  )`

/** The members of a run that execute it and are alive. */
export const aliveIn = (sql: PgClient.PgClient, run: number) =>
  sql`
    select member.worker
    from sluice.run_workers as member
    join sluice.workers as worker on worker.number = member.worker
    where member.run = ${run} and member.left_at is null and worker.stopped_at is null and worker.expires_at > now()
  `

/** Whether a run, by the name of its row, is running without a worker that is alive; as a condition. */
export const isLost = (sql: PgClient.PgClient, run: Fragment) =>
  sql`(
    ${run}.state = 'running' and not exists (
      select
      from sluice.run_workers as member
      join sluice.workers as worker on worker.number = member.worker
      where member.run = ${run}.id and member.left_at is null
        and worker.stopped_at is null and worker.expires_at > now()
    )
  )`

/** The state of a run, by the name of its row, as people look at it: also lost. Null where there is no run. */
export const seenState = (sql: PgClient.PgClient, run: Fragment) =>
  sql`case when ${isLost(sql, run)} then 'lost' else ${run}.state::text end`

/** Whether a worker executes a run, as a condition: at a glance, without a lock. */
export const executes = (sql: PgClient.PgClient, run: number, worker: string) =>
  sql`exists (
    select
    from sluice.runs as run
    join sluice.run_workers as member on member.run = run.id
    where run.id = ${run} and run.state = 'running'
      and member.worker = ${workerNumber(sql, worker)} and member.left_at is null
  )`

export const make = (sql: PgClient.PgClient) => {
  const startWorker: RunStore["Service"]["startWorker"] = Effect.fn("RunStore.startWorker")((worker) =>
    sql`
      insert into sluice.workers as worker (id, host, pid, lease, expires_at)
      values (
        ${worker.id}, ${worker.host}, ${worker.pid},
        ${worker.leaseMillis} * interval '1 millisecond', now() + ${worker.leaseMillis} * interval '1 millisecond'
      )
      on conflict (id) where stopped_at is null do update
      set host = excluded.host, pid = excluded.pid, lease = excluded.lease, expires_at = excluded.expires_at
    `.pipe(attempt(`register the worker ${worker.id}`), Effect.asVoid)
  )

  const heartbeat: RunStore["Service"]["heartbeat"] = Effect.fn("RunStore.heartbeat")((worker) =>
    sql<{ readonly live: boolean }>`
      with before as (
        select number, expires_at > now() as live
        from sluice.workers
        where id = ${worker} and stopped_at is null
        for no key update
      )
      update sluice.workers as worker
      set expires_at = now() + worker.lease
      from before
      where worker.number = before.number
      returning before.live
    `.pipe(attempt(`renew the lease of the worker ${worker}`), Effect.map((rows) => rows[0]?.live === true))
  )

  // Stopping the worker gives its claims back: no look for them through a table of millions of cells.
  const stopWorker: RunStore["Service"]["stopWorker"] = Effect.fn("RunStore.stopWorker")((worker) =>
    sql`
      update sluice.workers set stopped_at = now() where id = ${worker} and stopped_at is null
    `.pipe(attempt(`stop the worker ${worker}`), Effect.asVoid)
  )

  return { startWorker, heartbeat, stopWorker }
}
