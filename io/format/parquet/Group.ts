/** The wanted columns of one row group as cursors. */
import { Effect } from "effect"
import type { RowGroup } from "hyparquet"
import { convert, DEFAULT_PARSERS } from "hyparquet/src/convert.js"
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath, isMapLike } from "hyparquet/src/schema.js"
import type { ColumnMetaData, SchemaTree } from "hyparquet/src/types.js"
import type { FormatError } from "../FormatError.ts"
import * as Cursor from "./Cursor.ts"
import * as Fetch from "./Fetch.ts"
import { rangeOf } from "./Footer.ts"
import { formOf } from "./Leaf.ts"
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

/** Maps as the lists of entries that they are stored as: hyparquet would make text of every key, and lose some. */
const withoutMaps = (tree: SchemaTree): SchemaTree => {
  const { converted_type: _, logical_type: __, ...element } = tree.element
  return { ...tree, element: isMapLike(tree) ? element : tree.element, children: tree.children.map(withoutMaps) }
}

/** What is within a variant is read by hyparquet, which knows its annotations. */
const inVariant = (path: ReadonlyArray<SchemaTree>): boolean => path.some(({ element }) => element.logical_type?.type === "VARIANT")

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const parsers = { ...DEFAULT_PARSERS, stringFromBytes: (bytes: Uint8Array | undefined) => bytes && utf8.decode(bytes) }

const bigints = (values: Array<unknown>): Array<unknown> => values.map((value) => typeof value === "number" ? BigInt(value) : value)

const leafOf = (path: ReadonlyArray<SchemaTree>, meta: ColumnMetaData, asBytes: boolean): Page.Leaf => {
  const [element, schemaPath] = [path.at(-1)?.element ?? { name: "" }, [...path]]
  if (element.type !== meta.type) throw new Error(`the schema says ${element.type}, and the row group ${meta.type}`)
  const decoder = { ...meta, pathInSchema: meta.path_in_schema, element, schemaPath, parsers, utf8: false }
  return {
    type: meta.type,
    length: element.type_length ?? 0,
    form: inVariant(path) ? "bytes" : formOf(element, asBytes),
    definition: getMaxDefinitionLevel(schemaPath),
    repetition: getMaxRepetitionLevel(schemaPath),
    convert: inVariant(path) ? (values) => convert(meta.type === "INT64" ? bigints(values) : values, decoder) : undefined
  }
}

/** In the order of `wanted`. `damaged` makes an error of what is wrong with the bytes of a column. */
export const open = Effect.fnUntraced(function*<E, R>(
  file: Ranged<E, R>,
  schema: SchemaTree,
  group: RowGroup,
  wanted: ReadonlyArray<Wanted>,
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
  const bytes = yield* Fetch.make(file, found)
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
    return isFlat(column.tree) ? Cursor.flat(only.pages, only.leaf) : Cursor.nested(withoutMaps(column.tree), below, parsers)
  }
  return yield* Effect.forEach(wanted, (column) =>
    Effect.try({ try: () => cursorOf(column), catch: (error) => damaged(column.tree.element.name, error) }))
})
