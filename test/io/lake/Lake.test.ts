/** What a lake writes: names, formats, what it refuses; and that what was written stays readable. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import { gunzipSync } from "node:zlib"
import * as Document from "../../../engine/definition/Document.ts"
import type { Stored } from "../../../engine/definition/Io.ts"
import * as Rows from "../../../engine/definition/Rows.ts"
import * as Format from "../../../io/format/Format.ts"
import { Lake } from "../../../io/lake/Lake.ts"
import * as Column from "../../../io/warehouse/Column.ts"
import * as TestDatabase from "../../TestDatabase.ts"
import { expire, filesIn, folder, lakeAt, within } from "./place.ts"

const Trip = Schema.Struct({ id: Schema.Int, price: Column.Numeric, at: Schema.Date, tags: Schema.Array(Schema.String) })
const trip = (id: number): typeof Trip.Type => ({ id, price: `${id}.50`, at: new Date(id), tags: ["a", ""] })

const stored = (file?: Rows.FileOptions, partitioned = true): Stored => ({
  key: "files/trips",
  output: Rows.of(Trip, { key: ["id"], ...(file === undefined ? {} : { file }) }),
  partitioned
})
const asset = stored()

const write = (partition: string, rows: unknown, of: Stored = asset) =>
  Effect.flatMap(Lake, (lake) => Effect.andThen(lake.prepare(of), lake.write([{ asset: of, partition, value: rows }])))

const load = (of: Stored = asset) => Effect.flatMap(Lake, (lake) => Effect.map(lake.load({ asset: of, partitions: "all" }), ({ values }) => values))

describe("Lake", () => {
  for (const by of ["path", "file: URI"] as const) {
    it.effect(`names files by ${by} so that people and hive readers find them, and no key leads out of the folder`, () =>
      Effect.gen(function*() {
        const root = yield* folder
        const place = lakeAt(root, by === "path" ? {} : { at: `file://${root}/lake` })
        const keys = ["2024-01-01", "../../../etc/passwd", "../../../../up", "a|b", ".", "💥 a/b", "%2F", "x".repeat(400), "x".repeat(401)]
        yield* Effect.gen(function*() {
          for (const [i, key] of keys.entries()) yield* write(key, [trip(i)])
          const files = filesIn(root)
          assert.strictEqual(files.length, keys.length)
          const folders = files.map((file) => {
            assert.match(file, /^lake\/files\/trips\/partition=[^/]{1,210}\/\d{8}T\d{6}Z-[0-9a-f]{16}\.parquet$/)
            return /partition=([^/]*)/.exec(file)?.[1] ?? ""
          })
          for (const named of ["2024-01-01", "..%2F..%2F..%2Fetc%2Fpasswd", "a%7Cb", ".", "%F0%9F%92%A5%20a%2Fb", "%252F"]) {
            assert.include(folders, named)
          }
          assert.strictEqual(new Set(folders).size, keys.length)
          const lake = yield* Lake
          for (const [i, key] of keys.entries()) {
            assert.deepStrictEqual((yield* lake.load({ asset, partitions: [key] })).values, [trip(i)])
          }
        }).pipe(Effect.provide(place))
      }).pipe(Effect.scoped, Effect.provide(TestDatabase.layer)))
  }

  it.effect("writes what others read: Parquet, CSV and NDJSON by themselves", () =>
    within({ format: "csv", compression: "gzip" }, (root) =>
      Effect.gen(function*() {
        const contents = () => filesIn(root).map((file) => [path.extname(file), readFileSync(path.join(root, file))] as const)
        yield* write("", [trip(2), trip(1)], stored(undefined, false))
        const [[, csv = Buffer.alloc(0)] = []] = contents()
        assert.strictEqual(gunzipSync(csv).toString(), "id,price,at,tags\n1,1.50,1970-01-01T00:00:00.001Z,\"[\"\"a\"\",\"\"\"\"]\"\n2,2.50,1970-01-01T00:00:00.002Z,\"[\"\"a\"\",\"\"\"\"]\"\n")
        yield* write("", [trip(1)], stored({ format: "ndjson" }, false))
        const [, ndjson = Buffer.alloc(0)] = contents().find(([extension]) => extension === ".ndjson") ?? []
        assert.strictEqual(ndjson.toString(), `{"id":1,"price":"1.50","at":"1970-01-01T00:00:00.001Z","tags":["a",""]}\n`)
        yield* write("", [trip(1)], stored({ format: "parquet", compression: "snappy" }, false))
        const [, parquet = Buffer.alloc(0)] = contents().find(([extension]) => extension === ".parquet") ?? []
        assert.deepStrictEqual(yield* Stream.runCollect(Format.parquet(Trip).read(Format.ofBytes(parquet))), [trip(1)])
      })))

  it.effect("reads a cell in the format that it was written in, whatever is written now; a lake can be moved", () =>
    within({ format: "ndjson" }, (root) =>
      Effect.gen(function*() {
        yield* write("a", [trip(1)])
        yield* write("b", [trip(2)], stored({ format: "csv", compression: "zstd" }))
        yield* write("c", Stream.fromIterable([trip(3)]), stored({ format: "parquet" }))
        assert.deepStrictEqual(yield* load(), [trip(1), trip(2), trip(3)])
        const moved = yield* Layer.build(lakeAt(path.join(root, "lake"), { at: "." }))
        assert.deepStrictEqual(yield* Effect.provide(load(), moved), [trip(1), trip(2), trip(3)])
      })))

  it.effect("keeps a replaced file for those who are reading it, and removes it then", () =>
    within({}, (root) =>
      Effect.gen(function*() {
        const [first] = yield* write("a", [trip(1)])
        const [again] = yield* write("a", [trip(1)])
        assert.strictEqual(again?.hash, first?.hash)
        assert.strictEqual(filesIn(root).length, 2)
        yield* write("b", [trip(2)])
        assert.strictEqual(filesIn(root).length, 3)
        yield* expire
        yield* write("b", [trip(2)])
        assert.strictEqual(filesIn(root).length, 3)
        assert.deepStrictEqual(yield* load(), [trip(1), trip(2)])
        // A commit may be long; the hour begins when the file is replaced.
        const sql = yield* SqlClient.SqlClient
        const late = sql<{ readonly late: boolean }>`select expires_at >= now() + interval '1 hour 50 ms' as late from sluice_lake.loose_files order by expires_at desc limit 1`
        const replaced = Effect.andThen(sql`select pg_sleep(0.05)`, Effect.andThen(write("b", [trip(2)]), late))
        assert.deepStrictEqual(yield* sql.withTransaction(replaced), [{ late: true }])
      })))

  it.effect("refuses what it cannot store, before anything runs", () =>
    within({}, () =>
      Effect.gen(function*() {
        const { validate = () => Effect.void } = yield* Lake
        const refusal = (output: Stored["output"]) => Effect.map(Effect.flip(validate({ ...asset, output })), ({ message }) => message)
        assert.include(yield* refusal(Rows.of(Trip, { mode: "append" })), `files/trips has the mode "append", and the lake replaces the file of a partition`)
        assert.include(yield* refusal(Rows.of(Trip, { file: { format: "csv", compression: "snappy" } })), "only for Parquet")
        assert.include(yield* refusal(Rows.of(Schema.Record(Schema.String, Schema.Int))), "without fixed columns")
        assert.include(yield* refusal(Document.of(Schema.Json)), "is a document")
        assert.throws(() => Lake.layer({ at: "" }), /`at` is empty; write the folder/)
        assert.throws(() => Lake.layer({ at: "x", format: "csv", compression: "snappy" }), /only for Parquet/)
      })))

  it.effect("tells a value that a format has no place for, with its row", () =>
    within({ format: "csv" }, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(write("a", [trip(1), { ...trip(0), price: "1\u00002" }]))
        assert.match(error.message, /^Row 2 of files\/trips, partition a cannot be stored: column "price": /)
        const none = yield* Effect.flip(write("a", Stream.make<ReadonlyArray<unknown>>(trip(1), trip(2), "x", trip(3))))
        assert.strictEqual(none.message, "Row 3 of files/trips, partition a does not match the schema: expected an object, found \"x\".")
        const big = stored({ format: "parquet" })
        const output = Rows.of(Schema.Struct({ n: Schema.BigInt }))
        const beyond = yield* Effect.flip(write("a", [{ n: 2n ** 64n }], { ...big, key: "files/big", output: { ...output, file: { format: "parquet" } } }))
        assert.include(beyond.message, "does not fit 64 bits")
      })))

  it.effect("says what a changed schema does not fit", () =>
    within({}, () =>
      Effect.gen(function*() {
        yield* write("a", [trip(1)])
        const wider = { ...asset, output: Rows.of(Schema.Struct({ ...Trip.fields, seats: Schema.Int })) }
        const error = yield* Effect.flip(load(wider))
        assert.match(error.message, /^The file of files\/trips, partition a cannot be read: lake\/files.*, column "seats": /)
        assert.include(error.message, "sluice materialize files/trips --force --partitions 'a'")
        const optional = { ...asset, output: Rows.of(Schema.Struct({ ...Trip.fields, seats: Schema.NullOr(Schema.Int) })) }
        assert.deepStrictEqual(yield* load(optional), [{ ...trip(1), seats: null }])
      })))
})
