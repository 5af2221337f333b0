/** Parquet files as no writer of ours makes them: read as the format says, or refused with what is wrong. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Format } from "../../../index.ts"
import * as Forged from "./forged.ts"
import { ended } from "./reading.ts"

const Any = Schema.Record(Schema.String, Schema.Unknown)

const { element, file, int32s, page, required, type } = Forged

const read = (bytes: Uint8Array) => ended(Format.parquet(Any).read(Format.ofBytes(bytes, "t.parquet")))

/** A file of one column of integers. */
const numbers = (chunk: Partial<Forged.Chunk>, rows = 3, over: Forged.Fields = {}) =>
  file([element("a", required, { type: type.int32 })], 1, rows, [
    { path: ["a"], type: type.int32, count: 3, pages: [page({ count: 3, values: int32s(1, 2, 3) })], ...chunk }
  ], over)

interface Case {
  readonly name: string
  readonly bytes: Uint8Array
  readonly rows?: ReadonlyArray<Readonly<Record<string, unknown>>>
  /** Part of the message. */
  readonly error?: string
}

const structure: ReadonlyArray<Case> = [
  { name: "as it should be", bytes: numbers({}), rows: [{ a: 1 }, { a: 2 }, { a: 3 }] },
  {
    name: "a field of another type in the header of a page", error: "column \"a\": the data cannot be read: its metadata is damaged",
    bytes: numbers({ pages: [page({ count: 3, values: int32s(1, 2, 3) }, { field_5: { field_1: { field_1: 1 }, field_2: 0, field_3: 3, field_4: 3 } })] })
  },
  {
    name: "a field that is missing in the header of a page", error: "its metadata is damaged",
    bytes: numbers({ pages: [page({ count: 3, values: int32s(1, 2, 3) }, { field_5: { field_1: 3, field_2: 0 } })] })
  },
  { name: "a field of another type in the footer", bytes: numbers({ meta: { field_3: [1, 2] } }), error: "its footer cannot be read: its metadata is damaged" }
]

const table = (name: string, cases: ReadonlyArray<Case>) =>
  describe(name, () => {
    for (const { bytes, error, name, rows } of cases) {
      it.effect(name, () =>
        Effect.gen(function*() {
          const result = yield* read(bytes)
          if (error === undefined) assert.deepStrictEqual(result, { rows: rows ?? [], error: undefined })
          else {
            assert.include(result.error, error)
            assert.include(result.error, "t.parquet")
          }
        }))
    }
  })

table("the structure of Parquet", structure)
