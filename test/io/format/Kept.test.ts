/** What a file says is what is read, and what is written comes back: to the last digit, or there is an error. */
import { assert, describe, it } from "@effect/vitest"
import { BigDecimal, Effect, Schema, Stream } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { Column, Format } from "../../../index.ts"
import { chunks, ended } from "./reading.ts"

const texts = { ndjson: Format.ndjson, array: Format.jsonArray } as const

/** The value of the only member, or what is wrong with it. */
const ofJson = (make: typeof Format.ndjson | typeof Format.jsonArray, schema: Schema.Codec<unknown, unknown>, json: string) =>
  Effect.map(
    ended(make(Schema.Struct({ before: Schema.String, a: schema })).read(chunks(Buffer.from(make === Format.ndjson ? json : `[${json}]`), 7), { file: "t" })),
    ({ error, rows }) => error ?? rows[0]?.["a"]
  )

const written = <A>(format: Format.TextFormat<A> | Format.ParquetFormat<A>, rows: ReadonlyArray<A>) =>
  Effect.map(
    Effect.result(Stream.runCollect(format.write(Stream.fromIterable(rows)))),
    (result) => result._tag === "Failure" ? result.failure.message : Buffer.concat(result.success)
  )

describe("numbers of JSON", () => {
  const decimals = ["123456789012.00000001", "0.99999999999999999999", "9007199254740990.6", "12.50", "1.0", "5", "-7"]
  const exactly = Effect.fnUntraced(function*(make: typeof Format.ndjson | typeof Format.jsonArray, within: (number: string) => string, of: (schema: Schema.Codec<unknown, unknown>) => Schema.Codec<unknown, unknown>, taken: (value: unknown) => unknown) {
    for (const text of decimals) {
      const json = `{"before":"1.5e3","a":${within(text)}}`
      const decimal = taken(yield* ofJson(make, of(Schema.BigDecimal), json))
      assert.isTrue(BigDecimal.isBigDecimal(decimal) && BigDecimal.equals(decimal, BigDecimal.fromStringUnsafe(text)), `${text}: ${String(decimal)}`)
      assert.strictEqual(taken(yield* ofJson(make, of(Column.Numeric), json)), text)
      const isWhole = /^-?\d+(\.0)?$/.test(text)
      const [big, integer] = [yield* ofJson(make, of(Schema.BigInt), json), yield* ofJson(make, of(Schema.Int), json)]
      if (isWhole) assert.deepStrictEqual([taken(big), taken(integer)], [BigInt(Number(text)), Number(text)])
      else {
        assert.include(big, `expected a big integer, found ${text}`)
        assert.include(integer, `expected an integer, found ${text}`)
      }
    }
    assert.include(yield* ofJson(make, of(Schema.Int), `{"before":"","a":${within("1e-400")}}`), "expected an integer, found 1e-400")
    assert.include(yield* ofJson(make, of(Schema.Int), `{"before":"","a":${within("9007199254740993")}}`), "found 9007199254740993")
    assert.strictEqual(taken(yield* ofJson(make, of(Schema.Int), `{"before":"","a":${within("1e3")}}`)), 1000)
    assert.strictEqual(taken(yield* ofJson(make, of(Column.Numeric), `{"before":"1.5","a":${within("-0")}}`)), "0")
  })
  for (const [name, make] of Object.entries(texts)) {
    it.effect(`${name}: by their digits, wherever they stand`, () =>
      Effect.gen(function*() {
        yield* exactly(make, (number) => number, (schema) => schema, (value) => value)
        yield* exactly(make, (number) => `{"x":${number}}`, (schema) => Schema.Struct({ x: schema }), (value) => Reflect.get(Object(value), "x"))
        yield* exactly(make, (number) => `[${number}]`, (schema) => Schema.Array(schema), (value) => Reflect.get(Object(value), 0))
      }))
  }

  it.effect("also in a record of whatever names there are", () =>
    Effect.gen(function*() {
      const bytes = Buffer.from("{\"a\":123456789012.00000001,\"b\":0.99999999999999999999}\n")
      const decimals = yield* Stream.runCollect(Format.ndjson(Schema.Record(Schema.String, Schema.BigDecimal)).read(chunks(bytes, 9), { file: "t" }))
      const numerics = yield* Stream.runCollect(Format.ndjson(Schema.Record(Schema.String, Column.Numeric)).read(chunks(bytes, 9), { file: "t" }))
      const expected = ["123456789012.00000001", "0.99999999999999999999"]
      assert.deepStrictEqual(Object.values(numerics[0] ?? {}), expected)
      const same = Object.values(decimals[0] ?? {}).map((decimal, i) => BigDecimal.equals(decimal, BigDecimal.fromStringUnsafe(expected[i] ?? "")))
      assert.deepStrictEqual(same, [true, true])
    }))

  it.effect("a long one within brackets without end is a bad record like others", () =>
    Effect.gen(function*() {
      const deep = (inner: string) => `{"a":${"[".repeat(20_000)}${inner}${"]".repeat(20_000)}}`
      const read = Format.ndjson(Schema.Struct({ a: Schema.Unknown })).read(chunks(Buffer.from(`${deep("12345678901234567890")}\n${deep("1")}\n`), 65_536), { file: "t", onBadRecord: "skip" })
      assert.strictEqual((yield* Stream.runCollect(read)).length, 1)
    }))
})

describe("integers of 64 bits in Parquet", () => {
  it.effect("are of one type in all rows, whatever schema of JSON reads them", () =>
    Effect.gen(function*() {
      const Wide = Schema.Struct({ a: Schema.Struct({ x: Schema.BigInt, y: Schema.BigInt }) })
      const long = 2n ** 53n + 1n
      const read = Effect.fnUntraced(function*(schema: Schema.Codec<unknown, unknown>, x: bigint, y: bigint) {
        const bytes = yield* written(Format.parquet(Wide), [{ a: { x, y } }])
        assert.instanceOf(bytes, Buffer)
        const { error, rows } = yield* ended(Format.parquet(Schema.Struct({ a: schema })).read(Format.ofBytes(bytes)))
        return error ?? rows[0]?.["a"]
      })
      const Named = <A>(of: Schema.Codec<A, unknown>) => Schema.Record(Schema.String, of)
      for (const y of [7n, long]) assert.deepStrictEqual(yield* read(Named(Schema.BigInt), 5n, y), { x: 5n, y })
      const numeric = [Schema.Json, Named(Schema.Number), Named(Schema.Union([Schema.Number, Schema.String])), Named(Schema.Json)]
      for (const schema of numeric) {
        assert.deepStrictEqual(yield* read(schema, 5n, -7n), { x: 5, y: -7 })
        assert.include(yield* read(schema, 5n, long), "9007199254740993 is beyond ±2^53; read it as Schema.BigInt")
      }
      for (const y of [7n, long]) assert.match(String(yield* read(Named(Schema.String), 5n, y)), /expected.*string/i)
    }))
})

describe("what a writer makes", () => {
  it.effect("has no first line that readers of CSV pass over", () =>
    Effect.gen(function*() {
      const Texts = Schema.Struct({ a: Schema.String, b: Schema.NullOr(Schema.String) })
      const refusal = /the first line would be ".*sep=.*", by which Excel and readers know the delimiter; (name the column otherwise|write a header)/
      for (const a of ["sep=,", "sep=;"]) {
        assert.match(String(yield* written(Format.csv(Schema.Struct({ a: Schema.String }), { header: false }), [{ a }])), refusal)
        const named = Format.csv(Schema.Struct({ [a]: Schema.String }))
        assert.match(String(yield* written(named, [{ [a]: "x" }])), refusal)
      }
      assert.match(String(yield* written(Format.csv(Texts, { header: false, delimiter: ";", encoding: "utf-16le" }), [{ a: "sep=", b: null }])), refusal)
      // Further on it is a line like others.
      const headless = Format.csv(Texts, { header: false, delimiter: ";" })
      const bytes = yield* written(headless, [{ a: "x", b: "y" }, { a: "sep=", b: null }])
      assert.instanceOf(bytes, Buffer)
      assert.deepStrictEqual((yield* ended(headless.read(chunks(bytes, 3)))).rows, [{ a: "x", b: "y" }, { a: "sep=", b: null }])
    }))

  it.effect("is an error of the stream where a name cannot be written, and says what an invalid date is", () =>
    Effect.gen(function*() {
      assert.match(String(yield* written(Format.csv(Schema.Struct({ "a,b": Schema.String }), { quote: false }), [{ "a,b": "x" }])), /"a,b" needs quotes/)
      for (const format of [Format.csv(Schema.Struct({ at: Schema.Date })), Format.ndjson(Schema.Struct({ at: Schema.Date })), Format.parquet(Schema.Struct({ at: Schema.Date }))]) {
        assert.match(String(yield* written(format, [{ at: new Date(Number.NaN) }])), /an invalid date/)
      }
    }))
})

describe("a local file", () => {
  it.effect("that is written over while it is read is an error, and no mixture", () =>
    Effect.gen(function*() {
      const folder = mkdtempSync(path.join(tmpdir(), "sluice-kept-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true })))
      const name = path.join(folder, "a.csv")
      const content = (letter: string) => `a\n${`${letter.repeat(10)}\n`.repeat(200_000)}`
      writeFileSync(name, content("a"))
      const Text = Format.csv(Schema.Struct({ a: Schema.String }))
      let isFirst = true
      const read = Text.read(Format.bytesOf(yield* Format.ofFile(name))).pipe(Stream.tap(() =>
        Effect.sync(() => {
          if (!isFirst) return
          isFirst = false
          writeFileSync(name, content("b"))
        })))
      const { error, rows } = yield* ended(read)
      assert.match(error ?? "", /a\.csv.*the file was changed while it was read; read it again when nobody writes to it/)
      assert.isTrue(rows.every(({ a }) => a === "aaaaaaaaaa"))
      assert.strictEqual((yield* Stream.runCollect(Text.read(Format.bytesOf(yield* Format.ofFile(name))))).length, 200_000)
    }).pipe(Effect.scoped))
})

describe("a header in brackets, as SQL Server writes it", () => {
  it.effect("is no JSON array", () =>
    Effect.gen(function*() {
      for (const header of ["[id],[name]", "[name],[id]", "[true],[id]"]) {
        const [first = "", second = ""] = header.split(",")
        const schema = Schema.Struct({ [first]: Schema.String, [second]: Schema.String })
        const { error, rows } = yield* ended(Format.read(Format.ofBytes(Buffer.from(`${header}\n1,2\n`), "a.csv"), schema))
        assert.deepStrictEqual([error, rows], [undefined, [{ [first]: "1", [second]: "2" }]])
      }
      const { error } = yield* ended(Format.read(Format.ofBytes(Buffer.from("[ {\"a\":1}]"), "a.csv"), Schema.Struct({ a: Schema.String })))
      assert.include(error, "the content is a JSON array")
    }))
})

describe("integers of CSV", () => {
  it.effect("are digits alone, in quotes or not, read in place or not", () =>
    Effect.gen(function*() {
      for (const schema of [Schema.Int, Column.BigInteger]) {
        for (const options of [{}, { comment: "#" }]) {
          for (const text of ["1.0", "1e3", "1e-400", "0.99999999999999999999", "9007199254740990.6", "9007199254740993"]) {
            for (const cell of [text, `"${text}"`]) {
              const { error, rows } = yield* ended(Format.csv(Schema.Struct({ a: schema, b: Schema.Int }), options).read(chunks(Buffer.from(`a,b\n${cell},1\n`), 5)))
              assert.deepStrictEqual(rows, [])
              assert.include(error, text)
            }
          }
          const { rows } = yield* ended(Format.csv(Schema.Struct({ a: schema, b: Schema.Int }), options).read(chunks(Buffer.from("a,b\n-12,007\n"), 5)))
          assert.deepStrictEqual(rows, [{ a: -12, b: 7 }])
        }
      }
    }))
})

describe("where", () => {
  it.effect("compares decimals of texts as the numbers that they are", () =>
    Effect.gen(function*() {
      const N = Schema.Struct({ n: Column.Numeric })
      const ints = (yield* written(Format.parquet(Schema.Struct({ n: Schema.Int }), { rowGroupRows: 2 }), [-19, -14, -1, 7, 10].map((n) => ({ n })))) as Buffer
      const decimals = (yield* written(Format.parquet(N), ["9", "10", "12.50", "-3"].map((n) => ({ n })))) as Buffer
      const numbers = (bytes: Buffer, condition: { readonly eq?: string; readonly gt?: string; readonly lte?: string; readonly in?: ReadonlyArray<string> }) =>
        Effect.map(ended(Format.parquet(N).read(Format.ofBytes(bytes), { where: { n: condition } })), ({ error, rows }) => error ?? rows.map(({ n }) => Number(n)))
      assert.deepStrictEqual(yield* numbers(ints, { eq: "-14" }), [-14])
      assert.deepStrictEqual(yield* numbers(ints, { gt: "-2", lte: "10.0" }), [-1, 7, 10])
      assert.deepStrictEqual(yield* numbers(ints, { in: ["7.00", "-19"] }), [-19, 7])
      assert.deepStrictEqual(yield* numbers(decimals, { gt: "9" }), [10, 12.5])
      assert.deepStrictEqual(yield* numbers(decimals, { eq: "12.5" }), [12.5])
      assert.include(yield* numbers(decimals, { gt: "many" }), "column \"n\": where compares decimals, and \"many\" is none")
    }))

  it.effect("passes over no row group by the order of texts where its values are none", () =>
    Effect.gen(function*() {
      const far = ["2020-01-01T00:00:00.000Z", "+012000-01-01T00:00:00.000Z", "-000001-01-01T00:00:00.000Z"].map((at) => ({ at: new Date(at) }))
      const bytes = (yield* written(Format.parquet(Schema.Struct({ at: Schema.Date })), far)) as Buffer
      const { error, rows } = yield* ended(Format.parquet(Schema.Struct({ at: Schema.String })).read(Format.ofBytes(bytes), { where: { at: { eq: "2020-01-01T00:00:00.000000Z" } } }))
      assert.deepStrictEqual([rows.length, error], [1, undefined])
    }))
})

describe("names", () => {
  it("two properties that are one column are a mistake of the program", () => {
    const schema = Schema.Struct({ id: Schema.Int, source: Schema.Int })
    for (const make of [Format.csv, Format.ndjson, Format.jsonArray, Format.parquet]) {
      assert.throws(() => make(schema, { columns: { source: "id" } }), "Format: the properties id and source are both the column \"id\"")
    }
    assert.doesNotThrow(() => Format.csv(schema, { columns: { source: "id", id: "source" } }))
  })

  it.effect("a property that has another column is not taken from one of its own name", () =>
    Effect.gen(function*() {
      const schema = Schema.StructWithRest(Schema.Struct({ a: Schema.String }), [Schema.Record(Schema.String, Schema.String)])
      const csv = yield* ended(Format.csv(schema, { columns: { a: "A" } }).read(chunks(Buffer.from("A,a\n1,2\n"), 4)))
      assert.include(csv.error, "column \"a\": the file has this column too, and its property is that of \"A\"")
      const json = yield* ended(Format.ndjson(schema, { columns: { a: "A" } }).read(chunks(Buffer.from("{\"A\":\"1\",\"a\":\"2\"}\n"), 4)))
      assert.include(json.error, "column \"a\": the record has another member for this property")
      const fine = yield* ended(Format.csv(schema, { columns: { a: "A" } }).read(chunks(Buffer.from("A,b\n1,2\n"), 4)))
      assert.deepStrictEqual(fine.rows, [{ a: "1", b: "2" }])
    }))

  it.effect("a header that does not fit fails the reading, also one that is given as an option", () =>
    Effect.gen(function*() {
      const schema = Schema.Struct({ id: Schema.Int, source: Schema.Int })
      for (const header of [["id"], ["id", "id"]]) {
        const { error } = yield* ended(Format.csv(schema, { header }).read(chunks(Buffer.from("1,2\n"), 4)))
        assert.match(error ?? "", /column "(source|id)": the (file has no such column|header names this column twice)/)
      }
    }))

  it("a time zone that there is not is a mistake of the program", () => {
    assert.throws(() => Format.csv(Schema.Struct({ at: Schema.Date }), { timezone: "Mars/X" }), "there is no time zone \"Mars/X\"")
  })
})

describe("what cannot be kept is not written", () => {
  it.effect("null by a text that is read as something else", () =>
    Effect.gen(function*() {
      const schema = Schema.Struct({ a: Schema.NullOr(Schema.String), b: Schema.Int })
      const rows = [{ a: null, b: 1 }, { a: "q", b: 2 }]
      for (const options of [{ nulls: ["#N/A"], comment: "#" }, { nulls: [] }, { nulls: ["n,a"] }, { nulls: ["\n"] }, { nulls: ["\"\""] }]) {
        assert.match(String(yield* written(Format.csv(schema, options), rows)), /row 0, column "a": .*give the option nulls|another text first in the option nulls/, JSON.stringify(options))
        assert.notMatch(String(yield* written(Format.csv(schema, options), rows.slice(1))), /option nulls/)
      }
    }))

  it.effect("days and decimals that are none, and moments of years that text does not hold", () =>
    Effect.gen(function*() {
      const all = <A>(schema: Format.RecordSchema<A>) => [Format.csv(schema), Format.ndjson(schema), Format.jsonArray(schema)]
      const Day = Schema.Struct({ a: Column.Date })
      for (const format of [...all(Day), Format.parquet(Day)]) {
        for (const a of ["2024-02-30", "24-2-3"]) assert.include(yield* written(format, [{ a }]), "expected a date")
      }
      const Amount = Schema.Struct({ a: Column.Numeric })
      for (const format of [...all(Amount), Format.parquet(Amount)]) assert.include(yield* written(format, [{ a: "abc" }]), "expected a decimal, found \"abc\"")
      const At = Schema.Struct({ a: Schema.Date })
      for (const format of all(At)) {
        for (const a of ["+010000-01-01T05:00:00.000Z", "-000001-01-01T00:00:00.000Z"]) {
          assert.include(yield* written(format, [{ a: new Date(a) }]), `${a} is no moment of the years 0001 to 9999`)
        }
        assert.include(String(yield* written(format, [{ a: new Date("9999-12-31T23:59:59.999Z") }])), "9999-12-31T23:59:59.999Z")
      }
    }))

  it.effect("values of no known type are written as those of a known one, or not at all", () =>
    Effect.gen(function*() {
      const schema = Schema.Record(Schema.String, Schema.Unknown)
      const row = { d: BigDecimal.fromStringUnsafe("1.50"), bytes: new Uint8Array([1, 2]), big: 2n ** 60n, none: Number.NaN, at: new Date(0), list: [{ d: BigDecimal.fromStringUnsafe("2") }] }
      assert.deepStrictEqual(
        String(yield* written(Format.ndjson(schema), [row])).trim(),
        "{\"d\":1.5,\"bytes\":\"AQI=\",\"big\":1152921504606846976,\"none\":\"NaN\",\"at\":\"1970-01-01T00:00:00.000Z\",\"list\":[{\"d\":2}]}"
      )
      assert.include(yield* written(Format.ndjson(schema), [{ a: new Map([[1, 2]]) }]), "expected a value of JSON, found a Map")
    }))

  it.effect("a file that has none of the columns, all of which may be missing, is refused", () =>
    Effect.gen(function*() {
      const rows = [{ id: 1, name: "a" }]
      const Other = Schema.Struct({ ID: Schema.optional(Schema.Int), nom: Schema.optional(Schema.String) })
      const Named = Schema.Struct({ id: Schema.Int, name: Schema.String })
      const parquet = Buffer.concat(yield* Stream.runCollect(Format.parquet(Named).write(Stream.fromIterable(rows))))
      const { error } = yield* ended(Format.parquet(Other).read(Format.ofBytes(parquet, "t.parquet")))
      assert.include(error, "t.parquet: the file has none of the columns of the schema; it has id, name")
      const csv = Buffer.concat(yield* Stream.runCollect(Format.csv(Named).write(Stream.fromIterable(rows))))
      assert.include((yield* ended(Format.csv(Other).read(chunks(csv, 7), { file: "t.csv" }))).error, "the file has none of the columns of the schema")
      // Rows can be counted by a schema of no column.
      const count = yield* ended(Format.parquet(Schema.Struct({})).read(Format.ofBytes(parquet, "t.parquet")))
      assert.deepStrictEqual(count, { rows: [{}], error: undefined })
    }))
})
