/** CSV as it comes: right, or an error that says where; at every size of chunk. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { parse } from "csv-parse/sync"
import { gzipSync, zstdCompressSync } from "node:zlib"
import { Column, Format } from "../../../index.ts"
import { seeded } from "../../conformance/Random.ts"
import { chunks, ended } from "./reading.ts"

const Texts = Schema.Record(Schema.String, Schema.String)
const utf8 = (text: string) => Buffer.from(text)
const utf16 = (text: string, big = false) => {
  const bytes = Buffer.from(`\ufeff${text}`, "utf16le")
  return big ? bytes.swap16() : bytes
}

interface Case {
  readonly name: string
  readonly bytes: Uint8Array
  readonly options?: Parameters<typeof Format.csv>[1]
  readonly rows?: ReadonlyArray<Readonly<Record<string, string>>>
  /** Part of the message. */
  readonly error?: string
}

const one = (a: string, b: string) => [{ a, b }]

/** A frame of zstd that has no content. */
const skippable = Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0]), utf8("skip")])

const cases: ReadonlyArray<Case> = [
  { name: "plain", bytes: utf8("a,b\n1,2\n"), rows: one("1", "2") },
  { name: "no line end at the end", bytes: utf8("a,b\n1,2"), rows: one("1", "2") },
  { name: "CRLF", bytes: utf8("a,b\r\n1,2\r\n"), rows: one("1", "2") },
  { name: "CRLF and LF mixed", bytes: utf8("a,b\r\n1,2\n3,4\r\n"), rows: [{ a: "1", b: "2" }, { a: "3", b: "4" }] },
  { name: "CR alone", bytes: utf8("a,b\r1,2\r"), error: "newline: \"cr\"" },
  { name: "CR alone, stated", bytes: utf8("a,b\r1,\"x\ry\"\r"), options: { newline: "cr" }, rows: one("1", "x\ry") },
  { name: "quotes", bytes: utf8("a,b\n\"1,\"\"x\"\"\",\"\"\n"), rows: one("1,\"x\"", "") },
  { name: "newlines in quotes", bytes: utf8("a,b\n\"1\n2\r\n3\",\"\n\"\n"), rows: one("1\n2\r\n3", "\n") },
  { name: "quoted header", bytes: utf8("\"a\",\"b\"\n1,2\n"), rows: one("1", "2") },
  { name: "byte order mark", bytes: utf8("\ufeffa,b\n1,2\n"), rows: one("1", "2") },
  { name: "byte order mark before a quote", bytes: utf8("\ufeff\"a\",b\n1,2\n"), rows: one("1", "2") },
  { name: "characters of one to four bytes", bytes: utf8("a,b\né€😀,日本\n"), rows: one("é€😀", "日本") },
  { name: "empty cells", bytes: utf8("a,b\n,\n"), rows: one("", "") },
  { name: "spaces stay", bytes: utf8("a,b\n 1 , 2\n"), rows: one(" 1 ", " 2") },
  { name: "a column __proto__", bytes: utf8("__proto__,b\n1,2\n"), rows: [JSON.parse("{\"__proto__\":\"1\",\"b\":\"2\"}")] },
  { name: "one column with empty lines", bytes: utf8("a\n1\n\n2\n"), rows: [{ a: "1" }, { a: "" }, { a: "2" }] },
  { name: "only a header", bytes: utf8("a,b\n"), rows: [] },
  { name: "empty file", bytes: utf8(""), error: "the file is empty" },
  { name: "only a byte order mark", bytes: utf8("\ufeff"), error: "the file is empty" },
  { name: "short row", bytes: utf8("a,b\n1,2\n3\n"), error: "line 3, byte 8: expected 2 cells, found 1." },
  { name: "long row", bytes: utf8("a,b\n1,2,3\n"), error: "line 2, byte 4: expected 2 cells, found 3." },
  { name: "empty line", bytes: utf8("a,b\n1,2\n\n"), error: "line 3, byte 8: the line is empty" },
  { name: "empty line, passed over", bytes: utf8("\na,b\n1,2\n\n"), options: { blankLines: "skip" }, rows: one("1", "2") },
  { name: "unclosed quote", bytes: utf8("a,b\n1,\"2\n3,4\n"), error: "line 2, byte 6, column \"b\": the quote that opens here is never closed." },
  { name: "stray quote", bytes: utf8("a,b\n1,2\"3\n"), error: "line 2, byte 7, column \"b\": a quote stands within" },
  { name: "text after a quote", bytes: utf8("a,b\n\"1\"x,2\n"), error: "line 2, byte 7, column \"a\": text follows the closing quote" },
  { name: "text after a quote of several lines", bytes: utf8("a,b\n\"1\n\"x,2\n"), error: "line 3, byte 8, column \"a\"" },
  { name: "space after a quote", bytes: utf8("a,b\n\"1\" ,2\n"), error: "text follows the closing quote" },
  { name: "duplicate header", bytes: utf8("a,b,a\n1,2,3\n"), error: "line 1, byte 0, column \"a\": the header names this column twice" },
  { name: "NUL", bytes: utf8("a,b\n1,x\0\n"), error: "line 2, byte 4, column \"b\": the cell has a NUL character" },
  { name: "NUL in quotes", bytes: utf8("a,b\n1,\"x\0\"\n"), error: "NUL" },
  { name: "no UTF-8", bytes: Buffer.concat([utf8("a,b\né,2\n3,"), Buffer.from([0xe9, 0x0a])]), error: "line 3, byte 9, column \"b\": the bytes are no UTF-8" },
  { name: "half a character at the end", bytes: Buffer.concat([utf8("a,b\n1,"), Buffer.from([0xe2, 0x82])]), error: "no UTF-8" },
  { name: "latin1", bytes: Buffer.from("a,b\né,ÿ\n", "latin1"), options: { encoding: "latin1" }, rows: one("é", "ÿ") },
  { name: "windows-1252", bytes: Buffer.from([0x61, 0x2c, 0x62, 0x0a, 0x80, 0x2c, 0xe9, 0x0a]), options: { encoding: "windows-1252" }, rows: one("€", "é") },
  { name: "UTF-16, little end first", bytes: utf16("a,b\n1,\"Ċ\n😀\"\n"), rows: one("1", "Ċ\n😀") },
  { name: "UTF-16, big end first", bytes: utf16("a,b\n1,\"Ċ\n😀\"\n", true), rows: one("1", "Ċ\n😀") },
  { name: "UTF-16, cut", bytes: utf16("a,b\n1,2\n").subarray(0, 17), error: "in the middle of a UTF-16 character" },
  { name: "half of a surrogate pair", bytes: utf16("a,b\n1,\ud83d\n"), error: "half of a UTF-16 surrogate pair" },
  { name: "semicolons", bytes: utf8("a;b\n1,5;2\n"), options: { delimiter: ";" }, rows: one("1,5", "2") },
  { name: "no quotes", bytes: utf8("a\tb\n\"1\t2\"\n"), options: { delimiter: "\t", quote: false }, rows: one("\"1", "2\"") },
  { name: "escapes", bytes: utf8("a,b\n\"x\\\"\\\\\",2\n"), options: { escape: "\\" }, rows: one("x\"\\", "2") },
  { name: "escape of nothing", bytes: utf8("a,b\n\"x\\n\",2\n"), options: { escape: "\\" }, error: "within quotes means nothing" },
  { name: "comments", bytes: utf8("# one \"\na,b\n# two\n1,#2\n"), options: { comment: "#" }, rows: one("1", "#2") },
  { name: "no header", bytes: utf8("1,2\n"), options: { header: ["a", "b"] }, rows: one("1", "2") },
  { name: "a limit", bytes: utf8(`a,b\n1,"${"x".repeat(100)}\n${"y".repeat(100)}"\n`), options: { maxRecordBytes: 64 }, error: "larger than 64 bytes" },
  { name: "gzip of two members", bytes: Buffer.concat([gzipSync("a,b\n1,"), gzipSync("2\n")]), rows: one("1", "2") },
  { name: "gzip, cut", bytes: gzipSync("a,b\n1,2\n").subarray(0, 20), error: "it was cut off" },
  { name: "gzip with something after it", bytes: Buffer.concat([gzipSync("a,b\n1,2\n"), utf8("3,4\n")]), error: "gzip data" },
  { name: "zstd", bytes: zstdCompressSync("a,b\n1,2\n"), rows: one("1", "2") },
  { name: "zstd, cut", bytes: zstdCompressSync("a,b\n1,2\n").subarray(0, 12), error: "zstd data cannot be unpacked" },
  { name: "zstd of several frames", bytes: Buffer.concat([zstdCompressSync("a,b\n1,"), skippable, zstdCompressSync(""), zstdCompressSync("2\n"), skippable]), rows: one("1", "2") },
  { name: "zstd that begins with a frame of no content", bytes: Buffer.concat([skippable, zstdCompressSync("a,b\n1,2\n")]), rows: one("1", "2") },
  { name: "zstd, the second frame cut", bytes: Buffer.concat([zstdCompressSync("a,b\n1,2\n"), zstdCompressSync("3,4\n").subarray(0, 9)]), error: "it was cut off" },
  { name: "zstd with something after it", bytes: Buffer.concat([zstdCompressSync("a,b\n1,2\n"), utf8("3,4\n")]), error: "zstd data" },
  { name: "Excel's line", bytes: utf8("\ufeffsep=;\r\na;b\n1;2\n"), options: { delimiter: ";" }, rows: one("1", "2") },
  { name: "Excel's line, quoted", bytes: utf8("\"sep=,\"\na,b\n1,2"), rows: one("1", "2") },
  { name: "Excel's line, of another delimiter", bytes: utf8("sep=;\na;b\n1;2\n"), error: "line 1, byte 0: the first line says that \";\" separates the cells; give the option delimiter" },
  { name: "Excel's line in UTF-16", bytes: utf16("sep=;\r\na;b\r\n1;2\r\n"), options: { delimiter: ";" }, rows: one("1", "2") },
  { name: "Excel's line in UTF-16, big end first", bytes: utf16("\"sep=\t\"\na\tb\n1\t2", true), options: { delimiter: "\t" }, rows: one("1", "2") },
  { name: "Excel's line in UTF-16, of another delimiter", bytes: utf16("sep=;\na;b\n1;2\n"), error: "line 1, byte 2: the first line says that \";\" separates the cells; give the option delimiter" },
  { name: "Excel's line in UTF-16, alone", bytes: utf16("sep=,\n"), error: "header" },
  { name: "a header in brackets", bytes: utf8("[a],[name]\n1,2\n"), rows: [{ "[a]": "1", "[name]": "2" }] },
  { name: "a header that only looks like it", bytes: utf8("sep=,b\n1,2\n"), rows: [{ "sep=": "1", b: "2" }] },
  { name: "Parquet", bytes: utf8("PAR1\x15\x04"), error: "expected CSV, and the content is Parquet" }
]

describe("CSV", () => {
  for (const { bytes, error, name, options, rows } of cases) {
    it.effect(name, () =>
      Effect.gen(function*() {
        const format = Format.csv(Texts, options)
        for (const size of [1, 2, 3, 4, 5, 7, 11, 1 << 16]) {
          const result = yield* ended(format.read(chunks(bytes, size), { file: "t.csv" }))
          if (error === undefined) assert.deepStrictEqual({ ...result, rows: result.rows.map((row) => ({ ...row })) }, { rows: rows ?? [], error: undefined }, `chunks of ${size}`)
          else if (name !== "Parquet" || size >= 4) assert.include(result.error, error, `chunks of ${size}`)
        }
      }))
  }

  it.effect("reads what csv-parse reads, and refuses what it refuses, at any size of chunk", () =>
    Effect.gen(function*() {
      const random = seeded(5)
      const alphabet: readonly [string, ...Array<string>] = ["a", "b", "1", ",", ",", "\"", "\"", "\"\"", "\n", "\n", "\r\n", "\r", "é", "😀", " ", "#"]
      let [both, neither] = [0, 0]
      for (let round = 0; round < 3000; round++) {
        const text = Array.from({ length: random.int(1, 14) }, () => random.pick(alphabet)).join("")
        let expected: ReadonlyArray<ReadonlyArray<string>> | undefined
        try {
          const all: ReadonlyArray<ReadonlyArray<string>> = parse(text, { relax_column_count: true, record_delimiter: ["\r\n", "\n"] })
          // A carriage return alone is text there and refused here; so are rows of another length.
          const bare = all.some((cells) => cells.some((cell) => /\r(?!\n)/.test(cell)))
          expected = bare || all.some((cells) => cells.length !== all[0]?.length) ? undefined : all
        } catch {
          expected = undefined
        }
        const width = expected?.[0]?.length ?? 2
        const format = Format.csv(Texts, { header: Array.from({ length: width }, (_, i) => `c${i}`) })
        const result = yield* ended(format.read(chunks(utf8(text), random.int(1, 6)), {}))
        if (expected === undefined) {
          // A quoted carriage return is fine here, and not told apart above.
          if (result.error === undefined) assert.include(text, "\r", JSON.stringify(text))
          neither++
        } else {
          assert.isUndefined(result.error, JSON.stringify(text))
          assert.deepStrictEqual(result.rows.map((row) => Object.values(row)), expected, JSON.stringify(text))
          both++
        }
      }
      assert.isAbove(both, 300)
      assert.isAbove(neither, 300)
    }), 20_000)

  it.effect("a cell of 10 MB, of many lines", () =>
    Effect.gen(function*() {
      const cell = "0123456\"\n".repeat(1_200_000)
      const bytes = utf8(`a,b\n1,"${cell.replaceAll("\"", "\"\"")}"\n2,x\n`)
      const rows = yield* Stream.runCollect(Format.csv(Texts).read(chunks(bytes, 4096)))
      assert.strictEqual(rows[0]?.["b"], cell)
      assert.deepStrictEqual({ ...rows[1] }, { a: "2", b: "x" })
    }))

  it.effect("a record of many lines that is below the limit, wherever its bytes are cut", () =>
    Effect.gen(function*() {
      const text = (length: number) => `a,b\n1,"${"l\n".repeat(length / 2)}"\n${"2,x\n".repeat(30)}3,"${"l\n".repeat(length / 2)}"\n`
      const format = Format.csv(Texts, { maxRecordBytes: 100 })
      for (const size of [1, 2, 3, 7, 10, 30, 64, 1000]) {
        for (const length of [20, 40, 60, 80, 94]) {
          const { error, rows } = yield* ended(format.read(chunks(utf8(text(length)), size)))
          assert.deepStrictEqual([error, rows.length], [undefined, 32], `${length} bytes of text in chunks of ${size}`)
        }
        const { error } = yield* ended(format.read(chunks(utf8(text(98)), size)))
        assert.include(error, "line 2, byte 4: the record that begins here is larger than 100 bytes", `chunks of ${size}`)
      }
    }))

  it.effect("bytes that are no UTF-8 are of their own record alone, whatever separates the cells", () =>
    Effect.gen(function*() {
      for (const options of [{ delimiter: "§" }, { delimiter: "€" }, { delimiter: "|", quote: "¦" }, { escape: "\\" }] as const) {
        const delimiter = "delimiter" in options ? options.delimiter : ","
        const quote = "quote" in options ? options.quote : "\""
        const line = (text: string) => Buffer.from(`${quote}ä\n${text}${quote}${delimiter}ç😀\n`)
        const head = Buffer.concat([utf8(`a${delimiter}b\n`), line("1")])
        const wrong = Buffer.concat([utf8("é"), Buffer.from([0xff, 0xe2, 0x82]), utf8(`${delimiter}2\n`)])
        const bytes = Buffer.concat([head, wrong, line("3"), line("4")])
        for (const size of [1, 3, 10, 1000]) {
          const found = yield* Stream.runCollect(Format.csv(Texts, options).readAll(chunks(bytes, size)))
          assert.deepStrictEqual(
            found.map((element) => "bad" in element ? element.bad.byte : { ...element.value }),
            [{ a: "ä\n1", b: "ç😀" }, head.length, { a: "ä\n3", b: "ç😀" }, { a: "ä\n4", b: "ç😀" }], `${JSON.stringify(options)}, chunks of ${size}`
          )
          const ends = [head.length, wrong.length, line("3").length, line("4").length].map((_, i, lengths) =>
            lengths.slice(0, i + 1).reduce((sum, length) => sum + length))
          assert.deepStrictEqual(found.map(({ place }) => place.end), ends)
          assert.deepStrictEqual(found.map(({ place }) => place.line), [2, 4, 5, 7])
        }
      }
    }))

  it.effect("the records before a cut UTF-16 character are given, wherever the bytes are cut", () =>
    Effect.gen(function*() {
      const bytes = utf16("a,b\n1,\"a long line\ny\"\n2,x\n3,y\n").subarray(0, -3)
      for (const size of [1, 2, 7, 1000]) {
        const { error, rows } = yield* ended(Format.csv(Texts).read(chunks(bytes, size)))
        assert.include(error, "in the middle of a UTF-16 character")
        assert.deepStrictEqual(rows.map((row) => row["a"]), ["1", "2"], `chunks of ${size}`)
      }
    }))

  it.effect("chunks of no bytes mean nothing, packed or not", () =>
    Effect.gen(function*() {
      const text = utf8("\ufeffa,b\n1,2\n")
      for (const bytes of [text, gzipSync(text), zstdCompressSync(text)]) {
        const parts = Array.from(bytes, (byte) => [Uint8Array.of(byte), new Uint8Array(0)]).flat()
        const { error, rows } = yield* ended(Format.csv(Texts).read(Stream.fromIterable([new Uint8Array(0), ...parts])))
        assert.deepStrictEqual([error, rows.map((row) => ({ ...row }))], [undefined, one("1", "2")])
      }
    }))

  it.effect("refuses what is no text of records, by how it begins", () =>
    Effect.gen(function*() {
      const others: ReadonlyArray<readonly [Uint8Array, string]> = [
        [Buffer.from("PK\x03\x04\x14,b\n1,2\n", "latin1"), "a ZIP archive"], [Buffer.from("\xfd7zXZ\0a,b\n", "latin1"), "packed with xz"],
        [Buffer.from("BZh91AY&SY\x00,b\n", "latin1"), "packed with bzip2"], [gzipSync(gzipSync("a,b\n1,2\n")), "packed twice"],
        [utf8("<!DOCTYPE html>\n<p>no such file</p>\n"), "HTML or XML"], [utf8("\ufeff<?xml version=\"1.0\"?>\n"), "HTML or XML"], [utf8("{\"error\":\"no\"}\n"), "NDJSON"]
      ]
      for (const [bytes, what] of others) {
        const { error, rows } = yield* ended(Format.csv(Texts).read(Stream.succeed(bytes), { file: "t.csv" }))
        assert.deepStrictEqual(rows, [])
        assert.include(error, `t.csv, byte 0: expected CSV, and the content is ${what}`)
      }
      assert.deepStrictEqual((yield* ended(Format.csv(Texts).read(Stream.succeed(utf8("ORC,BZh\n1,2\n"))))).rows.map((row) => ({ ...row })), [{ ORC: "1", BZh: "2" }])
      const Maybe = Schema.Struct({ a: Schema.NullOr(Schema.String), b: Schema.optionalKey(Schema.String) })
      assert.include((yield* ended(Format.csv(Maybe).read(Stream.succeed(utf8("a;b\n1;2\n"))))).error, "none of the columns of the schema; it has \"a;b\". Is it separated by another delimiter?")
      assert.include((yield* ended(Format.csv(Maybe).read(Stream.succeed(utf8("a,b\n1\n"))))).error, "expected 2 cells")
    }))

  const Trip = Schema.Struct({
    id: Schema.Int,
    big: Schema.BigInt,
    price: Schema.NullOr(Column.Numeric),
    exact: Schema.optionalKey(Schema.BigDecimal),
    open: Schema.Boolean,
    day: Column.Date,
    at: Schema.NullOr(Schema.Date),
    kind: Schema.Literals(["bus", "tram"]),
    note: Schema.NullOr(Schema.String),
    tags: Schema.Array(Schema.String)
  })
  const head = "id,big,price,exact,open,day,at,kind,note,tags\n"

  it.effect("types cells by the schema, and tells null from the empty text", () =>
    Effect.gen(function*() {
      const text = `${head}1,9007199254740993,12.50,1.10,TRUE,2024-02-29,2024-02-29 13:00:00.5+01:00,bus,,"[""a""]"\n` +
        `2,-1,,,false,2024-03-01,,tram,"",[]\n`
      const rows = yield* Stream.runCollect(Format.csv(Trip).read(Stream.succeed(utf8(text))))
      const { exact, ...first } = rows[0] ?? {}
      assert.strictEqual(String(exact), "BigDecimal(1.1)")
      assert.deepStrictEqual(first, {
        id: 1, big: 9007199254740993n, price: "12.50", open: true, day: "2024-02-29",
        at: new Date("2024-02-29T12:00:00.500Z"), kind: "bus", note: null, tags: ["a"]
      })
      assert.deepStrictEqual(rows[1], {
        id: 2, big: -1n, price: null, open: false, day: "2024-03-01", at: null, kind: "tram", note: "", tags: []
      })
    }))

  const wrong: ReadonlyArray<readonly [string, string, string]> = [
    ["1.5", "id", "expected an integer, found \"1.5\""],
    ["9007199254740993", "id", "is beyond ±2^53"],
    ["", "id", "expected an integer, found nothing"],
    ["0x10", "big", "expected an integer"],
    ["1e3", "price", "expected a decimal such as -12.50"],
    ["1e999999999", "exact", "expected a decimal"],
    ["yes", "open", "expected true or false, found \"yes\""],
    ["2023-02-29", "day", "expected a date"],
    ["2024-02-29T13:00:00", "at", "has no time zone; give the option `timezone`"],
    ["2024-02-30T13:00:00Z", "at", "there is no day 2024-02-30"],
    ["2024-02-29T24:00:00Z", "at", "there is no time"],
    ["train", "kind", "expected"],
    ["{", "tags", "expected JSON"]
  ]
  it.effect("says of a wrong cell what would be right, and collects it", () =>
    Effect.gen(function*() {
      const good: Readonly<Record<string, string>> = {
        id: "1", big: "1", price: "1", exact: "1", open: "true", day: "2024-01-01", at: "2024-01-01T00:00:00Z", kind: "bus", note: "", tags: "[]"
      }
      const line = (changed: Readonly<Record<string, string>>) => `${Object.values({ ...good, ...changed }).join(",")}\n`
      const text = head + wrong.map(([cell, column]) => line({ [column]: cell }) + line({})).join("")
      const letters: Array<Format.BadRecord> = []
      const rows = yield* Stream.runCollect(Format.csv(Trip).readPlaced(chunks(utf8(text), 100), {
        file: "trips.csv", onBadRecord: "collect", deadLetters: (bad) => Effect.sync(() => void letters.push(...bad))
      }))
      assert.strictEqual(rows.length, wrong.length)
      assert.strictEqual(letters.length, wrong.length)
      for (const [i, [, column, reason]] of wrong.entries()) {
        const letter = letters[i]
        assert.include(letter?.reason, reason)
        assert.strictEqual(letter?.column, column)
        assert.strictEqual(letter?.line, 2 + 2 * i)
        assert.strictEqual(`${letter?.raw}\n`, line({ [column]: wrong[i]?.[0] ?? "" }))
        assert.strictEqual(text.slice(letter?.byte, (letter?.byte ?? 0) + 5), letter?.raw.slice(0, 5))
      }
    }))

  it.effect("goes on with the next line after a broken one", () =>
    Effect.gen(function*() {
      const text = "a,b\n1,2\n\"x\"y,3\n4,5\n6\n7,\"8\n9,10\n"
      for (const size of [1, 5, 100]) {
        const letters: Array<Format.BadRecord> = []
        const rows = yield* Stream.runCollect(Format.csv(Texts).read(chunks(utf8(text), size), {
          onBadRecord: "collect", deadLetters: (bad) => Effect.sync(() => void letters.push(...bad))
        }))
        assert.deepStrictEqual(rows.map((row) => row["a"]), ["1", "4", "9"])
        assert.deepStrictEqual(letters.map(({ line, raw }) => [line, raw]), [[3, "\"x\"y,3"], [5, "6"], [6, "7,\"8"]])
      }
    }))

  it.effect("goes on after any record, from its place", () =>
    Effect.gen(function*() {
      const bytes = utf8("\ufeffa,b\n1,é\n\"2\n2\",😀\r\n3,x\n4,y")
      const format = Format.csv(Texts)
      const all = yield* Stream.runCollect(format.readPlaced(chunks(bytes, 3), { file: "t" }))
      for (const [i, { place }] of all.entries()) {
        const start = { byte: place.end ?? 0, line: place.nextLine ?? 0, record: place.record + 1, header: ["a", "b"] }
        const rest = yield* Stream.runCollect(format.readPlaced(chunks(bytes.subarray(start.byte), 2), { file: "t", start }))
        assert.deepStrictEqual(rest, all.slice(i + 1))
      }
    }))

  it.effect("names columns that are missing or named otherwise", () =>
    Effect.gen(function*() {
      const Named = Schema.Struct({ id: Schema.Int, name: Schema.String })
      const bytes = utf8("Id,Full name,more\n1,Ada,x\n")
      const missing = yield* ended(Format.csv(Named).read(Stream.succeed(bytes), { file: "p.csv" }))
      assert.strictEqual(
        missing.error,
        "p.csv, line 1, byte 0, column \"id\": the file has no such column, but \"Id\"; it has \"Id\", \"Full name\", \"more\". Name it in the option columns, or make it optional in the schema."
      )
      const mapped = Format.csv(Named, { columns: { id: "Id", name: "Full name" } })
      assert.deepStrictEqual(yield* Stream.runCollect(mapped.read(Stream.succeed(bytes))), [{ id: 1, name: "Ada" }])
    }))
})
