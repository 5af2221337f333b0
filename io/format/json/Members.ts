/** The members of a line that the schema wants, and how each of them is read in place. */
import * as Maker from "../Maker.ts"
import type { Column, Shape } from "../Shape.ts"
import type { Cursor } from "./Cursor.ts"
import { type FromJson, isLoose, needsSource, slotFromJson } from "./Value.ts"

/** Methods of `Cursor`; "value" for what is made of a value of JSON. */
export type Way = "string" | "integer" | "finite" | "boolean" | "instant" | "value"

export interface Member {
  readonly index: number
  readonly way: Way
  readonly nullable: boolean
  /** What null in the file stands for. */
  readonly null: null | undefined
  /** From the value that JSON.parse gives. */
  readonly read: FromJson
  readonly isExact: boolean
}

export interface Members {
  readonly columns: ReadonlyArray<Column>
  /** By the bytes of their names, one a character. */
  readonly named: ReadonlyMap<string, Member>
  /** Of each column, what stands for a member that is not there. */
  readonly none: ReadonlyArray<unknown>
  readonly make: (values: ReadonlyArray<unknown>) => object
}

/** Stands for a member that has to be there. */
export const missing = Symbol("missing")

const ways: Readonly<Record<string, Way>> = {
  text: "string", integer: "integer", number: "finite", finite: "finite", boolean: "boolean", instant: "instant"
}

const memberOf = (column: Column, index: number): Member => ({
  index,
  way: (column.check === undefined ? ways[column.kind.tag] : undefined) ?? "value",
  nullable: column.nullable,
  null: column.null ? null : undefined,
  read: slotFromJson(column),
  isExact: needsSource(column.kind) || isLoose(column.kind)
})

const noneOf = ({ absent, optional }: Column) =>
  optional || absent === "undefined" ? undefined : absent === "required" ? missing : null

const makerOf = (columns: ReadonlyArray<Column>): Members["make"] => {
  if (!columns.some(({ optional }) => optional)) return Maker.fromValues(columns.map(({ key }) => key))
  return (values) => {
    const record: Record<string, unknown> = {}
    columns.forEach(({ key, optional }, i) => {
      if (values[i] !== undefined || !optional) record[key] = values[i]
    })
    return record
  }
}

/** Undefined where members that the schema does not name are wanted too, and where one would be the record's prototype. */
export const make = ({ columns, rest }: Shape): Members | undefined =>
  rest !== undefined || columns.some(({ key }) => key === "__proto__") ? undefined : {
    columns,
    named: new Map(columns.map((column, i) => [Buffer.from(column.column).toString("latin1"), memberOf(column, i)])),
    none: columns.map(noneOf),
    make: makerOf(columns)
  }

/** Reads any value but null; undefined where JSON.parse has to see to it. Throws `Refused` and `SyntaxError`. */
export const take = (cursor: Cursor, { isExact, read }: Member): unknown => {
  const from = cursor.at
  const value = cursor.value()
  if (value === undefined) return undefined
  return read(value, isExact && cursor.mayRound(from) ? cursor.since(from) : undefined)
}
