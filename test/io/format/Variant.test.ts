/** Variants of Parquet, in bytes and in columns: exactly, or refused. */
import { assert, describe, it } from "@effect/vitest"
import { BigDecimal } from "effect"
import { type FileMetaData, parquetSchema, type SchemaElement } from "hyparquet"
import * as Shredded from "../../../io/format/parquet/Shredded.ts"
import * as Variant from "../../../io/format/parquet/Variant.ts"

/** The name "a". */
const metadata = Uint8Array.of(1, 1, 0, 1, 97)
const names = ["a"]
const int = (value: number) => [12, value] as const
/** {a: value}. */
const object = (...value: ReadonlyArray<number>) => Uint8Array.of(2, 1, 0, 0, value.length, ...value)

const group = (name: string, num_children: number, repetition_type: "OPTIONAL" | "REPEATED" = "OPTIONAL"): SchemaElement => ({ name, num_children, repetition_type })
const bytes = (name: string): SchemaElement => ({ name, type: "BYTE_ARRAY", repetition_type: "OPTIONAL" })
const variant = (...typed: ReadonlyArray<SchemaElement>) => {
  const schema = [
    group("root", 1), { ...group("v", 2 + (typed.length > 0 ? 1 : 0)), logical_type: { type: "VARIANT" } }, bytes("metadata"), bytes("value"), ...typed
  ]
  return Shredded.reader(parquetSchema({ schema } as FileMetaData).children[0]!)
}
const integer: SchemaElement = { name: "typed_value", type: "INT32", repetition_type: "OPTIONAL" }

describe("variants", () => {
  it("have every type as it is", () => {
    const cases: ReadonlyArray<readonly [ReadonlyArray<number>, unknown]> = [
      [[0], null], [[4], true], [[8], false], [[12, 255], -1], [[16, 0, 128], -32768], [[20, 255, 255, 255, 127], 2147483647],
      [[24, 1, 0, 0, 0, 0, 0, 32, 0], 9007199254740993n], [[28, 0, 0, 0, 0, 0, 0, 248, 63], 1.5], [[56, 0, 0, 192, 63], 1.5],
      [[32, 2, 226, 4, 0, 0], BigDecimal.make(1250n, 2)], [[44, 255, 255, 255, 255], "1969-12-31"],
      [[48, 1, 0, 0, 0, 0, 0, 0, 0], "1970-01-01T00:00:00.000001Z"], [[76, 255, 255, 255, 255, 255, 255, 255, 255], "1969-12-31T23:59:59.999999999"],
      [[68, 1, 0, 0, 0, 0, 0, 0, 0], "00:00:00.000001"], [[60, 1, 0, 0, 0, 255], Uint8Array.of(255)], [[64, 2, 0, 0, 0, 195, 169], "é"],
      [[9, 195, 169], "é"], [[80, ...Array.from({ length: 16 }, (_, i) => i)], "00010203-0405-0607-0809-0a0b0c0d0e0f"],
      [[3, 2, 0, 2, 3, ...int(7), 0], [7, null]], [[...object(...int(7))], { a: 7 }]
    ]
    for (const [stored, value] of cases) assert.deepStrictEqual(Variant.valueOf(Uint8Array.from(stored), names), value)
    assert.deepStrictEqual(Variant.namesOf(metadata), names)
  })

  it("end in an error where they are damaged, and multiply nothing", () => {
    const damaged = [[], [12], [64, 9, 0, 0, 0, 97], [9, 97], [9, 255, 255], [84], [2, 1, 1, 0, 2, ...int(1)], [3, 1, 0, 9], [3, 3, 0, 0, 0, 0], [3, 255]]
    for (const stored of damaged) assert.throws(() => void Variant.valueOf(Uint8Array.from(stored), names), /variant/)
    // Two elements, and two fields, in one place; two fields of one name.
    for (const stored of [[3, 2, 0, 0, 2, ...int(7)], [2, 2, 0, 1, 0, 0, 2, ...int(7)], [2, 2, 0, 0, 0, 2, 4, ...int(7), ...int(8)]]) {
      assert.throws(() => void Variant.valueOf(Uint8Array.from(stored), ["a", "b"]), "damaged")
    }
    assert.deepStrictEqual(Variant.valueOf(Uint8Array.of(2, 2, 0, 1, 2, 0, 4, ...int(7), ...int(8)), ["a", "b"]), { a: 8, b: 7 })
    // Each list has itself for its elements.
    assert.throws(() => void Variant.valueOf(Uint8Array.of(3, 2, 0, 0, 0, 3), names), "damaged")
    for (const stored of [[], [2, 0, 0], [1, 9, 0], [1, 1, 0, 5, 97]]) assert.throws(() => void Variant.namesOf(Uint8Array.from(stored)))
  })

  it("are put together from columns and bytes, and refused where both say what the value is", () => {
    const read = variant(integer)
    assert.deepStrictEqual([{ metadata, value: null, typed_value: 5 }, { metadata, value: Uint8Array.from(int(7)), typed_value: null }, { metadata, value: null, typed_value: null }, null].map(read), [5, 7, null, null])
    assert.throws(() => read({ metadata, value: Uint8Array.from(int(7)), typed_value: 5 }), "two values")
    assert.throws(() => variant({ ...integer, converted_type: "UINT_32" })({ metadata, typed_value: 5 }), "variants do not have")
    const fields = variant(group("typed_value", 1), group("b", 2), bytes("value"), integer)
    const stored = { metadata, value: object(...int(7)), typed_value: { b: { value: null, typed_value: 5 } } }
    assert.deepStrictEqual(fields(stored), { a: 7, b: 5 })
    assert.deepStrictEqual(fields({ ...stored, typed_value: { b: { value: null, typed_value: null } } }), { a: 7 })
    const same = variant(group("typed_value", 1), group("a", 2), bytes("value"), integer)
    assert.throws(() => same({ ...stored, typed_value: { a: { value: null, typed_value: 5 } } }), "two values")
    const list = variant({ ...group("typed_value", 1), converted_type: "LIST" }, group("list", 1, "REPEATED"), group("element", 2), bytes("value"), integer)
    assert.deepStrictEqual(list({ metadata, typed_value: [{ typed_value: 1 }, { value: Uint8Array.of(4) }] }), [1, true])
  })
})
