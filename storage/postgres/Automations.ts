/** How automations stand in Postgres, by its clock. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Option, Result, Schema } from "effect"
import { fromStored, type State, Stored, toStored } from "../../engine/record/AutomationState.ts"
import type { AutomationStanding, AutomationStore } from "../../engine/record/AutomationStore.ts"
import type { AssetSet } from "../../engine/record/CellSets.ts"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import { RunState } from "../../engine/record/Run.ts"
import { json, keys } from "./Columns.ts"
import { attempt, transact } from "./Failure.ts"
import { leftOf } from "../BackfillProgress.ts"
import { openRuns } from "./OpenRuns.ts"
import { readProgress } from "./Progress.ts"
import * as Runs from "./Runs.ts"
import { setOf, setText } from "./SetColumns.ts"
import { isLost, seenState, workerNumber } from "./Workers.ts"

const Pulse = Schema.NonEmptyArray(Schema.Struct({ pulse: Schema.String }))
const Now = Schema.NonEmptyArray(Schema.Struct({ now: Schema.Number }))
const States = Schema.Array(Schema.Struct({ asset: Schema.String, version: Schema.Int, running: Schema.Boolean, state: Schema.Unknown }))
const Open = Schema.Array(Schema.Struct({ asset: Schema.String, numbering: Schema.String, partitions: Schema.String }))
const Claimed = Schema.Array(Schema.Struct({ asset: Schema.String, partition: Schema.String }))
const Names = Schema.Array(Schema.Struct({ name: Schema.String }))
const Ids = Schema.Array(Schema.Struct({ id: Schema.Int }))
const Asks = Schema.Array(Schema.Struct({
  asset: Schema.String,
  run: Schema.Int,
  at: Schema.Date,
  cells: Schema.Int,
  runState: Schema.Union([RunState, Schema.Literal("lost")])
}))

/** Reads what `toStored` wrote. What another version of Sluice has left says nothing to this one: it begins anew. */
const stateOf = (stored: unknown): State | undefined =>
  Option.getOrUndefined(Option.flatMap(Schema.decodeUnknownOption(Stored)(stored), (known) => Result.getSuccess(fromStored(known))))

export const make = (sql: PgClient.PgClient): AutomationStore["Service"] => {
  const { createRun } = Runs.make(sql)

  const standings: AutomationStore["Service"]["standings"] = Effect.fn("AutomationStore.standings")(function*(assets) {
    const reading = attempt("see how automations stand")
    const [{ now }] = yield* sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 as now`.pipe(
      Effect.flatMap(Schema.decodeUnknownEffect(Now)),
      reading
    )
    // First the versions: what is read after them is newer, so that what another daemon has asked meanwhile is noticed.
    const states = yield* sql`
      select asset, version, running, state from sluice.automations where asset = any(${keys(assets)}::text[])
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(States)), reading)
    const open = yield* sql`
      select ask.asset, ask.numbering, ask.partitions
      from sluice.runs as run
      join sluice.automation_asks as ask on ask.run = run.id
      where run.state = 'running' and ask.asset = any(${keys(assets)}::text[])
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Open)), reading)
    const sets = yield* Effect.forEach(open, ({ partitions, ...set }) =>
      Effect.map(setOf(partitions), (cells): AssetSet => ({ ...set, cells })))
    const found = new Map<string, AutomationStanding>()
    for (const asset of assets) {
      const row = states.find((one) => one.asset === asset)
      found.set(asset, {
        version: row?.version ?? 0,
        running: row?.running ?? true,
        state: row === undefined ? undefined : stateOf(row.state),
        open: sets.filter((set) => set.asset === asset)
      })
    }
    return { now: Math.floor(now), standings: found }
  })

  const record: AutomationStore["Service"]["record"] = Effect.fn("AutomationStore.record")(
    ({ asks, asset, state, version, worker }) =>
      transact(
        sql,
        `record the automation of ${asset}`,
        Effect.gen(function*() {
          const recording = attempt(`record the automation of ${asset}`)
          const own = yield* sql`
            insert into sluice.automations as known (asset, version, state)
            select ${asset}, 1, ${json(toStored(state))}::jsonb
            where ${version}::integer = 0 or exists (select from sluice.automations where asset = ${asset})
            on conflict (asset) do update set version = known.version + 1, state = excluded.state
            where known.version = ${version}::integer and known.running
            returning known.version
          `.pipe(recording)
          if (own.length === 0) return undefined
          const runs: Array<number> = []
          for (const { cells, request } of asks) {
            const run = yield* createRun(request, worker)
            yield* sql`
              insert into sluice.automation_asks (run, cells, asset, numbering, partitions)
              values (${run}, ${PartitionSet.size(cells.cells)}, ${asset}, ${cells.numbering}, ${setText(cells.cells)})
            `.pipe(recording)
            runs.push(run)
          }
          return runs
        })
      )
  )

  // Another version: evaluations that are under way are refused.
  const setRunning: AutomationStore["Service"]["setRunning"] = Effect.fn("AutomationStore.setRunning")((asset, running) =>
    sql`
      insert into sluice.automations as known (asset, version, running) values (${asset}, 1, ${running})
      on conflict (asset) do update set version = known.version + 1, running = excluded.running, since = excluded.since
      where known.running <> excluded.running
    `.pipe(attempt(`${running ? "start" : "stop"} the automation of ${asset}`), Effect.asVoid)
  )

  return {
    standings,
    record,
    setRunning,
    attend: Effect.fn("AutomationStore.attend")((worker) =>
      sql`update sluice.workers set evaluates = true where number = ${workerNumber(sql, worker)}`.pipe(
        attempt("note that this process evaluates automation"), Effect.asVoid
      )
    ),
    attending: sql`
      select host || ':' || pid as name from sluice.workers
      where evaluates and stopped_at is null and expires_at > now()
      order by name
    `.pipe(
      Effect.flatMap(Schema.decodeUnknownEffect(Names)),
      attempt("look for daemons that evaluate automation"),
      Effect.map((rows) => rows.map(({ name }) => name))
    ),
    pulse: sql`
      select coalesce((select max(id) from sluice.cell_sets), 0) || ' ' ||
        (select count(*) || ' ' || coalesce(max(id), 0) from sluice.runs where state = 'running') || ' ' ||
        (select count(*) from sluice.automations where not running) || ' ' ||
        coalesce((select sum(changes) from sluice.key_changes), 0) as pulse
    `.pipe(
      Effect.flatMap(Schema.decodeUnknownEffect(Pulse)),
      attempt("look for changed cells"),
      Effect.map(([{ pulse }]) => pulse)
    ),
    claimed: Effect.fn("AutomationStore.claimed")((assets) =>
      sql`
        select cell.asset, cell.partition
        from sluice.cells as cell
        join sluice.workers as holder on holder.number = cell.claimed_by
        where cell.asset = any(${keys(assets)}::text[]) and holder.stopped_at is null and holder.expires_at > now()
          and exists (select from sluice.runs where state = 'running')
      `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Claimed)), attempt("look for claimed cells"))
    ),
    backfilled: Effect.fn("AutomationStore.backfilled")(function*(assets) {
      const runs = yield* sql`
        select run.id
        from sluice.runs as run
        join sluice.backfills as backfill on backfill.run = run.id
        where run.state = 'running' and not ${isLost(sql, sql`run`)}
      `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Ids)), attempt("look for backfills"))
      const found = runs.length === 0 ? new Map<number, never>() : yield* readProgress(sql, runs.map(({ id }) => id))
      return Array.from(found.values()).flatMap(leftOf).filter(({ asset }) => assets.includes(asset))
    }),
    openRuns: Effect.fn("AutomationStore.openRuns")((assets, worker) =>
      Effect.map(
        openRuns(sql, "automations", sql`select asset as asker, run from sluice.automation_asks where asset = any(${keys(assets)}::text[])`, worker),
        (found) => found.map(({ asker: asset, own, run }) => ({ asset, own, run }))
      )
    ),
    asks: Effect.fn("AutomationStore.asks")((assets, { limit }) =>
      sql`
        select
          ask.asset, ask.run, ask.at, ask.cells,
          ${seenState(sql, sql`run`)} as "runState"
        from sluice.automation_asks as ask
        join sluice.runs as run on run.id = ask.run
        where ask.asset = any(${keys(assets)}::text[])
        order by ask.run desc
        limit ${limit}::bigint
      `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Asks)), attempt("read what automations have asked for"))
    )
  }
}
