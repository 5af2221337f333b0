/** The pages of a column, looked at before they are decoded: sizes, counts and checksums. */
import type { ColumnMetaData, PageHeader } from "hyparquet/src/types.js"
import { parquetHeader } from "hyparquet/src/column.js"
import { crc32 } from "node:zlib"
import * as Runs from "./Runs.ts"
import { endOfStruct } from "./Thrift.ts"

/** Whether a data page's header has what it must have, and no more in it than the page. */
const isSound = ({ data_page_header: one, data_page_header_v2: two }: PageHeader, packed: number): boolean => {
  if (two === undefined) return one?.encoding !== undefined
  const { definition_levels_byte_length: definitions, num_nulls: nulls, num_values: values, repetition_levels_byte_length: repetitions } = two
  return two.encoding !== undefined && definitions >= 0 && repetitions >= 0 && definitions + repetitions <= packed && nulls >= 0 && nulls <= values
}

export interface Inspected {
  /** Of what is unpacked only when it is read, by the offset of what is compressed. */
  readonly checks: ReadonlyMap<number, Runs.Check["unpacked"]>
  /** Values up to the end of each page of data. */
  readonly ends: ReadonlyArray<number>
}

/** Throws an Error whose message completes "column x of row group n: …". */
export const inspect = (
  bytes: Uint8Array,
  meta: ColumnMetaData,
  maxValues: number | undefined,
  levels: Runs.Levels
): Inspected => {
  const ends: Array<number> = []
  const checks = new Map<number, Runs.Check["unpacked"]>()
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 }
  const expected = Number(meta.num_values)
  let values = 0
  let rows = 0
  for (let page = 0; values < expected; page++) {
    if (reader.offset >= bytes.length) throw new Error(`its pages end after ${values} of ${expected} values`)
    endOfStruct(bytes, reader.offset)
    const header = parquetHeader(reader)
    const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header
    if (!(packed >= 0) || !(unpacked >= 0) || reader.offset + packed > bytes.length) {
      throw new Error(`page ${page} is said to have ${packed} bytes, more than there are`)
    }
    if (unpacked > 2 ** 31 - 1 || unpacked > packed * 3000 + 1_000_000) throw new Error(`page ${page} is said to unpack from ${packed} to ${unpacked} bytes`)
    if (header.crc !== undefined) {
      const sum = crc32(bytes.subarray(reader.offset, reader.offset + packed)) | 0
      if (sum !== (header.crc | 0)) throw new Error(`the checksum of page ${page} does not fit its bytes: they were damaged`)
    }
    const count = header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values
    if (header.type === "DICTIONARY_PAGE") {
      const entries = header.dictionary_page_header?.num_values ?? -1
      if (entries < 0 || entries > unpacked * 8 + 1) throw new Error(`its dictionary is said to have ${entries} entries in ${unpacked} bytes`)
    } else if (header.type === "DATA_PAGE" || header.type === "DATA_PAGE_V2") {
      if (count === undefined || count < 0 || values + count > expected) throw new Error(`page ${page} has values that the column does not`)
      if (!isSound(header, packed)) throw new Error(`the header of page ${page} is damaged`)
      const check = Runs.inspect(bytes.subarray(reader.offset, reader.offset + packed), header, levels, meta.type === "BOOLEAN", meta.codec === "UNCOMPRESSED")
      if (check !== undefined) checks.set(reader.offset + check.offset, check.unpacked)
      values += count
      ends.push(values)
      rows += header.data_page_header_v2?.num_rows ?? 0
    }
    reader.offset += packed
  }
  if (maxValues !== undefined && values !== maxValues) throw new Error(`it has ${values} values for ${maxValues} rows`)
  if (maxValues !== undefined && rows > maxValues) throw new Error(`its pages have ${rows} rows, and the row group ${maxValues}`)
  return { checks, ends }
}
