/** Loads sets of frames back: a cell after another, in bounded memory. */
import { Effect, Option, Stream } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import type { Frame, FrameSet } from "../../engine/definition/Frames.ts"
import type { Element, IoError, Source } from "../../engine/definition/Io.ts"
import { quote } from "../warehouse/Identifier.ts"
import { fromSql, place, refuse } from "../warehouse/Refusal.ts"
import { partitionColumn, rowColumn } from "../warehouse/Table.ts"
import * as Definitions from "./Definitions.ts"
import * as Layout from "./Layout.ts"
import * as Registry from "./Registry.ts"

/** So many cells are read at once. */
const cellsAtOnce = 100

const never = (asset: string, partition: string): IoError =>
  refuse(
    asset,
    partition,
    `${place(asset, partition)} was never materialized: run \`sluice materialize ${asset}${
      partition === "" ? "" : ` --partition ${partition}`
    }\`.`
  )

type Value = Frame["rows"][number][number]

interface StoredRow {
  readonly partition: string
  /** Made of the row by Postgres, so that it is JSON: numbers, texts, booleans and what jsonb holds. */
  readonly row: { readonly [column: string]: Value }
}

const rowsOf = (sql: SqlClient.SqlClient, table: string, partitions: ReadonlyArray<string>) =>
  sql.unsafe<StoredRow>(
    `select stored.${quote(partitionColumn)} as partition, row_to_json(stored) as row from ${table} as stored
where stored.${quote(partitionColumn)} = any($1::text[]) order by stored.${quote(partitionColumn)}, stored.${quote(rowColumn)}`,
    [Registry.texts(partitions)]
  )

const setsOf = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, entries: ReadonlyArray<Registry.Entry>) {
  const shapes = yield* Registry.shapes(sql, [...new Set(entries.map(({ shape }) => shape))])
  const wanted = new Map<string, Array<string>>()
  for (const { partition, shape } of entries) {
    for (const { table } of shapes.get(shape)?.frames ?? []) {
      if (table === undefined) continue
      const name = Definitions.qualified({ schema: shapes.get(shape)?.schema ?? "", name: table })
      wanted.set(name, [...wanted.get(name) ?? [], partition])
    }
  }
  const found = new Map<string, ReadonlyMap<string, ReadonlyArray<StoredRow>>>()
  for (const [table, partitions] of wanted) {
    found.set(table, Map.groupBy(yield* rowsOf(sql, table, partitions), ({ partition }) => partition))
  }
  return entries.map(({ partition, shape }): Element => {
    const stored = shapes.get(shape)
    const value: FrameSet = (stored?.frames ?? []).map(({ columns, headers, name, table }) => {
      const rows = table === undefined
        ? []
        : found.get(Definitions.qualified({ schema: stored?.schema ?? "", name: table }))?.get(partition) ?? []
      return { name, columns: headers, rows: rows.map(({ row }) => columns.map((column) => row[column] ?? null)) }
    })
    return { partition, value }
  })
})

const asked = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, asset: string, partitions: ReadonlyArray<string>) {
  const found = new Map((yield* Registry.some(sql, asset, partitions)).map((entry) => [entry.partition, entry]))
  const entries: Array<Registry.Entry> = []
  for (const partition of partitions) {
    const entry = found.get(partition)
    if (entry === undefined) return yield* never(asset, partition)
    entries.push(entry)
  }
  return yield* setsOf(sql, entries)
})

/** Pages of cells: all of an asset in the order of their partitions, or some in the order asked. */
const pages = (sql: SqlClient.SqlClient, { asset: { key }, partitions }: Source): Stream.Stream<ReadonlyArray<Element>, IoError | SqlError.SqlError> => {
  if (partitions !== "all") {
    const each = [...new Set(partitions)]
    const starts = Array.from({ length: Math.ceil(each.length / cellsAtOnce) }, (_, i) => i * cellsAtOnce)
    return Stream.mapEffect(Stream.fromIterable(starts), (at) => asked(sql, key, each.slice(at, at + cellsAtOnce)))
  }
  return Stream.paginate(Option.none<string>(), (last) =>
    Effect.gen(function*() {
      const entries = yield* Registry.after(sql, key, Option.getOrUndefined(last), cellsAtOnce)
      const end = entries.at(-1)
      const next = end === undefined || entries.length < cellsAtOnce ? Option.none() : Option.some(Option.some(end.partition))
      return [[yield* setsOf(sql, entries)], next] as const
    }))
}

export const stream = (sql: SqlClient.SqlClient, source: Source): Stream.Stream<Element, IoError> =>
  Stream.unwrap(Effect.map(Effect.fromResult(Layout.homeOf(source.asset)), () =>
    pages(sql, source).pipe(
      Stream.flatMap((elements) => Stream.fromIterable(elements)),
      Stream.mapError((error) => error._tag === "SqlError" ? fromSql(source.asset.key, "load", error) : error)
    )))
