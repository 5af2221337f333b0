/** The states of cells as sets: the log read and folded, and now and then replaced by what it comes to. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Stream } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import type { CellSets, Numbering } from "../../engine/record/CellSets.ts"
import type { RunStore, RunStoreError } from "../../engine/record/RunStore.ts"
import * as BaseRows from "./BaseRows.ts"
import * as CellLog from "./CellLog.ts"
import { keys } from "./Columns.ts"
import { attempt, toRunStoreError, transact } from "./Failure.ts"

/** A log with more rows than these beside its base rows is replaced by its sets when it is read. */
const mostDeltas = 64

type Numberings = ReadonlyMap<string, Numbering>

export const make = (sql: PgClient.PgClient) => {
  /** Folds the rows of logs as they come, of each asset in order. */
  const readLogs = (
    logs: ReadonlyMap<string, CellLog.CellLog>,
    rows: Stream.Stream<CellLog.Row, SqlError>
  ): Effect.Effect<void, RunStoreError> =>
    rows.pipe(
      Stream.mapError((error) => toRunStoreError("read the states of cells", error)),
      Stream.runForEachArray(Effect.fnUntraced(function*(chunk) {
        for (const row of chunk) yield* logs.get(row.asset)?.take(row) ?? Effect.void
      }))
    )

  // One statement: a log that is being replaced is seen as it was before, or after.
  const logged = (assets: ReadonlyArray<string>) =>
    sql<CellLog.Row>`
      select
        asked.asset, known.numbering as marked, log.id::float8 as id, log.is_base as "isBase", log.numbering, log.kind, log.basis,
        log.partitions, log.at
      from unnest(${keys(assets)}::text[]) as asked (asset)
      left join sluice.numberings as known on known.asset = asked.asset
      left join lateral (
        select * from sluice.cell_sets as log where log.asset = asked.asset order by log.is_base desc, log.id
      ) as log on true
    `.stream

  // Locks the markers of the assets, in the order of their keys; those that are locked are passed over, or waited for.
  const lockMarkers = Effect.fnUntraced(function*(assets: ReadonlyArray<string>, isWaiting: boolean) {
    if (isWaiting) {
      yield* sql`
        insert into sluice.numberings (asset, numbering)
        select asset, '' from unnest(${keys(assets)}::text[]) as asset order by asset collate "C"
        on conflict (asset) do nothing
      `
    }
    return yield* sql<{ readonly asset: string; readonly marked: string }>`
      select asset, numbering as marked from sluice.numberings
      where asset = any(${keys(assets)}::text[])
      order by asset
      for update ${sql.literal(isWaiting ? "" : "skip locked")}
    `
  })

  /**
   * Replaces logs by what they come to, or where they are not of this numbering by what the cells come to. Commits go on
   * meanwhile, and neither wait nor are lost: what they add becomes visible later, is not deleted here, and is read
   * after the base rows. For a cell that is among the rows deleted, it is later than these, since a cell is committed by
   * one worker after the other. For a cell that is read from the table it is what the table says, or later.
   */
  const replace = (numberings: Numberings, isWaiting: boolean) =>
    transact(
      sql,
      "keep the states of cells",
      Effect.gen(function*() {
        const keeping = attempt("keep the states of cells")
        const held = yield* keeping(lockMarkers(Array.from(numberings.keys()), isWaiting))
        const logs = new Map<string, CellLog.CellLog>()
        for (const { asset, marked } of held) {
          const numbering = numberings.get(asset)
          if (numbering !== undefined) logs.set(asset, CellLog.make(numbering, marked))
        }
        const assets = Array.from(logs.keys())
        if (assets.length === 0) return new Map<string, CellSets>()
        yield* readLogs(logs, sql<CellLog.Row>`
          with gone as (
            delete from sluice.cell_sets where asset = any(${keys(assets)}::text[]) returning *
          )
          select asset, null as marked, id::float8 as id, is_base as "isBase", numbering, kind, basis, partitions, at
          from gone
          order by asset, is_base desc, id
        `.stream)
        const sets = new Map<string, CellSets>()
        const lost = new Map<string, Numbering>()
        for (const [asset, log] of logs) {
          if (log.isUsable()) sets.set(asset, log.sets())
          else lost.set(asset, log.numbering)
        }
        if (lost.size > 0) {
          for (const [asset, found] of yield* BaseRows.fromCells(sql, lost)) sets.set(asset, found)
        }
        yield* BaseRows.insert(sql, numberings, sets)
        return sets
      })
    )

  const cellSets: RunStore["Service"]["cellSets"] = Effect.fn("RunStore.cellSets")(function*(numberings) {
    const found = new Map<string, CellSets>()
    if (numberings.size === 0) return found
    const logs = new Map(Array.from(numberings, ([asset, numbering]) => [asset, CellLog.make(numbering)]))
    yield* readLogs(logs, logged(Array.from(numberings.keys())))
    const lost = new Map<string, Numbering>()
    const long = new Map<string, Numbering>()
    for (const [asset, log] of logs) {
      if (!log.isUsable()) lost.set(asset, log.numbering)
      else {
        found.set(asset, { ...log.sets(), mark: log.mark() })
        if (log.deltas() > mostDeltas) long.set(asset, log.numbering)
      }
    }
    for (const [asset, sets] of lost.size === 0 ? [] : yield* replace(lost, true)) found.set(asset, sets)
    // What was read is good even if it cannot be written, for want of the right or of the database.
    if (long.size > 0) yield* Effect.ignore(replace(long, false))
    return found
  })

  return { cellSets }
}
