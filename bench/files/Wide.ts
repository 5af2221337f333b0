/** Two columns of a wide Parquet object in a stand-in for S3: bytes that were fetched against those of the object. */
import { Effect, Redacted, Schema, Stream } from "effect"
import { statSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { Format, ObjectStore } from "../../index.ts"
import * as Simulator from "../../simulators/s3/Simulator.ts"
import { save } from "./Row.ts"

const width = 100
const rows = 100_000
const names = Array.from({ length: width }, (_, i) => `c${i}`)

const All = Schema.Struct(Object.fromEntries(names.map((name) => [name, Schema.Number])))
const Two = Schema.Struct({ c3: Schema.Number, c70: Schema.Number })

/** One line: what share of the object two of its hundred columns take. */
export const measure = async (folder: string): Promise<string> => {
  const path = join(folder, "wide.parquet")
  const row = (id: number) => Object.fromEntries(names.map((name, i) => [name, Math.sin(id * width + i)]))
  await save(row, (source) => Format.parquet(All).write(source), rows, path)
  const bytes = await readFile(path)
  const size = statSync(path).size
  return Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const s3 = yield* Simulator.make({ buckets: ["wide"] })
    const layer = ObjectStore.layer({
      s3: {
        endpoint: s3.url, region: s3.region,
        credentials: { accessKeyId: s3.identity.accessKeyId, secretAccessKey: Redacted.make(s3.identity.secretAccessKey) }
      }
    })
    return yield* Effect.provide(Effect.gen(function*() {
      const store = yield* ObjectStore
      yield* store.write("s3://wide/wide.parquet", Stream.make(bytes))
      const file = yield* store.ranged("s3://wide/wide.parquet")
      const [before, calls] = [s3.bytesSent(), s3.calls.length]
      const count = yield* Stream.runCount(Format.parquet(Two).read(file))
      const fetched = s3.bytesSent() - before
      return `2 of ${width} columns of a Parquet object over S3, ${(size / 1e6).toFixed(0)} MB, ${count.toLocaleString("en")} rows`.padEnd(62) +
        `${(fetched / 1e6).toFixed(2)} MB fetched in ${s3.calls.length - calls} requests: ${(fetched / size * 100).toFixed(2)} % of the object`
    }), layer)
  })))
}
