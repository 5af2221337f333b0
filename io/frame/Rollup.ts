/** Aggregates over groups of rows; nulls are ignored and bigints stay exact, where Arquero's operators throw. */
import type { ColumnTable } from "arquero"
import type { Aggregate } from "./Aggregate.ts"
import { FrameError, isNone, makeTable, take, type Values, valuesOf } from "./Columns.ts"
import { type Groups, group } from "./Groups.ts"
import { compare } from "./Order.ts"

const mixed = (name: string, value: unknown) =>
  new FrameError({
    message: `Column "${name}" cannot be added up: it holds the ${typeof value} ${String(value)}; ` +
      "derive a column of numbers only or of bigints only."
  })

const isBigInts = (values: Values) => {
  for (let row = 0; row < values.length; row++) if (!isNone(values[row])) return typeof values[row] === "bigint"
  return false
}

const counts = (values: Values | undefined, { first, ids }: Groups) => {
  const counted = Array.from(first, () => 0)
  for (let row = 0; row < ids.length; row++) if (values === undefined || !isNone(values[row])) counted[ids[row]!]!++
  return counted
}

const sums = (values: Values, { first, ids }: Groups, name: string): Array<number> => {
  const totals = new Float64Array(first.length)
  for (let row = 0; row < ids.length; row++) {
    const value = values[row]
    if (typeof value === "number") totals[ids[row]!]! += value
    else if (!isNone(value)) throw mixed(name, value)
  }
  return Array.from(totals)
}

const bigSums = (values: Values, { first, ids }: Groups, name: string): Array<bigint> => {
  const totals = Array.from(first, () => 0n)
  for (let row = 0; row < ids.length; row++) {
    const value = values[row]
    if (typeof value === "bigint") totals[ids[row]!]! += value
    else if (!isNone(value)) throw mixed(name, value)
  }
  return totals
}

const means = (values: Values, groups: Groups, name: string) => {
  const counted = counts(values, groups)
  if (!isBigInts(values)) {
    return sums(values, groups, name).map((total, id) => counted[id] === 0 ? null : total / counted[id]!)
  }
  // The whole part is divided exactly; only the quotient is rounded to a number.
  return bigSums(values, groups, name).map((total, id) => {
    const n = BigInt(counted[id]!)
    return n === 0n ? null : Number(total / n) + Number(total % n) / Number(n)
  })
}

/** The value of each group that replaced all others, from left to right; null where there was none. */
const chosen = (values: Values, { first, ids }: Groups, replaces: (value: unknown, best: unknown) => boolean) => {
  const best = Array.from(first, (): unknown => null)
  for (let row = 0; row < ids.length; row++) {
    const value = values[row]
    if (isNone(value)) continue
    const id = ids[row]!
    if (best[id] === null || replaces(value, best[id])) best[id] = value
  }
  return best
}

const lists = (values: Values, { first, ids }: Groups) => {
  const listed = first.map((): Array<unknown> => [])
  for (let row = 0; row < ids.length; row++) listed[ids[row]!]!.push(values[row])
  return listed
}

const distincts = (values: Values, groups: Groups, name: string) => {
  const pairs = group([["", groups.ids], [name, values]], groups.ids.length)
  const counted = Array.from(groups.first, () => 0)
  if (groups.ids.length === 0) return counted
  for (const row of pairs.first) if (!isNone(values[row])) counted[groups.ids[row]!]!++
  return counted
}

/** One value for each group. */
const aggregate = (table: ColumnTable, groups: Groups, by: Aggregate, rows?: ArrayLike<number>): Values => {
  const column = by.column === undefined ? undefined : valuesOf(table, by.column)
  if (column === undefined || by.column === undefined) return counts(undefined, groups)
  const values = rows === undefined ? column : take(column, rows)
  switch (by._tag) {
    case "Count": return counts(values, groups)
    case "Sum": return isBigInts(column) || typeof by.zero === "bigint"
      ? bigSums(values, groups, by.column)
      : sums(values, groups, by.column)
    case "Mean": return means(values, groups, by.column)
    case "Min": return chosen(values, groups, (value, best) => compare(value, best) < 0)
    case "Max": return chosen(values, groups, (value, best) => compare(value, best) > 0)
    case "Any": return chosen(values, groups, () => false)
    case "ArrayAgg": return lists(values, groups)
    case "Distinct": return distincts(values, groups, by.column)
  }
}

const keyColumns = (table: ColumnTable, keys: ReadonlyArray<string>) =>
  keys.map((key) => [key, valuesOf(table, key)] as const)

/** One row for each group, in the order of their first rows: its keys and its aggregates. */
export const rollup = (
  table: ColumnTable,
  keys: ReadonlyArray<string>,
  aggregates: Readonly<Record<string, Aggregate>>
): ColumnTable => {
  const columns = keyColumns(table, keys)
  const groups = group(columns, table.numRows())
  return makeTable([
    ...columns.map(([name, values]) => [name, take(values, groups.first)] as const),
    ...Object.entries(aggregates).map(([name, by]) => [name, aggregate(table, groups, by)] as const)
  ])
}

/** One row for each group and a column for each of the given values of `column`: the aggregate of the rows with it. */
export const pivot = (
  table: ColumnTable,
  keys: ReadonlyArray<string>,
  column: string,
  names: ReadonlyArray<string>,
  by: Aggregate
): ColumnTable => {
  const columns = keyColumns(table, keys)
  const { first, ids } = group(columns, table.numRows())
  const pivoted = valuesOf(table, column)
  return makeTable([
    ...columns.map(([name, values]) => [name, take(values, first)] as const),
    ...names.map((name) => {
      const rows = Uint32Array.from(ids.keys().filter((row) => pivoted[row] === name))
      return [name, aggregate(table, { ids: rows.map((row) => ids[row]!), first }, by, rows)] as const
    })
  ])
}
