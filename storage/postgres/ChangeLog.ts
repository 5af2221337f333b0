/** What commits and failures add to the log of sets: one statement a transaction, however many assets it is about. */
import type { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import type { Change } from "../Changes.ts"
import { instants, keys, numbers, texts } from "./Columns.ts"
import { attempt } from "./Failure.ts"
import { setText } from "./SetColumns.ts"

/**
 * To be called once the rows of the cells are locked: so the ids of two changes of one cell follow each other as the
 * changes do. What is skipped is of interest only to a backfill.
 */
export const appendChanges = (sql: PgClient.PgClient, run: number, changes: ReadonlyArray<Change>) =>
  changes.length === 0 ? Effect.void : sql`
    with batch as materialized (
      select *
      from unnest(
        ${keys(changes.map(({ asset }) => asset))}::text[],
        ${keys(changes.map(({ numbering }) => numbering))}::text[],
        ${keys(changes.map(({ kind }) => kind))}::text[],
        ${texts(changes.map(({ basis }) => basis))}::text[],
        ${keys(changes.map(({ cells }) => setText(cells)))}::text[],
        ${numbers(changes.map(({ cells }) => PartitionSet.size(cells)))}::float8[],
        ${instants(changes.map(({ at }) => at))}::timestamptz[]
      ) as change (asset, numbering, kind, basis, partitions, cells, at)
    ),
    logged as (
      insert into sluice.cell_sets (asset, numbering, kind, basis, partitions, at)
      select asset, numbering, kind, basis, partitions, at from batch where kind <> 'skipped'
    )
    insert into sluice.backfill_sets (run, asset, numbering, kind, partitions, cells)
    select backfill.run, batch.asset, batch.numbering, batch.kind, batch.partitions, batch.cells::integer
    from sluice.backfills as backfill, batch
    where backfill.run = ${run}
  `.pipe(attempt("record what became of sets of cells"), Effect.asVoid)
