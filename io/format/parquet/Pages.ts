/** The pages of a column, looked at before they are decoded: sizes, counts and checksums. */
import type { ColumnMetaData } from "hyparquet/src/types.js"
import { parquetHeader } from "hyparquet/src/column.js"
import { crc32 } from "node:zlib"
import { endOfStruct } from "./Thrift.ts"

/** Throws an Error whose message completes "column x of row group n: …". */
export const inspect = (bytes: Uint8Array, meta: ColumnMetaData, maxValues: number | undefined): void => {
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
      values += count
      rows += header.data_page_header_v2?.num_rows ?? 0
    }
    reader.offset += packed
  }
  if (maxValues !== undefined && values !== maxValues) throw new Error(`it has ${values} values for ${maxValues} rows`)
  if (maxValues !== undefined && rows > maxValues) throw new Error(`its pages have ${rows} rows, and the row group ${maxValues}`)
}
