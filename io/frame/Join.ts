/** Joins two tables on columns of the same names, as SQL does: a null equals nothing, not even a null. */
import type { ColumnTable } from "arquero"
import { FrameError, hasColumn, isNone, makeTable, requireColumns, take, valuesOf } from "./Columns.ts"
import { group } from "./Groups.ts"

/** Only pairs (`inner`), or also the left rows without a partner, with nulls on the right (`left`). */
export type JoinKind = "inner" | "left"

/** The kind, and the suffix for names that clash, which must be given where the types say that some do. */
export type JoinOptions<Clashing> = readonly [Clashing] extends readonly [never]
  ? readonly [kind?: JoinKind, naming?: { readonly suffix: string }]
  : readonly [kind: JoinKind, naming: { readonly suffix: string }]

export type SuffixOf<Options> = Options extends readonly [unknown, { readonly suffix: infer Suffix extends string }]
  ? Suffix
  : ""

/** Pairs of row numbers: left rows in their order, for each its right rows in theirs; -1 is no partner. */
const pairs = (left: ColumnTable, right: ColumnTable, on: ReadonlyArray<string>, kind: JoinKind) => {
  const split = left.numRows()
  const rows = split + right.numRows()
  const keys = on.map((name) =>
    [name, Array.from(valuesOf(left, name)).concat(Array.from(valuesOf(right, name)))] as const
  )
  const { first, ids } = group(keys, rows)
  const keyless = new Uint8Array(rows)
  for (const [, values] of keys) for (let row = 0; row < rows; row++) if (isNone(values[row])) keyless[row] = 1

  // Right rows by group, one after the other: those of group g are partners[start[g]] up to partners[start[g + 1]].
  const start = new Uint32Array(first.length + 1)
  for (let row = split; row < rows; row++) if (keyless[row] === 0) start[ids[row]! + 1]!++
  for (let id = 0; id < first.length; id++) start[id + 1]! += start[id]!
  const partners = new Uint32Array(start[first.length]!)
  const next = start.slice()
  for (let row = split; row < rows; row++) if (keyless[row] === 0) partners[next[ids[row]!]!++] = row - split

  const found = (row: number) => keyless[row] === 0 ? start[ids[row]! + 1]! - start[ids[row]!]! : 0
  let total = 0
  for (let row = 0; row < split; row++) total += Math.max(found(row), kind === "left" ? 1 : 0)
  if (total > 2 ** 28) {
    throw new FrameError({
      message: `The join on "${on.join(`", "`)}" would make ${total} rows; one of the frames should have each key once.`
    })
  }
  const lefts = new Int32Array(total)
  const rights = new Int32Array(total)
  let pair = 0
  for (let row = 0; row < split; row++) {
    const n = found(row)
    for (let i = 0; i < n; i++) {
      lefts[pair] = row
      rights[pair++] = partners[start[ids[row]!]! + i]!
    }
    if (n === 0 && kind === "left") {
      lefts[pair] = row
      rights[pair++] = -1
    }
  }
  return { lefts, rights }
}

/** The left columns and then the right ones without the keys; a right name that the left has gets the suffix. */
export const join = (
  left: ColumnTable,
  right: ColumnTable,
  on: ReadonlyArray<string>,
  kind: JoinKind,
  suffix: string | undefined
): ColumnTable => {
  if (on.length === 0) throw new FrameError({ message: "A join needs at least one column to join on." })
  requireColumns(left, on)
  requireColumns(right, on)
  const others = right.columnNames().filter((name) => !on.includes(name))
  const clash = others.filter((name) => hasColumn(left, name))
  if (clash.length > 0 && suffix === undefined) {
    throw new FrameError({
      message: `Both frames have a column "${clash.join(`", "`)}"; join on it, rename it or give { suffix: "_right" }.`
    })
  }
  const { lefts, rights } = pairs(left, right, on, kind)
  return makeTable([
    ...left.columnNames().map((name) => [name, take(valuesOf(left, name), lefts)] as const),
    ...others.map((name) =>
      [clash.includes(name) ? `${name}${suffix}` : name, take(valuesOf(right, name), rights)] as const
    )
  ])
}
