/** One top-level column of a row group, read from its first row to its last: rows that are there, and more of them. */
import { Effect } from "effect"
import { assembleLists, assembleNested } from "hyparquet/src/assemble.js"
import type { DecodedArray, ParquetParsers, SchemaTree } from "hyparquet/src/types.js"
import type { FormatError } from "../FormatError.ts"
import type * as Page from "./Page.ts"

/** Raw values, one a row: null where there is none. */
export interface Cursor<E, R> {
  /** Rows that can be taken. */
  readonly available: () => number
  /** Decodes another page; false behind the last one. */
  readonly load: Effect.Effect<boolean, E | FormatError, R>
  /** The next rows, of which so many are available. May throw an Error that tells the damage. */
  readonly take: (rows: number) => ArrayLike<unknown>
}

type Pages<E, R> = Effect.Effect<Page.Page | undefined, E | FormatError, R>

/** A column of single values. */
export const flat = <E, R>(pages: Pages<E, R>, leaf: Page.Leaf): Cursor<E, R> => {
  let page: Page.Page | undefined
  let row = 0
  let value = 0
  return {
    available: () => page === undefined ? 0 : page.count - row,
    load: Effect.map(pages, (next) => {
      page = next
      row = 0
      value = 0
      return next !== undefined
    }),
    take: (rows) => {
      if (page === undefined) return []
      const { definition, values } = page
      const from = row
      row += rows
      if (definition === undefined) return values.slice(from, row)
      let there = 0
      for (let i = from; i < row; i++) if (definition[i] === leaf.definition) there++
      const found = values.slice(value, value + there)
      value += there
      if (there === rows) return found
      const taken: Array<unknown> = []
      let at = 0
      for (let i = from; i < row; i++) taken.push(definition[i] === leaf.definition ? found[at++] : null)
      return taken
    }
  }
}

/** A leaf below a top-level column. */
export interface Below<E, R> {
  readonly path: ReadonlyArray<SchemaTree>
  readonly pages: Pages<E, R>
  readonly damaged: (error: unknown) => FormatError
}

/** A column of lists, maps or structs: its leaves are read side by side, and put together for the rows that all of them have. */
export const nested = <E, R>(tree: SchemaTree, below: ReadonlyArray<Below<E, R>>, parsers: ParquetParsers): Cursor<E, R> => {
  const leaves = below.map(({ damaged, pages, path }) => {
    let rows: Array<unknown> = []
    let ended = false
    const add = ({ definition, repetition, values }: Page.Page): void => {
      const assembled = assembleLists(
        rows, definition && Array.from(definition), Array.from(repetition ?? []), Array.from(values.slice(0, values.count)), [...path]
      )
      // Where there are no levels it gives the values themselves.
      if (assembled !== rows) for (const value of Array.from<unknown>(assembled)) rows.push(value)
    }
    return {
      name: path.slice(1).map(({ element }) => element.name).join("."),
      // The last row may go on in the next page.
      complete: () => ended ? rows.length : Math.max(0, rows.length - 1),
      load: Effect.flatMap(pages, (page) =>
        Effect.try({
          try: () => {
            if (page === undefined) ended = true
            else add(page)
          },
          catch: damaged
        })),
      take: (count: number) => {
        const taken = rows.slice(0, count)
        rows = rows.slice(count)
        return taken
      },
      ended: () => ended
    }
  })
  const available = () => Math.min(...leaves.map((leaf) => leaf.complete()))
  return {
    available,
    load: Effect.gen(function*() {
      while (available() === 0) {
        const behind = leaves.filter((leaf) => leaf.complete() === 0 && !leaf.ended())
        if (behind.length === 0) return false
        yield* Effect.forEach(behind, (leaf) => leaf.load, { concurrency: 4, discard: true })
      }
      return true
    }),
    take: (count) => {
      const columns = new Map<string, DecodedArray>(leaves.map((leaf) => [leaf.name, leaf.take(count)]))
      assembleNested(columns, tree, parsers)
      return columns.get(tree.element.name) ?? []
    }
  }
}
