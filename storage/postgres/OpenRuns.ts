/** Runs that daemons were asked for and that have not ended: those of one worker, and those whose worker is gone. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import type { Fragment } from "effect/sql/Statement"
import { attempt } from "./Failure.ts"
import { isLost, workerNumber } from "./Workers.ts"

const Rows = Schema.Array(Schema.Struct({ asker: Schema.String, run: Schema.Int, own: Schema.Boolean }))

/** `asks` is a query that gives who asked, as `asker`, and the `run`. */
export const openRuns = (sql: PgClient.PgClient, askers: string, asks: Fragment, worker: string) =>
  sql`
    select found.asker, found.run, found.own
    from (
      select
        ask.asker, run.id as run, ${isLost(sql, sql`run`)} as lost,
        exists (
          select
          from sluice.run_workers as member
          where member.run = run.id and member.worker = ${workerNumber(sql, worker)} and member.left_at is null
        ) as own
      from sluice.runs as run
      join (${asks}) as ask on ask.run = run.id
      where run.state = 'running' and not run.cancel_requested
    ) as found
    where found.own or found.lost
    order by found.run
  `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Rows)), attempt(`look for open runs of ${askers}`))
