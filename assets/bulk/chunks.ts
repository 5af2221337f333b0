/** The files that hold the records, and a partition for each: one that changes, or comes anew, is another partition. */
import { Effect } from "effect"
import { Asset, Partitions, Rows, Warehouse } from "sluice"
import * as Input from "../../resources/bulk/Input.ts"
import * as Files from "./Files.ts"
import { Chunk } from "./Rows.ts"

const keyOf = ({ etag, uri }: Files.Version): string => `${uri}@${etag}`

/** The file that a partition is. */
export const fileOf = (chunk: string): Files.Version => {
  const at = chunk.lastIndexOf("@")
  return { uri: chunk.slice(0, at), etag: chunk.slice(at + 1) }
}

export const chunks = Asset.make("bulk/chunks", {
  description: "The files that BULK_INPUT, or S3_BUCKET and S3_KEY, name, as they are now.",
  kinds: ["s3", "postgres"],
  output: Rows.of(Chunk, { key: ["chunk"] }),
  io: Warehouse,
  run: Effect.fnUntraced(function*() {
    const files = yield* Files.list(yield* Input.uri)
    return files.map((file): Chunk => ({ chunk: keyOf(file), file: file.uri, etag: file.etag, bytes: file.size }))
  })
})

export const chunk = Partitions.dynamic("bulk/chunk", { from: chunks, key: (row) => row.chunk })
