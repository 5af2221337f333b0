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

export interface DataPage extends Page {
  readonly encoding: Encoding
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

/** In memory of their own: what is packed lies in a larger buffer of the codec, what is not is written over with the next page. */
const alone = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes)

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

const indexBytes = (values: Values, dictionary: Dictionary | undefined): Uint8Array | undefined => {
  const indexes = dictionary?.indexesOf(values)
  if (dictionary === undefined || indexes === undefined) return undefined
  const width = widthOf(dictionary.count)
  const writer = new ByteWriter(indexes.length * 2)
  writer.appendUint8(width)
  writeRleBitPackedHybrid(writer, indexes, width)
  return writer.getBytes()
}

/** Values by their index in the dictionary where it takes them, else as they are. */
export const data = (
  { count, definition, repetition, rows }: Rows,
  values: Values,
  dictionary: Dictionary | undefined,
  compress: Compressor | undefined
): DataPage => {
  const levels = new ByteWriter()
  const repetition_levels_byte_length = levelBytes(levels, repetition)
  const definition_levels_byte_length = levelBytes(levels, definition)
  const indexed = indexBytes(values, dictionary)
  const body = indexed ?? values.bytes.subarray(0, values.length)
  const encoding = indexed === undefined ? "PLAIN" : "RLE_DICTIONARY"
  const packed = compress?.(body)
  const isPacked = packed !== undefined && packed.length < body.length
  const page = made({
    type: "DATA_PAGE_V2",
    uncompressed_page_size: levels.index + body.length,
    data_page_header_v2: {
      num_values: count, num_nulls: count - values.count, num_rows: rows,
      encoding, definition_levels_byte_length, repetition_levels_byte_length, is_compressed: isPacked
    }
  }, levels.getBytes(), alone(isPacked ? packed : body))
  return { ...page, encoding }
}

/** The page before those with indexes. Whether it is packed is not said in its header: it is what the column is. */
export const dictionary = ({ bytes, count }: Dictionary, compress: Compressor | undefined): Page =>
  made({
    type: "DICTIONARY_PAGE",
    uncompressed_page_size: bytes.length,
    dictionary_page_header: { num_values: count, encoding: "PLAIN" }
  }, new Uint8Array(0), alone(compress?.(bytes) ?? bytes))
