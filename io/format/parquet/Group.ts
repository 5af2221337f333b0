/** The wanted columns of one row group as cursors. */
import { Effect } from "effect"
import type { RowGroup } from "hyparquet"
import { getTreePath } from "hyparquet/src/schema.js"
import type { ColumnMetaData, SchemaTree } from "hyparquet/src/types.js"
import type { FormatError } from "../FormatError.ts"
import * as Cursor from "./Cursor.ts"
import * as Fetch from "./Fetch.ts"
import { rangeOf } from "./Footer.ts"
import { formOf } from "./Leaf.ts"
import { plainTree } from "./Nested.ts"
import type * as Page from "./Page.ts"
import * as Pages from "./Pages.ts"
import type { Ranged } from "./Ranged.ts"

/** A top-level column. */
export interface Wanted {
  readonly tree: SchemaTree
  /** The schema wants bytes as they are, also of texts. */
  readonly asBytes: boolean
}

export const isFlat = (tree: SchemaTree): boolean => tree.children.length === 0 && tree.element.repetition_type !== "REPEATED"

/** How often a field of the path may be absent or repeated. */
const depth = (path: ReadonlyArray<SchemaTree>, isDeeper: (repetition: string | undefined) => boolean): number =>
  path.slice(1).filter(({ element }) => isDeeper(element.repetition_type)).length

const leafOf = (path: ReadonlyArray<SchemaTree>, meta: ColumnMetaData, asBytes: boolean): Page.Leaf => {
  const element = path.at(-1)?.element ?? { name: "" }
  const { type }: Partial<ColumnMetaData> = meta
  if (element.type !== type) throw new Error(`the schema says ${element.type}, and the row group ${type ?? "a type of no known number"}`)
  const definition = depth(path, (repetition) => repetition !== "REQUIRED")
  // Levels are held in bytes.
  if (definition > 255) throw new Error(`it is nested ${definition} levels deep; expected at most 255`)
  return {
    type: meta.type,
    length: element.type_length ?? 0,
    form: formOf(element, asBytes),
    definition,
    repetition: depth(path, (repetition) => repetition === "REPEATED")
  }
}

/** In the order of `wanted`. `damaged` makes an error of what is wrong with the bytes of a column. */
export const open = Effect.fnUntraced(function*<E, R>(
  file: Ranged<E, R>,
  schema: SchemaTree,
  group: RowGroup,
  wanted: ReadonlyArray<Wanted>,
  buffers: Fetch.Buffers,
  damaged: (column: string, error: unknown) => FormatError
) {
  const rows = Number(group.num_rows)
  const found: Array<{ readonly meta: ColumnMetaData; readonly column: Wanted; readonly start: number; readonly end: number }> = []
  for (const chunk of group.columns) {
    const meta = chunk.meta_data
    const column = wanted.find(({ tree }) => tree.element.name === meta?.path_in_schema[0])
    const range = rangeOf(chunk)
    if (meta === undefined || column === undefined || range === undefined) continue
    if (chunk.crypto_metadata !== undefined) {
      return yield* damaged(meta.path_in_schema.join("."), new Error("it is encrypted; expected a column without encryption"))
    }
    if (isFlat(column.tree) && Number(meta.num_values) !== rows) {
      return yield* damaged(meta.path_in_schema.join("."), new Error(`it has ${meta.num_values} values for ${rows} rows`))
    }
    found.push({ ...range, meta, column })
  }
  const bytes = yield* Fetch.make(file, found, buffers)
  const cursorOf = (column: Wanted): Cursor.Cursor<E, R> => {
    const below = found.flatMap(({ column: of, meta }, i) => {
      const source = bytes[i]
      if (of !== column || source === undefined) return []
      const path = getTreePath(schema, meta.path_in_schema)
      const leaf = leafOf(path, meta, column.asBytes)
      const told = (error: unknown) => damaged(meta.path_in_schema.join("."), error)
      return [{ path, leaf, damaged: told, pages: Pages.make(source, meta, leaf, told) }]
    })
    const [only] = below
    if (only === undefined) throw new Error("the row group does not have it")
    return isFlat(column.tree) ? Cursor.flat(only.pages, only.leaf) : Cursor.nested(plainTree(column.tree), below)
  }
  return yield* Effect.forEach(wanted, (column) =>
    Effect.try({ try: () => cursorOf(column), catch: (error) => damaged(column.tree.element.name, error) }))
})
