/** Files with nothing in them: of no bytes, or packed out of none, as Spark leaves one for each partition without rows. */
import { Effect } from "effect"
import { type ObjectInfo, ObjectStore, type ObjectStoreError } from "sluice"
import { gunzipSync, zstdDecompressSync } from "node:zlib"

/** Nothing, packed, is a header with the name of the file, and a checksum. */
const mostPacked = 512

/** What is damaged has something in it: its reader tells what is wrong. */
const unpacksToNothing = (packed: Uint8Array, unpack: (packed: Uint8Array) => Uint8Array): boolean => {
  try {
    return unpack(packed).length === 0
  } catch {
    return false
  }
}

export const isBlank = ({ etag, size, uri }: ObjectInfo): Effect.Effect<boolean, ObjectStoreError, ObjectStore> => {
  if (size === 0) return Effect.succeed(true)
  const unpack = /\.(gz|gzip)$/i.test(uri) ? gunzipSync : /\.(zst|zstd)$/i.test(uri) ? zstdDecompressSync : undefined
  if (unpack === undefined || size > mostPacked) return Effect.succeed(false)
  return ObjectStore.pipe(
    Effect.flatMap((store) => store.ranged(uri, { ifMatch: etag })),
    Effect.flatMap((file) => file.read(0, size)),
    Effect.map((packed) => unpacksToNothing(packed, unpack))
  )
}
