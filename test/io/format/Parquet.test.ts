/** Parquet: the conformance files, pruning and pushing down, damaged bytes. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { gzipSync } from "node:zlib"
import { Column, Format } from "../../../index.ts"
import { seeded } from "../../conformance/Random.ts"
import { fixtures, withoutFixtures } from "../../fixtures.ts"
import { ended } from "./reading.ts"

const Any = Schema.Record(Schema.String, Schema.Unknown)
const folder = path.join(fixtures ?? "", "parquet-testing")
const file = (name: string) => Format.ofBytes(readFileSync(path.join(folder, name)), path.basename(name))
const all = (name: string) => Stream.runCollect(Format.parquet(Any).read(file(`data/${name}`)))

/** Rows of each file, as pyarrow 26 reads it. */
const rowsOf: Readonly<Record<string, number>> = {
  "alltypes_plain": 8, "alltypes_tiny_pages": 7300, "binary": 12, "byte_array_decimal": 24, "byte_stream_split_extended.gzip": 200,
  "concatenated_gzip_members": 513, "data_index_bloom_encoding_with_length": 14, "datapage_v1-snappy-compressed-checksum": 5120,
  "datapage_v2.snappy": 5, "delta_binary_packed": 200, "delta_encoding_optional_column": 100, "delta_length_byte_array": 1000,
  "fixed_length_byte_array": 1000, "fixed_length_decimal_legacy": 24, "float16_zeros_and_nans": 3, "hadoop_lz4_compressed": 4,
  "incorrect_map_schema": 1, "int32_with_null_pages": 1000, "int96_from_spark": 6, "list_columns": 3, "lz4_raw_compressed_larger": 10000,
  "nan_in_stats": 2, "nested_lists.snappy": 3, "nested_structs.rust": 1, "nonnullable.impala": 1, "nullable.impala": 7,
  "old_list_structure": 1, "page_v2_empty_compressed": 10, "repeated_no_annotation": 6, "rle-dict-snappy-checksum": 1000,
  "rle_boolean_encoding": 68, "sort_columns": 6
}

describe.skipIf(fixtures === undefined)(`the conformance files of Parquet${withoutFixtures}`, () => {
  it.effect("every valid one is read", () =>
    Effect.gen(function*() {
      for (const name of readdirSync(path.join(folder, "data"))) {
        const { error, rows } = yield* ended(Format.parquet(Any).read(file(`data/${name}`)))
        assert.isUndefined(error, name)
        const expected = rowsOf[name.replace(/\.parquet$/, "")]
        if (expected !== undefined) assert.strictEqual(rows.length, expected, name)
      }
    }))

  it.effect("every malformed one ends in an error that names it", () =>
    Effect.gen(function*() {
      for (const name of readdirSync(path.join(folder, "bad_data"))) {
        const { error } = yield* ended(Format.parquet(Any).read(file(`bad_data/${name}`)))
        assert.include(error, name)
        assert.notMatch(error ?? "", /undefined|is not a function|of null/)
      }
    }))

  it.effect("a damaged run length ends in an error, and takes neither all time nor all memory", () =>
    Effect.gen(function*() {
      const bytes = readFileSync(path.join(folder, "data/rle_boolean_encoding.parquet"))
      bytes[19] = 178
      bytes[72] = 94
      const { error } = yield* ended(Format.parquet(Any).read(Format.ofBytes(bytes, "runs.parquet")))
      assert.include(error, "runs.parquet")
    }))

  it.effect("bytes that were changed at random end in an error or in values, and never in a defect", () =>
    Effect.gen(function*() {
      const random = seeded(5)
      const small = readdirSync(path.join(folder, "data")).map((name) => [name, readFileSync(path.join(folder, "data", name))] as const)
        .filter(([, bytes]) => bytes.length < 20_000)
      let refused = 0
      for (let trial = 0; trial < 400; trial++) {
        const [name, whole] = small[random.int(0, small.length - 1)]!
        const bytes = Buffer.from(whole)
        for (let change = random.int(1, 3); change > 0; change--) bytes[random.int(0, bytes.length - 1)] = random.int(0, 255)
        const { error } = yield* ended(Format.parquet(Any).read(Format.ofBytes(bytes, name)))
        if (error === undefined) continue
        refused++
        assert.include(error, name)
      }
      assert.isAbove(refused, 50)
    }))

  it.effect("decimals, old and new lists, moments of nanoseconds and maps are exactly what is stored", () =>
    Effect.gen(function*() {
      const Decimal = Format.parquet(Schema.Struct({ value: Column.Numeric }))
      for (const name of ["byte_array_decimal", "fixed_length_decimal_legacy"]) {
        const rows = yield* Stream.runCollect(Decimal.read(file(`data/${name}.parquet`)))
        assert.deepStrictEqual(rows, Array.from({ length: 24 }, (_, i) => ({ value: `${i + 1}.00` })))
      }
      assert.deepStrictEqual(yield* all("old_list_structure.parquet"), [{ a: [[1, 2], [3, 4]] }])
      assert.deepStrictEqual((yield* all("int96_from_spark.parquet")).map(({ a }) => a), [
        "2024-01-01T20:34:56.123456000Z", "2024-01-01T01:00:00.000000000Z", "9999-12-31T03:00:00.000000000Z",
        "2024-12-30T23:00:00.000000000Z", null, "+290000-12-30T23:00:00.000000000Z"
      ])
      assert.deepStrictEqual((yield* all("nonnullable.impala.parquet"))[0]?.["int_map_array"], [{}, { k1: 1 }, {}, {}])
      assert.deepStrictEqual((yield* all("nested_lists.snappy.parquet"))[0], { a: [[["a", "b"], ["c"]], [null, ["d"]]], b: 1 })
    }))

  it.effect("a schema that the file does not fit is refused with its column, before anything is read", () =>
    Effect.gen(function*() {
      const error = <A>(schema: Format.RecordSchema<A>) =>
        Effect.map(ended(Format.parquet(schema).read(file("data/alltypes_plain.parquet"))), (e) => e.error)
      assert.strictEqual(yield* error(Schema.Struct({ bigint_col: Schema.String })), "alltypes_plain.parquet, column \"bigint_col\": the file has integers of 64 bits here, and the schema wants text.")
      assert.include(yield* error(Schema.Struct({ missing: Schema.String })), "the file has no such column; it has id, bool_col")
      assert.include(yield* error(Schema.Struct({ bool_col: Schema.Date })), "the file has booleans here, and the schema wants a moment")
    }))
})

const Row = Schema.Struct({ id: Schema.Int, name: Schema.String, at: Schema.Date, amount: Schema.NullOr(Schema.Number), wide: Schema.String })
const random = seeded(3)
const rows: ReadonlyArray<typeof Row.Type> = Array.from({ length: 5000 }, (_, id) => ({
  id, name: `n${String(id).padStart(5, "0")}`, at: new Date(1_700_000_000_000 + id * 1000), amount: id % 7 === 0 ? null : id / 4,
  wide: Array.from({ length: 10 }, () => random.next().toString(36)).join("")
}))

const written = <A>(format: Format.ParquetFormat<A>, values: ReadonlyArray<A>) =>
  Effect.map(Stream.runCollect(format.write(Stream.fromIterable(values))), (parts) => Buffer.concat(parts))

/** Counts the bytes that are fetched. */
const counted = (bytes: Uint8Array) => {
  const inner = Format.ofBytes(bytes, "t.parquet")
  const count = { bytes: 0 }
  const ranged: Format.Ranged = {
    ...inner,
    read: (start, end) => {
      count.bytes += end - start
      return inner.read(start, end)
    }
  }
  return { count, ranged }
}

describe("Parquet", () => {
  it.effect("fetches only the columns of the schema and the row groups that can match", () =>
    Effect.gen(function*() {
      const Full = Format.parquet(Row)
      const bytes = yield* written(Format.parquet(Row, { rowGroupRows: 500, compression: "none" }), rows)
      const Narrow = Format.parquet(Row.mapFields(({ id, name }) => ({ id, name })))
      const narrow = counted(bytes)
      assert.strictEqual((yield* Stream.runCollect(Narrow.read(narrow.ranged))).length, 5000)
      assert.isBelow(narrow.count.bytes, bytes.length / 2)
      const cases: ReadonlyArray<readonly [Format.ParquetReadOptions<typeof Row.Type>, (row: typeof Row.Type) => boolean]> = [
        [{ where: { id: { gte: 1200, lt: 1210 } } }, ({ id }) => id >= 1200 && id < 1210],
        [{ where: { name: { eq: "n03333" } } }, ({ name }) => name === "n03333"],
        [{ where: { at: { gt: new Date(1_700_004_990_000) } } }, ({ id }) => id > 4990],
        [{ where: { id: { in: [3, 4] }, amount: { gt: 0.8 } } }, ({ id }) => id === 4],
        [{ where: { amount: { lte: 1 } } }, ({ amount }) => amount !== null && amount <= 1],
        [{ where: { id: { gt: 10_000 } } }, () => false]
      ]
      for (const [options, keep] of cases) {
        const one = counted(bytes)
        assert.deepStrictEqual(yield* Stream.runCollect(Full.read(one.ranged, options)), rows.filter(keep))
        assert.isBelow(one.count.bytes, 64 * 1024 + bytes.length / 4)
      }
      const places = yield* Stream.runCollect(Full.readPlaced(Format.ofBytes(bytes, "t"), { rowGroups: [2] }))
      assert.deepStrictEqual<unknown>(places[7], { value: rows[1007], place: { file: "t", record: 7, rowGroup: 2, row: 1007 } })
    }))

  it.effect("columns whose pages end at different rows", () =>
    Effect.gen(function*() {
      const Row = Schema.Struct({ id: Schema.Int, wide: Schema.String, wider: Schema.NullOr(Schema.String), few: Schema.String })
      const row = (id: number): typeof Row.Type => ({
        id, wide: `${id}`.padEnd(200, `${id}`), wider: id % 7 === 0 ? null : `${id}`.padStart(900, `${id}`), few: `${id % 3}`
      })
      const format = Format.parquet(Row, { rowGroupRows: 11_000 })
      const bytes = Buffer.concat(yield* Stream.runCollect(format.write(Stream.map(Stream.range(0, 19_999), row))))
      const read = yield* Stream.runCollect(format.readPlaced(Format.ofBytes(bytes)))
      assert.strictEqual(read.length, 20_000)
      const wrong = read.findIndex(({ place, value }, id) => place.row !== id || JSON.stringify(value) !== JSON.stringify(row(id)))
      assert.strictEqual(wrong, -1)
    }))

  it.effect("bytes that were changed anywhere give an error or the same rows, never others without a sign", () =>
    Effect.gen(function*() {
      const small = rows.slice(0, 40)
      const format = Format.parquet(Row, { compression: "gzip", rowGroupRows: 20 })
      const bytes = yield* written(format, small)
      for (let length = 0; length < bytes.length; length += 37) {
        const { error } = yield* ended(format.read(Format.ofBytes(bytes.subarray(0, length), "cut.parquet")))
        assert.include(error, "cut.parquet")
      }
      const { error } = yield* ended(format.read(Format.ofBytes(Buffer.from("<html>not found</html>"), "page.parquet")))
      assert.strictEqual(error, "page.parquet: this is no Parquet file: it does not end with PAR1.")
      const packed = yield* ended(Format.read(Format.ofBytes(gzipSync(bytes), "t.parquet.gz"), Row))
      assert.include(packed.error, "t.parquet.gz: the file is packed with gzip as a whole; unpack it first")
    }))

  it.effect("a file that becomes shorter while it is read ends in an error", () =>
    Effect.gen(function*() {
      const bytes = yield* written(Format.parquet(Row), rows)
      const inner = Format.ofBytes(bytes, "t.parquet")
      const shrinking: Format.Ranged = { ...inner, read: (start, end) => end < bytes.length - 8 ? inner.read(Math.min(start, 9), Math.min(end, 9)) : inner.read(start, end) }
      assert.include((yield* ended(Format.parquet(Row).read(shrinking))).error, "t.parquet, byte 9: the file ends here, and is said to have")
      const cut: Format.Ranged = { ...inner, read: (start, end) => Effect.succeed(bytes.subarray(start, Math.min(end, 1000))) }
      assert.include((yield* ended(Format.bytesOf(cut))).error, "byte 1000: the file ends here")
    }))

  it.effect("a value that is null where the schema wants one is a bad record with its place", () =>
    Effect.gen(function*() {
      const bytes = yield* written(Format.parquet(Row), rows.slice(0, 10))
      const Strict = Format.parquet(Schema.Struct({ id: Schema.Int, amount: Schema.Number }))
      const letters: Array<Format.BadRecord> = []
      const good = yield* Stream.runCollect(Strict.read(Format.ofBytes(bytes, "t"), {
        onBadRecord: "collect", deadLetters: (bad) => Effect.sync(() => void letters.push(...bad))
      }))
      assert.strictEqual(good.length, 8)
      assert.deepStrictEqual(letters.map(({ column, raw, reason, row }) => ({ column, raw, reason, row })), [0, 7].map((row) => ({
        column: "amount", raw: `{"id":${row},"amount":null}`, reason: "expected a number, found null", row
      })))
      assert.strictEqual((yield* ended(Strict.read(Format.ofBytes(bytes, "t")))).error, "t, row group 0, row 0, column \"amount\": expected a number, found null. The record: {\"id\":0,\"amount\":null}")
    }))
})
