/** The order of rows in a file: that of their key, which no two of them share. */
import { Result } from "effect"
import type { IoError } from "../../engine/definition/Io.ts"
import { place, refuse, shown } from "../warehouse/Refusal.ts"
import type { Layout } from "./Layout.ts"

const compare = (a: unknown, b: unknown): number => {
  if (a instanceof Date && b instanceof Date) return a.getTime() - b.getTime()
  if ((typeof a === "number" && typeof b === "number") || (typeof a === "bigint" && typeof b === "bigint") ||
    (typeof a === "string" && typeof b === "string") || (typeof a === "boolean" && typeof b === "boolean")) {
    return a < b ? -1 : a > b ? 1 : 0
  }
  return 0
}

const member = (row: unknown, name: string): unknown => typeof row === "object" && row !== null ? Reflect.get(row, name) : undefined

export interface Arranged {
  readonly rows: ReadonlyArray<unknown>
  /** Which of the rows given stands at a place. */
  readonly given: (row: number) => number
}

/** Rows in the order of their key; rows without a key stay as they are. */
export const arrange = (layout: Layout, partition: string, rows: ReadonlyArray<unknown>): Result.Result<Arranged, IoError> => {
  const { key } = layout.rows
  if (key.length === 0) return Result.succeed({ rows, given: (row) => row })
  const keys = rows.map((row) => key.map((name) => member(row, name)))
  const byKey = (a: number, b: number): number => {
    for (let i = 0; i < key.length; i++) {
      const order = compare(keys[a]?.[i], keys[b]?.[i])
      if (order !== 0) return order
    }
    return 0
  }
  const order = Array.from(rows.keys()).sort(byKey)
  for (let at = 1; at < order.length; at++) {
    const [before = 0, row = 0] = [order[at - 1], order[at]]
    if (byKey(before, row) !== 0) continue
    const texts = (keys[row] ?? []).map(shown)
    // Values that have no order, and values that are missing, are told by the schema.
    if ((keys[row] ?? []).includes(undefined) || (keys[before] ?? []).map(shown).join() !== texts.join()) continue
    return Result.fail(refuse(
      layout.asset,
      partition,
      `${place(layout.asset, partition)} has two rows with the key (${key.join(", ")}) = (${texts.join(", ")}); drop one of them.`
    ))
  }
  return Result.succeed({ rows: order.map((row) => rows[row]), given: (row) => order[row] ?? row })
}
