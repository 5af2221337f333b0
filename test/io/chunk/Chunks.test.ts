/** Objects cut at every size: all chunks together are the whole object, with nothing twice, nothing lost, and every place the same. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { gzipSync, zstdCompressSync } from "node:zlib"
import * as Chunks from "../../../io/chunk/Chunks.ts"
import { type Border, CsvBorders } from "../../../io/chunk/CsvBorders.ts"
import { dialectOf } from "../../../io/format/csv/Dialect.ts"
import * as Format from "../../../io/format/Format.ts"
import { type Random, seeded } from "../../conformance/Random.ts"
import { ObjectStore } from "../../../resources/objects/ObjectStore.ts"
import { cutAll, put, readAll, readChunks, within } from "./objects.ts"

const Pair = Schema.Struct({ a: Schema.String, b: Schema.NullOr(Schema.String) })
const Row = Schema.Struct({ id: Schema.Int, text: Schema.String })

/** Text of cells, quotes, line ends and what should not be there, with and without sense. */
const csvOf = (random: Random, newline: string): string => {
  const pieces = ["x", ",", "\"", "\"\"", newline, newline, "\r", "\n", "#", "ä", "\\\"", "\\", "\"x,y\"", "\"l1\nl2\"", `a,b${newline}`, `"q""r",s${newline}`, `"m${newline}n",o${newline}`] as const
  const body = Array.from({ length: random.int(0, 60) }, () => random.pick(pieces)).join("")
  return `${random.pick(["", "\ufeff"])}${random.pick(["", "#c\"\n", "\n"])}a,b${newline}${body}${random.pick(["", newline, "\"open"])}`
}

const dialects = [
  {},
  { blankLines: "skip" },
  { comment: "#" },
  { escape: "\\", quote: "\"" },
  { quote: false },
  { newline: "cr" },
  { header: ["a", "b"], blankLines: "skip" },
  { header: false },
  { encoding: "latin1" }
] as const

describe("Chunks", () => {
  it.effect("property: chunks of random CSV are the whole file, at every size", () =>
    within((root) =>
      Effect.gen(function*() {
        const random = seeded(5)
        let chunks = 0
        let records = 0
        for (let round = 0; round < 90; round++) {
          const dialect = dialects[round % dialects.length] ?? {}
          const format = Format.csv(Pair, dialect)
          const text = csvOf(random, "newline" in dialect ? "\r" : random.pick(["\n", "\r\n"]))
          yield* put(root, "a.csv", text)
          const [object] = yield* cutAll("a.csv", format, "1 GiB")
          const whole = yield* Effect.result(readAll(object?.key ?? "", format))
          // A header that cannot be read has no records behind it.
          if (whole._tag === "Failure") continue
          for (const bytes of [1, 4, 15, 50]) {
            const cut = yield* cutAll("a.csv", format, bytes)
            assert.deepStrictEqual(yield* readChunks(cut, format), whole.success, `${bytes} bytes of ${JSON.stringify(text)}, ${JSON.stringify(dialect)}`)
            chunks += cut.length
          }
          records += whole.success.good.length
        }
        assert.isAbove(chunks, 500)
        assert.isAbove(records, 100)
      })))

  it("property: borders are the same in whatever pieces the bytes come", () => {
    const random = seeded(7)
    for (let round = 0; round < 300; round++) {
      const dialect = dialectOf(dialects[round % dialects.length] ?? {})
      const bytes = Buffer.from(csvOf(random, dialect.newline === 13 ? "\r" : "\r\n"))
      const borders = (size: number) => {
        const found: Array<Border> = []
        const machine = new CsvBorders({ dialect, header: round % 2 === 0, columns: undefined, skipsBlank: round % 3 === 0 }, 0)
        for (let at = 0; at < bytes.length; at += size) {
          machine.push(bytes.subarray(at, at + size), 1, (border) => {
            found.push(border)
            return 1
          })
        }
        return found
      }
      const whole = borders(bytes.length)
      for (const size of [1, 2, 3, 7]) assert.deepStrictEqual(borders(size), whole)
    }
  })

  it.effect("property: chunks of NDJSON are the whole file, in bytes; lines are told where they are known", () =>
    within((root) =>
      Effect.gen(function*() {
        const random = seeded(6)
        const format = Format.ndjson(Row)
        for (let round = 0; round < 15; round++) {
          const lines = Array.from({ length: random.int(0, 30) }, (_, id) =>
            random.pick([JSON.stringify({ id, text: "ä".repeat(random.int(0, 20)) }), "", " ", "{\"id\": 1", "\r"]))
          yield* put(root, "a.ndjson", lines.join("\n") + random.pick(["", "\n"]))
          const [object] = yield* cutAll("a.ndjson", format, "1 GiB")
          const whole = yield* readAll(object?.key ?? "", format)
          const plain = (of: typeof whole) => ({
            good: of.good.map(({ place, value }) => [place.byte, place.end, value]),
            bad: of.bad.map(({ byte, raw, reason }) => [byte, raw, reason])
          })
          for (const bytes of [1, 7, 20, 64, 100]) {
            const cut = yield* cutAll("a.ndjson", format, bytes)
            assert.deepStrictEqual(plain(yield* readChunks(cut, format)), plain(whole))
            for (const chunk of cut.filter(({ start }) => start > 0)) {
              const { bad, good } = yield* readAll(chunk, format)
              assert.isFalse([...good.map(({ place }) => place), ...bad].some(({ line }) => line !== undefined))
            }
          }
        }
      })))

  it.effect("Parquet is cut between row groups, and says how many records a chunk has", () =>
    within((root) =>
      Effect.gen(function*() {
        const rows = Array.from({ length: 1000 }, (_, id) => ({ id, text: `row ${id}` }))
        const format = Format.parquet(Row, { rowGroupRows: 90 })
        yield* put(root, "a.parquet", Buffer.concat(yield* Stream.runCollect(format.write(Stream.fromIterable(rows)))))
        const [object] = yield* cutAll("a.parquet", format, "1 GiB")
        const whole = yield* readAll(object?.key ?? "", format)
        for (const bytes of [1, 500, 2000]) {
          const cut = yield* cutAll("a.parquet", format, bytes)
          assert.isAbove(cut.length, 1)
          assert.deepStrictEqual(yield* readChunks(cut, format), whole)
          assert.strictEqual(cut.reduce((sum, { records }) => sum + (records ?? 0), 0), 1000)
        }
        assert.strictEqual((yield* cutAll("a.parquet", format, 1)).length, 12)
      })))

  it.effect("goes on after a record, in text and in Parquet", () =>
    within((root) =>
      Effect.gen(function*() {
        const rows = Array.from({ length: 200 }, (_, id) => ({ id, text: `line\n${id}` }))
        const written = [
          ["a.csv", Format.csv(Row), Format.csv(Row).write(Stream.fromIterable(rows))],
          ["a.csv.gz", Format.csv(Row), Format.csv(Row).write(Stream.fromIterable(rows), { compression: "gzip" })],
          ["a.ndjson", Format.ndjson(Row), Format.ndjson(Row).write(Stream.fromIterable(rows))],
          ["a.parquet", Format.parquet(Row), Format.parquet(Row, { rowGroupRows: 20 }).write(Stream.fromIterable(rows))]
        ] as const
        for (const [name, format, bytes] of written) {
          yield* put(root, name, Buffer.concat(yield* Stream.runCollect(bytes)))
          for (const size of [300, 1_000_000]) {
            for (const { key } of yield* cutAll(name, format, size)) {
              const { good } = yield* readAll(key, format)
              for (const at of [0, Math.floor(good.length / 2), good.length - 1]) {
                const rest = yield* readAll(key, format, good[at]?.place)
                assert.deepStrictEqual(rest.good, good.slice(at + 1), `${key} after ${at}`)
              }
            }
          }
        }
      })))

  it.effect("one version has the same keys each time, another has others, and its old chunks are refused", () =>
    within((root) =>
      Effect.gen(function*() {
        const format = Format.csv(Row)
        yield* put(root, "a@b#c 1.csv", `id,text\n${"1,x\n".repeat(100)}`)
        const first = yield* cutAll("a@b#c 1.csv", format, 100)
        assert.isAbove(first.length, 3)
        assert.deepStrictEqual(yield* cutAll("a@b#c 1.csv", format, 100), first)
        yield* put(root, "a@b#c 1.csv", `id,text\n${"2,y\n".repeat(100)}`)
        const second = yield* cutAll("a@b#c 1.csv", format, 100)
        const keys = new Set([...first, ...second].map(({ key }) => key))
        assert.strictEqual(keys.size, first.length + second.length)
        const stale = yield* Effect.flip(readAll(first[1]?.key ?? "", format))
        assert.include(stale.message, "a@b#c 1.csv is not the version any more that was cut into chunks")
      })))

  it.effect("what cannot be cut is one chunk: packed text, UTF-16, small objects of a folder", () =>
    within((root) =>
      Effect.gen(function*() {
        const format = Format.csv(Row)
        const text = `id,text\n${"1,x\n".repeat(200)}`
        yield* put(root, "1.csv.gz", gzipSync(text))
        yield* put(root, "2.csv.zst", zstdCompressSync(text))
        yield* put(root, "3.csv", Buffer.from(`\ufeff${text}`, "utf16le"))
        yield* put(root, "4.csv", "id,text\n")
        const chunks = yield* cutAll("*.csv*", format, 20)
        assert.deepStrictEqual(chunks.map(({ kind, uri }) => [uri, kind]), ["1.csv.gz", "2.csv.zst", "3.csv", "4.csv"].map((uri) => [uri, "object"]))
        const read = yield* Effect.forEach(chunks, ({ key }) => Effect.map(readAll(key, format), ({ good }) => good.length))
        assert.deepStrictEqual(read, [200, 200, 200, 0])
        assert.strictEqual((yield* cutAll(["4.csv", "3.csv"], format, "1 MB")).length, 2)
        // As it is listed, though it reads like a pattern.
        yield* put(root, "5[a].csv", text)
        assert.strictEqual((yield* cutAll("5[a].csv", format, "1 MB"))[0]?.uri, "5[a].csv")
        for (const none of ["6*.csv", "none/"]) {
          assert.include((yield* Effect.flip(cutAll(none, format, "1 MB"))).message, none)
          assert.deepStrictEqual(yield* Stream.runCollect(Chunks.cut(none, format, { allowEmpty: true })), [])
        }
        yield* put(root, "5a.csv", text)
        const listed = yield* Effect.flatMap(ObjectStore, (store) => Stream.runCollect(store.list("5")))
        assert.deepStrictEqual((yield* cutAll(listed, format, "1 MB")).map(({ uri }) => uri), ["5[a].csv", "5a.csv"])
      })))

  it.effect("refuses keys that are none, sizes that are none, and objects that are not there", () =>
    within(() =>
      Effect.gen(function*() {
        const format = Format.csv(Row)
        assert.include((yield* Effect.flip(readAll("nonsense", format))).message, "is no key of a chunk")
        assert.include((yield* Effect.flip(cutAll("none.csv", format, 10))).message, "none.csv")
        for (const size of [0, "0 MiB", "x MiB"] as const) {
          assert.throws(() => void Chunks.cut("a", format, { bytes: size as Chunks.Size }), /is no size/)
        }
      })))
})
