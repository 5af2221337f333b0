/** A leaf of lists, whose rows begin and end anywhere in its pages: put together as they are asked for, and no page is kept. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { parquetSchema } from "hyparquet"
import { getTreePath } from "hyparquet/src/schema.js"
import { FormatError } from "../../../io/format/FormatError.ts"
import * as NestedLeaf from "../../../io/format/parquet/NestedLeaf.ts"
import type { Page } from "../../../io/format/parquet/Page.ts"
import { seeded } from "../../conformance/Random.ts"

const schema = parquetSchema({
  schema: [
    { name: "root", num_children: 1 },
    { name: "l", repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", repetition_type: "OPTIONAL", type: "INT32" }
  ]
})
const path = getTreePath(schema, ["l", "list", "element"])
const leaf = { type: "INT32", length: 0, form: "bytes", definition: 3, repetition: 1 } as const

interface Level {
  readonly repetition: number
  readonly definition: number
  readonly value?: number
}

const levelsOf = (row: ReadonlyArray<number | null> | null): ReadonlyArray<Level> =>
  row === null || row.length === 0
    ? [{ repetition: 0, definition: row === null ? 0 : 1 }]
    : row.map((value, i) => ({ repetition: i === 0 ? 0 : 1, definition: value === null ? 2 : 3, ...(value === null ? {} : { value }) }))

const freed = { pages: 0 }

const pageOf = (levels: ReadonlyArray<Level>): Page => {
  const values = levels.flatMap(({ value }) => value ?? [])
  return {
    repetition: Uint8Array.from(levels, ({ repetition }) => repetition),
    definition: values.length === levels.length ? undefined : Uint8Array.from(levels, ({ definition }) => definition),
    count: levels.length,
    values: { count: values.length, fill: (from, to, into) => void values.slice(from, to).forEach((value, i) => into[i] = value) },
    free: () => void freed.pages++
  }
}

const open = (pages: ReadonlyArray<Page>) => {
  let next = 0
  return NestedLeaf.make({
    path, leaf,
    pages: Effect.sync(() => pages[next++]),
    damaged: (cause) => new FormatError({ file: "t", reason: String(cause) })
  })
}

describe("a leaf of lists", () => {
  it.effect("gives the same rows wherever its pages are cut, and however many are taken", () =>
    Effect.gen(function*() {
      for (let seed = 0; seed < 30; seed++) {
        const random = seeded(seed)
        const rows = Array.from({ length: 100 }, () =>
          random.int(0, 5) === 0 ? null : Array.from({ length: random.int(0, random.int(0, 9) === 0 ? 40 : 3) }, () => random.int(0, 4) === 0 ? null : random.int(0, 9)))
        const levels = rows.flatMap(levelsOf)
        const pages: Array<Page> = []
        for (let at = 0; at < levels.length;) {
          const size = random.int(1, 30)
          pages.push(pageOf(levels.slice(at, at + size)))
          at += size
        }
        freed.pages = 0
        const nested = open(pages)
        const read: Array<unknown> = []
        while (read.length < rows.length) {
          if (nested.complete() === 0) yield* nested.load
          else read.push(...nested.take(random.int(1, nested.complete())))
        }
        // Before it is made null, what may be absent is a list of none.
        assert.deepStrictEqual<unknown>(read, rows.map((row) => row === null ? [] : [row]))
        assert.strictEqual(freed.pages, pages.length)
      }
    }))

  it.effect("whose first page goes on with a row is damaged", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(open([pageOf([{ repetition: 1, definition: 3, value: 1 }])]).load)
      assert.include(error.message, "a value goes on a list that is not there")
    }))
})
