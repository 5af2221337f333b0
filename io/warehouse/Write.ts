/** Writes cells: one delete and a few inserts an asset, however many cells, in one transaction. */
import { PgTypes } from "@effect/sql-pg"
import { Effect, Result } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import { type CellWrite, type CellWritten, Guarded, type IoError } from "../../engine/definition/Io.ts"
import * as Batch from "./Batch.ts"
import { quote } from "./Identifier.ts"
import { type Displaced, insert } from "./Insert.ts"
import * as Produced from "./Produced.ts"
import * as Read from "./Read.ts"
import { fromSql } from "./Refusal.ts"
import * as PartialRows from "./PartialRows.ts"
import * as Table from "./Table.ts"
import * as Transaction from "./Transaction.ts"
import * as WriteStream from "./WriteStream.ts"

/** One writer at a time replaces a partition; partitions share so many locks, since locks are few in Postgres. */
const stripes = 64

/** FNV-1a, for the stripe of a partition. */
const stripeOf = (partition: string): number => {
  let h = 2166136261
  for (let i = 0; i < partition.length; i++) h = Math.imul(h ^ partition.charCodeAt(i), 16777619)
  return (h >>> 0) % stripes
}

/**
 * Deletes what the cells replace. The lock comes first: without it two writers of one partition would each delete
 * the rows that they see and both insert theirs. Writers who are kept off each other's cells share it, and so wait only
 * for others: a batch of 500 partitions takes nearly all stripes, and three processes stood in line for 4/5 of their time.
 */
const clear = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, table: Table.Table, partitions: ReadonlyArray<string>) {
  const places = [...new Set(partitions.map(stripeOf))].sort((a, b) => a - b)
  const lock = (yield* Guarded) ? "pg_advisory_xact_lock_shared" : "pg_advisory_xact_lock"
  yield* sql.unsafe(
    `select ${lock}(hashtext($1), place) from unnest($2::int4[]) as places(place)`,
    [table.qualified, Result.getOrThrow(PgTypes.array(places, PgTypes.OID.int4))]
  )
  const target = `delete from ${table.qualified}`
  yield* table.partitioned
    ? sql.unsafe(`${target} where ${quote(Table.partitionColumn)} = any ($1::text[])`, [
      Result.getOrThrow(PgTypes.array(partitions, PgTypes.OID.text))
    ])
    : sql.unsafe(target)
})

/** A cell to write, with its place among the results. */
interface Placed {
  readonly at: number
  readonly cell: CellWrite
  readonly produced: Produced.Produced
}

interface Group {
  readonly table: Table.Table
  readonly cells: ReadonlyArray<Placed>
  readonly inMemory: ReadonlyArray<Batch.Batch>
  readonly streams: ReadonlyArray<Placed>
  /** Cells whose rows were put aside. */
  readonly partial: ReadonlyArray<Placed>
  readonly partitions: ReadonlyArray<string>
}

const limits = ["idle_in_transaction_session_timeout", "statement_timeout"]

const writeGroup = (
  sql: SqlClient.SqlClient,
  group: Group,
  results: Map<number, CellWritten>
): Effect.Effect<void, IoError> =>
  Effect.gen(function*() {
    const { table } = group
    const displaced: Displaced = new Map()
    if (table.rows.mode === "replace") yield* clear(sql, table, group.partitions)
    yield* insert(sql, table, yield* Effect.fromResult(Batch.merge(table, group.inMemory)), displaced)
    for (const { at, cell } of group.partial) {
      const moved = yield* PartialRows.move(sql, table, cell, displaced)
      results.set(at, cell.listed === true ? { ...moved, values: (yield* Read.load(sql, table, [cell.partition])).values } : moved)
    }
    // A source may be slower than the server lets a transaction idle, or a statement, which a COPY is, take. The price: a
    // process that is frozen in here keeps its locks until it goes on or is killed; when it goes on, its commit is refused
    // if the run has moved on.
    const unlimited = group.streams.length === 0 ? [] : limits
    for (const name of unlimited) yield* sql.unsafe(`set local ${name} = 0`)
    for (const placed of group.streams) {
      if (placed.produced._tag !== "Stream") continue
      results.set(placed.at, yield* WriteStream.write(sql, table, placed.cell.partition, placed.produced.rows, displaced))
    }
    for (const name of unlimited) yield* sql.unsafe(`set local ${name} to default`)
    for (const { at, cell } of group.cells) {
      const written = results.get(at)
      const losers = displaced.get(cell.partition)
      if (written !== undefined && losers !== undefined) results.set(at, { ...written, displaced: [...losers].sort() })
    }
  }).pipe(
    Effect.catchTag("SqlError", (error: SqlError.SqlError) => {
      const only = group.partitions.length === 1 ? group.partitions[0] : undefined
      return Effect.fail(fromSql(group.table.asset, "write", error, only))
    })
  )

/** Encodes what is in memory before the database is touched, so that a bad row is told apart from its neighbours. */
const encodeGroup = (
  table: Table.Table,
  cells: ReadonlyArray<Placed>,
  results: Map<number, CellWritten>
): Result.Result<Group, IoError> => {
  const inMemory: Array<Batch.Batch> = []
  for (const { at, cell, produced } of cells) {
    if (produced._tag === "Stream" || cell.partial !== undefined) continue
    const batch = Batch.encode(table, cell.partition, produced.rows, 0)
    if (Result.isFailure(batch)) return Result.fail(batch.failure)
    inMemory.push(batch.success)
    const hash = Batch.hashOf(table)
    if (hash !== undefined) Batch.updateHash(hash, table, batch.success)
    results.set(at, { rows: produced.rows.length, hash: hash?.digest("hex"), values: produced.rows, displaced: [] })
  }
  return Result.succeed({
    table,
    cells,
    inMemory,
    streams: cells.filter((c) => c.produced._tag === "Stream"),
    partial: cells.filter((c) => c.cell.partial !== undefined),
    partitions: [...new Set(cells.map((c) => c.cell.partition))]
  })
}

/** Writes the cells; all or none. Assets are written in the order of their tables, so that writers do not deadlock. */
export const write = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, cells: ReadonlyArray<CellWrite>) {
  const byTable = new Map<Table.Table, Array<Placed>>()
  for (const [at, cell] of cells.entries()) {
    const table = yield* Table.of(cell.asset)
    const produced = yield* Effect.fromResult(Produced.of(cell))
    const group = byTable.get(table)
    if (group === undefined) byTable.set(table, [{ at, cell, produced }])
    else group.push({ at, cell, produced })
  }
  const results = new Map<number, CellWritten>()
  const groups: Array<Group> = []
  for (const [table, placed] of [...byTable].sort(([a], [b]) => (a.qualified < b.qualified ? -1 : 1))) {
    groups.push(yield* Effect.fromResult(encodeGroup(table, placed, results)))
  }
  yield* Transaction.run(sql, Effect.forEach(groups, (group) => writeGroup(sql, group, results), { discard: true })).pipe(
    Effect.catchTag("SqlError", (error: SqlError.SqlError) =>
      Effect.fail(fromSql([...byTable.keys()].map((t) => t.asset).join(", "), "write", error)))
  )
  return cells.map((_, at) => results.get(at) ?? { rows: 0, hash: undefined, values: undefined, displaced: [] })
})
