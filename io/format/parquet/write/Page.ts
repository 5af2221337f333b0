/** Pages as they stand in the file: a header with a checksum, levels, and packed values. */
import type { Encoding, PageHeader } from "hyparquet"
import { ByteWriter } from "hyparquet-writer"
import { writePageHeader } from "hyparquet-writer/src/datapage.js"
import { writeRleBitPackedHybrid } from "hyparquet-writer/src/encoding.js"
import { crc32 } from "node:zlib"
import type { Compressor } from "../Codecs.ts"
import { type Dictionary, widthOf } from "./Dictionary.ts"
import type { Values } from "./Values.ts"

export interface Page {
  readonly bytes: ReadonlyArray<Uint8Array>
  readonly size: number
  /** As if nothing were packed. */
  readonly unpacked: number
}

/** `levels` and `values` as they stand in the file. */
const made = (header: Omit<PageHeader, "compressed_page_size">, levels: Uint8Array, values: Uint8Array): Page => {
  const writer = new ByteWriter(64 + levels.length)
  const compressed_page_size = levels.length + values.length
  writePageHeader(writer, { ...header, compressed_page_size, crc: crc32(values, crc32(levels)) | 0 })
  const size = writer.index
  writer.appendBytes(levels)
  return {
    bytes: [writer.getBytes(), values],
    size: size + compressed_page_size,
    unpacked: size + header.uncompressed_page_size
  }
}

/** Bytes of their own: what is packed here is written over with the next page. */
const packed = (bytes: Uint8Array, compress: Compressor | undefined): { readonly bytes: Uint8Array; readonly isPacked: boolean } => {
  const smaller = compress?.(bytes)
  return smaller !== undefined && smaller.length < bytes.length
    ? { bytes: smaller, isPacked: true }
    : { bytes: new Uint8Array(bytes), isPacked: false }
}

/** Levels of the values of a page: up to `most`, none where that is 0. */
export interface Levels {
  readonly most: number
  readonly of: Uint8Array
}

export interface Rows {
  readonly repetition: Levels
  readonly definition: Levels
  /** Values and what stands for none. */
  readonly count: number
  readonly rows: number
}

const levelBytes = (writer: ByteWriter, { most, of }: Levels): number =>
  most === 0 ? 0 : writeRleBitPackedHybrid(writer, of, widthOf(most + 1))

/** Values by their index where there are indexes, else as they are. */
export const data = (
  { count, definition, repetition, rows }: Rows,
  values: Values,
  indexes: Uint32Array | undefined,
  dictionary: Dictionary,
  compress: Compressor | undefined
): Page & { readonly encoding: Encoding } => {
  const levels = new ByteWriter()
  const repetition_levels_byte_length = levelBytes(levels, repetition)
  const definition_levels_byte_length = levelBytes(levels, definition)
  const indexed = indexes && indexBytes(indexes, widthOf(dictionary.count))
  const body = indexed ?? values.bytes.subarray(0, values.length)
  const encoding = indexed === undefined ? "PLAIN" : "RLE_DICTIONARY"
  const { bytes, isPacked } = packed(body, compress)
  const page = made({
    type: "DATA_PAGE_V2",
    uncompressed_page_size: levels.index + body.length,
    data_page_header_v2: {
      num_values: count, num_nulls: count - values.count, num_rows: rows,
      encoding, definition_levels_byte_length, repetition_levels_byte_length, is_compressed: isPacked
    }
  }, levels.getBytes(), bytes)
  return { ...page, encoding }
}

const indexBytes = (indexes: Uint32Array, width: number): Uint8Array => {
  const writer = new ByteWriter(indexes.length * 2)
  writer.appendUint8(width)
  writeRleBitPackedHybrid(writer, indexes, width)
  return writer.getBytes()
}

/** The page before those with indexes. Whether it is packed is not said in its header: it is what the column is. */
export const dictionary = ({ bytes, count }: Dictionary, compress: Compressor | undefined): Page => {
  const body = compress?.(bytes) ?? new Uint8Array(bytes)
  return made({
    type: "DICTIONARY_PAGE",
    uncompressed_page_size: bytes.length,
    dictionary_page_header: { num_values: count, encoding: "PLAIN" }
  }, new Uint8Array(0), body)
}
