/** NDJSON and JSON arrays: right, or an error that says where; at every size of chunk. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { gzipSync } from "node:zlib"
import { Column, Format } from "../../../index.ts"
import { chunks, ended } from "./reading.ts"

const Any = Schema.Record(Schema.String, Schema.Unknown)
const utf8 = (text: string) => Buffer.from(text)

interface Case {
  readonly name: string
  readonly text: string | Uint8Array
  readonly rows?: ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly error?: string
}

const lines: ReadonlyArray<Case> = [
  { name: "plain", text: "{\"a\":1}\n{\"a\":\"é😀\"}\n", rows: [{ a: 1 }, { a: "é😀" }] },
  { name: "no line end at the end, CRLF, blank lines", text: "{\"a\":1}\r\n\n  \r\n{\"a\":2}", rows: [{ a: 1 }, { a: 2 }] },
  { name: "byte order mark", text: "\ufeff{\"a\":1}\n", rows: [{ a: 1 }] },
  { name: "empty", text: "", rows: [] },
  { name: "cut", text: "{\"a\":1}\n{\"a\":", error: "line 2, byte 8: this is no JSON" },
  { name: "two objects on a line", text: "{\"a\":1}{\"a\":2}\n", error: "line 1, byte 0: this is no JSON: Unexpected non-whitespace character after JSON. The record" },
  { name: "a comma too many, in one sentence", text: "{\"a\":,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,}\n", error: "this is no JSON: Unexpected token ','. The record" },
  { name: "no object", text: "[1]\n", error: "expected an object, found [1]" },
  { name: "NaN", text: "{\"a\":NaN}\n", error: "this is no JSON" },
  { name: "no UTF-8", text: Buffer.from([...utf8("{\"a\":1}\n{\"a\":\""), 0xe9, ...utf8("\"}\n")]), error: "line 2, byte 8: the bytes are no UTF-8" },
  { name: "UTF-16", text: Buffer.from("\ufeff{\"a\":1}\n", "utf16le"), error: "the file is UTF-16" },
  { name: "gzip", text: gzipSync("{\"a\":1}\n"), rows: [{ a: 1 }] }
]

const arrays: ReadonlyArray<Case> = [
  { name: "plain", text: "[{\"a\":1},{\"a\":\"]},{[\\\"\\\\\"}]", rows: [{ a: 1 }, { a: "]},{[\"\\" }] },
  { name: "space everywhere", text: "\ufeff \n[ {\n\"a\" : [ 1 , {\"b\":2} ] } \n, {} ]\n\n", rows: [{ a: [1, { b: 2 }] }, {}] },
  { name: "empty array", text: "[ ]", rows: [] },
  { name: "empty file", text: "  ", error: "the file is empty" },
  { name: "comma at the end", text: "[{\"a\":1},]", error: "byte 9: a comma stands before the end" },
  { name: "two commas", text: "[{\"a\":1},,{}]", error: "byte 9: expected an element, found a comma" },
  { name: "no comma", text: "[{} {}]", error: "byte 1: this is no JSON" },
  { name: "not closed", text: "[{\"a\":1},\n{\"a\":2}", error: "line 2, byte 17: the file ends within the array" },
  { name: "brackets that do not match", text: "[{\"a\":1],{}]", error: "this is no JSON" },
  { name: "something after it", text: "[{}] []", error: "byte 5: something follows the end" },
  { name: "one object", text: "{\"a\":1}", error: "the file begins with an object" },
  { name: "a number", text: "[1]", error: "byte 1: expected an object, found 1" },
  { name: "text that is not closed", text: "[{\"a\":\"x}]", error: "the file ends within the array" }
]

const table = (name: string, format: Format.TextFormat<Readonly<Record<string, unknown>>>, cases: ReadonlyArray<Case>) =>
  describe(name, () => {
    for (const { error, name, rows, text } of cases) {
      it.effect(name, () =>
        Effect.gen(function*() {
          const bytes = typeof text === "string" ? utf8(text) : text
          for (const size of [1, 2, 3, 5, 1 << 16]) {
            const result = yield* ended(format.read(chunks(bytes, size), { file: "t" }))
            if (error === undefined) assert.deepStrictEqual(result, { rows: rows ?? [], error: undefined })
            else assert.include(result.error, error, `chunks of ${size}`)
          }
        }))
    }

    it.effect("goes on after any record, from its place", () =>
      Effect.gen(function*() {
        const source = Stream.fromIterable<Readonly<Record<string, unknown>>>([{ a: 1 }, { a: "é\n" }, { b: [1, 2] }, { a: 4 }])
        const bytes = Buffer.concat(yield* Stream.runCollect(format.write(source)))
        const all = yield* Stream.runCollect(format.readPlaced(chunks(bytes, 3)))
        assert.strictEqual(all.length, 4)
        for (const [i, { place }] of all.entries()) {
          const start = { byte: place.end ?? 0, line: place.nextLine ?? 0, record: place.record + 1 }
          const rest = yield* Stream.runCollect(format.readPlaced(chunks(bytes.subarray(start.byte), 2), { start }))
          assert.deepStrictEqual(rest, all.slice(i + 1))
          if (format.name === "ndjson") continue
          // The end of the array is asked for behind the last element, too; and one that went on before a comma goes on behind it.
          const cut = yield* ended(format.read(chunks(bytes.subarray(start.byte).subarray(0, -2), 2), { start }))
          assert.include(cut.error, "the file ends within the array; it was cut off")
          const behind = { ...start, byte: start.byte + 1 }
          if (i < all.length - 1) assert.deepStrictEqual(yield* Stream.runCollect(format.readPlaced(chunks(bytes.subarray(behind.byte), 2), { start: behind })), rest)
        }
      }))

    it.effect("keeps every digit, and says what is wrong with a value", () =>
      Effect.gen(function*() {
        const Row = Schema.Struct({
          id: Schema.BigInt, price: Column.Numeric, at: Schema.NullOr(Schema.Date), more: Schema.optionalKey(Schema.Array(Schema.BigInt))
        })
        const typed = format.name === "json" ? Format.jsonArray(Row) : Format.ndjson(Row)
        const wrap = (rows: ReadonlyArray<string>) => utf8(format.name === "json" ? `[${rows.join(",")}]` : rows.join("\n"))
        const bytes = wrap([
          "{\"x\":{\"id\":1},\"id\":9007199254740993,\"price\":12.50,\"at\":\"2024-02-29T12:00:00Z\",\"more\":[9007199254740995, 1]}",
          "{\"id\":\"7\",\"price\":\"1.0\",\"at\":null}"
        ])
        assert.deepStrictEqual(yield* Stream.runCollect(typed.read(Stream.succeed(bytes))), [
          { id: 9007199254740993n, price: "12.50", at: new Date("2024-02-29T12:00:00Z"), more: [9007199254740995n, 1n] },
          { id: 7n, price: "1.0", at: null }
        ])
        const Loose = Schema.Struct({ any: Schema.optionalKey(Schema.Unknown), json: Schema.optionalKey(Schema.Json) })
        const loose = format.name === "json" ? Format.jsonArray(Loose) : Format.ndjson(Loose)
        const long = "{\"x\":[9007199254740993,1.5,\"9007199254740993\"]}"
        const found = { x: [9007199254740993n, 1.5, "9007199254740993"] }
        const [kept] = yield* Stream.runCollect(loose.read(Stream.succeed(wrap([`{"any":${long},"json":"9007199254740993"}`]))))
        assert.deepStrictEqual(kept, { any: found, json: "9007199254740993" })
        assert.deepStrictEqual(yield* Stream.runCollect(format.read(Stream.succeed(wrap([`{"any":${long}}`])))), [{ any: found }])
        assert.include(Buffer.concat(yield* Stream.runCollect(format.write(Stream.succeed({ any: found })))).toString(), `{"any":${long}}`)
        for (const [wrong, what] of [[`{"json":${long}}`, "9007199254740993 in it is beyond ±2^53"], ["{\"any\":1e999}", "1e999 is beyond the range of a number"]] as const) {
          assert.include((yield* ended(loose.read(Stream.succeed(wrap([wrong]))))).error, what)
        }
        const letters: Array<Format.BadRecord> = []
        const wrong = wrap(["{\"id\":1.5,\"price\":1}", "{\"price\":1}", "{\"id\":1,\"price\":1,\"at\":\"2024\"}", "{\"id\":1,\"price\":1,\"at\":null,\"more\":[true]}"])
        yield* Stream.runDrain(typed.read(Stream.succeed(wrong), {
          onBadRecord: "collect", deadLetters: (bad) => Effect.sync(() => void letters.push(...bad))
        }))
        assert.deepStrictEqual(letters.map(({ column, reason }) => [column, reason]), [
          ["id", "expected a big integer, found 1.5"],
          ["id", "expected a big integer, found nothing"],
          ["at", "expected a moment such as 2024-02-29T13:00:00Z, found \"2024\""],
          ["more", "at [0]: expected a big integer, found true"]
        ])
      }))
  })

table("NDJSON", Format.ndjson(Any), lines)
table("a JSON array", Format.jsonArray(Any), arrays)
