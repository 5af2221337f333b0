/** Rows of cells that are not whole yet: put aside, counted, removed, and moved into the asset's table at the end. */
import { Effect } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import type { CellName, CellWrite, CellWritten, IoError, Stored } from "../../engine/definition/Io.ts"
import * as Batch from "./Batch.ts"
import { quote } from "./Identifier.ts"
import { type Displaced, insert, noteDisplaced, onConflict, type Statement, take } from "./Insert.ts"
import { lockDefinitions, prepare as prepareTable } from "./Prepare.ts"
import * as Produced from "./Produced.ts"
import { fromSql, place, refuse } from "./Refusal.ts"
import * as PartialTable from "./PartialTable.ts"
import * as Table from "./Table.ts"
import * as Transaction from "./Transaction.ts"

const partition = quote(Table.partitionColumn)

const failing = (asset: string, verb: "write" | "prepare", cell = "") =>
  <A>(effect: Effect.Effect<A, IoError | SqlError.SqlError>): Effect.Effect<A, IoError> =>
    Effect.mapError(effect, (error) => error._tag === "SqlError" ? fromSql(asset, verb, error, cell) : error)

/**
 * Makes the place. Rows that it holds in another shape are removed: their number is compared with that of the checkpoint
 * when a cell goes on and when it ends, so that these cells start anew.
 */
export const prepare = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, asset: Stored) {
  const partial = PartialTable.of(yield* Table.of(asset))
  const made = prepareTable(sql, partial)
  yield* Effect.catchIf(made, ({ transient }) => !transient, () =>
    Effect.andThen(
      Transaction.run(sql, Effect.andThen(lockDefinitions(sql), sql.unsafe(`drop table if exists ${partial.qualified}`))).pipe(
        failing(asset.key, "prepare")
      ),
      made
    ))
})

const addOne = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, cell: CellWrite) {
  const table = yield* Table.of(cell.asset)
  const partial = PartialTable.of(table)
  const produced = yield* Effect.fromResult(Produced.of(cell))
  if (produced._tag === "Stream") return yield* refuse(table.asset, cell.partition, `${place(table.asset, cell.partition)} gave a stream within a checkpoint.`)
  if (produced.rows.length === 0) return
  const batch = yield* Effect.fromResult(Batch.encode(table, cell.partition, produced.rows, cell.partial ?? 0))
  const partitions = Array.from({ length: batch.size }, () => cell.partition)
  const none: Displaced = new Map()
  yield* insert(sql, partial, { ...batch, columns: [partitions, ...batch.columns] }, none).pipe(
    failing(table.asset, "write", cell.partition)
  )
})

/** All or none. */
export const add = (sql: SqlClient.SqlClient, cells: ReadonlyArray<CellWrite>): Effect.Effect<void, IoError> =>
  Transaction.run(sql, Effect.forEach(cells, (cell) => addOne(sql, cell), { discard: true })).pipe(
    failing(cells.map(({ asset }) => asset.key).join(", "), "write")
  )

export const count = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, cell: CellName) {
  const partial = PartialTable.of(yield* Table.of(cell.asset))
  const [found] = yield* sql.unsafe<{ readonly rows: number }>(
    `select count(*)::float8 as rows from ${partial.qualified} where ${partition} = $1`,
    [cell.partition]
  ).pipe(failing(partial.asset, "write", cell.partition))
  return found?.rows ?? 0
})

export const discard = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, cell: CellName) {
  const partial = PartialTable.of(yield* Table.of(cell.asset))
  yield* sql.unsafe(`delete from ${partial.qualified} where ${partition} = $1`, [cell.partition]).pipe(
    failing(partial.asset, "write", cell.partition)
  )
})

/** The rows of a cell in their order, as text for a hash: of the columns alone, and where it counts with their place. */
const summarySql = (table: Table.Table): string => {
  const row = `row(${table.columns.map((c) => quote(c.name)).join(", ")})::text collate "C"`
  const seed = table.numbered ? `row_number() over (order by ${quote(Table.rowColumn)})` : "0"
  const hash = table.rows.mode === "replace" ? `hashtextextended(${row}, ${seed})` : "0"
  return `select count(*)::float8 as rows, coalesce(sum(hash), 0)::text as hash
from (select ${hash} as hash from ${PartialTable.of(table).qualified} where ${partition} = $1) as hashed`
}

const moveSql = (table: Table.Table): string => {
  const names = [...(table.partitioned ? [Table.partitionColumn] : []), ...table.columns.map((c) => c.name)].map(quote).join(", ")
  const order = table.numbered ? quote(Table.rowColumn) : table.key.map((c) => quote(c.name)).join(", ")
  return `insert into ${table.qualified} as stored (${names})
select ${names} from ${PartialTable.of(table).qualified} where ${partition} = $1
order by ${order}${onConflict(table)}`
}

/** Which partitions hold the keys of a cell that is about to be moved; locks what it finds, in the order of the keys. */
const holdersSql = (table: Table.Table): string => {
  const key = table.key.map((c) => quote(c.name))
  return `with held as (
  select stored.${partition} as holder
  from (
    select ${key.join(", ")} from ${PartialTable.of(table).qualified} where ${partition} = $1 order by ${key.join(", ")}
  ) as given
  cross join lateral (
    select stored.${partition} from ${table.qualified} as stored
    where ${key.map((name) => `stored.${name} = given.${name}`).join(" and ")} for no key update
  ) as stored
)
select $1::text as taker, holder, count(*)::int4 as rows from held group by holder`
}

/**
 * Moves what was put aside for a cell into the table of its asset, within the transaction of its commit: one statement,
 * whatever was there before having been cleared.
 */
export const move = Effect.fnUntraced(function*(
  sql: SqlClient.SqlClient,
  table: Table.Table,
  { asset, partition: name, partial = 0 }: CellWrite,
  displaced: Displaced
): Effect.fn.Return<CellWritten, IoError | SqlError.SqlError> {
  const parameters = [name]
  // Who is to sum up what 150,000 rows are takes all cores with its helpers, and the process that computes the next cell
  // waits for one. The moving itself is the work of one core in any case.
  yield* sql.unsafe("set local max_parallel_workers_per_gather = 0")
  const [found] = yield* sql.unsafe<{ readonly rows: number; readonly hash: string }>(summarySql(table), parameters)
  const rows = found?.rows ?? 0
  if (!isWhole(table, rows, partial)) {
    return yield* refuse(asset.key, name, `${place(asset.key, name)} had ${partial} rows put aside in ${
      PartialTable.of(table).qualified} and now has ${rows}: materialize it again, it starts anew.`)
  }
  const put: Statement = { text: moveSql(table), parameters }
  if (table.partitioned && table.rows.mode === "upsert") {
    noteDisplaced(displaced, yield* take(sql, table, { text: holdersSql(table), parameters }, put))
  } else yield* sql.unsafe(put.text, put.parameters)
  yield* sql.unsafe(`delete from ${PartialTable.of(table).qualified} where ${partition} = $1`, parameters)
  const hash = table.rows.mode === "replace" ? `${rows} rows: ${found?.hash ?? ""}` : undefined
  return { rows, hash, values: undefined, displaced: [] }
})

/** Upserts put fewer rows aside than they were given where keys come twice. */
const isWhole = (table: Table.Table, rows: number, partial: number): boolean =>
  table.rows.mode === "upsert" ? rows <= partial && (rows > 0 || partial === 0) : rows === partial
