/** Frames as Arrow IPC bytes, to hand them to DuckDB, polars or a browser and to take theirs. */
import { type ColumnTable, fromArrow as tableFromArrow, toArrowIPC } from "arquero"
import { FrameError, settle } from "./Columns.ts"

const attempt = (table: ColumnTable, columns: Array<string>): Uint8Array | Error => {
  try {
    return toArrowIPC(table, { columns }) as Uint8Array // `format` alone decides, and its default gives bytes
  } catch (cause) {
    return cause instanceof Error ? cause : new Error(String(cause))
  }
}

/** Arrow IPC stream bytes. Refuses bigints over 64 bits, columns of mixed types and invalid dates. */
export const toArrow = (table: ColumnTable): Uint8Array => {
  const bytes = attempt(table, table.columnNames())
  if (!(bytes instanceof Error)) return bytes
  const name = table.columnNames().find((column) => attempt(table, [column]) instanceof Error)
  throw new FrameError({ message: `Column "${name}" cannot be written as Arrow: ${bytes.message}` })
}

/** The table in Arrow IPC bytes: 64-bit integers as bigints, dates and timestamps as dates (of whole milliseconds). */
export const fromArrow = (bytes: Uint8Array): ColumnTable => {
  if (bytes.length === 0) throw new FrameError({ message: "There are no bytes to read as an Arrow IPC table." })
  try {
    return settle(tableFromArrow(bytes, { useBigInt: true, useDate: true }))
  } catch (cause) {
    throw new FrameError({
      message: `These ${bytes.length} bytes are not a table in Arrow IPC format: ` +
        (cause instanceof Error ? cause.message : String(cause))
    })
  }
}
