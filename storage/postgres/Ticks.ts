/** Schedules and their ticks in Postgres, by its clock. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import type { Fragment } from "effect/sql/Statement"
import { RunState } from "../../engine/record/Run.ts"
import type { Decided, Decision, Standing, TickStore } from "../../engine/record/TickStore.ts"
import { clean, instants, keys, texts } from "./Columns.ts"
import { attempt, transact } from "./Failure.ts"
import { note } from "./Happenings.ts"
import { openRuns } from "./OpenRuns.ts"
import * as Runs from "./Runs.ts"
import { seenState } from "./Workers.ts"

const Standings = Schema.Array(Schema.Struct({
  name: Schema.String,
  running: Schema.Boolean,
  since: Schema.Number,
  now: Schema.Number,
  lastDue: Schema.NullOr(Schema.Number),
  lastAt: Schema.NullOr(Schema.Number),
  runs: Schema.Array(Schema.Int),
  waiting: Schema.Array(Schema.Number)
}))

const Ticks = Schema.Array(Schema.Struct({
  schedule: Schema.String,
  due: Schema.Date,
  state: Schema.Literals(["waiting", "started", "skipped", "failed"]),
  at: Schema.Date,
  run: Schema.NullOr(Schema.Int),
  runState: Schema.NullOr(Schema.Union([RunState, Schema.Literal("lost")])),
  reason: Schema.NullOr(Schema.String)
}))

const Known = Schema.Array(Schema.Struct({ name: Schema.String, running: Schema.Boolean, since: Schema.Date }))
const Recorded = Schema.Array(Schema.Struct({ due: Schema.Number }))
const Now = Schema.NonEmptyArray(Schema.Struct({ now: Schema.Number }))

type Settled = Exclude<Decision, { readonly _tag: "Start" }>

export const make = (sql: PgClient.PgClient): TickStore["Service"] => {
  const { createRun } = Runs.make(sql)

  const millis = (time: Fragment) => sql`(extract(epoch from ${time}) * 1000)::float8`

  const announce: TickStore["Service"]["announce"] = Effect.fn("TickStore.announce")((schedules) =>
    sql`
      insert into sluice.schedules as known (name, definition)
      select name, definition
      from unnest(
        ${keys(schedules.map(({ name }) => name))}::text[],
        ${keys(schedules.map(({ definition }) => definition))}::text[]
      ) as schedule (name, definition)
      order by name
      on conflict (name) do update
      set
        definition = excluded.definition,
        since = case when known.definition = '' then known.since else excluded.since end
      where known.definition <> excluded.definition
    `.pipe(attempt("make schedules known"), Effect.asVoid)
  )

  const setRunning: TickStore["Service"]["setRunning"] = Effect.fn("TickStore.setRunning")((name, running) => {
    const setting = attempt(`${running ? "start" : "stop"} the schedule ${name}`)
    return transact(
      sql,
      `${running ? "start" : "stop"} the schedule ${name}`,
      Effect.gen(function*() {
        yield* sql`
          insert into sluice.schedules as known (name, running, definition) values (${name}, ${running}, '')
          on conflict (name) do update set running = excluded.running, since = excluded.since
          where known.running <> excluded.running
        `.pipe(setting)
        if (running) return
        yield* sql`
          update sluice.ticks set state = 'skipped', reason = 'the schedule was stopped'
          where schedule = ${name} and state = 'waiting'
        `.pipe(setting)
      })
    )
  })

  const read = Effect.fnUntraced(function*(names: ReadonlyArray<string>) {
    const rows = yield* sql`
      select
        schedule.name,
        schedule.running,
        ${millis(sql`schedule.since`)} as since,
        ${millis(sql`clock_timestamp()`)} as now,
        ${millis(sql`last.due`)} as "lastDue",
        ${millis(sql`last.at`)} as "lastAt",
        (
          select coalesce(json_agg(run.id order by run.id), '[]')
          from sluice.runs as run
          join sluice.ticks as tick on tick.run = run.id
          where run.state = 'running' and tick.schedule = schedule.name
        ) as runs,
        (
          select coalesce(json_agg(${millis(sql`tick.due`)} order by tick.due), '[]')
          from sluice.ticks as tick
          where tick.state = 'waiting' and tick.schedule = schedule.name
        ) as waiting
      from sluice.schedules as schedule
      left join lateral (
        select tick.due, tick.at from sluice.ticks as tick where tick.schedule = schedule.name order by tick.due desc limit 1
      ) as last on true
      where schedule.name = any(${keys(names)}::text[])
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Standings)), attempt("see how schedules stand"))
    return rows.map(({ lastAt, lastDue, name, ...rest }) => {
      const last = lastDue === null || lastAt === null ? undefined : { due: lastDue, at: lastAt }
      return [name, { ...rest, last } satisfies Standing] as const
    })
  })

  const standings: TickStore["Service"]["standings"] = Effect.fn("TickStore.standings")(function*(names) {
    const found = yield* read(names)
    const [{ now }] = yield* sql`select ${millis(sql`clock_timestamp()`)} as now`.pipe(
      Effect.flatMap(Schema.decodeUnknownEffect(Now)),
      attempt("read the clock of the database")
    )
    return { now, standings: new Map(found) }
  })

  /** Gives the due moments that were not decided upon before. */
  const settle = (schedule: string, decisions: ReadonlyArray<Settled>) =>
    decisions.length === 0 ? Effect.succeed([]) : sql`
      with decided as (
        insert into sluice.ticks as tick (schedule, due, state, reason)
        select ${schedule}, decision.due, decision.state::sluice.tick_state, decision.reason
        from unnest(
          ${instants(decisions.map(({ due }) => new Date(due)))}::timestamptz[],
          ${keys(decisions.map(({ _tag }) => ({ Wait: "waiting", Skip: "skipped", Fail: "failed" })[_tag]))}::text[],
          ${texts(decisions.map((decision) => "reason" in decision ? decision.reason : null))}::text[]
        ) as decision (due, state, reason)
        on conflict (schedule, due) do update set state = excluded.state, reason = excluded.reason, at = excluded.at
        where tick.state = 'waiting' and excluded.state <> 'waiting'
        returning tick.due, tick.state, tick.reason
      ), failing as (
        update sluice.schedules set failing = true
        where name = ${schedule} and exists (select from decided where state = 'failed')
      ), noted as (
        ${note(sql, sql`select 'tick failed', ${schedule}::text, reason from decided where state = 'failed' order by due`)}
      )
      select ${millis(sql`due`)} as due from decided
    `.pipe(
      Effect.flatMap(Schema.decodeUnknownEffect(Recorded)),
      attempt(`record ticks of the schedule ${schedule}`),
      Effect.map((rows) => rows.map(({ due }) => due))
    )

  /** The row first: where another has it, no run is made. */
  const start = Effect.fnUntraced(function*(decision: Extract<Decision, { readonly _tag: "Start" }>, schedule: string, worker: string) {
    const starting = attempt(`start the run of a tick of the schedule ${schedule}`)
    const due = new Date(decision.due)
    const own = yield* sql`
      with own as (
        insert into sluice.ticks as tick (schedule, due, state) values (${schedule}, ${due}, 'started')
        on conflict (schedule, due) do update set state = 'started', at = excluded.at where tick.state = 'waiting'
        returning tick.due
      ), works as (
        update sluice.schedules set failing = false where name = ${schedule} and failing and exists (select from own) returning name
      ), noted as (
        ${note(sql, sql`select 'tick started', name, null from works`)}
      )
      select due from own
    `.pipe(starting)
    if (own.length === 0) return undefined
    const run = yield* createRun(decision.request, worker)
    yield* sql`update sluice.ticks set run = ${run} where schedule = ${schedule} and due = ${due}`.pipe(starting)
    return run
  })

  const decide: TickStore["Service"]["decide"] = Effect.fn("TickStore.decide")((schedule, worker, choose) =>
    transact(
      sql,
      `decide upon the schedule ${schedule}`,
      Effect.gen(function*() {
        // In a statement of its own: what is read next must not be older than what was waited for.
        yield* sql`select from sluice.schedules where name = ${schedule} for update`.pipe(
          attempt(`decide upon the schedule ${schedule}`)
        )
        const [found] = yield* read([schedule])
        if (found === undefined) return []
        const decisions = choose(found[1])
        const settled = new Set(yield* settle(schedule, decisions.filter((decision) => decision._tag !== "Start")))
        const decided: Array<Decided> = []
        for (const decision of decisions) {
          const run = decision._tag === "Start" ? yield* start(decision, schedule, worker) : undefined
          if (run !== undefined || settled.has(decision.due)) decided.push({ decision, run })
        }
        return decided
      })
    )
  )

  return {
    announce,
    setRunning,
    standings,
    decide,
    schedules: sql`select name, running, since from sluice.schedules order by name`.pipe(
      Effect.flatMap(Schema.decodeUnknownEffect(Known)),
      attempt("read schedules")
    ),
    open: Effect.fn("TickStore.open")((schedules, worker) =>
      Effect.map(
        openRuns(sql, "schedules", sql`select schedule as asker, run from sluice.ticks where schedule = any(${keys(schedules)}::text[])`, worker),
        (found) => found.map(({ asker: schedule, own, run }) => ({ schedule, own, run }))
      )
    ),
    fail: Effect.fn("TickStore.fail")((run, reason) =>
      sql`
        update sluice.ticks set state = 'failed', reason = ${clean(reason)} where run = ${run}
      `.pipe(attempt(`note why run ${run} has failed`), Effect.asVoid)
    ),
    ticks: Effect.fn("TickStore.ticks")((schedule, { limit }) =>
      sql`
        select
          tick.schedule, tick.due, tick.state::text as state, tick.at, tick.run, tick.reason,
          ${seenState(sql, sql`run`)} as "runState"
        from sluice.ticks as tick
        left join sluice.runs as run on run.id = tick.run
        where tick.schedule = ${schedule}
        order by tick.due desc
        limit ${limit}::bigint
      `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Ticks)), attempt(`read the ticks of the schedule ${schedule}`))
    )
  }
}
