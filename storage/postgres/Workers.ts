/** Workers and their leases, which run by the database's clock: the clocks of machines need not agree. */
import type { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import type { RunStore } from "../../engine/record/RunStore.ts"
import { attempt } from "./Failure.ts"

/** The number of a worker that has not stopped, as a subquery; null if there is none. */
export const workerNumber = (sql: PgClient.PgClient, id: string) =>
  sql`(select worker.number from sluice.workers as worker where worker.id = ${id} and worker.stopped_at is null)`

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
