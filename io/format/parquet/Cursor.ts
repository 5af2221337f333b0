/** One top-level column of a row group, read from its first row to its last: rows that are there, and more of them. */
import { Effect } from "effect"
import { assembleNested } from "hyparquet/src/assemble.js"
import { DEFAULT_PARSERS } from "hyparquet/src/convert.js"
import type { DecodedArray, SchemaTree } from "hyparquet/src/types.js"
import type { FormatError } from "../FormatError.ts"
import * as NestedLeaf from "./NestedLeaf.ts"
import type * as Page from "./Page.ts"

/** Raw values, one a row: null where there is none. */
export interface Cursor<E, R> {
  /** Rows that can be taken. */
  readonly available: () => number
  /** Decodes another page; false behind the last one. */
  readonly load: Effect.Effect<boolean, E | FormatError, R>
  /** No row is left behind those that were taken. */
  readonly isEmpty: () => boolean
  /** Puts the next rows, of which so many are available, into an array. May throw an Error that tells the damage. */
  readonly take: (rows: number, into: Array<unknown>) => void
}

type Pages<E, R> = Effect.Effect<Page.Page | undefined, E | FormatError, R>

/** A column of single values. */
export const flat = <E, R>(pages: Pages<E, R>, leaf: Page.Leaf): Cursor<E, R> => {
  let page: Page.Page | undefined
  let row = 0
  let value = 0
  return {
    available: () => page === undefined ? 0 : page.count - row,
    isEmpty: () => page === undefined || row === page.count,
    load: Effect.map(pages, (next) => {
      page = next
      row = 0
      value = 0
      return next !== undefined
    }),
    take: (rows, into) => {
      if (page === undefined) return
      const { definition, values } = page
      const from = row
      row += rows
      if (definition === undefined) values.fill(from, row, into)
      else {
        let there = 0
        for (let i = from; i < row; i++) if (definition[i] === leaf.definition) there++
        values.fill(value, value + there, into)
        value += there
        // From the last one on, each finds its place behind those that are still to be moved.
        for (let i = rows - 1; i >= there; i--) into[i] = definition[from + i] === leaf.definition ? into[--there] : null
      }
      if (row < page.count) return
      page.free()
      page = undefined
    }
  }
}

/** A column of lists, maps or structs: its leaves are read side by side, and put together for the rows that all of them have. */
export const nested = <E, R>(tree: SchemaTree, below: ReadonlyArray<NestedLeaf.Source<E, R>>): Cursor<E, R> => {
  const leaves = below.map((source) => NestedLeaf.make(source))
  const available = () => Math.min(...leaves.map((leaf) => leaf.complete()))
  return {
    available,
    isEmpty: () => leaves.every((leaf) => leaf.isEmpty()),
    load: Effect.gen(function*() {
      while (available() === 0) {
        const behind = leaves.filter((leaf) => leaf.complete() === 0 && !leaf.ended())
        if (behind.length === 0) return false
        yield* Effect.forEach(behind, (leaf) => leaf.load, { concurrency: 4, discard: true })
      }
      return true
    }),
    take: (count, into) => {
      const columns = new Map<string, DecodedArray>(leaves.map((leaf) => [leaf.name, leaf.take(count)]))
      assembleNested(columns, tree, DEFAULT_PARSERS)
      const assembled: ArrayLike<unknown> = columns.get(tree.element.name) ?? []
      for (let i = 0; i < count; i++) into[i] = assembled[i]
    }
  }
}
