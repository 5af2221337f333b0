/** The codecs of Parquet pages, from Node's own zlib but for snappy and LZ4. */
import { type Compressors, snappyUncompress } from "hyparquet"
import type { Compressors as WriteCompressors } from "hyparquet-writer/src/types.js"
import * as zlib from "node:zlib"
import { FormatError } from "../FormatError.ts"
import { framesOf } from "../ZstdFrames.ts"
import { lz4, lz4Hadoop } from "./Lz4.ts"

type Decompressor = NonNullable<Compressors[keyof Compressors]>

/** Node's own stops after the first frame. */
const unzstd = (input: Uint8Array, outputLength: number): Uint8Array => {
  const unpack = (frame: Uint8Array) => zlib.zstdDecompressSync(frame, { maxOutputLength: Math.max(1, outputLength) })
  const frames = framesOf(input) ?? [input]
  return frames.length === 1 ? unpack(frames[0] ?? input) : Buffer.concat(frames.map(unpack))
}

/** `outputLength` bounds what a page may unpack to, so that a small file cannot fill the memory. */
const decompressors = {
  SNAPPY: (input, outputLength) => {
    const page = new Uint8Array(outputLength)
    snappyUncompress(input, page)
    return page
  },
  GZIP: (input, outputLength) => zlib.gunzipSync(input, { maxOutputLength: Math.max(1, outputLength) }),
  ZSTD: unzstd,
  BROTLI: (input, outputLength) => zlib.brotliDecompressSync(input, { maxOutputLength: Math.max(1, outputLength) }),
  LZ4_RAW: lz4,
  LZ4: lz4Hadoop
} satisfies Compressors

/** The decompressors, with a look at each page that they give; `check` throws where it is damaged. */
export const checkedBy = (check: (packed: Uint8Array, page: Uint8Array) => void): Compressors =>
  Object.fromEntries(Object.entries<Decompressor>(decompressors).map(([name, decompress]) => [name, (input, outputLength) => {
    const page = decompress(input, outputLength)
    check(input, page)
    return page
  }]))

export type Codec = "snappy" | "gzip" | "zstd" | "none"

export const codecName = { snappy: "SNAPPY", gzip: "GZIP", zstd: "ZSTD", none: "UNCOMPRESSED" } as const

export const compressors: WriteCompressors = {
  GZIP: (input) => zlib.gzipSync(input, { level: 6 }),
  ZSTD: (input) => zlib.zstdCompressSync(input)
}

export const refuseLzo = (file: string): FormatError =>
  new FormatError({ file, reason: "its pages are compressed with LZO, which is not read; write it again with zstd or snappy" })
