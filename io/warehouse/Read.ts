/**
 * Loads rows: those of some partitions in the order asked, or all of them in the order of partitions; within a
 * partition in the order of the key, or as they were written where the asset has no key.
 */
import { PgTypes } from "@effect/sql-pg"
import { Array as Arr, Effect, Option, Result, Stream } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import type { Element, Loaded, Source } from "../../engine/definition/Io.ts"
import { IoError } from "../../engine/definition/Io.ts"
import * as Catalog from "./Catalog.ts"
import type { Column } from "./Column.ts"
import { quote } from "./Identifier.ts"
import { fromSql, Refused, refuse, serverFields, shown } from "./Refusal.ts"
import { partitionColumn, rowColumn, type Table } from "./Table.ts"

interface Query {
  readonly text: string
  readonly parameters: ReadonlyArray<unknown>
}

/** Columns by name of which nothing is stored. */
type Absent = ReadonlySet<string>

const selected = (absent: Absent) => (column: Column): string => {
  const name = quote(column.name)
  if (absent.has(column.name)) return `null::${column.type} as ${name}`
  return column.boxed
    ? `case when stored.${name} is not null then jsonb_build_array(stored.${name}) end as ${name}`
    : `stored.${name}`
}

/** Columns of the table in the order of the schema; the partition, where there is one, is the last. */
const queryOf = (table: Table, partitions: Source["partitions"], absent: Absent = new Set()): Query => {
  const partition = `stored.${quote(partitionColumn)}`
  const columns = [...table.columns.map(selected(absent)), ...(table.partitioned ? [partition] : [])]
  const within = table.numbered ? [`stored.${quote(rowColumn)}`] : table.key.map((c) => `stored.${quote(c.name)}`)
  const select = `select ${columns.join(", ")}\nfrom ${table.qualified} as stored`
  if (!table.partitioned) {
    const none = partitions !== "all" && !partitions.includes("") ? "\nwhere false" : ""
    return { text: `${select}${none}\norder by ${within.join(", ")}`, parameters: [] }
  }
  if (partitions === "all") {
    // Bytewise, so that the order of partitions does not hang on the locale of the database.
    return { text: `${select}\norder by ${[`${partition} collate "C"`, ...within].join(", ")}`, parameters: [] }
  }
  return {
    text: `${select}
join unnest($1::text[]) with ordinality as asked(partition, place) on asked.partition = ${partition}
order by ${["asked.place", ...within].join(", ")}`,
    parameters: [Result.getOrThrow(PgTypes.array([...new Set(partitions)], PgTypes.OID.text))]
  }
}

const present = (column: Column, value: unknown): unknown => (column.decode === undefined ? value : column.decode(value))

/** Fields of one row from the values of its columns; throws `Refused` when a stored value does not fit the schema. */
const fieldsOf = (table: Table, valueAt: (column: Column, index: number) => unknown): unknown => {
  const fields: Record<string, unknown> = {}
  const { columns } = table
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i]
    if (column === undefined) continue
    const value = valueAt(column, i)
    if (value !== null) fields[column.name] = present(column, value)
    else if (column.type === "jsonb" && !column.nullable) fields[column.name] = present(column, null)
    else if (column.absent === "null") fields[column.name] = null
    else if (column.absent === "undefined") fields[column.name] = undefined
  }
  return table.shape.construct === undefined ? fields : table.shape.construct(fields)
}

const unreadable = (table: Table, cause: unknown): IoError =>
  refuse(
    table.asset,
    undefined,
    `${table.asset}: a value stored in ${table.qualified} does not fit the schema: ${
      cause instanceof Refused ? cause.message : shown(cause)
    }; change the schema back, or materialize the asset again: \`sluice materialize ${table.asset} --force\`.`,
    cause
  )

const decoded = <A>(table: Table, decode: () => A): Effect.Effect<A, IoError> =>
  Effect.try({ try: decode, catch: (cause) => unreadable(table, cause) })

const undefinedColumn = "42703"

/**
 * What a read failed for: nullable columns that the schema has and the table has not yet, because nothing was written
 * since the schema changed. They are null in all that is stored. Any other failure stays one.
 */
const absentOf = (sql: SqlClient.SqlClient, table: Table, error: SqlError.SqlError): Effect.Effect<Absent, SqlError.SqlError> =>
  Effect.gen(function*() {
    if (serverFields(error).code !== undefinedColumn) return yield* error
    const stored = yield* Effect.mapError(Catalog.read(sql, table), () => error)
    if (Option.isNone(stored)) return yield* error
    const names = new Set(stored.value.columns.map(({ name }) => name))
    const absent = table.columns.filter(({ name, nullable }) => nullable && !names.has(name))
    return absent.length === 0 ? yield* error : new Set(absent.map(({ name }) => name))
  })

/** Everything at once; positional rows, which spare the client one object a row. */
export const load = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, table: Table, asked: Source["partitions"]) {
  const run = ({ parameters, text }: Query) => sql.unsafe(text, parameters).values
  const rows = yield* run(queryOf(table, asked)).pipe(
    Effect.catch((error) => Effect.flatMap(absentOf(sql, table, error), (absent) => run(queryOf(table, asked, absent)))),
    Effect.mapError((error) => fromSql(table.asset, "load", error))
  )
  return yield* decoded(table, (): Loaded => {
    const values = rows.map((row) => fieldsOf(table, (_, i) => row[i]))
    const at = table.columns.length
    const partitions = rows.map((row) => (table.partitioned ? String(row[at]) : ""))
    return { values, partitions }
  })
})

/** Row by row as the consumer pulls; the server's rows wait in the socket. */
export const stream = (
  sql: SqlClient.SqlClient,
  table: Table,
  asked: Source["partitions"]
): Stream.Stream<Element, IoError> => {
  const run = ({ parameters, text }: Query) => sql.unsafe<Readonly<Record<string, unknown>>>(text, parameters).stream
  return run(queryOf(table, asked)).pipe(
    // The server refuses such a query before its first row.
    Stream.catch((error) =>
      Stream.unwrap(Effect.map(absentOf(sql, table, error), (absent) => run(queryOf(table, asked, absent))))),
    Stream.mapError((error) => fromSql(table.asset, "load", error)),
    Stream.mapArrayEffect((rows) =>
      decoded(table, () =>
        Arr.map(rows, (row): Element => ({
          partition: table.partitioned ? String(row[partitionColumn]) : "",
          value: fieldsOf(table, (column) => row[column.name])
        })))
    )
  )
}
