/** The untyped ground under a `Frame`: an Arquero table whose columns are plain or typed arrays of one length. */
import { ColumnTable } from "arquero"
import { Data } from "effect"

/** The values of one column, row by row. */
export type Values = ArrayLike<unknown>

/** What a frame refuses: a column that is not there, two of one name, a value that does not fit. */
export class FrameError extends Data.TaggedError("FrameError")<{ readonly message: string }> {}

export const isNone = (value: unknown): value is null | undefined => value === null || value === undefined

const isArray = (column: unknown): column is Values =>
  Array.isArray(column) || (ArrayBuffer.isView(column) && !(column instanceof DataView))

const quoted = (names: ReadonlyArray<string>) => names.map((name) => `"${name}"`).join(", ")

/** A table of the named columns, in that order. Refuses two columns of one name and columns of unequal length. */
export const makeTable = (columns: Iterable<readonly [name: string, values: Values]>): ColumnTable => {
  const data = new Map<string, Values>()
  let first: readonly [string, Values] | undefined
  for (const [name, values] of columns) {
    // Arquero builds rows from object literals, where this one name would set the prototype.
    if (name === "__proto__") throw new FrameError({ message: `A column cannot be named "__proto__"; rename it.` })
    if (data.has(name)) {
      throw new FrameError({ message: `There would be two columns named "${name}"; rename or drop one of them.` })
    }
    first ??= [name, values]
    if (values.length !== first[1].length) {
      throw new FrameError({
        message: `Column "${name}" has ${values.length} values where "${first[0]}" has ${first[1].length}; ` +
          "all columns of a frame need the same number."
      })
    }
    data.set(name, isArray(values) ? values : Array.from(values))
  }
  // Arquero's type of a column asks for `at` and an iterator, which arrays have and ArrayLike does not say.
  return new ColumnTable(Object.fromEntries(data) as never, [...data.keys()])
}

/** Whether it is a column. A table's columns stand in a plain object, which has a "constructor" by itself. */
export const hasColumn = (table: ColumnTable, name: string): boolean => Object.hasOwn(table.data(), name)

/** Refuses the first of the names that is not a column of the table. */
export const requireColumns = (table: ColumnTable, names: ReadonlyArray<string>): void => {
  const missing = names.find((name) => !hasColumn(table, name))
  if (missing === undefined) return
  throw new FrameError({
    message: table.numCols() === 0
      ? `There is no column "${missing}": the frame has no columns; name them where there may be no rows, ` +
        "Frame.fromRows(rows, columns)."
      : `There is no column "${missing}"; the frame has ${quoted(table.columnNames())}.`
  })
}

/** The values of a column, by reference where it is an array already. */
export const valuesOf = (table: ColumnTable, name: string): Values => {
  requireColumns(table, [name])
  const column: unknown = table.column(name)
  return isArray(column) ? column : plainValues(column as Iterable<unknown>)
}

/** The values at the given rows; null for a row below zero. */
export const take = (values: Values, rows: ArrayLike<number>): ReadonlyArray<unknown> => {
  const taken: Array<unknown> = []
  taken.length = rows.length
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    taken[i] = row < 0 ? null : values[row]
  }
  return taken
}

/** The table's rows at the given places, in that order. */
export const takeRows = (table: ColumnTable, rows: ArrayLike<number>): ColumnTable =>
  makeTable(table.columnNames().map((name) => [name, take(valuesOf(table, name), rows)] as const))

/** An Arquero table without filter, order, groups and lazy Arrow columns, so that a row's number is its place. */
export const settle = (table: ColumnTable): ColumnTable => {
  const rows = table.isFiltered() || table.isOrdered() ? table.indices() : undefined
  return makeTable(table.columnNames().map((name) => {
    const values = valuesOf(table, name)
    return [name, rows === undefined ? values : take(values, rows)] as const
  }))
}

/** Arrow gives nested lists as typed arrays; a column of JSON holds arrays. */
const plain = (value: unknown): unknown =>
  value === null || typeof value !== "object" || value instanceof Date ? value
  : isArray(value) ? Array.from(value, plain)
  : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))

const plainValues = (column: Iterable<unknown>): Values => Array.from(column, plain)
