/** Records the files of cells in the transaction that it is called in: all of them or none. */
import { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import type { CellWrite, CellWritten, IoError } from "../../engine/definition/Io.ts"
import { fromSql, place, refuse } from "../warehouse/Refusal.ts"
import * as Transaction from "../warehouse/Transaction.ts"
import type { Files } from "./Files.ts"
import type { FileFormat } from "./Layout.ts"
import * as Registry from "./Registry.ts"
import { stage, Staged } from "./Stage.ts"

/** Files are written so many at a time where nobody has staged them. */
const stagedAtOnce = 8

const tooLate = ({ asset, partition }: Registry.Written): IoError =>
  refuse(
    asset,
    partition,
    `The file of ${place(asset, partition)} was removed before it was recorded, since its writer had given no sign for an hour; ` +
      `run \`sluice materialize ${asset}\` again.`
  )

/** Of two values for one cell the last is stored. */
const latest = (cells: ReadonlyArray<Staged>): ReadonlyArray<Registry.Written> =>
  [...new Map(cells.map(({ file }) => [`${file.asset}\0${file.partition}`, file])).values()]

export const write = Effect.fnUntraced(function*(
  sql: SqlClient.SqlClient,
  files: Files,
  lake: FileFormat,
  keepSeconds: number,
  cells: ReadonlyArray<CellWrite>
) {
  const staged = yield* Effect.forEach(cells, (cell) =>
    cell.value instanceof Staged ? Effect.succeed(cell.value) : stage(sql, files, lake, cell), { concurrency: stagedAtOnce })
  const kept = latest(staged)
  const record = Effect.flatMap(Registry.record(sql, kept, keepSeconds), ([gone]) => gone === undefined ? Effect.void : tooLate(gone))
  yield* Transaction.run(sql, record).pipe(
    Effect.catchTag("SqlError", (error) => {
      const assets = [...new Set(kept.map(({ asset }) => asset))].join(", ")
      return Effect.fail(fromSql(assets, "write", error, kept.length === 1 ? kept[0]?.partition : undefined))
    })
  )
  return staged.map(({ file, hash, values }): CellWritten => ({ rows: file.rows, hash, values, displaced: [] }))
})
