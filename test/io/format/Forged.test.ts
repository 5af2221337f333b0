/** Parquet files as no writer of ours makes them: read as the format says, or refused with what is wrong. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { brotliCompressSync } from "node:zlib"
import { Column, Format } from "../../../index.ts"
import * as Forged from "./forged.ts"
import { ended } from "./reading.ts"

const Any = Schema.Record(Schema.String, Schema.Unknown)

const { converted, dictionary, element, encoding, file, int32s, optional, page, repeated, required, texts, type } = Forged

const read = (bytes: Uint8Array) => ended(Format.parquet(Any).read(Format.ofBytes(bytes, "t.parquet")))

/** A file of one column of integers. */
const numbers = (chunk: Partial<Forged.Chunk>, rows = 3, over: Forged.Fields = {}) =>
  file([element("a", required, { type: type.int32 })], 1, rows, [
    { path: ["a"], type: type.int32, count: 3, pages: [page({ count: 3, values: int32s(1, 2, 3) })], ...chunk }
  ], over)

/** Of the same numbers, as blocks of so many bytes in frames of so many bytes. */
const lz4Framed = (...frames: ReadonlyArray<readonly [unpacked: number, blocks: ReadonlyArray<number>]>) => {
  const big = (value: number) => int32s(value).reverse()
  let at = 0
  const block = (length: number) => [big(length + 1), Buffer.of(length << 4), int32s(1, 2, 3).subarray(at, at += length)]
  const packed = Buffer.concat(frames.flatMap(([unpacked, blocks]) => [big(unpacked), ...blocks.flatMap(block)]))
  return numbers({ pages: [page({ count: 3, values: packed }, { field_2: 12 })], meta: { field_4: 5 } })
}

/** A file whose one column is said to be something that it cannot be. */
const annotated = (stored: number, of: Omit<Parameters<typeof element>[2], "type">) =>
  file([element("a", required, { type: stored, ...of })], 1, 1, [{ path: ["a"], type: stored, count: 1, pages: [page({ count: 1, values: int32s(1, 2) })] }])

/** Two values of four bytes each. */
const fours = (stored: number, ...pages: ReadonlyArray<Uint8Array>) =>
  file([element("a", required, { type: stored, ...(stored === type.fixed ? { length: 4 } : {}) })], 1, 2, [{ path: ["a"], type: stored, count: 2, pages }])

const withLengths = texts("abcd", "efgh")

/** The lengths 4 and 4 as differences, and the bytes. */
const lengths = Buffer.from([128, 1, 4, 2, 8, 0, 0, 0, 0, 0])
const deltaLength = Buffer.concat([lengths, Buffer.from("abcdefgh")])
const deltaBytes = Buffer.concat([Buffer.from([128, 1, 4, 2, 0, 0, 0, 0, 0, 0]), deltaLength])
const fourBytes = [{ a: new Uint8Array(Buffer.from("abcd")) }, { a: new Uint8Array(Buffer.from("efgh")) }]

/** One value of millions of zeros, and its length. */
const zero = Buffer.alloc(6_000_000)
zero.writeUInt32LE(zero.length - 4)
const zeros = (packed: Uint8Array, said: number) =>
  file([element("a", required, { type: type.bytes })], 1, 1, [
    { path: ["a"], type: type.bytes, count: 1, pages: [page({ count: 1, values: packed }, { field_2: said })], meta: { field_4: 4 } }
  ])

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
  { name: "a field of another type in the footer", bytes: numbers({ meta: { field_3: [1, 2] } }), error: "its footer cannot be read: its metadata is damaged" },
  { name: "a column less than the schema", bytes: file([element("a", required, { type: type.int32 })], 1, 3, []), error: "row group 0 has 0 columns, and the schema 1" },
  { name: "another column than the schema", bytes: numbers({ path: ["b"] }), error: "column 0 of row group 0 is b, and a in the schema" },
  { name: "decimals that are no integers", bytes: annotated(type.double, { converted: converted.decimal }), error: "column a is said to be DECIMAL, and is stored as DOUBLE" },
  { name: "text that is numbers", bytes: annotated(type.int32, { logical: { field_1: {} } }), error: "column a is said to be STRING, and is stored as INT32" },
  { name: "more places than digits", bytes: annotated(type.int32, { logical: { field_5: { field_1: 2_000_000_000, field_2: 9 } } }), error: "column a has decimals of 9 digits, 2000000000 of them after the point" },
  { name: "a field of a repetition that nobody knows", bytes: numbers({}, 3, { field_2: [element("root", undefined, { children: 1 }), element("a", 3, { type: type.int32 })] }), error: "field a is neither required, optional nor repeated" },
  { name: "a type that nobody knows", bytes: annotated(99, {}), error: "column a is stored as a type of no known number" },
  { name: "rows without columns", bytes: file([], 0, 1e15, []), error: "it says 1000000000000000 rows, and has no columns" },
  { name: "a page of some bytes that becomes millions", bytes: zeros(brotliCompressSync(zero), zero.length), rows: [{ a: new Uint8Array(zero.length - 4) }] },
  { name: "one that is said to become more than it does", bytes: zeros(brotliCompressSync(zero), 2 ** 30), error: "and it is said to have 1073741824" },
  { name: "one that becomes more than is said", bytes: zeros(brotliCompressSync(zero), 12), error: "column \"a\": the data cannot be read" },
  { name: "LZ4 as Hadoop frames it", bytes: lz4Framed([12, [12]]), rows: [{ a: 1 }, { a: 2 }, { a: 3 }] },
  { name: "LZ4 as Hadoop frames it, several times", bytes: lz4Framed([8, [8]], [4, [4]]), rows: [{ a: 1 }, { a: 2 }, { a: 3 }] },
  { name: "LZ4 as Hadoop frames it, of several blocks in one frame", bytes: lz4Framed([8, [4, 4]], [4, [3, 1]]), rows: [{ a: 1 }, { a: 2 }, { a: 3 }] },
  { name: "LZ4 of blocks that are longer than their frame", bytes: lz4Framed([8, [4, 6]], [2, [2]]), error: "the LZ4 data is damaged" },
  { name: "a codec that nobody knows", bytes: numbers({ meta: { field_4: 99 } }), error: "packed with a codec of no known number" },
  { name: "fewer values than rows", bytes: numbers({}, 4), error: "it has 3 values for 4 rows" },
  { name: "a root that is repeated", bytes: numbers({}, 3, { field_2: [element("root", repeated, { children: 1 }), element("a", required, { type: type.int32 })] }), rows: [{ a: 1 }, { a: 2 }, { a: 3 }] },
  { name: "an annotation that nobody knows", bytes: numbers({}, 3, { field_2: [element("root", undefined, { children: 1 }), element("a", required, { type: type.int32, logical: { field_40: {} } })] }), rows: [{ a: 1 }, { a: 2 }, { a: 3 }] },
  {
    name: "indexes of no bits", rows: [{ a: 9 }, { a: 9 }, { a: 9 }],
    bytes: numbers({ pages: [dictionary(1, int32s(9)), page({ count: 3, encoding: encoding.dictionary, values: Buffer.from([0, 6]) })] })
  },
  {
    name: "sizes without the header of the dictionary, as parquet-mr wrote them", rows: [{ a: 9 }, { a: 9 }, { a: 9 }],
    bytes: numbers({
      pages: [dictionary(1, int32s(9)), page({ count: 3, encoding: encoding.dictionary, values: Buffer.from([0, 6]) })], meta: { field_7: 29n }
    }, 3, { field_6: "parquet-mr" })
  },
  {
    name: "values with their lengths in the dictionary of a column of fixed length", error: "a page has 8 bytes more than its values",
    bytes: fours(type.fixed, dictionary(2, withLengths), page({ count: 2, encoding: encoding.dictionary, values: Buffer.from([1, 3, 2]) }))
  },
  { name: "values with their lengths in a column of fixed length", error: "a page has 8 bytes more than its values", bytes: fours(type.fixed, page({ count: 2, values: withLengths })) },
  { name: "levels in a column that has none", error: "a page has 7 bytes more than its values", bytes: fours(type.int32, page({ count: 2, values: Buffer.concat([int32s(3), Buffer.from([6, 1, 0]), int32s(7, 8)]) })) },
  { name: "lengths as differences", rows: fourBytes, bytes: fours(type.bytes, page({ count: 2, encoding: encoding.deltaLength, values: deltaLength })) },
  { name: "prefixes as differences, of fixed length", rows: fourBytes, bytes: fours(type.fixed, page({ count: 2, encoding: encoding.deltaBytes, values: deltaBytes })) },
  {
    name: "prefixes as differences, of another length", error: "a value has 5 bytes in place of the 4 of the column",
    bytes: fours(type.fixed, page({ count: 2, encoding: encoding.deltaBytes, values: Buffer.concat([Buffer.from([128, 1, 4, 2, 0, 0, 0, 0, 0, 0, 128, 1, 4, 2, 10, 3, 0, 0, 0, 0]), Buffer.from("abcdefgh")]) }))
  },
  ...(["boolean", "int32", "int64", "int96", "float", "double"] as const).flatMap((name): ReadonlyArray<Case> => [
    { name: `lengths as differences in a column of ${name}`, error: "which", bytes: fours(type[name], page({ count: 2, encoding: encoding.deltaLength, values: deltaLength })) },
    { name: `prefixes as differences in a column of ${name}`, error: "which", bytes: fours(type[name], page({ count: 2, encoding: encoding.deltaBytes, values: deltaBytes })) }
  ]),
  { name: "a column of another type than the schema says, and of none", bytes: numbers({ type: 77 }), error: "the schema says INT32, and the row group a type of no known number" },
  { name: "columns without their paths", bytes: numbers({ meta: { field_3: undefined } }), rows: [{ a: 1 }, { a: 2 }, { a: 3 }] },
  ...[type.int32, type.int64].flatMap((stored) => [0, 3, 9].map((length): Case => ({
    name: `bounds of ${length} bytes in a column of ${stored === type.int32 ? "days" : "moments"}`,
    rows: [{ a: stored === type.int32 ? "1970-01-02" : "1970-01-01T00:00:00.001Z" }],
    bytes: file([element("a", required, { type: stored, converted: stored === type.int32 ? converted.date : 9 })], 1, 1, [{
      path: ["a"], type: stored, count: 1, pages: [page({ count: 1, values: stored === type.int32 ? int32s(1) : int32s(1, 0) })],
      meta: { field_12: { field_5: new Uint8Array(length), field_6: new Uint8Array(length) } }
    }])
  }))),
  { name: "a dictionary that is said to be behind the data", bytes: numbers({ meta: { field_11: 1000n } }), rows: [{ a: 1 }, { a: 2 }, { a: 3 }] }
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

/** Of one leaf of integers: its levels of repetition and definition, page by page. */
const leaf = (path: ReadonlyArray<string>, ...pages: ReadonlyArray<readonly [repetition: ReadonlyArray<number>, definition: ReadonlyArray<number>, ...values: ReadonlyArray<number>]>): Forged.Chunk => ({
  path, type: type.int32, count: pages.reduce((sum, [levels]) => sum + levels.length, 0),
  pages: pages.map(([repetition, definition, ...values]) => page({ count: repetition.length, repetition, definition, values: int32s(...values) }))
})

const int = (name: string, repetition: number): Forged.Fields => element(name, repetition, { type: type.int32 })
const group = (name: string, repetition: number, children: number, of: Parameters<typeof element>[2] = {}): Forged.Fields => element(name, repetition, { children, ...of })
const list = (children: number, name: string, of: Parameters<typeof element>[2] = { converted: converted.list }) => [group("a", optional, 1, of), group(name, repeated, children)]

/** [[1, 3], [], null], in levels. */
const [repetition, definition] = [[0, 1, 0, 0], [2, 2, 1, 0]] as const
const three = (one: unknown, other: unknown) => [{ a: [one, other] }, { a: [] }, { a: null }]
const listed = (name: string, of?: Parameters<typeof element>[2]) =>
  file([...list(1, name, of), int("x", required)], 1, 3, [leaf(["a", name, "x"], [repetition, definition, 1, 3])])

const map = (of: Parameters<typeof element>[2]) =>
  file([group("a", optional, 1, of), group("map", repeated, 2), int("k", required), int("v", optional)], 1, 3, [
    leaf(["a", "map", "k"], [repetition, definition, 7, 8]), leaf(["a", "map", "v"], [repetition, [3, 2, 1, 0], 5])
  ])
const mapped = [{ a: { 7: 5, 8: null } }, { a: {} }, { a: null }]

const nested: ReadonlyArray<Case> = [
  { name: "a list as the format has it", bytes: listed("list"), rows: three(1, 3) },
  { name: "a list that only the newer annotation tells of", bytes: listed("list", { logical: { field_3: {} } }), rows: three(1, 3) },
  { name: "elements that are structs of one field", bytes: listed("array"), rows: three({ x: 1 }, { x: 3 }) },
  { name: "elements named after the list", bytes: listed("a_tuple"), rows: three({ x: 1 }, { x: 3 }) },
  {
    name: "elements that are structs of two fields", rows: three({ x: 1, y: null }, { x: 3, y: 4 }),
    bytes: file([...list(2, "bag"), int("x", required), int("y", optional)], 1, 3, [
      leaf(["a", "bag", "x"], [repetition, definition, 1, 3]), leaf(["a", "bag", "y"], [repetition, [2, 3, 1, 0], 4])
    ])
  },
  {
    name: "elements without a group, over pages", rows: [{ a: [1, 2, 3] }, { a: [] }, { a: null }],
    bytes: file([group("a", optional, 1, { converted: converted.list }), int("array", repeated)], 1, 3, [
      leaf(["a", "array"], [[0, 1], [2, 2], 1, 2], [[1, 0, 0], [2, 1, 0], 3])
    ])
  },
  {
    name: "a repeated field, over pages", rows: [{ a: [1, 2, 3] }, { a: [] }, { a: [4, 5] }],
    bytes: file([int("a", repeated)], 1, 3, [leaf(["a"], [[0, 1], [1, 1], 1, 2], [[1, 0, 0], [1, 0, 1], 3, 4], [[1], [1], 5])])
  },
  {
    name: "lists of lists of old writers", rows: [{ a: [[1, 2, 3], [], [4]] }, { a: [] }],
    bytes: file([group("a", optional, 1, { converted: converted.list }), group("array", repeated, 1, { converted: converted.list }), int("array", repeated)], 1, 2, [
      leaf(["a", "array", "array"], [[0, 2], [3, 3], 1, 2], [[2, 1, 1, 0], [3, 2, 3, 1], 3, 4])
    ])
  },
  { name: "a map", bytes: map({ converted: converted.map }), rows: mapped },
  { name: "a map that only the newer annotation tells of", bytes: map({ logical: { field_2: {} } }), rows: mapped },
  { name: "a map in the word of old writers", bytes: map({ converted: converted.mapKeyValue }), rows: mapped },
  { name: "a map without values", bytes: listed("key_value", { converted: converted.map }), rows: three(1, 3) },
  { name: "a list that begins by going on", bytes: file([int("a", repeated)], 1, 2, [leaf(["a"], [[1, 0], [1, 1], 1, 2])]), error: "goes on a list that is not there" },
  { name: "an element of an empty list", bytes: file([...list(1, "list"), int("x", required)], 1, 1, [leaf(["a", "list", "x"], [[0, 1], [1, 2], 1])]), error: "goes on a list that is not there" },
  { name: "more rows than the row group has", bytes: file([int("a", repeated)], 1, 1, [leaf(["a"], [[0, 1, 0], [1, 1, 1], 1, 2, 3])]), error: "column \"a\": the data cannot be read: it has more than the 1 rows" },
  { name: "fewer rows", bytes: file([int("a", repeated)], 1, 3, [leaf(["a"], [[0, 1, 0], [1, 1, 1], 1, 2, 3])]), error: "it has 2 values for 3 rows" },
  {
    name: "fewer levels than values", error: "column \"a\": the data cannot be read: a page ends before its values do",
    bytes: file([int("a", optional)], 1, 3, [{ path: ["a"], type: type.int32, count: 3, pages: [page({ count: 3, definition: [1], values: int32s(1, 2, 3) })] }])
  },
  {
    name: "columns below structs without their paths", rows: [{ a: { b: 1 }, c: 2 }],
    bytes: file([group("a", required, 1), int("b", required), int("c", required)], 2, 1, ["b", "c"].map((name, i) =>
      ({ ...leaf([name], [[0], [0], i + 1]), pages: [page({ count: 1, values: int32s(i + 1) })], meta: { field_3: undefined } })))
  },
  {
    name: "two fields of one name", error: "it has two fields \"a.b\"",
    bytes: file([group("a", optional, 2), int("b", required), int("b", required)], 1, 1, [leaf(["a", "b"], [[0], [1], 1]), leaf(["a", "b"], [[0], [1], 1])])
  }
]

table("the structure of Parquet", structure)
table("lists and maps of Parquet", nested)

describe("bytes that are no text, of Parquet", () => {
  it.effect("are bytes, and no text by chance", () =>
    Effect.gen(function*() {
      const interval = file([element("a", required, { type: type.fixed, length: 12, converted: 21 })], 1, 1, [{
        path: ["a"], type: type.fixed, count: 1, pages: [page({ count: 1, values: int32s(1, 2, 3) })]
      }])
      const bson = file([element("a", required, { type: type.bytes, logical: { field_13: {} } })], 1, 1, [{
        path: ["a"], type: type.bytes, count: 1, pages: [page({ count: 1, values: Buffer.concat([int32s(5), int32s(5), Buffer.of(0)]) })]
      }])
      for (const [bytes, stored] of [[interval, int32s(1, 2, 3)], [bson, Buffer.of(5, 0, 0, 0, 0)]] as const) {
        const as = (schema: Schema.Codec<unknown, unknown>) => ended(Format.parquet(Schema.Struct({ a: schema })).read(Format.ofBytes(bytes, "t.parquet")))
        for (const schema of [Schema.Uint8Array, Schema.Unknown]) assert.deepStrictEqual((yield* as(schema)).rows, [{ a: new Uint8Array(stored) }])
        for (const schema of [Schema.String, Column.Numeric]) {
          assert.include((yield* as(schema)).error, "column \"a\": the file has bytes that are no text (intervals, BSON or geometries) here, and the schema wants")
        }
      }
    }))
})

describe("bounds that are too short, of Parquet", () => {
  it.effect("leave no row out", () =>
    Effect.gen(function*() {
      for (const length of [0, 1]) {
        const bytes = file([element("a", required, { type: type.fixed, length: 2, logical: { field_15: {} } })], 1, 1, [{
          path: ["a"], type: type.fixed, count: 1, pages: [page({ count: 1, values: Buffer.of(0, 0x3c) })],
          meta: { field_12: { field_5: new Uint8Array(length), field_6: new Uint8Array(length) } }
        }])
        const format = Format.parquet(Schema.Struct({ a: Schema.Number }))
        assert.deepStrictEqual((yield* ended(format.read(Format.ofBytes(bytes), { where: { a: { eq: 1 } } }))).rows, [{ a: 1 }])
      }
    }))
})

describe("bytes below lists and structs of Parquet", () => {
  it.effect("are bytes, also where the file has texts", () =>
    Effect.gen(function*() {
      const Bytes = Schema.Struct({ a: Schema.Array(Schema.Uint8Array), b: Schema.Struct({ c: Schema.Uint8Array }) })
      const text = (name: string) => element(name, required, { type: type.bytes, converted: converted.utf8 })
      const bytes = file([...list(1, "list"), text("x"), group("b", required, 1), text("c")], 2, 1, [
        { path: ["a", "list", "x"], type: type.bytes, count: 2, pages: [page({ count: 2, repetition: [0, 1], definition: [2, 2], values: texts("ä", "") })] },
        { path: ["b", "c"], type: type.bytes, count: 1, pages: [page({ count: 1, values: texts("c") })] }
      ])
      const result = yield* ended(Format.parquet(Bytes).read(Format.ofBytes(bytes, "t.parquet")))
      assert.deepStrictEqual(result, { rows: [{ a: [Uint8Array.of(195, 164), new Uint8Array(0)], b: { c: Uint8Array.of(99) } }], error: undefined })
    }))
})

describe("values that a schema cannot have, of Parquet", () => {
  const one = (stored: number, of: Omit<Parameters<typeof element>[2], "type">, values: Uint8Array) =>
    file([element("a", required, { type: stored, ...of })], 1, 1, [{ path: ["a"], type: stored, count: 1, pages: [page({ count: 1, values })] }])
  const cases: ReadonlyArray<readonly [name: string, schema: Schema.Codec<unknown, unknown>, bytes: Uint8Array, error: string]> = [
    ["a day of the year 10000", Column.Date, one(type.int32, { converted: converted.date }, int32s(2932897)), "the day +010000-01-01 is outside the years 0001 to 9999"],
    ["bytes that are no decimal", Column.Numeric, one(type.bytes, {}, texts("1e5x")), "expected a decimal, found \"1e5x\""],
    ["a long number in JSON", Schema.Json, one(type.bytes, { converted: converted.json }, texts("[9007199254740993]")), "9007199254740993 in it is beyond ±2^53"],
    ["a decimal of many digits", Schema.Number, one(type.int64, { logical: { field_5: { field_1: 2, field_2: 18 } } }, int32s(-1, 2 ** 27)), "has more digits than a number"]
  ]
  for (const [name, schema, bytes, error] of cases) {
    it.effect(name, () =>
      Effect.gen(function*() {
        const result = yield* ended(Format.parquet(Schema.Struct({ a: schema })).read(Format.ofBytes(bytes, "t.parquet")))
        assert.include(result.error, `t.parquet, row group 0, row 0, column "a": `)
        assert.include(result.error, error)
      }))
  }
})
