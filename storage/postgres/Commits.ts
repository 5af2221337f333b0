/** Commits: the data of a batch of cells and its record, in one transaction of a handful of statements. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import { type CellWritten, Guarded } from "../../engine/definition/Io.ts"
import type { CellCommit, Commit, LeaseLost, RunStore, RunStoreError } from "../../engine/record/RunStore.ts"
import { type Cell, cellName, type Step } from "../../engine/record/Step.ts"
import { ofCommit } from "../Changes.ts"
import { displacedBy } from "../Displaced.ts"
import { miscounted, stepOf } from "../Refusals.ts"
import { appendChanges } from "./ChangeLog.ts"
import { endCheckpoints } from "./Checkpoints.ts"
import { cellColumns } from "./Claims.ts"
import { documents, instants, keys, texts } from "./Columns.ts"
import { replaceKeys } from "./DynamicKeys.ts"
import { attempt, transact } from "./Failure.ts"
import * as Fence from "./Fence.ts"
import { recordSteps } from "./Steps.ts"

const Moved = Schema.Array(Schema.Struct({ asset: Schema.String, partition: Schema.String, version: Schema.Number }))

export const make = (sql: PgClient.PgClient) => {
  const fence = Fence.make(sql)

  // An upsert though every row exists: unlike a join it cannot be planned as a scan of the table.
  const move = (run: number, cells: ReadonlyArray<CellCommit>, written: ReadonlyArray<CellWritten>) => {
    const { assets, partitions } = cellColumns(cells)
    return sql`
      insert into sluice.cells as cell (
        asset, partition, materialized_at, materialized_by, code_version, windows, content_hash, inputs
      )
      select batch.asset, batch.partition, batch.at, ${run}::integer, batch.code, nullif(batch.windows, ''), batch.hash, batch.inputs::jsonb
      from unnest(
        ${assets}::text[],
        ${partitions}::text[],
        ${instants(cells.map((cell) => cell.finishedAt))}::timestamptz[],
        ${texts(cells.map((cell) => cell.codeVersion))}::text[],
        ${keys(cells.map((cell) => cell.windows ?? ""))}::text[],
        ${keys(written.map(({ hash }) => hash ?? null))}::text[],
        ${documents(cells.map((cell) => cell.inputs))}::text[]
      ) as batch (asset, partition, at, code, windows, hash, inputs)
      order by batch.asset collate "C", batch.partition collate "C"
      on conflict (asset, partition) do update
      set
        data_version = case
          when cell.content_hash = excluded.content_hash then cell.data_version
          else nextval('sluice.data_version')
        end,
        materialized_at = excluded.materialized_at,
        materialized_by = excluded.materialized_by,
        code_version = excluded.code_version,
        windows = excluded.windows,
        content_hash = excluded.content_hash,
        inputs = excluded.inputs,
        claimed_by = null,
        failed = false,
        error = null
      returning cell.asset, cell.partition, cell.data_version::float8 as version
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Moved)), attempt(`record cells of run ${run}`))
  }

  // Whoever has read these cells has read rows that are gone. Another commit that takes rows the other way round may
  // hold them: Postgres then refuses one of the two, which is tried again. An upsert, as when cells are given back.
  const displace = (cells: ReadonlyArray<Cell>) => {
    const { assets, partitions } = cellColumns(cells)
    return sql`
      insert into sluice.cells as cell (asset, partition)
      select batch.asset, batch.partition
      from unnest(${assets}::text[], ${partitions}::text[]) as batch (asset, partition)
      order by batch.asset collate "C", batch.partition collate "C"
      on conflict (asset, partition) do update
      set data_version = nextval('sluice.data_version'), content_hash = null
      where cell.data_version is not null
    `.pipe(attempt("give new versions to cells that lost rows"))
  }

  const record = Effect.fnUntraced(function*<E, R>(commit: Commit<E, R>) {
    const { cells, run, worker } = commit
    yield* fence.enter(run, worker, cells)
    const written = yield* Effect.provideService(commit.write, Guarded, true)
    if (written.length !== cells.length) return yield* miscounted(cells, written)
    yield* fence.leave(run, worker, cells)
    yield* endCheckpoints(sql, cells)
    const sources = commit.keys(written)
    const changes = ofCommit(cells, commit.gather)
    const moved = new Map((yield* move(run, cells, written)).map((row) => [cellName(row), row.version]))
    const steps: Array<Step> = []
    for (const [place, cell] of cells.entries()) {
      const version = moved.get(cellName(cell))
      const rows = written[place]?.rows
      if (version !== undefined && rows !== undefined) steps.push(stepOf(cell, rows, version))
    }
    const displaced = displacedBy(cells, written)
    if (displaced.length > 0) yield* displace(displaced)
    yield* recordSteps(sql, run, worker, steps)
    yield* appendChanges(sql, run, changes)
    yield* replaceKeys(sql, sources)
    return steps
  })

  /**
   * The effect `write` joins the transaction if it uses the same PgClient or SqlClient as this store.
   *
   * When the connection is lost, the error is a transient RunStoreError, and either all of the batch was committed or
   * nothing. To tell which, claim the cells again: where the commit took place, the version is higher than the one of
   * the first claim. (With equal content it is not; computing the cell again then changes nothing. The step in `steps`
   * of the run says it exactly.)
   */
  const commit: RunStore["Service"]["commit"] = Effect.fn("RunStore.commit")(
    <E, R>(commit: Commit<E, R>): Effect.Effect<ReadonlyArray<Step>, E | RunStoreError | LeaseLost, R> =>
      commit.cells.length === 0
        ? Effect.succeed([])
        : transact(sql, `commit ${commit.cells.length} ${commit.cells.length === 1 ? "cell" : "cells"} of run ${commit.run}`, record(commit))
  )

  return { commit }
}
