/** Writes sets of frames: whatever the cells held before goes, all their frames come, in one transaction. */
import { Effect, Option } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import type { CellWrite, CellWritten, IoError } from "../../engine/definition/Io.ts"
import { quote } from "../warehouse/Identifier.ts"
import { chunkCharacters, chunkRows } from "../warehouse/Insert.ts"
import { fromSql, serverFields } from "../warehouse/Refusal.ts"
import { partitionColumn, rowColumn } from "../warehouse/Table.ts"
import * as Transaction from "../warehouse/Transaction.ts"
import * as Apart from "./Apart.ts"
import * as Definitions from "./Definitions.ts"
import * as Kind from "./Kind.ts"
import type { Cell, Part, Shape } from "./Layout.ts"
import * as Layout from "./Layout.ts"
import * as Registry from "./Registry.ts"

/** What one process knows of the tables; what others changed meanwhile shows as an error, and is looked at again. */
export interface Memory {
  readonly tables: Map<string, Definitions.Known>
  readonly numbers: Map<string, number>
  readonly shapes: Map<number, Shape>
  readonly apart: Apart.Apart
}

export const memory = (sql: SqlClient.SqlClient): Memory => ({
  tables: new Map(),
  numbers: new Map(),
  shapes: new Map(),
  apart: Apart.make(sql)
})

/** Of an asset and its table: a table that one asset may write to is not another's. */
const nameOf = (wanted: Definitions.Wanted): string => `${wanted.asset} ${Definitions.qualified(wanted)}`

interface Target {
  readonly wanted: Definitions.Wanted
  readonly parts: Array<{ readonly partition: string; readonly part: Part }>
}

/** The parts of all cells by table, in the order of the tables. */
const targetsOf = (cells: ReadonlyArray<Cell>): ReadonlyArray<Target> => {
  const targets = new Map<string, Target & { readonly columns: Map<string, Kind.Kind> }>()
  for (const { home, partition, parts } of cells) {
    for (const part of parts) {
      const name = part.frame.table ?? ""
      const key = `${Definitions.qualified({ schema: home.schema, name })} ${home.asset}`
      const columns = targets.get(key)?.columns ?? new Map<string, Kind.Kind>()
      const target = targets.get(key) ?? {
        wanted: { asset: home.asset, schema: home.schema, name, indexes: home.indexes, columns },
        columns,
        parts: []
      }
      targets.set(key, target)
      target.parts.push({ partition, part })
      part.frame.columns.forEach((column, i) => columns.set(column, Kind.join(columns.get(column) ?? "none", part.kinds[i] ?? "none")))
    }
  }
  return [...targets].sort(([a], [b]) => a < b ? -1 : 1).map(([, target]) => target)
}

/** Makes the tables and the shapes ready before anything is written. */
const makeReady = Effect.fnUntraced(function*(
  sql: SqlClient.SqlClient,
  memory: Memory,
  cells: ReadonlyArray<Cell>,
  targets: ReadonlyArray<Target>
) {
  const fits = ({ wanted }: Target) => Definitions.fits(memory.tables.get(nameOf(wanted)), wanted)
  const unsure = targets.filter((target) => !fits(target)).map(({ wanted }) => wanted)
  for (const [wanted, known] of yield* Definitions.look(sql, unsure)) memory.tables.set(nameOf(wanted), known)
  const lacking = targets.filter((target) => !fits(target)).map(({ wanted }) => wanted)
  if (lacking.length > 0) {
    for (const [wanted, known] of yield* Definitions.ensure(sql, memory.apart, lacking)) memory.tables.set(nameOf(wanted), known)
  }
  const numbers = new Map(memory.numbers)
  for (const { shape } of cells) {
    const key = Registry.keyOf(shape)
    if (numbers.has(key)) continue
    const apart = yield* memory.apart(Registry.numberOf(sql, shape))
    if (Option.isSome(apart)) memory.numbers.set(key, apart.value)
    // Within this transaction it may yet be taken back, so that it is not remembered.
    numbers.set(key, Option.isSome(apart) ? apart.value : yield* Registry.numberOf(sql, shape))
  }
  return numbers
})

/** Deletes what the cells held before, in the order of the tables. */
const clear = Effect.fnUntraced(function*(
  sql: SqlClient.SqlClient,
  memory: Memory,
  before: ReadonlyArray<{ readonly partition: string; readonly previous: number | null }>
) {
  const unknown = new Set(before.flatMap(({ previous }) => previous !== null && !memory.shapes.has(previous) ? [previous] : []))
  for (const [id, shape] of yield* Registry.shapes(sql, [...unknown])) memory.shapes.set(id, shape)
  const partitions = new Map<string, Array<string>>()
  for (const { partition, previous } of before) {
    const shape = previous === null ? undefined : memory.shapes.get(previous)
    for (const { table } of shape?.frames ?? []) {
      if (shape === undefined || table === undefined) continue
      const name = Definitions.qualified({ schema: shape.schema, name: table })
      partitions.set(name, [...partitions.get(name) ?? [], partition])
    }
  }
  for (const [name, cells] of [...partitions].sort(([a], [b]) => a < b ? -1 : 1)) {
    // A table that somebody dropped holds nothing any more.
    const [found] = yield* sql.unsafe<{ readonly there: boolean }>(`select to_regclass($1) is not null as there`, [name])
    if (found?.there !== true) continue
    yield* sql.unsafe(`delete from ${name} where ${quote(partitionColumn)} = any($1::text[])`, [Registry.texts(cells)])
  }
})

interface Chunk {
  readonly partitions: Array<string>
  readonly rows: Array<number>
  readonly values: ReadonlyArray<Array<string | null>>
}

/** The rows of a table in chunks of bounded size; a column that a part lacks is null. */
const chunksOf = (columns: ReadonlyArray<string>, parts: Target["parts"]): ReadonlyArray<Chunk> => {
  const chunks: Array<Chunk> = []
  let current: Chunk | undefined
  let characters = 0
  for (const { part, partition } of parts) {
    const places = columns.map((column) => part.frame.columns.indexOf(column))
    for (let row = 0; row < part.size; row++) {
      if (current === undefined || current.rows.length === chunkRows || characters > chunkCharacters) {
        current = { partitions: [], rows: [], values: columns.map(() => []) }
        chunks.push(current)
        characters = 0
      }
      current.partitions.push(partition)
      current.rows.push(row)
      for (const [at, place] of places.entries()) {
        const value = part.values[place]?.[row] ?? null
        characters += value?.length ?? 0
        current.values[at]?.push(value)
      }
    }
  }
  return chunks
}

const insert = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, memory: Memory, { parts, wanted }: Target) {
  const known = memory.tables.get(nameOf(wanted))
  const columns = [...wanted.columns.keys()]
  const names = [partitionColumn, rowColumn, ...columns].map(quote).join(", ")
  const given = columns.map((_, i) => `c${i}`)
  // What is remembered may be older than what these values have been made ready for.
  const cast = columns.map((column, i) => {
    const kind = Kind.join(known?.get(column)?.kind ?? "text", wanted.columns.get(column) ?? "none")
    return kind === "text" || kind === "none" ? `c${i}` : `c${i}::${kind}`
  })
  const statement = `insert into ${Definitions.qualified(wanted)} (${names})
select ${["p", "r", ...cast].join(", ")}
from unnest(${["$1::text[]", "$2::int4[]", ...columns.map((_, i) => `$${i + 3}::text[]`)].join(", ")}) as given(${["p", "r", ...given].join(", ")})`
  for (const { partitions, rows, values } of chunksOf(columns, parts)) {
    yield* sql.unsafe(statement, [Registry.texts(partitions), Registry.integers(rows), ...values.map(Registry.texts)])
  }
})

/** Tables or columns are others than this process knew: undefined table, undefined column, another type. */
const isOutdated = (error: SqlError.SqlError): boolean => ["42P01", "42703", "42804"].includes(serverFields(error).code ?? "")

/** Of two values for one cell the last is stored. */
const latest = (cells: ReadonlyArray<Cell>): ReadonlyArray<Cell> =>
  [...new Map(cells.map((cell) => [`${cell.home.asset}\0${cell.partition}`, cell])).values()]

/** Writes the cells; all of their frames or none. */
export const write = (
  sql: SqlClient.SqlClient,
  memory: Memory,
  writes: ReadonlyArray<CellWrite>
): Effect.Effect<ReadonlyArray<CellWritten>, IoError> =>
  Effect.gen(function*() {
    const cells = yield* Effect.forEach(writes, (each) => Effect.fromResult(Layout.of(each)))
    const kept = latest(cells)
    const targets = targetsOf(kept)
    const attempt = Effect.gen(function*() {
      const numbers = yield* makeReady(sql, memory, kept, targets)
      yield* Transaction.run(sql, Effect.gen(function*() {
        yield* clear(sql, memory, yield* Registry.record(sql, kept, numbers))
        yield* Effect.forEach(targets, (target) => insert(sql, memory, target), { discard: true })
      }))
    })
    const outdated = (error: SqlError.SqlError | IoError): boolean => {
      if (error._tag === "IoError" || !isOutdated(error)) return false
      for (const { wanted } of targets) memory.tables.delete(nameOf(wanted))
      return true
    }
    yield* Effect.retry(attempt, { while: outdated, times: 2 }).pipe(
      Effect.catchTag("SqlError", (error) =>
        Effect.fail(fromSql(
          [...new Set(kept.map(({ home }) => home.asset))].join(", "),
          "write",
          error,
          kept.length === 1 ? kept[0]?.partition : undefined
        )))
    )
    return cells.map(({ hash, rows, value }) => ({ rows, hash, values: [value], displaced: [] }))
  })
