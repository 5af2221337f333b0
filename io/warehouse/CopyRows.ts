/** Rows of one cell → its table, by COPY: validated and encoded one by one, with a hash of what was sent. */
import { PgTypes } from "@effect/sql-pg"
import { Effect, Result, Stream } from "effect"
import type { SqlError } from "effect/sql"
import type { IoError } from "../../engine/definition/Io.ts"
import * as Batch from "./Batch.ts"
import type { Column } from "./Column.ts"
import { CopyFrame } from "./CopyFrame.ts"
import { type CopyIn, frameHead, type Send } from "./CopyIn.ts"
import { quote } from "./Identifier.ts"
import { place, Refused, refuse, shown } from "./Refusal.ts"
import * as RowCode from "./RowCode.ts"
import * as Scalar from "./Scalar.ts"
import * as Table from "./Table.ts"

type Put = (frame: CopyFrame, value: unknown) => void

const epoch = Date.UTC(2000, 0, 1)

const putInstant: Put = (frame, value) => {
  const micros = (Number(value) - epoch) * 1000
  if (Number.isSafeInteger(micros)) frame.int8(micros)
  else frame.bigint(BigInt(Math.round(Number(value)) - epoch) * 1000n)
}

/** How a wire value is written; undefined for what COPY cannot take. */
const putOf = ({ cast, wire }: Column): Put | undefined => {
  if (cast === "jsonb") return (frame, value) => frame.text(String(value), 1)
  if (cast !== undefined) return undefined
  switch (wire) {
    case "text": return (frame, value) => frame.text(String(value))
    case "int4": return (frame, value) => frame.int4(Number(value))
    case "int8": return (frame, value) => frame.bigint(typeof value === "bigint" ? value : BigInt(Number(value)))
    case "float8": return (frame, value) => frame.float8(Number(value))
    case "bool": return (frame, value) => frame.boolean(value === true)
    case "timestamptz": return putInstant
    case "numeric":
    case "date": return (frame, value) => frame.bytes(Result.getOrThrow(PgTypes.encode(value, Scalar.wireOid[wire])))
  }
}

/** Values of the most usual kinds are written as they come, with no wire value in between; others, and what is refused, go the slow way. */
const quickOf = (plain: Column["plain"], slow: Put): Put => {
  switch (plain) {
    case Scalar.text: return (frame, value) => {
      if (typeof value !== "string" || !frame.ascii(value)) slow(frame, value)
    }
    case Scalar.integer: return (frame, value) => {
      if (typeof value === "number" && (value | 0) === value) frame.int4(value)
      else slow(frame, value)
    }
    case Scalar.double: return (frame, value) => {
      if (typeof value === "number") frame.float8(value)
      else slow(frame, value)
    }
    case Scalar.boolean: return (frame, value) => {
      if (typeof value === "boolean") frame.boolean(value)
      else slow(frame, value)
    }
    case Scalar.date: return (frame, value) => {
      const micros = value instanceof Date ? (value.getTime() - epoch) * 1000 : Number.NaN
      // Of these moments the years are those of Postgres.
      if (Number.isSafeInteger(micros)) frame.int8(micros)
      else slow(frame, value)
    }
    default: return slow
  }
}

interface Cells {
  readonly name: string
  /** Throws `Refused`. */
  readonly write: Put
}

const writeOf = ({ encode, plain }: Column, put: Put): Put =>
  quickOf(plain, (frame, value) => {
    const wire = encode(value)
    if (wire === null) frame.nothing()
    else put(frame, wire)
  })

const known = new WeakMap<Table.Table, ReadonlyArray<Cells> | "none">()

const cellsOf = (table: Table.Table): ReadonlyArray<Cells> | "none" => {
  const found = known.get(table)
  if (found !== undefined) return found
  const cells = table.columns.flatMap((column) => {
    const put = putOf(column)
    return put === undefined ? [] : [{ name: column.name, write: writeOf(column, put) }]
  })
  const made = cells.length < table.columns.length ? "none" : cells
  known.set(table, made)
  return made
}

/** Whether the rows of a table can be copied: not where they are merged with what is there, nor where a column is an array. */
export const serves = (table: Table.Table): boolean => table.rows.mode !== "upsert" && cellsOf(table) !== "none"

const statementOf = (table: Table.Table): string => {
  const names = [...(table.partitioned ? [Table.partitionColumn] : []), ...table.columns.map((c) => c.name)]
  return `copy ${table.qualified} (${names.map(quote).join(", ")}) from stdin (format binary)`
}

/** Puts rows into the frame; what is refused is told with its row, counted over all. */
const encoder = (table: Table.Table, partition: string, frame: CopyFrame) => {
  const cells = cellsOf(table)
  if (cells === "none") throw new Error("CopyRows: not asked whether COPY serves the table")
  const partitions = table.partitioned ? [partition] : []
  const count = partitions.length + cells.length
  const { accepts } = table.shape
  let rows = 0
  const refused = (reason: string): IoError =>
    refuse(table.asset, partition, `Row ${rows + 1} of ${place(table.asset, partition)} ${reason}.`)
  const at = { column: 0 }
  const writeAll = RowCode.each(cells.map(({ name }) => name), cells.map(({ write }, i) => (value) => {
    at.column = i
    write(frame, value)
  }))
  /** Throws `Refused` with `at` at the column to blame. */
  const putRow = (row: object): void => {
    frame.columns(count)
    for (const name of partitions) frame.text(name)
    writeAll(row)
  }
  return {
    get rows() {
      return rows
    },
    put: (row: unknown): IoError | undefined => {
      if (typeof row !== "object" || row === null) return refused(`is ${shown(row)}, which is no row`)
      const reason = accepts?.(row)
      if (reason !== undefined) return refused(`does not match the schema: ${reason}`)
      try {
        putRow(row)
      } catch (cause) {
        if (!(cause instanceof Refused)) throw cause
        const name = cells[at.column]?.name ?? ""
        return refused(`cannot be stored: column "${name}" holds ${shown(Reflect.get(row, name))}: ${cause.message}`)
      }
      rows++
      return undefined
    }
  }
}

/** Copies the first pieces and then the rest of a stream; gives the number of rows and the hash of what was sent. */
export const copy = Effect.fnUntraced(function*(
  copyIn: CopyIn,
  table: Table.Table,
  partition: string,
  first: ReadonlyArray<ReadonlyArray<unknown>>,
  rest: Stream.Stream<unknown, IoError>
): Effect.fn.Return<{ readonly rows: number; readonly hash: string | undefined }, IoError | SqlError.SqlError> {
  const frame = new CopyFrame()
  const encode = encoder(table, partition, frame)
  const hash = table.rows.mode === "replace" ? Batch.hash(table).update("copied") : undefined
  const flush = (send: Send) =>
    Effect.suspend(() => {
      const bytes = frame.take()
      hash?.update(bytes.subarray(frameHead))
      return send(bytes)
    })
  /** The rows of a piece from one on, a frame at a time. */
  const putAll = (send: Send, piece: ReadonlyArray<unknown>, from: number): Effect.Effect<void, IoError | SqlError.SqlError> =>
    Effect.suspend(() => {
      for (let i = from; i < piece.length; i++) {
        const refused = encode.put(piece[i])
        if (refused !== undefined) return Effect.fail(refused)
        if (frame.isFull) return Effect.andThen(flush(send), putAll(send, piece, i + 1))
      }
      return Effect.void
    })
  yield* copyIn(statementOf(table), (send) =>
    Effect.gen(function*() {
      frame.header()
      for (const piece of first) yield* putAll(send, piece, 0)
      yield* Stream.runForEachArray(rest, (piece) => putAll(send, piece, 0))
      frame.columns(-1)
      yield* flush(send)
    }))
  return { rows: encode.rows, hash: hash?.digest("hex") }
})
