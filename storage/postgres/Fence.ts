/** The fence of commits: nothing is written by a worker that has lost its cells or its run to another one (G3). */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import type { LeaseLost, RunStoreError } from "../../engine/record/RunStore.ts"
import type { Cell } from "../../engine/record/Step.ts"
import { leaseLost, runLost } from "../Refusals.ts"
import { cellColumns } from "./Claims.ts"
import { attempt } from "./Failure.ts"
import { executes, executing, workerNumber } from "./Workers.ts"

const Locked = Schema.Array(Schema.Struct({ place: Schema.Int, executing: Schema.Boolean }))

export const make = (sql: PgClient.PgClient) => {
  // Locked after the write and not before, so that no cancel or resume waits while the data is written; from here on
  // they wait for the end of the commit, or have come first and are seen.
  const holdRun = (run: number, worker: string) =>
    sql`select from ${executing(sql, run, worker)} as executing`.pipe(
      attempt(`see who executes run ${run}`),
      Effect.map((rows) => rows.length > 0)
    )

  // From here to the end of the transaction nobody can take these cells over. A subquery that locks is looked up row
  // by row, in the order of the rows, however large the table was when the statement was planned.
  const lock = (run: number, worker: string, cells: ReadonlyArray<Cell>) => {
    const { assets, partitions } = cellColumns(cells)
    return sql`
      select
        asked.place::integer as place,
        ${executes(sql, run, worker)} as executing
      from (
        select *
        from unnest(${assets}::text[], ${partitions}::text[]) with ordinality as batch (asset, partition, place)
        order by batch.asset collate "C", batch.partition collate "C"
      ) as asked
      cross join lateral (
        select
        from sluice.cells as cell
        where cell.asset = asked.asset and cell.partition = asked.partition
          and cell.claimed_by = ${workerNumber(sql, worker)} and cell.claimed_for = ${run}::integer
        for no key update
      ) as held
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Locked)), attempt("check the claims of a commit"))
  }

  /** Before the data is written. */
  const enter = Effect.fnUntraced(function*(
    run: number,
    worker: string,
    cells: ReadonlyArray<Cell>
  ): Effect.fn.Return<void, RunStoreError | LeaseLost> {
    const held = yield* lock(run, worker, cells)
    if (held.length < cells.length) {
      const places = new Set(held.map(({ place }) => place - 1))
      return yield* leaseLost(cells.filter((_, place) => !places.has(place)))
    }
    if (held.some(({ executing }) => !executing)) return yield* runLost(run, cells)
  })

  /** After it. */
  const leave = (run: number, worker: string, cells: ReadonlyArray<Cell>): Effect.Effect<void, RunStoreError | LeaseLost> =>
    Effect.flatMap(holdRun(run, worker), (holds) => holds ? Effect.void : Effect.fail(runLost(run, cells)))

  return { enter, leave }
}
