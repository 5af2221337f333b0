/** Parquet as it is written: pages and row groups at their limits, dictionaries, bounds, checksums. */
import { assert, describe, it } from "@effect/vitest"
import { BigDecimal, Effect, Schema, Stream } from "effect"
import { parquetMetadata } from "hyparquet"
import { Column, Format } from "../../../index.ts"
import { seeded } from "../../conformance/Random.ts"
import { ended } from "./reading.ts"

const written = <A>(format: Format.ParquetFormat<A>, rows: Iterable<A>) =>
  Effect.map(Stream.runCollect(format.write(Stream.fromIterable(rows))), (parts) => Buffer.concat(parts))

const metadataOf = (bytes: Uint8Array) => parquetMetadata(new Uint8Array(bytes).buffer)

/** The encodings of the pages of a column in the first row group, with how many there are. */
const pagesOf = (bytes: Uint8Array, column: number) =>
  metadataOf(bytes).row_groups[0]?.columns[column]?.meta_data?.encoding_stats?.map(({ count, encoding, page_type }) => `${count} ${page_type} ${encoding}`)

describe("Parquet, written", () => {
  it.effect("values of every width go on over many pages, and stay when these are given back", () =>
    Effect.gen(function*() {
      const Row = Schema.Struct({
        id: Schema.Int, number: Schema.Number, big: Schema.NullOr(Schema.BigInt), decimal: Schema.BigDecimal, small: Schema.BigDecimal, day: Column.Date,
        flag: Schema.NullOr(Schema.Boolean), text: Schema.String, bytes: Schema.Uint8Array, list: Schema.NullOr(Schema.Array(Schema.NullOr(Schema.Int)))
      })
      const random = seeded(1)
      const rows = Array.from({ length: 26_000 }, (_, id): typeof Row.Type => ({
        id: id * 2 ** 38, number: random.next(), big: id % 3 === 0 ? null : BigInt(id) * -(10n ** 14n), decimal: BigDecimal.make(BigInt(id) * -(10n ** 29n), 9),
        small: BigDecimal.make(BigInt(-id), 2), day: new Date(id * 86_400_000).toISOString().slice(0, 10), flag: id % 5 === 0 ? null : id % 2 === 0, text: `${id} ü`, bytes: new TextEncoder().encode(`bytes of ${id}`),
        list: id % 4 === 0 ? null : id === 9 ? Array.from({ length: 60_000 }, (_, i) => i % 7 === 0 ? null : i) : [null, id].slice(id % 3)
      }))
      const format = Format.parquet(Row, { decimals: { small: { precision: 12, scale: 2 } } })
      const bytes = yield* written(format, rows)
      const read = yield* Stream.runCollect(format.read(Format.ofBytes(bytes)))
      assert.strictEqual(read.length, rows.length)
      const text = (row: typeof Row.Type) =>
        JSON.stringify({ ...row, bytes: String(row.bytes), decimal: BigDecimal.format(row.decimal), small: BigDecimal.format(row.small) }, (_, value: unknown) => typeof value === "bigint" ? `${value}n` : value)
      assert.strictEqual(read.findIndex((row, i) => text(row) !== text(rows[i]!)), -1)
      assert.deepStrictEqual(pagesOf(bytes, 0), ["2 DATA_PAGE_V2 PLAIN"])
    }))

  it.effect("a dictionary is kept where it wins, closed where it grows too large, and none where there are no values", () =>
    Effect.gen(function*() {
      const Row = Schema.Struct({ few: Schema.NullOr(Schema.String), growing: Schema.String, none: Schema.NullOr(Schema.String), unique: Schema.Number, zero: Schema.Number })
      const rows = Array.from({ length: 26_000 }, (_, id): typeof Row.Type => ({
        few: id % 9 === 0 ? null : `v${id % 1000}`, growing: id < 24_000 ? "the same" : `another one ${id}`.padEnd(300), none: null, unique: id / 3, zero: id % 2 === 0 ? 0 : -0
      }))
      const format = Format.parquet(Row)
      const bytes = yield* written(format, rows)
      const read = yield* Stream.runCollect(format.read(Format.ofBytes(bytes)))
      assert.strictEqual(read.findIndex((row, i) => JSON.stringify(row) !== JSON.stringify(rows[i])), -1)
      assert.isTrue(Object.is(read[1]?.zero, -0) && Object.is(read[2]?.zero, 0))
      assert.deepStrictEqual(pagesOf(bytes, 0), ["1 DICTIONARY_PAGE PLAIN", "2 DATA_PAGE_V2 RLE_DICTIONARY"])
      assert.deepStrictEqual(pagesOf(bytes, 1)?.slice(0, 1), ["1 DICTIONARY_PAGE PLAIN"])
      assert.include(pagesOf(bytes, 1)?.join(), "DATA_PAGE_V2 PLAIN")
      assert.deepStrictEqual(pagesOf(bytes, 2), ["2 DATA_PAGE_V2 PLAIN"])
      assert.deepStrictEqual(pagesOf(bytes, 3), ["2 DATA_PAGE_V2 PLAIN"])
    }))

  it.effect("large rows end their row groups early, and are given out before the next ones are asked for", () =>
    Effect.gen(function*() {
      const Row = Schema.Struct({ id: Schema.Int, blob: Schema.Uint8Array })
      const format = Format.parquet(Row, { compression: "none" })
      const size = 4 * 2 ** 20
      let [made, given, most] = [0, 0, 0]
      const rows = Stream.map(Stream.rechunk(Stream.range(0, 17), 1), (id) => {
        made += size
        return { id, blob: new Uint8Array(size).fill(id, 0, 8) }
      })
      const parts = yield* Stream.runCollect(Stream.tap(format.write(rows), (part) =>
        Effect.sync(() => {
          given += part.length
          most = Math.max(most, made - given)
        })))
      const bytes = Buffer.concat(parts)
      assert.strictEqual(metadataOf(bytes).row_groups.length, 2)
      assert.isBelow(most, 10 * size)
      const ids = yield* Stream.runCollect(Stream.map(format.read(Format.ofBytes(bytes)), ({ blob, id }) => blob.length === size && blob[7] === id ? id : -1))
      assert.deepStrictEqual(ids, Array.from({ length: 18 }, (_, id) => id))
    }))

  it.effect("bounds are those of the values: in the order of bytes, without NaN, of long texts their beginnings", () =>
    Effect.gen(function*() {
      const Row = Schema.Struct({ text: Schema.NullOr(Schema.String), number: Schema.Number, at: Schema.Date, list: Schema.Array(Schema.Int), flag: Schema.Boolean, json: Schema.Json })
      const texts = ["\u{10ffff}", "\uffff", null, "a".repeat(40), "a", "m"]
      const rows = texts.map((text, i): typeof Row.Type => ({
        text, number: [Number.NaN, 0, -3, 7.5, 0, 1][i]!, at: new Date([0, 8.64e15, -8.64e15, 1, 2, 3][i]!), list: i === 2 ? [] : [i, -i], flag: true, json: {}
      }))
      const bytes = yield* written(Format.parquet(Row), rows)
      const bounds = metadataOf(bytes).row_groups[0]?.columns.map(({ meta_data }) => {
        const { max_value, min_value, null_count } = meta_data?.statistics ?? {}
        return [min_value, max_value, null_count]
      })
      assert.deepStrictEqual<unknown>(bounds, [
        ["a", "\u{10ffff}", 1n], [-3, 7.5, 0n], [new Date(-8.64e15), new Date(8.64e15), 0n], [-5n, 5n, 1n], [true, true, 0n], [undefined, undefined, 0n]
      ])
      const long = yield* written(Format.parquet(Schema.Struct({ text: Schema.String })), [{ text: "b".repeat(20) }, { text: "c".repeat(20) }])
      const { is_max_value_exact, max_value, min_value } = metadataOf(long).row_groups[0]?.columns[0]?.meta_data?.statistics ?? {}
      assert.deepStrictEqual<unknown>([min_value, max_value, is_max_value_exact], ["b".repeat(16), `${"c".repeat(15)}d`, false])
    }))

  it.effect("JSON has both of its annotations, since there are readers who know only the older one", () =>
    Effect.gen(function*() {
      const bytes = yield* written(Format.parquet(Schema.Struct({ json: Schema.Unknown })), [{ json: [1] }])
      const { converted_type, logical_type } = metadataOf(bytes).schema[1] ?? {}
      assert.deepStrictEqual<unknown>([converted_type, logical_type], ["JSON", { type: "JSON" }])
    }))

  it.effect("a file without rows says that its row groups are structs: there are readers who hold lists against their types", () =>
    Effect.gen(function*() {
      const format = Format.parquet(Schema.Struct({ id: Schema.Int }))
      const bytes = yield* written(format, [])
      // The number of rows, and a list of no structs.
      assert.isTrue(bytes.includes(Buffer.from([0x16, 0, 0x19, 0x0c])))
      assert.deepStrictEqual(yield* ended(format.read(Format.ofBytes(bytes))), { rows: [], error: undefined })
    }))

  it.effect("a bit that was turned in a page is told by its checksum, also where nothing is packed", () =>
    Effect.gen(function*() {
      const format = Format.parquet(Schema.Struct({ number: Schema.Number }), { compression: "none" })
      const bytes = yield* written(format, Array.from({ length: 1000 }, (_, id) => ({ number: id / 7 })))
      bytes[4000] = bytes[4000]! ^ 1
      assert.include((yield* ended(format.read(Format.ofBytes(bytes, "t")))).error, "the checksum of page 0 does not fit its bytes")
    }))
})
