/** Lots: which cells of a backfill each process does next. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import type { BackfillStore, Lot } from "../../engine/record/BackfillStore.ts"
import type { AssetSet } from "../../engine/record/CellSets.ts"
import { numbers } from "./Columns.ts"
import { attempt, transact } from "./Failure.ts"
import { readLook } from "./Look.ts"
import { compact, lockBackfill, recordProgress } from "./Progress.ts"
import { setColumns } from "./SetColumns.ts"
import { aliveIn, workerNumber } from "./Workers.ts"

const Numbers = Schema.Array(Schema.Struct({ number: Schema.Int }))

export const make = (sql: PgClient.PgClient) => {
  const insert = (id: number, worker: string, chosen: ReadonlyArray<AssetSet>) => {
    const { assets, numberings, partitions } = setColumns(chosen)
    return sql`
      insert into sluice.lots (run, worker, asset, numbering, partitions)
      select member.run, member.worker, lot.asset, lot.numbering, lot.partitions
      from sluice.run_workers as member
      cross join unnest(${assets}::text[], ${numberings}::text[], ${partitions}::text[])
        with ordinality as lot (asset, numbering, partitions, place)
      where member.run = ${id} and member.worker = ${workerNumber(sql, worker)} and member.left_at is null
      order by lot.place
      returning number
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Numbers)), attempt(`take lots of the backfill ${id}`))
  }

  const take: BackfillStore["Service"]["take"] = Effect.fn("BackfillStore.take")((id, worker, since, choose) =>
    transact(
      sql,
      `take lots of the backfill ${id}`,
      Effect.gen(function*() {
        yield* lockBackfill(sql, id)
        yield* sql`
          delete from sluice.lots where run = ${id} and worker not in (${aliveIn(sql, id)})
        `.pipe(attempt(`free the lots of dead workers of the backfill ${id}`))
        yield* compact(sql, id)
        const look = yield* readLook(sql, id, since)
        const chosen = choose(look)
        if (chosen.length === 0) return []
        const inserted = yield* insert(id, worker, chosen)
        return inserted.flatMap(({ number }, place): ReadonlyArray<Lot> => {
          const lot = chosen[place]
          return lot === undefined ? [] : [{ ...lot, number, worker }]
        })
      })
    )
  )

  const endLots: BackfillStore["Service"]["endLots"] = Effect.fn("BackfillStore.endLots")(
    (id, worker, lots, unchanged) => {
      const end = sql`
        delete from sluice.lots
        where run = ${id} and worker = ${workerNumber(sql, worker)}
          and number = any(${numbers(lots)}::float8[]::integer[])
      `.pipe(attempt(`give lots of the backfill ${id} back`), Effect.asVoid)
      return unchanged.length === 0 ? end : transact(
        sql,
        `give lots of the backfill ${id} back`,
        Effect.andThen(recordProgress(sql, id, unchanged.map((set) => ({ ...set, kind: "unchanged" }))), end)
      )
    }
  )

  return { take, endLots }
}
