/** The input cut into chunks, and a partition for each: a file that changes, or comes anew, has other ones. */
import { Effect, Stream } from "effect"
import { Asset, Chunks, Partitions, Rows, Warehouse } from "sluice"
import * as Input from "../../resources/bulk/Input.ts"
import * as Files from "./Files.ts"
import * as Kind from "./Kind.ts"

/** Of many small files in S3 each is a matter of its latency alone. */
const filesAtOnce = 8

export const chunks = Asset.make("bulk/chunks", {
  description: "The files that BULK_INPUT, or S3_BUCKET and S3_KEY, name, as they are now, in pieces of CHUNK_SIZE.",
  kinds: ["s3", "postgres"],
  output: Rows.of(Chunks.Chunk, { key: ["key"] }),
  io: Warehouse,
  run: Effect.fnUntraced(function*() {
    const files = yield* Files.list(yield* Input.uri)
    const bytes = (yield* Input.chunkKib) * 1024
    const cut = yield* Effect.forEach(files, (file) =>
      Effect.flatMap(Kind.of(file), (format) => Stream.runCollect(Chunks.cut(file, format, { bytes }))), { concurrency: filesAtOnce })
    return cut.flat()
  })
})

export const chunk = Partitions.dynamic("bulk/chunk", { from: chunks, key: (row) => row.key })

/** The file that a chunk is of, in its version. */
export const fileOf = (chunk: string): Files.Version => {
  const whole = chunk.replace(/#(bytes|row groups) [^#]*$/, "")
  const at = whole.lastIndexOf("@")
  return { uri: whole.slice(0, at), etag: decodeURIComponent(whole.slice(at + 1)) }
}
