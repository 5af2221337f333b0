/** Claims: which worker computes which cell, and for which run. Every statement locks cells in the order of their keys: none deadlocks. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import type { Claimed, RunStore } from "../../engine/record/RunStore.ts"
import type { Cell } from "../../engine/record/Step.ts"
import { noSuchRun, unregistered } from "../Refusals.ts"
import { keys } from "./Columns.ts"
import { Inputs } from "./Documents.ts"
import { attempt } from "./Failure.ts"
import { entering, executes, workerNumber } from "./Workers.ts"

const Version = Schema.NullOr(Schema.Number)
const Granted = Schema.Array(Schema.Struct({
  asset: Schema.String,
  partition: Schema.String,
  version: Version,
  done: Schema.Boolean,
  codeVersion: Schema.NullOr(Schema.String),
  inputs: Schema.NullOr(Inputs)
}))
const Held = Schema.Array(Schema.Struct({ place: Schema.Int, version: Version, done: Schema.Boolean, own: Schema.Boolean }))
const Standing = Schema.Tuple([
  Schema.Struct({
    run: Schema.Boolean,
    worker: Schema.Boolean,
    standing: Schema.Literals(["running", "paused", "cancelled"])
  })
])

const keyOf = (cell: Cell): string => `${cell.asset}\0${cell.partition}`

/** Cells as two array parameters, for `unnest(assets, partitions)`. */
export const cellColumns = (cells: ReadonlyArray<Cell>) => ({
  assets: keys(cells.map((cell) => cell.asset)),
  partitions: keys(cells.map((cell) => cell.partition))
})

export const make = (sql: PgClient.PgClient) => {
  // A run of this worker that has ended holds nothing; one that another worker goes on with claims under that one's name.
  const free = (run: number, worker: string) =>
    sql`(
      cell.claimed_by is null
      or cell.claimed_by = ${workerNumber(sql, worker)} and (
        cell.claimed_for = ${run}::integer
        or exists (select from sluice.runs as ended where ended.id = cell.claimed_for and ended.state <> 'running')
      )
      or exists (
        select from sluice.workers as holder
        where holder.number = cell.claimed_by and (holder.stopped_at is not null or holder.expires_at <= now())
      )
    )`

  // The locks on the run, its member and the backfill make whoever cancels, takes over or pauses wait for claims under
  // way, and later ones see what he has written. A cell that a commit has locked is passed over: waiting for a long
  // commit, the claim would make cancelRun wait too. `on conflict` sees the newest version of a cell but an old one of
  // the workers: therefore `free` looks for a worker that is known to be dead, not for one known to be alive, which may
  // have registered a moment ago. The cells are sorted before they are locked, and each is locked and inserted before
  // the next: sorted between the two, claims deadlocked.
  const grant = (run: number, worker: string, cells: ReadonlyArray<Cell>) => {
    const { assets, partitions } = cellColumns(cells)
    return sql`
      with held as materialized (
        select * from ${entering(sql, run, worker)} as executing where not cancel_requested
      ),
      backfill as materialized (
        select backfill.paused
        from held
        cross join lateral (select paused from sluice.backfills where sluice.backfills.run = held.id for share) as backfill
      ),
      claimant as materialized (
        select worker as number from held where not exists (select from backfill where paused)
      ),
      asked as materialized (
        select batch.asset, batch.partition, claimant.number
        from claimant, unnest(${assets}::text[], ${partitions}::text[]) as batch (asset, partition)
        order by batch.asset collate "C", batch.partition collate "C"
      )
      insert into sluice.cells as cell (asset, partition, claimed_by, claimed_for)
      select asked.asset, asked.partition, asked.number, ${run}::integer
      from asked
      left join lateral (
        select true as locked
        from sluice.cells as cell
        where cell.asset = asked.asset and cell.partition = asked.partition and ${free(run, worker)}
        for no key update skip locked
      ) as mine on true
      where mine.locked or (
        select true from sluice.cells as cell where cell.asset = asked.asset and cell.partition = asked.partition
      ) is null
      on conflict (asset, partition) do update
      set claimed_by = excluded.claimed_by, claimed_for = excluded.claimed_for
      where ${free(run, worker)}
      returning cell.asset, cell.partition, cell.data_version::float8 as version,
        coalesce(cell.materialized_by = ${run}::integer, false) as done, cell.code_version as "codeVersion", cell.inputs
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Granted)), attempt(`claim cells for run ${run}`))
  }

  const stand = (run: number, worker: string) =>
    sql`
      select
        run.id is not null as run,
        ${workerNumber(sql, worker)} is not null as worker,
        case
          when run.cancel_requested or not ${executes(sql, run, worker)} then 'cancelled'
          when backfill.paused then 'paused'
          else 'running'
        end as standing
      from (values (1)) as one
      left join sluice.runs as run on run.id = ${run}
      left join sluice.backfills as backfill on backfill.run = run.id
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Standing)), attempt(`claim cells for run ${run}`))

  // `limit 1` keeps the look-up by key even where the statement was planned while the table was still empty.
  const standingOf = (run: number, worker: string, cells: ReadonlyArray<Cell>) => {
    const { assets, partitions } = cellColumns(cells)
    return sql`
      select asked.place::integer as place, held.version, held.done, held.own
      from unnest(${assets}::text[], ${partitions}::text[]) with ordinality as asked (asset, partition, place)
      cross join lateral (
        select
          cell.data_version::float8 as version,
          coalesce(cell.materialized_by = ${run}::integer, false) as done,
          coalesce(cell.claimed_by = ${workerNumber(sql, worker)}, false) as own
        from sluice.cells as cell
        where cell.asset = asked.asset and cell.partition = asked.partition
        limit 1
      ) as held
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Held)), attempt("read who has cells"))
  }

  const claim: RunStore["Service"]["claim"] = Effect.fn("RunStore.claim")(function*(run, worker, cells) {
    const rows = cells.length === 0 ? [] : yield* grant(run, worker, cells)
    const granted = new Map(rows.map((row) => [keyOf(row), row]))
    const held = new Map<string, (typeof Held.Type)[number]>()
    let standing: Claimed["standing"] = "running"
    if (granted.size < cells.length || cells.length === 0) {
      const [stands] = yield* stand(run, worker)
      if (!stands.run) return yield* noSuchRun(run)
      if (!stands.worker) return yield* unregistered(worker)
      if (granted.size === 0) standing = stands.standing
      const others = cells.filter((cell) => !granted.has(keyOf(cell)))
      for (const one of others.length === 0 ? [] : yield* standingOf(run, worker, others)) {
        const cell = others[one.place - 1]
        if (cell !== undefined) held.set(keyOf(cell), one)
      }
    }
    const claimed: Claimed = {
      cells: cells.map((cell) => {
        const key = keyOf(cell)
        const row = granted.get(key)
        if (row !== undefined) {
          return { granted: true, own: false, done: row.done, version: row.version ?? undefined, codeVersion: row.codeVersion ?? "", inputs: row.inputs ?? {} }
        }
        const { done = false, own = false, version } = held.get(key) ?? {}
        return { granted: false, own, done, version: version ?? undefined, codeVersion: "", inputs: {} }
      }),
      standing
    }
    return claimed
  })

  // An upsert because it locks in the order given, as the claim does; a cell once claimed has a row.
  const release: RunStore["Service"]["release"] = Effect.fn("RunStore.release")(function*(run, worker, cells) {
    if (cells.length === 0) return
    const { assets, partitions } = cellColumns(cells)
    yield* sql`
      insert into sluice.cells as cell (asset, partition)
      select asked.asset, asked.partition
      from unnest(${assets}::text[], ${partitions}::text[]) as asked (asset, partition)
      order by asked.asset collate "C", asked.partition collate "C"
      on conflict (asset, partition) do update
      set claimed_by = null
      where cell.claimed_by = ${workerNumber(sql, worker)} and cell.claimed_for = ${run}::integer
    `.pipe(attempt("give claims back"))
  })

  return { claim, release }
}
