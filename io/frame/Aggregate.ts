/** What can be computed of the rows of a group: plain data that names a column, checked against the row's type. */
import type { BigIntColumn, Column, Defined, KeyColumn, NumberColumn, OrderedColumn } from "./Row.ts"

interface Of<Tag extends string, C extends string> {
  readonly _tag: Tag
  readonly column: C
}

export interface Count<C extends string> {
  readonly _tag: "Count"
  readonly column: C | undefined
}

export interface Sum<C extends string, Zero extends number | bigint> extends Of<"Sum", C> {
  readonly zero: Zero | undefined
}

export type Mean<C extends string> = Of<"Mean", C>
export type Min<C extends string> = Of<"Min", C>
export type Max<C extends string> = Of<"Max", C>
export type Any<C extends string> = Of<"Any", C>
export type ArrayAgg<C extends string> = Of<"ArrayAgg", C>
export type Distinct<C extends string> = Of<"Distinct", C>

/** The aggregates that fit a row: a sum of numbers, not of strings. */
export type AggregateOf<Row> =
  | Count<Column<Row>>
  | Sum<NumberColumn<Row>, number>
  | Sum<BigIntColumn<Row>, bigint>
  | Mean<NumberColumn<Row> | BigIntColumn<Row>>
  | Min<OrderedColumn<Row>>
  | Max<OrderedColumn<Row>>
  | Any<Column<Row>>
  | ArrayAgg<Column<Row>>
  | Distinct<KeyColumn<Row>>

/** Any aggregate, of a row that is not known. */
export type Aggregate =
  | Count<string>
  | Sum<string, number | bigint>
  | Mean<string>
  | Min<string>
  | Max<string>
  | Any<string>
  | ArrayAgg<string>
  | Distinct<string>

/** Null where there may be no value: the column has nulls, or there may be no row (`Filled` is false). */
type OrNull<T, Filled extends boolean> = Filled extends true
  ? ([Extract<T, null | undefined>] extends [never] ? never : null)
  : null

/** The type of an aggregate's value; `Filled` says that each group has at least one row. */
export type ResultOf<Row, A, Filled extends boolean> = A extends { readonly _tag: "Count" | "Distinct" } ? number
  : A extends Of<infer Tag, infer C extends Column<Row>> ?
      Tag extends "Sum" ? ([Defined<Row[C]>] extends [number] ? number : bigint)
    : Tag extends "Mean" ? number | OrNull<Row[C], Filled>
    : Tag extends "ArrayAgg" ? ReadonlyArray<Row[C]>
    : Defined<Row[C]> | OrNull<Row[C], Filled>
  : never

/** The number of rows; with a column, of rows where it is not null. */
export const count = <C extends string = never>(column?: C): Count<C> => ({ _tag: "Count", column })

/**
 * The sum of the values that are not null, exact for bigints. The sum of no values is 0, or 0n where the column holds a
 * bigint in any row; give `zero` (`sum("views", 0n)`) for a bigint column that may hold nothing but nulls.
 */
export const sum: {
  <C extends string>(column: C): Sum<C, never>
  <C extends string, Zero extends number | bigint>(column: C, zero: Zero): Sum<C, Zero>
} = <C extends string>(column: C, zero?: never): Sum<C, never> => ({ _tag: "Sum", column, zero })

/** The arithmetic mean of the values that are not null, as a number also for bigints; null of no values. */
export const mean = <C extends string>(column: C): Mean<C> => ({ _tag: "Mean", column })

/** The least value that is not null; null of no values. Strings compare by UTF-16 code units, NaN is greatest. */
export const min = <C extends string>(column: C): Min<C> => ({ _tag: "Min", column })

/** The greatest value that is not null; null of no values. Order as in `min`. */
export const max = <C extends string>(column: C): Max<C> => ({ _tag: "Max", column })

/** The first value that is not null; null of no values. */
export const any = <C extends string>(column: C): Any<C> => ({ _tag: "Any", column })

/** All values in the order of the rows, nulls included. */
export const arrayAgg = <C extends string>(column: C): ArrayAgg<C> => ({ _tag: "ArrayAgg", column })

/** The number of different values that are not null. */
export const distinct = <C extends string>(column: C): Distinct<C> => ({ _tag: "Distinct", column })
