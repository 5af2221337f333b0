/** The codecs of Parquet pages, from Node's own zlib but for snappy and LZ4. */
import type { Compressors } from "hyparquet"
import { snappyCompress } from "hyparquet-writer/src/snappy.js"
import * as zlib from "node:zlib"
import { framesOf } from "../ZstdFrames.ts"
import { lz4, lz4Hadoop } from "./Lz4.ts"
import { snappy } from "./Snappy.ts"

export type Decompressor = NonNullable<Compressors[keyof Compressors]>

/** One buffer for the whole page, and not one for each 16 KiB of it; for very large ones several, since it may be said falsely. */
const bounded = (outputLength: number) => ({ maxOutputLength: Math.max(1, outputLength), chunkSize: Math.max(64, Math.min(outputLength + 1, 2 ** 26)) })

/** A byte packs so many at most; of zstd and Brotli, a few bytes may be a whole page of one value. */
const ratios: Readonly<Record<string, number>> = { UNCOMPRESSED: 1, SNAPPY: 32, LZ4: 256, LZ4_RAW: 256, GZIP: 1100 }

/** The most that so many packed bytes can become; a page has no more than 2 GiB in any case. */
export const mostUnpacked = (codec: string | undefined, packed: number): number =>
  Math.min(2 ** 31 - 1, packed * (ratios[codec ?? ""] ?? Infinity) + 1000)

/** Node's own stops after the first frame. */
const unzstd = (input: Uint8Array, outputLength: number): Uint8Array => {
  const unpack = (frame: Uint8Array) => zlib.zstdDecompressSync(frame, bounded(outputLength))
  const frames = framesOf(input) ?? [input]
  return frames.length === 1 ? unpack(frames[0] ?? input) : Buffer.concat(frames.map(unpack))
}

/** `outputLength` bounds what a page may unpack to, so that a small file cannot fill the memory. */
export const decompressors = {
  SNAPPY: snappy,
  GZIP: (input, outputLength) => zlib.gunzipSync(input, bounded(outputLength)),
  ZSTD: unzstd,
  BROTLI: (input, outputLength) => zlib.brotliDecompressSync(input, bounded(outputLength)),
  LZ4_RAW: lz4,
  LZ4: lz4Hadoop
} satisfies Compressors

export type Codec = "snappy" | "gzip" | "zstd" | "none"

export const codecName = { snappy: "SNAPPY", gzip: "GZIP", zstd: "ZSTD", none: "UNCOMPRESSED" } as const

export type Compressor = (input: Uint8Array) => Uint8Array

/** The size is told beforehand, so that zstd takes tables for a page, and not for a file. */
export const compressors: Readonly<Record<Codec, Compressor | undefined>> = {
  snappy: snappyCompress,
  gzip: (input) => zlib.gzipSync(input, { level: 6 }),
  zstd: (input) => zlib.zstdCompressSync(input, { pledgedSrcSize: input.length }),
  none: undefined
}
