/** Rows with equal keys, numbered: the one notion of equality behind groupby, dedupe, join, distinct and orderby. */
import { FrameError, type Values } from "./Columns.ts"

/** The groups of the rows of a table, numbered from 0 in the order of their first rows. */
export interface Groups {
  /** The group of each row. */
  readonly ids: Uint32Array
  /** The first row of each group. */
  readonly first: ReadonlyArray<number>
}

/** All rows as one group, which may be empty. */
export const whole = (rows: number): Groups => ({ ids: new Uint32Array(rows), first: [0] })

/**
 * Groups the rows by one column. Equal are: numbers, bigints, strings and booleans of the same type and value (NaN is
 * itself, -0 is 0), dates of the same instant, and nulls. A `Map` is used because Arquero's text keys mix up 1 and 1n,
 * and ("a\"|\"b", "c") and ("a", "b\"|\"c").
 */
export const groupColumn = (values: Values, name: string): Groups => {
  const primitives = new Map<unknown, number>()
  const instants = new Map<unknown, number>()
  const ids = new Uint32Array(values.length)
  const first: Array<number> = []
  for (let row = 0; row < values.length; row++) {
    let key = values[row] ?? null
    let known = primitives
    if (typeof key === "object" && key !== null) {
      if (!(key instanceof Date)) {
        throw new FrameError({
          message: `Column "${name}" holds nested values, which cannot be compared; derive a plain column from it.`
        })
      }
      key = key.getTime()
      known = instants
    }
    let id = known.get(key)
    if (id === undefined) {
      id = first.push(row) - 1
      known.set(key, id)
    }
    ids[row] = id
  }
  return { ids, first }
}

/** Groups of rows that are in one group in both; pairs of numbers stay exact below 94 million groups each. */
const both = (a: Groups, b: Groups): Groups => {
  const known = new Map<number, number>()
  const ids = new Uint32Array(a.ids.length)
  const first: Array<number> = []
  for (let row = 0; row < ids.length; row++) {
    const pair = a.ids[row]! * b.first.length + b.ids[row]!
    let id = known.get(pair)
    if (id === undefined) {
      id = first.push(row) - 1
      known.set(pair, id)
    }
    ids[row] = id
  }
  return { ids, first }
}

/** Groups the rows by all the columns together; without a column all rows are equal. */
export const group = (columns: ReadonlyArray<readonly [name: string, values: Values]>, rows: number): Groups => {
  const [head, ...rest] = columns.map(([name, values]) => groupColumn(values, name))
  return head === undefined ? whole(rows) : rest.reduce(both, head)
}
