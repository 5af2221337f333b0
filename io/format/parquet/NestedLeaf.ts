/**
 * A leaf below a column of lists or structs: rows of it are put together when they are asked for, so that of a page, which may
 * hold a million, no more lies about as objects.
 */
import { Effect } from "effect"
import { assembleLists } from "hyparquet/src/assemble.js"
import type { SchemaTree } from "hyparquet/src/types.js"
import type { FormatError } from "../FormatError.ts"
import * as Levels from "./Levels.ts"
import type * as Page from "./Page.ts"

/** Where it lies, and its pages. */
export interface Source<E, R> {
  readonly path: ReadonlyArray<SchemaTree>
  readonly leaf: Page.Leaf
  readonly pages: Effect.Effect<Page.Page | undefined, E | FormatError, R>
  readonly damaged: (error: unknown) => FormatError
}

/** A page from its next row on. */
interface Rest {
  readonly page: Page.Page
  level: number
  value: number
}

/**
 * To put lists together it has to be seen where the elements of the last one lie: without a field below, an empty list would
 * be null, and one that goes on in the next page another row.
 */
const withElement = (path: ReadonlyArray<SchemaTree>): Array<SchemaTree> =>
  path.at(-1)?.element.repetition_type === "REPEATED"
    ? [...path, { element: { name: "", repetition_type: "REQUIRED" }, children: [], path: [], count: 0 }]
    : [...path]

const beginsRow = ({ repetition }: Page.Page, level: number): boolean => repetition === undefined || repetition[level] === 0

const rowsOf = (page: Page.Page): number => {
  let rows = 0
  for (let i = 0; i < page.count; i++) if (beginsRow(page, i)) rows++
  return rows
}

export interface NestedLeaf<E, R> {
  /** Below the column, with dots. */
  readonly name: string
  /** Rows that can be taken. */
  readonly complete: () => number
  readonly ended: () => boolean
  /** No row is left, also none that is not whole. */
  readonly isEmpty: () => boolean
  readonly load: Effect.Effect<void, E | FormatError, R>
  readonly take: (rows: number) => Array<unknown>
}

export const make = <E, R>({ damaged, leaf, pages, path }: Source<E, R>): NestedLeaf<E, R> => {
  /** The last row of a page may go on in the next ones. */
  let rests: ReadonlyArray<Rest> = []
  let begun = 0
  let isEnded = false
  const check = Levels.checker(path)
  const fields = withElement(path)
  const add = (page: Page.Page): void => {
    check(page.repetition, page.definition, page.count)
    rests = [...rests, { page, level: 0, value: 0 }]
    begun += rowsOf(page)
  }

  const take = (rows: number): Array<unknown> => {
    const [definition, repetition, values]: [Array<number>, Array<number>, Array<unknown>] = [[], [], []]
    let left = rows
    for (const rest of rests) {
      const { page } = rest
      const first = rest.value
      for (; rest.level < page.count; rest.level++) {
        if (beginsRow(page, rest.level) && left-- === 0) break
        const defined = page.definition?.[rest.level] ?? leaf.definition
        if (defined === leaf.definition) rest.value++
        if (leaf.definition > 0) definition.push(defined)
        if (leaf.repetition > 0) repetition.push(page.repetition?.[rest.level] ?? 0)
      }
      const found: Array<unknown> = []
      page.values.fill(first, rest.value, found)
      for (const value of found) values.push(value)
      if (rest.level < page.count) break
      page.free()
    }
    rests = rests.filter(({ level, page }) => level < page.count)
    begun -= rows
    return Array.from<unknown>(assembleLists([], definition, repetition, values, fields))
  }

  return {
    name: path.slice(1).map(({ element }) => element.name).join("."),
    complete: () => isEnded ? begun : Math.max(0, begun - 1),
    ended: () => isEnded,
    isEmpty: () => begun === 0,
    load: Effect.flatMap(pages, (page) =>
      Effect.try({
        try: () => {
          if (page === undefined) isEnded = true
          else add(page)
        },
        catch: damaged
      })),
    take
  }
}
