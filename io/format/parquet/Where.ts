/** Simple conditions on columns: rows are held against them, and row groups whose statistics rule them out are not read. */
import { BigDecimal, DateTime, Option, Order } from "effect"
import type { RowGroup } from "hyparquet"
import { refuse, shown } from "../FormatError.ts"
import type { Kind } from "../Kind.ts"
import type { Read } from "./Column.ts"
import type { Leaf } from "./Leaf.ts"

export type Comparable = string | number | bigint | boolean | Date | DateTime.Utc | BigDecimal.BigDecimal

/** All of them hold; null matches none. */
export interface Condition<A> {
  readonly eq?: A
  readonly in?: ReadonlyArray<A>
  readonly gt?: A
  readonly gte?: A
  readonly lt?: A
  readonly lte?: A
}

/** Conditions on properties of the record; all of them hold. */
export type Where<Type> = {
  readonly [K in keyof Type as Extract<NonNullable<Type[K]>, Comparable> extends never ? never : K]?: Condition<Extract<NonNullable<Type[K]>, Comparable>>
}

/** Digits in a text, for a `Column.Numeric`: "9" is less than "10". */
const decimalOf = (value: unknown): unknown =>
  typeof value === "string" ? Option.getOrUndefined(BigDecimal.fromString(value)) : value

/** A condition on a column of this kind, by what its values are compared as. Throws `Refused`. */
export const conditionOf = (kind: Kind, condition: Condition<unknown>): Condition<unknown> => {
  if (kind.tag !== "numeric") return condition
  const compared = (value: unknown): unknown => decimalOf(value) ?? refuse(`where compares decimals, and ${shown(value)} is none`)
  return Object.fromEntries(Object.entries(condition).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.map(compared) : compared(value)]]))
}

/** What is compared: numbers, bigints or texts. Decimals are compared apart. */
const plain = (value: unknown): unknown => {
  if (value instanceof Date) return value.getTime()
  if (DateTime.isDateTime(value)) return DateTime.toEpochMillis(value)
  return typeof value === "boolean" ? Number(value) : value
}

/** Undefined where the two cannot be compared: null, or NaN. */
const compare = (a: unknown, b: unknown): number | undefined => {
  if (BigDecimal.isBigDecimal(b)) {
    const decimal = decimalOf(a)
    return BigDecimal.isBigDecimal(decimal) ? BigDecimal.Order(decimal, b) : undefined
  }
  if (BigDecimal.isBigDecimal(a)) {
    const decimal = decimalOf(b)
    return BigDecimal.isBigDecimal(decimal) ? BigDecimal.Order(a, decimal) : undefined
  }
  const [x, y] = [plain(a), plain(b)]
  if (typeof x === "string" && typeof y === "string") return Order.String(x, y)
  if ((typeof x === "number" || typeof x === "bigint") && (typeof y === "number" || typeof y === "bigint")) {
    return x < y ? -1 : x > y ? 1 : x == y ? 0 : undefined
  }
  return undefined
}

const is = (value: unknown, other: unknown, holds: (order: number) => boolean): boolean => {
  const order = compare(value, other)
  return order !== undefined && holds(order)
}

export const matches = (value: unknown, condition: Condition<unknown>): boolean =>
  (condition.eq === undefined || is(value, condition.eq, (o) => o === 0)) &&
  (condition.in === undefined || condition.in.some((one) => is(value, one, (o) => o === 0))) &&
  (condition.gt === undefined || is(value, condition.gt, (o) => o > 0)) &&
  (condition.gte === undefined || is(value, condition.gte, (o) => o >= 0)) &&
  (condition.lt === undefined || is(value, condition.lt, (o) => o < 0)) &&
  (condition.lte === undefined || is(value, condition.lte, (o) => o <= 0))

/** No value from `min` to `max` can match. */
const ruledOut = (min: unknown, max: unknown, condition: Condition<unknown>): boolean => {
  const below = (value: unknown) => is(value, min, (o) => o < 0)
  const above = (value: unknown) => is(value, max, (o) => o > 0)
  const outside = (value: unknown) => below(value) || above(value)
  return (condition.eq !== undefined && outside(condition.eq)) ||
    (condition.in !== undefined && condition.in.every(outside)) ||
    (condition.gt !== undefined && is(max, condition.gt, (o) => o <= 0)) ||
    (condition.gte !== undefined && is(max, condition.gte, (o) => o < 0)) ||
    (condition.lt !== undefined && is(min, condition.lt, (o) => o >= 0)) ||
    (condition.lte !== undefined && is(min, condition.lte, (o) => o > 0))
}

/** Bytes as text for comparing: texts without these characters are in the same order as their bytes. */
const lowText = (value: unknown): string | undefined => {
  if (!(value instanceof Uint8Array)) return undefined
  const text = Buffer.from(value).toString("utf8")
  return /[\ud800-\uffff]/.test(text) ? undefined : text
}

export interface Pushed {
  /** Of the top-level column in the file; one leaf. */
  readonly column: string
  readonly leaf: Leaf
  readonly kind: Kind
  readonly condition: Condition<unknown>
  readonly read: Read
}

/** Leaves whose statistics are exact bounds. */
const ordered: ReadonlyArray<Leaf["tag"]> = ["integer", "float", "moment", "text"]

/** Kinds as which they keep their order: as texts, 10 would come before 9, and the year 12000 before 2020. */
const comparable: ReadonlyArray<Kind["tag"]> = ["integer", "number", "finite", "bigint", "decimal", "numeric", "boolean", "day", "instant", "utc"]

const keepsOrder = (leaf: Leaf, kind: Kind): boolean =>
  ordered.includes(leaf.tag) && (leaf.tag === "text" ? kind.tag === "text" : comparable.includes(kind.tag))

/** Whether the statistics of a row group say that no row of it can match. */
export const skips = (group: RowGroup, conditions: ReadonlyArray<Pushed>): boolean =>
  conditions.some(({ column, condition, kind, leaf, read }) => {
    if (!keepsOrder(leaf, kind)) return false
    const meta = group.columns.find(({ meta_data }) => meta_data?.path_in_schema.length === 1 && meta_data.path_in_schema[0] === column)?.meta_data
    const stats = meta?.statistics
    // Of half floats, hyparquet reads bounds of any length.
    if (meta?.type === "FIXED_LEN_BYTE_ARRAY") return false
    if (stats?.min_value === undefined || stats.max_value === undefined) return false
    try {
      const bound = leaf.tag === "text" ? lowText : read
      const [min, max] = [bound(stats.min_value), bound(stats.max_value)]
      // A text's upper bound may be cut; cut bounds of writers that follow the format are still bounds.
      if (min === undefined || max === undefined || Number.isNaN(min) || Number.isNaN(max)) return false
      return ruledOut(min, max, condition)
    } catch {
      // A bound that is no value of the schema says nothing; the rows will.
      return false
    }
  })
