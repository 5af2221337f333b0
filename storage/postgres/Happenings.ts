/** What happens, noted for hooks in Postgres: once each, with what happened; and what of it a hook has not seen yet. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import type { Fragment } from "effect/sql/Statement"
import { CheckSummary } from "../../engine/record/CheckSummary.ts"
import { HappeningState } from "../../engine/record/Happening.ts"
import type { HookStore } from "../../engine/record/HookStore.ts"
import { clean, instants, json, keys, numbers, texts } from "./Columns.ts"
import { xid } from "./Deliveries.ts"
import { attempt } from "./Failure.ts"
import { isLost } from "./Workers.ts"

const Found = Schema.Array(Schema.Struct({
  id: Schema.Number,
  run: Schema.NullOr(Schema.Int),
  state: HappeningState,
  at: Schema.Date,
  checks: Schema.Array(CheckSummary),
  name: Schema.NullOr(Schema.String),
  reason: Schema.NullOr(Schema.String),
  place: Schema.Number
}))

const Horizon = Schema.NonEmptyArray(Schema.Struct({ horizon: Schema.Number }))
const Since = Schema.Array(Schema.Struct({ asset: Schema.String, since: Schema.Number, now: Schema.Number }))

const mostFound = 1000

/** A cursor that falls behind is moved now and then, though nothing was seen. */
const mostBehind = 1000

/** A statement that notes rows of a state, a name and a reason, where there are hooks. */
export const note = (sql: PgClient.PgClient, rows: Fragment) => sql`
  insert into sluice.happenings (at, state, name, reason)
  select clock_timestamp(), what.state, what.name, what.reason
  from (${rows}) as what (state, name, reason)
  where exists (select from sluice.hooks)
`

type Happenings = Pick<HookStore["Service"], "happenings" | "noteChecks" | "noteLost" | "ages" | "noteAges">

export const make = (sql: PgClient.PgClient): Happenings => {
  const happenings: HookStore["Service"]["happenings"] = Effect.fn("HookStore.happenings")(function*(hook, states, known = []) {
    const seeing = attempt(`look for what the hook ${hook} is to be told`)
    // Before the rows are read: every transaction below the horizon is over, and what it wrote is seen now at the latest.
    const [{ horizon }] = yield* sql`
      select pg_snapshot_xmin(pg_current_snapshot())::text::float8 as horizon
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Horizon)), seeing)
    const found = yield* sql`
      select
        what.id::float8 as id, what.run, what.state, what.at, what.seen_from::text::float8 as place, coalesce(what.checks, '[]') as checks,
        what.name, what.reason
      from sluice.hooks as hook
      join sluice.happenings as what on what.seen_from >= hook.seen and what.at >= hook.since
      where hook.name = ${hook} and hook.running and what.state = any(${keys(states)}::text[])
        and what.id <> all(${numbers([...known])}::float8[]::bigint[])
      order by what.seen_from, what.id
      limit ${mostFound}
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Found)), seeing)
    if (found.length === 0) {
      yield* sql`
        update sluice.hooks set seen = ${xid(sql, horizon)}
        where name = ${hook} and seen::text::float8 < ${horizon - mostBehind}::float8
      `.pipe(seeing)
    }
    // Of the last transaction not all may be here.
    const cursor = Math.min(horizon, found.at(mostFound - 1)?.place ?? horizon)
    return { cursor, happenings: found.toSorted((left, right) => left.id - right.id) }
  })

  const ages: HookStore["Service"]["ages"] = Effect.fn("HookStore.ages")(function*(assets) {
    const reading = attempt("see since when ages of assets are noted")
    yield* sql`
      insert into sluice.asset_ages (asset) select asset from unnest(${keys(assets)}::text[]) as known (asset) order by asset
      on conflict (asset) do nothing
    `.pipe(reading)
    const rows = yield* sql`
      select
        asset, (extract(epoch from since) * 1000)::float8 as since, (extract(epoch from clock_timestamp()) * 1000)::float8 as now
      from sluice.asset_ages where asset = any(${keys(assets)}::text[])
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Since)), reading)
    return { now: rows[0]?.now ?? 0, since: new Map(rows.map(({ asset, since }) => [asset, since])) }
  })

  return {
    happenings,
    ages,
    noteChecks: Effect.fn("HookStore.noteChecks")((checks) =>
      sql`
        insert into sluice.happenings (at, state, checks)
        select clock_timestamp(), 'checked', ${json(checks)}::jsonb where exists (select from sluice.hooks)
      `.pipe(attempt("note checks for hooks"), Effect.asVoid)
    ),
    noteLost: Effect.fn("HookStore.noteLost")((goneMillis) =>
      sql`
        insert into sluice.happenings (at, run, worker, state)
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
    // Of two that note the same at once, the second waits for the row, and then finds nothing to change.
    noteAges: Effect.fn("HookStore.noteAges")((asOf, found) =>
      sql`
        with changed as (
          update sluice.asset_ages as known
          set too_old = found.too_old, deadline = found.deadline, as_of = ${new Date(asOf)}
          from unnest(
            ${keys(found.map(({ asset }) => asset))}::text[],
            ${keys(found.map(({ isTooOld }) => String(isTooOld)))}::text[]::boolean[],
            ${instants(found.map(({ deadline }) => deadline === null ? null : new Date(deadline)))}::timestamptz[],
            ${texts(found.map(({ reason }) => reason === null ? null : clean(reason)))}::text[]
          ) as found (asset, too_old, deadline, reason)
          where known.asset = found.asset and known.as_of < ${new Date(asOf)}
            and (known.too_old <> found.too_old or (found.too_old and known.deadline is distinct from found.deadline))
          returning known.asset, found.too_old, found.reason
        )
        ${note(sql, sql`select case when too_old then 'too old' else 'in time' end, asset, case when too_old then reason end from changed`)}
      `.pipe(attempt("note ages of assets"), Effect.asVoid)
    )
  }
}
