/** Rows of a cell → bytes of its file, with their count and the hash of the content. */
import { createHash } from "node:crypto"
import { Array as Arr, Effect, Stream } from "effect"
import type { IoError } from "../../engine/definition/Io.ts"
import { Blame, FormatError, Refused } from "../format/FormatError.ts"
import * as Format from "../format/Format.ts"
import { place, refuse, shown } from "../warehouse/Refusal.ts"
import type { FileFormat, Layout, Record } from "./Layout.ts"

/** Rows that become bytes at a time. */
const batchRows = 1024

/** What has been encoded so far. */
export interface Encoding {
  readonly bytes: Stream.Stream<Uint8Array, IoError>
  readonly rows: () => number
  /** Of all bytes; asked for once, at the end. */
  readonly hash: () => string
}

const badRow = (layout: Layout, partition: string, row: number, column: string | undefined, reason: string): IoError => {
  const where = `Row ${row + 1} of ${place(layout.asset, partition)}`
  return refuse(
    layout.asset,
    partition,
    column === undefined ? `${where} does not match the schema: ${reason}.` : `${where} cannot be stored: column "${column}": ${reason}.`
  )
}

/** Refuses a row by its number. */
type Bad = (row: number, column: string | undefined, reason: string) => IoError

const recordsOf = (layout: Layout, rows: Stream.Stream<unknown, IoError>, bad: Bad, counted: () => void): Stream.Stream<Record, IoError> => {
  let row = 0
  const encoded = (value: unknown): Record => {
    const record = layout.encode(value)
    row++
    counted()
    return record
  }
  // Not `mapEffect` over chunks, which runs ahead: the rows that wait are moved by each collection of young garbage.
  return Stream.mapArrayEffect(Stream.rechunk(rows, batchRows), (batch) =>
    Effect.suspend(() => {
      const first = row
      try {
        return Effect.succeed(Arr.map(batch, encoded))
      } catch (error) {
        if (error instanceof Blame) return Effect.fail(bad(row, error.column, error.message))
        if (error instanceof Refused) return Effect.fail(bad(row, undefined, `${error.message}, found ${shown(batch[row - first])}`))
        throw error
      }
    }))
}

const written = (layout: Layout, format: FileFormat, records: Stream.Stream<Record, IoError>): Stream.Stream<Uint8Array, IoError | FormatError> => {
  const { compression } = format
  if (format.format === "parquet") return Format.parquet(layout.schema, { compression }).write(records)
  const text = format.format === "csv" ? Format.csv(layout.schema) : Format.ndjson(layout.schema)
  return text.write(records, { compression: compression === "snappy" ? "none" : compression })
}

/** Equal rows in one order give equal bytes, and so equal hashes; the hash names the format, which bytes alone may not tell. */
export const encode = (
  layout: Layout,
  format: FileFormat,
  partition: string,
  rows: Stream.Stream<unknown, IoError>,
  /** Which of the rows given is the row with this number here. */
  given: (row: number) => number
): Encoding => {
  const bad: Bad = (row, column, reason) => badRow(layout, partition, given(row), column, reason)
  let count = 0
  const hash = createHash("sha1").update(format.format)
  const records = recordsOf(layout, rows, bad, () => void count++)
  const bytes = written(layout, format, records).pipe(
    Stream.mapError((error) =>
      error._tag === "IoError"
        ? error
        : error.row === undefined
        ? refuse(layout.asset, partition, `${place(layout.asset, partition)} cannot be written as ${format.format}: ${error.reason}.`, error)
        : bad(error.row, error.column, error.reason)),
    Stream.tap((chunk) => Effect.sync(() => void hash.update(chunk)))
  )
  return { bytes, rows: () => count, hash: () => hash.digest("hex") }
}
