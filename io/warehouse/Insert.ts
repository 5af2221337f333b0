/** Inserts and upserts of the rows of a batch, and which cells an upsert takes rows from. */
import { PgTypes } from "@effect/sql-pg"
import { Effect, Result } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import { IoError } from "../../engine/definition/Io.ts"
import type * as Batch from "./Batch.ts"
import type { Column } from "./Column.ts"
import { quote } from "./Identifier.ts"
import { wireOid } from "./Scalar.ts"
import * as Table from "./Table.ts"
import * as Transaction from "./Transaction.ts"

/** Rows of one insert. 10,000 are about a tenth faster than 2,000; with 20,000 the gain drowns in the noise. */
export const chunkRows = 10_000
/** Characters of text of one insert, so that wide rows do not make one huge message. */
export const chunkCharacters = 16_000_000

/** Beyond, whole microseconds are no exact doubles any more and the client would round: such timestamps go as text. */
const exactMilliseconds = 2 ** 53 / 1000

const isFar = (value: unknown): boolean => typeof value === "number" && Math.abs(value) > exactMilliseconds

const parameter = (column: Column, values: ReadonlyArray<unknown>): PgTypes.Parameter =>
  Result.getOrThrow(
    column.wire === "timestamptz" && values.some(isFar)
      ? PgTypes.array(values.map((v) => (typeof v === "number" ? new Date(v).toISOString() : v)), PgTypes.OID.text)
      : PgTypes.array(values, wireOid[column.wire])
  )

const wireArray = (column: Column): string =>
  column.cast !== undefined || column.wire === "text" ? "text[]" : `${column.type}[]`

/** How an upsert meets the row of the same key, which it knows as `stored`. */
export const onConflict = (table: Table.Table): string => {
  if (table.rows.mode !== "upsert") return ""
  const key = table.key.map((c) => quote(c.name)).join(", ")
  const others = table.columns.filter((c) => !table.key.includes(c)).map((c) => {
    const name = quote(c.name)
    const keeps = table.rows.keepKnown && c.nullable
    return `${name} = ${keeps ? `coalesce(excluded.${name}, stored.${name})` : `excluded.${name}`}`
  })
  const partition = quote(Table.partitionColumn)
  const sets = table.partitioned ? [`${partition} = excluded.${partition}`, ...others] : others
  return `\non conflict (${key}) do ${sets.length === 0 ? "nothing" : `update set ${sets.join(", ")}`}`
}

const insertSql = (table: Table.Table): string => {
  const names = [...(table.partitioned ? [Table.partitionColumn] : []), ...table.columns.map((c) => c.name)]
  const arrays = [...(table.partitioned ? ["text[]"] : []), ...table.columns.map(wireArray)]
  const casts = [...(table.partitioned ? [undefined] : []), ...table.columns.map((c) => c.cast)]
  const given = names.map((_, i) => `c${i}`)
  return `insert into ${table.qualified} as stored (${names.map(quote).join(", ")})
select ${given.map((name, i) => (casts[i] === undefined ? name : `${name}::${casts[i]}`)).join(", ")}
from unnest(${arrays.map((type, i) => `$${i + 1}::${type}`).join(", ")}) as given(${given.join(", ")})${onConflict(table)}`
}

/** Characters of text in one row of a batch. */
export const charactersIn = (table: Table.Table, batch: Batch.Batch): (row: number) => number => {
  const texts = batch.columns.filter((_, i) => table.columns[i]?.wire === "text")
  return (row) => {
    let characters = 0
    for (const values of texts) {
      const value = values[row]
      if (typeof value === "string") characters += value.length
    }
    return characters
  }
}

/** Ends of chunks of a batch, by rows and by characters. */
const chunkEnds = (table: Table.Table, batch: Batch.Batch): ReadonlyArray<number> => {
  const charactersOf = charactersIn(table, batch)
  const ends: Array<number> = []
  let start = 0
  let characters = 0
  for (let row = 0; row < batch.size; row++) {
    characters += charactersOf(row)
    if (row + 1 - start === chunkRows || characters > chunkCharacters || row + 1 === batch.size) {
      ends.push(row + 1)
      start = row + 1
      characters = 0
    }
  }
  return ends
}

/**
 * Of rows that an upsert is about to write: the partitions that hold their keys now, for each partition that takes
 * them, with the number of rows. Locks what it finds; a lateral look-up by key, row by row in the order of the keys,
 * whatever the statistics were when the statement was planned.
 */
const holdersSql = (table: Table.Table): string => {
  const partition = quote(Table.partitionColumn)
  const given = table.key.map((_, i) => `k${i}`)
  const arrays = ["$1::text[]", ...table.key.map((c, i) => `$${i + 2}::${wireArray(c)}`)]
  const same = table.key.map((c, i) =>
    `stored.${quote(c.name)} = given.k${i}${c.cast === undefined ? "" : `::${c.cast}`}`
  )
  return `with held as (
  select given.taker, holder.name as holder
  from unnest(${arrays.join(", ")}) as given(${["taker", ...given].join(", ")})
  cross join lateral (
    select stored.${partition} as name from ${table.qualified} as stored where ${same.join(" and ")} for no key update
  ) as holder
)
select taker, holder, count(*)::int4 as rows from held group by taker, holder`
}

/** Partition → the partitions that it took rows from. */
export type Displaced = Map<string, Set<string>>

export const noteDisplaced = (displaced: Displaced, holders: ReadonlyArray<Holder>): void => {
  for (const { holder, taker } of holders) {
    if (holder !== taker) displaced.set(taker, (displaced.get(taker) ?? new Set()).add(holder))
  }
}

interface Holder {
  readonly taker: string
  readonly holder: string
  readonly rows: number
}

const raced = (table: Table.Table): IoError =>
  new IoError({
    asset: table.asset,
    message: `${table.asset}: other processes keep inserting rows with the same keys at the same moment; try it again.`,
    transient: true
  })

/** A statement with its values. */
export interface Statement {
  readonly text: string
  readonly parameters: ReadonlyArray<unknown>
}

/** Tries to upsert while others insert the same keys: each waits for one of them to commit. */
const racedTimes = 10

/**
 * Upserts, and tells who held the keys. A row that another transaction inserted in between was not seen, so that its
 * partition is not known: then all is taken back to a savepoint and tried again, and the row is seen. A row that was
 * updated, rather than inserted, carries this transaction in its `xmax`.
 */
export const take = (
  sql: SqlClient.SqlClient,
  table: Table.Table,
  holding: Statement,
  upsert: Statement
): Effect.Effect<ReadonlyArray<Holder>, IoError | SqlError.SqlError> =>
  Effect.gen(function*() {
    const holders = yield* sql.unsafe<Holder>(holding.text, holding.parameters)
    const [put] = yield* sql.unsafe<{ readonly updated: number }>(
      `with put as (${upsert.text}\nreturning stored.xmax <> 0 as updated)
select (count(*) filter (where updated))::int4 as updated from put`,
      upsert.parameters
    )
    const held = holders.reduce((sum, { rows }) => sum + rows, 0)
    return (put?.updated ?? 0) > held ? yield* raced(table) : holders
  }).pipe(
    (tried) => Transaction.run(sql, tried),
    Effect.retry({ while: (error) => error._tag === "IoError", times: racedTimes })
  )

/** Inserts or upserts the rows, noting which partitions lose rows of theirs to others. */
export const insert = Effect.fnUntraced(function*(
  sql: SqlClient.SqlClient,
  table: Table.Table,
  batch: Batch.Batch,
  displaced: Displaced
) {
  let start = 0
  for (const end of chunkEnds(table, batch)) {
    const cut = <A>(values: ReadonlyArray<A>) => (start === 0 && end === batch.size ? values : values.slice(start, end))
    const partitions = table.partitioned
      ? [Result.getOrThrow(PgTypes.array(cut(batch.partitions), PgTypes.OID.text))]
      : []
    const columns = table.columns.map((c, i) => parameter(c, cut(batch.columns[i] ?? [])))
    const parameters = [...partitions, ...columns]
    if (table.partitioned && table.rows.mode === "upsert") {
      const keys = table.key.flatMap((c) => columns[table.columns.indexOf(c)] ?? [])
      const holding = { text: holdersSql(table), parameters: [...partitions, ...keys] }
      noteDisplaced(displaced, yield* take(sql, table, holding, { text: insertSql(table), parameters }))
    } else yield* sql.unsafe(insertSql(table), parameters)
    start = end
  }
})
