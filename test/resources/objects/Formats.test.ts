/** Files of all formats through the store: only the needed bytes of a Parquet file, and what is said of files that are broken. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { gzipSync } from "node:zlib"
import * as Format from "../../../io/format/Format.ts"
import { ObjectStore } from "../../../resources/objects/ObjectStore.ts"
import { put, withS3 } from "./stores.ts"

const width = 40
const wide = Schema.Struct(Object.fromEntries(Array.from({ length: width }, (_, column) => [`c${column}`, Schema.Finite])))
const two = Schema.Struct({ c3: Schema.Finite, c17: Schema.Finite })

describe("files in S3", () => {
  it.live("two columns of a wide Parquet file cost about their part of its bytes", () =>
    withS3((s3) =>
      Effect.gen(function*() {
        const store = yield* ObjectStore
        const rows = Stream.map(Stream.range(0, 11_999), (row) =>
          Object.fromEntries(Array.from({ length: width }, (_, column) => [`c${column}`, Math.sin(row * (column + 1))])))
        const { size } = yield* store.write("s3://lake/wide.parquet", Format.parquet(wide).write(rows))
        const before = s3.bytesSent()
        const file = yield* store.ranged("s3://lake/wide.parquet")
        const read = yield* Stream.runCollect(Format.parquet(two).read(file))
        assert.strictEqual(read.length, 12_000)
        assert.deepStrictEqual(read[4_321], { c3: Math.sin(4_321 * 4), c17: Math.sin(4_321 * 18) })
        const share = (s3.bytesSent() - before) / size
        // Two of 40 columns are 5 %; the rest is one read of the last 64 KiB, where the footer is.
        assert.isBelow(share, 0.08, `${(share * 100).toFixed(1)} % of ${size} bytes in ${s3.calls.length} calls`)
      })
    ))

  it.live("that are broken, or others than they should be, end in a sentence that names them", () =>
    withS3(() =>
      Effect.gen(function*() {
        const store = yield* ObjectStore
        const Row = Schema.Struct({ id: Schema.Int, name: Schema.String })
        const parquet = Buffer.concat(yield* Stream.runCollect(Format.parquet(Row).write(Stream.make({ id: 1, name: "a" }))))
        const csv = "id,name\n1,a\ntwo,b\n"
        const zipped = gzipSync(Buffer.from(`id,name\n${Array.from({ length: 20_000 }, (_, id) => `${id},n${(id * 7919) % 10_007}\n`).join("")}`))
        const said = (uri: string, content: string | Uint8Array) =>
          Effect.gen(function*() {
            yield* put(uri, content)
            const file = yield* store.ranged(uri)
            const error = yield* Effect.flip(Stream.runDrain(Format.read(file, Row)))
            assert.include(error.message, uri)
            return error.message
          })
        assert.match(yield* said("s3://lake/rows.csv", csv), /line 3.*column "id".*two/)
        assert.match(yield* said("s3://lake/rows.csv.gz", zipped.subarray(0, zipped.length - 20_000)), /gzip|cut off|ends|truncated/i)
        assert.match(yield* said("s3://lake/footer.parquet", parquet.subarray(0, parquet.length - 6)), /footer|PAR1|Parquet/i)
        assert.match(yield* said("s3://lake/middle.parquet", Buffer.concat([parquet.subarray(0, 20), Buffer.alloc(40, 255), parquet.subarray(60)])), /the data cannot be read: its metadata is damaged/)
        assert.match(yield* said("s3://lake/really.parquet", csv), /Parquet|parquet|CSV|csv/)
        assert.match(yield* said("s3://lake/really.csv", parquet), /Parquet|parquet/)
        assert.match(yield* said("s3://lake/empty.parquet", ""), /empty|bytes/i)
        assert.match(yield* said("s3://lake/other.csv", "key,title\n1,a\n"), /column|header/)
      })
    ))
})
