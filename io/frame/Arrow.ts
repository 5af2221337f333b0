/** Frames as Arrow IPC bytes, to hand them to DuckDB, polars or a browser and to take theirs. */
import { type ColumnTable, fromArrow as tableFromArrow, toArrowIPC } from "arquero"
import { FrameError, makeTable, valuesOf } from "./Columns.ts"

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

/** What is known of the type of an Arrow column. */
interface ArrowType {
  readonly typeId?: number
  readonly scale?: number
  readonly children?: ReadonlyArray<{ readonly type: ArrowType }>
}

const decimal = 7

const holdsDecimals = ({ children, typeId }: ArrowType): boolean =>
  typeId === decimal || (children?.some(({ type }) => holdsDecimals(type)) ?? false)

/** Of 15 digits, a number prints the same decimal again. */
const exact = 10n ** 15n

/** Digits without the point → number. */
const numberOf = (name: string, digits: bigint, scale: number): number => {
  if (digits < exact && digits > -exact) return Number(`${digits}e${-scale}`)
  throw new FrameError({
    message: `Column "${name}" has a decimal of more digits than a number (${digits} without its point); cast it to text before it becomes Arrow.`
  })
}

const withNumbers = (table: ColumnTable): ColumnTable =>
  makeTable(table.columnNames().map((name) => {
    // Seam: columns that Arquero makes of Arrow have its types.
    const column = table.column(name) as unknown as Iterable<bigint | number | null> & { readonly type?: ArrowType }
    const type = column.type ?? {}
    if (!holdsDecimals(type)) return [name, valuesOf(table, name)] as const
    if (type.typeId !== decimal) throw new FrameError({ message: `Column "${name}" has decimals within lists or structs; cast them to text before they become Arrow.` })
    return [name, Array.from(column, (digits) => digits === null ? null : numberOf(name, BigInt(digits), type.scale ?? 0))] as const
  }))

const problemOf = (cause: unknown): string => {
  if (!(cause instanceof Error) || cause instanceof TypeError || cause instanceof RangeError) return "they are damaged, or cut off"
  const codec = /^Missing compression codec "(\w+)"/.exec(cause.message)?.[1]
  return codec === undefined ? cause.message : `they are packed with ${codec}, which is not read; write them without compression`
}

/**
 * The table in Arrow IPC bytes: 64-bit integers as bigints, dates and timestamps as dates (of whole milliseconds), decimals as
 * numbers. Refuses decimals that a number does not hold, and two columns of one name.
 */
export const fromArrow = (bytes: Uint8Array): ColumnTable => {
  if (bytes.length === 0) throw new FrameError({ message: "There are no bytes to read as an Arrow IPC table." })
  let names: ReadonlyArray<string> = []
  const columns = (found: { readonly columnNames: () => Array<string> }) => {
    names = found.columnNames()
    return names
  }
  try {
    // Seam: a selection of Arquero may be a function, which its types do not say.
    const table = tableFromArrow(bytes, { useBigInt: true, useDate: true, useDecimalInt: true, columns: columns as never })
    const twice = names.find((name, i) => names.indexOf(name) !== i)
    if (twice !== undefined) throw new FrameError({ message: `The Arrow table has two columns named "${twice}"; rename one of them.` })
    return withNumbers(table)
  } catch (cause) {
    if (cause instanceof FrameError) throw cause
    throw new FrameError({ message: `These ${bytes.length} bytes are not a table in Arrow IPC format: ${problemOf(cause)}` })
  }
}
