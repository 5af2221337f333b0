/** A lake and chunks in S3, by its stand-in: whole, in few bytes, and through connections that break. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import type { Stored } from "../../../engine/definition/Io.ts"
import * as Rows from "../../../engine/definition/Rows.ts"
import * as Chunks from "../../../io/chunk/Chunks.ts"
import * as Format from "../../../io/format/Format.ts"
import { Lake } from "../../../io/lake/Lake.ts"
import { ObjectStore } from "../../../resources/objects/ObjectStore.ts"
import { list, withS3 } from "../../resources/objects/stores.ts"
import * as TestDatabase from "../../TestDatabase.ts"
import { expire } from "./place.ts"

const Row = Schema.Struct({ id: Schema.Int, text: Schema.String })
const rows = Array.from({ length: 3000 }, (_, id) => ({ id, text: `row\n${id}` }))
const many = Array.from({ length: 6 }, () => rows).flat().map((row) => ({ ...row, text: row.text.repeat(12) }))
const asset: Stored = { key: "files/rows", output: Rows.of(Row), partitioned: true }

describe("in S3", () => {
  it.live("a stream becomes a file, is read, and the replaced one goes", () =>
    withS3(() =>
      Effect.gen(function*() {
        const lake = yield* Lake
        yield* lake.prepare(asset)
        for (const some of [rows, rows.slice(1)]) yield* lake.write([{ asset, partition: "2024|a/b", value: Stream.fromIterable(some) }])
        assert.deepStrictEqual((yield* lake.load({ asset, partitions: "all" })).values, rows.slice(1))
        assert.strictEqual((yield* list("s3://lake/data/")).length, 2)
        yield* expire
        yield* lake.prepare(asset)
        const [uri, ...others] = yield* list("s3://lake/data/")
        assert.deepStrictEqual(others, [])
        assert.match(uri ?? "", /^s3:\/\/lake\/data\/files\/rows\/partition=2024%7Ca%2Fb\/[^/]+\.parquet$/)
      }).pipe(Effect.provide(Lake.layer({ at: "s3://lake/data/" })), Effect.provide(TestDatabase.layer))))

  it.live("a file whose upload had no answer is nobody's, and goes too", () =>
    withS3((s3) =>
      Effect.gen(function*() {
        const lake = yield* Lake
        yield* lake.prepare(asset)
        s3.setFaults(({ operation }) => operation === "PutObject" ? { _tag: "Lose" } : undefined)
        const error = yield* Effect.flip(lake.write([{ asset, partition: "a", value: rows }]))
        assert.isTrue(error.transient)
        s3.setFaults(() => undefined)
        assert.strictEqual((yield* list("s3://lake/data/")).length, 1)
        yield* expire
        yield* lake.prepare(asset)
        assert.deepStrictEqual(yield* list("s3://lake/data/"), [])
      }).pipe(Effect.provide(Lake.layer({ at: "s3://lake/data/" })), Effect.provide(TestDatabase.layer))))

  it.live("an upload whose writer died is ended with its file, and those of others are not", () =>
    withS3((s3) =>
      Effect.gen(function*() {
        const lake = yield* Lake
        yield* lake.prepare(asset)
        const { uploads } = s3.bucket("lake")
        // As a writer that is killed leaves it: begun, and neither complete nor ended.
        s3.setFaults(({ operation }) => /UploadPart|Abort/.test(operation) ? { _tag: "Error", code: "AccessDenied" } : undefined)
        const large = Array.from({ length: 300 }, (_, id) => ({ id, text: "x".repeat(40_000) }))
        yield* Effect.flip(lake.write([{ asset, partition: "a", value: large }]))
        s3.setFaults(() => undefined)
        const [left] = [...uploads.values()]
        assert.match(left!.key, /^data\/files\/rows\/partition=a\//)
        uploads.set("other", { ...left!, key: left!.key.replace(/[^/]+$/, "other.ndjson") })
        yield* lake.prepare(asset)
        assert.strictEqual(uploads.size, 2)
        yield* expire
        yield* lake.prepare(asset)
        assert.deepStrictEqual([...uploads.keys()], ["other"])
      }).pipe(Effect.provide(Lake.layer({ at: "s3://lake/data/", format: "ndjson" })), Effect.provide(TestDatabase.layer))))

  it.live("chunks are the whole object, and NDJSON is cut with few bytes read", () =>
    withS3((s3) =>
      Effect.gen(function*() {
        const store = yield* ObjectStore
        for (const format of [Format.csv(Row), Format.ndjson(Row)]) {
          const uri = `s3://lake/in/rows.${format.name}`
          const { size } = yield* store.write(uri, format.write(Stream.fromIterable(many)))
          const before = s3.bytesSent()
          const cut = yield* Stream.runCollect(Chunks.cut("s3://lake/in/*." + format.name, format, { bytes: size / 5 }))
          assert.isAbove(cut.length, 4)
          if (format.name === "ndjson") assert.isBelow(s3.bytesSent() - before, size / 4)
          const read = yield* Effect.forEach(cut, ({ key }) => Stream.runCollect(Chunks.read(key, format)))
          assert.deepStrictEqual(read.flat(), many)
        }
      })))
})
