/** What the footer says of a column of a row group. */
import type { ColumnChunk, Encoding, ParquetType, SchemaElement } from "hyparquet"
import type { PageEncodingStats, Statistics } from "hyparquet/src/types.js"
import { unconvertMinMax } from "hyparquet-writer/src/unconvert.js"
import { type Codec, codecName } from "../Codecs.ts"
import type { DataPage, Page } from "./Page.ts"
import type { Bounds } from "./Values.ts"

export interface Written {
  readonly path: ReadonlyArray<string>
  readonly element: SchemaElement
  readonly type: ParquetType
  readonly codec: Codec
  /** Where its first page begins in the file. */
  readonly offset: number
  readonly dictionary: Page | undefined
  readonly pages: ReadonlyArray<DataPage>
  /** Values and what stands for none. */
  readonly count: number
  readonly nulls: number
  readonly bounds: Bounds
}

/**
 * Bounds are held until the file ends: of long texts their beginnings. JSON has none, since nobody asks for those of its text;
 * a zero counts as -0 below and as 0 above, as the format wants it.
 */
const boundsOf = (element: SchemaElement, { least, most }: Bounds): Statistics => {
  if (element.logical_type?.type === "JSON" || least === undefined || most === undefined) return {}
  if (!(least instanceof Uint8Array && most instanceof Uint8Array)) {
    return least instanceof Uint8Array || most instanceof Uint8Array ? {} : { min_value: least === 0 ? -0 : least, max_value: most === 0 ? 0 : most }
  }
  const [min_value, max_value] = [unconvertMinMax(least, element, false), unconvertMinMax(most, element, true)]
  return min_value === undefined || max_value === undefined ? {} : {
    // Those that were not cut are the bytes themselves, which are written over.
    min_value: min_value.slice(),
    max_value: max_value.slice(),
    ...(min_value.length < least.length ? { is_min_value_exact: false } : {}),
    ...(Buffer.compare(max_value, most) === 0 ? {} : { is_max_value_exact: false })
  }
}

const sum = (pages: ReadonlyArray<Page>, of: (page: Page) => number): bigint => BigInt(pages.reduce((total, page) => total + of(page), 0))

export const make = ({ bounds, codec, count, dictionary, element, nulls, offset, pages, path, type }: Written): ColumnChunk => {
  const all = dictionary === undefined ? pages : [dictionary, ...pages]
  const used = [...new Set<Encoding>(pages.map(({ encoding }) => encoding))]
  const stats = used.map((encoding): PageEncodingStats => ({
    page_type: "DATA_PAGE_V2",
    encoding,
    count: pages.filter((page) => page.encoding === encoding).length
  }))
  return {
    file_offset: BigInt(offset),
    meta_data: {
      type,
      // RLE is that of levels, PLAIN also that of dictionaries.
      encodings: [...new Set<Encoding>(["PLAIN", "RLE", ...used])],
      path_in_schema: [...path],
      codec: codecName[codec],
      num_values: BigInt(count),
      total_uncompressed_size: sum(all, ({ unpacked }) => unpacked),
      total_compressed_size: sum(all, ({ size }) => size),
      data_page_offset: BigInt(offset + (dictionary?.size ?? 0)),
      ...(dictionary === undefined ? {} : { dictionary_page_offset: BigInt(offset) }),
      statistics: { null_count: BigInt(nulls), ...boundsOf(element, bounds) },
      encoding_stats: dictionary === undefined ? stats : [{ page_type: "DICTIONARY_PAGE", encoding: "PLAIN", count: 1 }, ...stats]
    }
  }
}
