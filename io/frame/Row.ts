/** What the type of a row says about its columns: which there are, which can be added up, ordered or be a key. */

/** A type written out, so that the editor shows columns and not the operators that made them. */
export type Show<T> = { [K in keyof T]: T[K] } & {}

/** A column's name. */
export type Column<Row> = keyof Row & string

export type Defined<T> = Exclude<T, null | undefined>

type ColumnOf<Row, Kind> = { [K in Column<Row>]-?: [Defined<Row[K]>] extends [Kind] ? K : never }[Column<Row>]

export type NumberColumn<Row> = ColumnOf<Row, number>
export type BigIntColumn<Row> = ColumnOf<Row, bigint>
export type StringColumn<Row> = ColumnOf<Row, string>

/** Columns of one kind of value with an order. */
export type OrderedColumn<Row> =
  | ColumnOf<Row, number>
  | ColumnOf<Row, bigint>
  | ColumnOf<Row, string>
  | ColumnOf<Row, boolean>
  | ColumnOf<Row, Date>

/** Columns that can be grouped and joined by; nested values cannot. */
export type KeyColumn<Row> = ColumnOf<Row, number | bigint | string | boolean | Date>

/** Columns that are keys in both rows and can be equal: a number never equals a bigint. */
export type SharedKey<Left, Right> = {
  [K in KeyColumn<Left> & KeyColumn<Right>]: Defined<Left[K]> & Defined<Right[K]> extends never ? never : K
}[KeyColumn<Left> & KeyColumn<Right>]

/** New names for some columns, and none for columns that are not there. */
export type Renaming<Row, Names> = Names & { readonly [K in Exclude<keyof Names, Column<Row>>]: never }

export type Renamed<Row, Names> = {
  [K in Column<Row> as K extends keyof Names ? Extract<Names[K], string> : K]: Row[K]
}

export type Joined<Left, Right, On extends string, Kind extends "inner" | "left", Suffix extends string> = Show<
  & Left
  & {
    [K in Exclude<Column<Right>, On> as K extends keyof Left ? `${K}${Suffix}` : K]:
      | Right[K]
      | (Kind extends "left" ? null : never)
  }
>

/** Columns besides the keys that both rows have. */
export type Clash<Left, Right, On extends string> = Exclude<Column<Left> & Column<Right>, On>
