/** A schema that has changed since a file was written: a value comes back as it was, or is refused. */
import { assert, describe, it } from "@effect/vitest"
import { BigDecimal, DateTime, Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Rows from "../../../engine/definition/Rows.ts"
import { Lake } from "../../../io/lake/Lake.ts"
import * as Column from "../../../io/warehouse/Column.ts"
import { comparable } from "../../conformance/Values.ts"
import { type Format, formats, load, write } from "./cells.ts"
import { within } from "./place.ts"

type Property = Schema.Codec<unknown, unknown>

const { Array: ArrayOf, BigInt, Boolean, Finite, Int, Json, NullOr, Number, String, Struct, Union, UndefinedOr, Unknown } = Schema
// Seam: a key that may be missing is a property of a struct, here as others are.
const optionalKey = (schema: Property): Property => Schema.make<Property>(Schema.optionalKey(schema).ast)
const refused = Symbol("refused")
const missing = Symbol("missing")
const decimal = BigDecimal.fromStringUnsafe
class Point extends Schema.Class<Point>("Point")({ x: Finite }) {}

/** Before and after, with values of before and what they are after; in all formats. */
const changes: ReadonlyArray<readonly [string, Property, Property, ReadonlyArray<readonly [unknown, unknown]>]> = [
  ["optional(NullOr(String)) → NullOr(String)", optionalKey(NullOr(String)), NullOr(String), [["abc", "abc"], ["null", "null"], ["", ""], [null, null], [missing, null]]],
  ["NullOr(String) → optional(NullOr(String))", NullOr(String), optionalKey(NullOr(String)), [["null", "null"], ["abc", "abc"], ["", ""], ["\"\"", "\"\""], [null, null]]],
  ["optionalKey(String) → optional(NullOr(String))", optionalKey(String), optionalKey(NullOr(String)), [["null", "null"], [missing, missing]]],
  ["optional(NullOr(String)) → String", optionalKey(NullOr(String)), String, [["a", "a"], [null, refused], [missing, refused]]],
  ["optional(NullOr(Int)) → optionalKey(Int)", optionalKey(NullOr(Int)), optionalKey(Int), [[1, 1], [null, missing], [missing, missing]]],
  ["NullOr(String) → String", NullOr(String), String, [["", ""], ["a", "a"], [null, refused]]],
  ["String → NullOr(String)", String, NullOr(String), [["", ""], ["null", "null"]]],
  ["String → UndefinedOr(String)", String, UndefinedOr(String), [["", ""], ["null", "null"]]],
  ["Uint8Array → NullOr(Uint8Array)", Schema.Uint8Array, NullOr(Schema.Uint8Array), [[new Uint8Array(), new Uint8Array()], [Uint8Array.of(0, 255), Uint8Array.of(0, 255)]]],
  ["Uint8Array → String", Schema.Uint8Array, String, [[Uint8Array.of(65), refused]]],
  ["Json → String", Json, String, [["5", "5"], ["", ""], ["\"", "\""], [5, refused], [{}, refused], [null, refused]]],
  ["Json → NullOr(Int)", Json, NullOr(Int), [["5", refused], [5, 5], [null, null], [0.5, refused]]],
  ["Json → Struct", Json, Struct({ a: String, b: NullOr(Int) }), [[{ a: "5", b: 1 }, { a: "5", b: 1 }], [{ a: "x" }, { a: "x", b: null }], [{ a: 5, b: 1 }, refused], [[], refused]]],
  ["Unknown → Finite", Unknown, Finite, [[2 ** 60, 2 ** 60], ["1", refused]]],
  ["String → Json", String, Json, [["5", "5"], ["", ""], ["null", "null"], ["{}", "{}"], ["\"x\"", "\"x\""]]],
  ["String → Unknown", String, Unknown, [["5", "5"], ["null", "null"]]],
  ["Number → Json", Number, Json, [[5, 5], [0.5, 0.5], [NaN, refused]]],
  ["Date → Json", Schema.Date, Json, [[new Date(0), refused]]],
  ["BigInt → Unknown", BigInt, Unknown, [[5n, refused]]],
  ["BigDecimal → Json", Schema.BigDecimal, Json, [[decimal("1.5"), refused]]],
  ["Union(String, Int) → String", Union([String, Int]), String, [["5", "5"], ["a", "a"], [5, refused]]],
  ["String → Union(String, Int)", String, Union([String, Int]), [["5", "5"], ["a", "a"], ["", ""]]],
  ["Date → Union(String, Date)", Schema.Date, Union([String, Schema.Date]), [[new Date(5), new Date(5)]]],
  ["Struct → Json", Struct({ a: String, n: NullOr(Int) }), Json, [[{ a: "5", n: null }, { a: "5", n: null }]]],
  ["Struct of Date → Json", Struct({ at: Schema.Date }), Json, [[{ at: new Date(0) }, refused]]],
  ["Struct → Class", Struct({ x: Finite, y: String }), Point, [[{ x: 1, y: "" }, new Point({ x: 1 })]]],
  ["Struct of Json → Struct of String", Struct({ x: Json, at: Schema.Date }), Struct({ x: String, at: Schema.Date }), [
    [{ x: "5", at: new Date(1) }, { x: "5", at: new Date(1) }],
    [{ x: 5, at: new Date(1) }, refused]
  ]],
  ["Struct of String → Struct of Json and more", Struct({ x: String }), Struct({ x: Json, y: NullOr(Json), z: optionalKey(Int) }), [[{ x: "5" }, { x: "5", y: null }]]],
  ["Array(Int) → Array(NullOr(Int))", ArrayOf(Int), ArrayOf(NullOr(Int)), [[[1, 2], [1, 2]], [[], []]]],
  ["Array(String) → Array(Json)", ArrayOf(String), ArrayOf(Json), [[["5", "null"], ["5", "null"]]]],
  ["Array(Int) → Int", ArrayOf(Int), Int, [[[1], refused]]],
  ["Int → BigInt", Int, BigInt, [[5, 5n]]],
  ["BigInt → Int", BigInt, Int, [[5n, 5], [2n ** 60n, refused]]],
  ["Int → NullOr(Number)", Int, NullOr(Number), [[5, 5]]],
  ["Number → Int", Number, Int, [[5, 5], [5.5, refused], [NaN, refused]]],
  ["Int → String", Int, String, [[5, refused]]],
  ["Boolean → String", Boolean, String, [[true, refused]]],
  ["Date → DateTimeUtc", Schema.Date, Schema.DateTimeUtc, [[new Date(5), DateTime.makeUnsafe(5)]]],
  ["String → Column.Numeric", String, Column.Numeric, [["1.50", "1.50"], ["abc", refused], ["", refused]]],
  ["String → NullOr(BigDecimal)", String, NullOr(Schema.BigDecimal), [["1.5", decimal("1.5")], ["abc", refused], ["", refused]]],
  ["Column.Numeric → BigDecimal", Column.Numeric, Schema.BigDecimal, [["1.5", decimal("1.5")]]],
  ["BigDecimal → Column.Numeric", Schema.BigDecimal, Column.Numeric, [[decimal("1.5"), "1.5"]]],
  ["Column.Numeric → String", Column.Numeric, String, [["1.50", "1.50"]]],
  ["Int → NullOr(Column.Numeric)", Int, NullOr(Column.Numeric), [[5, "5"]]]
]

const row = (value: unknown) => value === missing ? { n: 1 } : { n: 1, v: value }

const check = Effect.fnUntraced(function*(format: Format, before: Property, after: Property, value: unknown, expected: unknown) {
  const [Before, After] = [before, after].map((v) => Struct({ n: Int, v }))
  yield* write(format, Before!, [row(value)])
  assert.deepStrictEqual(comparable(yield* load(format, Before!)), comparable([row(value)]), format)
  if (expected !== refused) {
    assert.deepStrictEqual(comparable(yield* load(format, After!)), comparable([row(expected)]), format)
    return
  }
  const { message } = yield* Effect.flip(load(format, After!))
  assert.match(message, /^The file of files\/cells cannot be read: (?:lake\/)?files\/cells\/[^ ]+, column "v": .+; change the schema back where it has changed, or materialize it again: `sluice materialize files\/cells --force`\.$/)
})

describe("a schema that has changed", () => {
  for (const [name, before, after, values] of changes) {
    it.effect(name, () =>
      within({}, () =>
        Effect.forEach(formats, (format) =>
          Effect.forEach(values, ([value, expected]) => check(format, before, after, value, expected)))))
  }

  it.effect("files that were written before forms were recorded are read by the schema, also where nothing was prepared since", () =>
    within({}, () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const Row = Struct({ v: NullOr(String) })
        yield* write("csv", Row, [{ v: "a" }, { v: null }])
        assert.deepStrictEqual(
          yield* sql`select forms from sluice_lake.files`,
          [{ forms: `[{"key":"v","form":{"kind":"text","absent":"null"}}]` }]
        )
        yield* sql`alter table sluice_lake.files drop column forms`
        assert.deepStrictEqual(yield* load("csv", Row), [{ v: "a" }, { v: null }])
        yield* (yield* Lake).prepare({ key: "files/others", output: Rows.of(Row), partitioned: false })
        assert.deepStrictEqual(yield* sql`select forms from sluice_lake.files`, [{ forms: null }])
        assert.deepStrictEqual(yield* load("csv", Row), [{ v: "a" }, { v: null }])
        yield* write("csv", Row, [{ v: "b" }])
        assert.deepStrictEqual(yield* load("csv", Struct({ v: String })), [{ v: "b" }])
      })))

  it.effect("without a record, digits in Parquet are checked all the same", () =>
    within({}, () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        for (const text of ["", "abc"]) {
          for (const after of [Column.Numeric, Schema.BigDecimal]) {
            yield* write("parquet", Struct({ v: String }), [{ v: text }])
            yield* sql`update sluice_lake.files set forms = null`
            const { message } = yield* Effect.flip(load("parquet", Struct({ v: after })))
            assert.include(message, `column "v": expected a decimal`)
          }
        }
      })))
})
