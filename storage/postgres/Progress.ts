/** What is planned in a backfill and what became of it: rows that are only added, and merged when they are many. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import type { ProgressChange } from "../../engine/record/BackfillStore.ts"
import type { RunStoreError } from "../../engine/record/RunStore.ts"
import { isWorthMerging, merge } from "../BackfillProgress.ts"
import { keys, numbers } from "./Columns.ts"
import { attempt } from "./Failure.ts"
import { setColumns, setOf } from "./SetColumns.ts"

const Kind = Schema.Literals(["planned", "materialized", "unchanged", "failed", "skipped", "retried"])

/** Adds changes; for a run that is no backfill it adds nothing. To be called in the transaction of what it tells. */
export const recordProgress = (
  sql: PgClient.PgClient,
  run: number,
  changes: ReadonlyArray<ProgressChange>
): Effect.Effect<void, RunStoreError> => {
  const told = changes.filter(({ cells }) => !PartitionSet.isEmpty(cells))
  if (told.length === 0) return Effect.void
  const { assets, numberings, partitions } = setColumns(told)
  return sql`
    insert into sluice.backfill_sets (run, cells, asset, numbering, kind, partitions)
    select backfill.run, change.cells::integer, change.asset, change.numbering, change.kind, change.partitions
    from sluice.backfills as backfill
    cross join unnest(
      ${numbers(told.map(({ cells }) => PartitionSet.size(cells)))}::float8[],
      ${assets}::text[],
      ${numberings}::text[],
      ${keys(told.map(({ kind }) => kind))}::text[],
      ${partitions}::text[]
    ) as change (cells, asset, numbering, kind, partitions)
    where backfill.run = ${run}
  `.pipe(attempt(`record what became of cells of run ${run}`), Effect.asVoid)
}

const Row = Schema.Struct({ kind: Kind, asset: Schema.String, numbering: Schema.String, partitions: Schema.String })
/** Changes as they are stored. */
export const Rows = Schema.Array(Row)

export const changeOf = ({ partitions, ...row }: typeof Row.Type) =>
  Effect.map(setOf(partitions), (cells): ProgressChange => ({ ...row, cells }))

/** All changes of some backfills, by the number of the run. */
export const readProgress = Effect.fnUntraced(function*(sql: PgClient.PgClient, runs: ReadonlyArray<number>) {
  const rows = yield* sql`
    select run, kind, asset, numbering, partitions
    from sluice.backfill_sets
    where run = any(${numbers(runs)}::float8[]::integer[])
  `.pipe(
    Effect.flatMap(Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ run: Schema.Int, ...Row.fields })))),
    attempt("read what became of backfills")
  )
  const found = new Map<number, Array<ProgressChange>>(runs.map((run) => [run, []]))
  for (const { run, ...row } of rows) found.get(run)?.push(yield* changeOf(row))
  return found
})

/**
 * Holds the lock of a backfill to the end of the transaction. Who takes lots, merges, opens failed cells again, joins or
 * ends it holds it; who only adds to it does not.
 */
export const lockBackfill = (sql: PgClient.PgClient, id: number) =>
  sql`select pg_advisory_xact_lock(${lockClass}::integer, ${id}::integer)`.pipe(attempt(`lock the backfill ${id}`))

// "lots" in ASCII; the other number of the lock is the backfill's.
const lockClass = 0x6c_6f_74_73

const Size = Schema.Tuple([Schema.Struct({ changes: Schema.Int, groups: Schema.Int })])

/**
 * Merges the changes of a backfill if they are many; under its lock. Commits go on adding meanwhile: what they add is
 * not visible to the delete, and stays. Who has seen the old rows sees their cells again: unions bear repetition.
 */
export const compact = Effect.fnUntraced(function*(sql: PgClient.PgClient, id: number) {
  const merging = attempt(`merge the progress of the backfill ${id}`)
  const [{ changes, groups }] = yield* sql`
    select count(*)::integer as changes, count(distinct (kind, numbering, asset))::integer as groups
    from sluice.backfill_sets
    where run = ${id}
  `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Size)), merging)
  if (!isWorthMerging(changes, groups)) return
  const old = yield* sql`
    delete from sluice.backfill_sets where run = ${id} returning kind, asset, numbering, partitions
  `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Rows)), merging)
  yield* recordProgress(sql, id, merge(yield* Effect.forEach(old, changeOf)))
})
