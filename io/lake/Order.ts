/** The order of rows in a file: that of their key, which no two of them share. */
import { BigDecimal, Result } from "effect"
import type { IoError } from "../../engine/definition/Io.ts"
import { place, refuse, shown } from "../warehouse/Refusal.ts"
import * as Comparable from "./Comparable.ts"
import type { Layout } from "./Layout.ts"

const member = (row: unknown, name: string): unknown => typeof row === "object" && row !== null ? Reflect.get(row, name) : undefined

/** Bytes and decimals as Postgres shows them. */
const told = (value: unknown): string =>
  BigDecimal.isBigDecimal(value)
    ? shown(BigDecimal.format(value)).slice(1, -1)
    : value instanceof Uint8Array
    ? `\\x${Buffer.from(value.subarray(0, 32)).toString("hex")}${value.length > 32 ? "..." : ""}`
    : shown(value)

export interface Arranged {
  readonly rows: ReadonlyArray<unknown>
  /** Which of the rows given stands at a place. */
  readonly given: (row: number) => number
}

/** Rows in the order of their key; rows without a key stay as they are. */
export const arrange = (layout: Layout, partition: string, rows: ReadonlyArray<unknown>): Result.Result<Arranged, IoError> => {
  const { key } = layout
  if (key.length === 0) return Result.succeed({ rows, given: (row) => row })
  const keys = rows.map((row) => key.map(({ comparable, name }) => comparable(member(row, name))))
  const byKey = (a: number, b: number): number => {
    for (let i = 0; i < key.length; i++) {
      const order = Comparable.compare(keys[a]?.[i], keys[b]?.[i])
      if (order !== 0) return order
    }
    return 0
  }
  const order = Array.from(rows.keys()).sort(byKey)
  for (let at = 1; at < order.length; at++) {
    const [before = 0, row = 0] = [order[at - 1], order[at]]
    // Values that are missing or of another type are told by the schema.
    if (byKey(before, row) !== 0 || keys[row]?.includes(undefined) === true) continue
    const names = key.map(({ name }) => name)
    const texts = names.map((name) => told(member(rows[row], name)))
    return Result.fail(refuse(
      layout.asset,
      partition,
      `${place(layout.asset, partition)} has two rows with the key (${names.join(", ")}) = (${texts.join(", ")}); drop one of them.`
    ))
  }
  return Result.succeed({ rows: order.map((row) => rows[row]), given: (row) => order[row] ?? row })
}
