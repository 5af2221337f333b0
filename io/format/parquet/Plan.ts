/** What of a file is read for a schema, and how: found out before a row is read, so that a schema that does not fit is told at once. */
import { type FileMetaData, parquetSchema } from "hyparquet"
import type { SchemaTree } from "hyparquet/src/types.js"
import { few, FormatError, Refused } from "../FormatError.ts"
import type { Shape } from "../Shape.ts"
import { Mismatch, type Read, slotReader } from "./Column.ts"
import * as Footer from "./Footer.ts"
import * as Group from "./Group.ts"
import { leafOf } from "./Leaf.ts"
import { confusion } from "./Nested.ts"
import { type Condition, conditionOf, type Pushed } from "./Where.ts"

export interface Options {
  readonly where?: Readonly<Record<string, Condition<unknown> | undefined>>
  /** Only these row groups, counted from 0; default all. For reading a file in parts. */
  readonly rowGroups?: ReadonlyArray<number>
}

export interface Column extends Group.Wanted {
  readonly key: string
  readonly name: string
  readonly read: Read
  readonly slot: Shape["columns"][number]
}

export interface Plan {
  readonly metadata: FileMetaData
  readonly schema: SchemaTree
  readonly columns: ReadonlyArray<Column>
  /** Columns that the file does not have, and that may be missing. */
  readonly missing: ReadonlyArray<Shape["columns"][number]>
  /** By property of the record. */
  readonly conditions: ReadonlyArray<readonly [string, Condition<unknown>]>
  readonly pushed: ReadonlyArray<Pushed>
}

const planned = (file: string, metadata: FileMetaData, shape: Shape, options: Options): Plan => {
  const schema = parquetSchema(metadata)
  const { children } = schema
  const wrong = (column: string, reason: string) => new FormatError({ file, column, reason })
  const names = children.map(({ element }) => element.name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw wrong(twice, "the file has this column twice; expected names that differ")
  const reader = (tree: SchemaTree, slot: Shape["columns"][number]) => {
    try {
      return slotReader(tree, slot, false)
    } catch (error) {
      throw error instanceof Mismatch ? wrong(slot.column, error.message) : error
    }
  }
  const conditionFor = (slot: Shape["columns"][number], condition: Condition<unknown>) => {
    try {
      return conditionOf(slot.kind, condition)
    } catch (error) {
      throw error instanceof Refused ? wrong(slot.column, error.message) : error
    }
  }
  const conditions: Array<readonly [string, Condition<unknown>]> = []
  const columns: Array<Column> = []
  const missing: Array<Shape["columns"][number]> = []
  const pushed: Array<Pushed> = []
  const add = (tree: SchemaTree, slot: Shape["columns"][number]) => {
    const confused = confusion(tree)
    if (confused !== undefined) throw wrong(slot.column, `it cannot be read: ${confused}`)
    const read = reader(tree, slot)
    columns.push({ key: slot.key, name: slot.column, tree, read, slot, asBytes: slot.kind.tag === "bytes" })
    const given = options.where?.[slot.key]
    if (given !== undefined) {
      if (!Group.isFlat(tree)) throw wrong(slot.column, "where compares single values, and this column has none")
      const condition = conditionFor(slot, given)
      conditions.push([slot.key, condition])
      pushed.push({ column: slot.column, leaf: leafOf(tree.element), kind: slot.kind, condition, read })
    }
  }
  for (const slot of shape.columns) {
    const tree = children.find(({ element }) => element.name === slot.column)
    if (tree !== undefined) add(tree, slot)
    else if (slot.absent === "required" || options.where?.[slot.key] !== undefined) {
      throw wrong(slot.column, `the file has no such column; it has ${few(names)}`)
    } else missing.push(slot)
  }
  // Each of them may be missing; but a file that has none of them is another one.
  if (shape.rest === undefined && shape.columns.length > 0 && columns.length === 0) {
    throw new FormatError({ file, reason: `the file has none of the columns of the schema; it has ${few(names)}` })
  }
  if (shape.rest !== undefined) {
    for (const tree of children) {
      const name = tree.element.name
      if (!shape.columns.some(({ column }) => column === name)) add(tree, { ...shape.rest, key: name, column: name })
    }
  }
  return { metadata, schema, columns, missing, conditions, pushed }
}

/** Throws `FormatError`. */
export const make = (file: string, metadata: FileMetaData, shape: Shape, options: Options): Plan => {
  try {
    return planned(file, metadata, shape, options)
  } catch (error) {
    throw error instanceof FormatError ? error : new FormatError({ file, reason: `its schema cannot be read: ${Footer.problemOf(error)}`, cause: error })
  }
}
