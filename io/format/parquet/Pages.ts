/** The pages of a column of a row group, one after the other: fetched, checked and decoded when they are wanted. */
import { Effect } from "effect"
import type { ColumnMetaData, PageHeader } from "hyparquet/src/types.js"
import { parquetHeader } from "hyparquet/src/column.js"
import { crc32 } from "node:zlib"
import type { FormatError } from "../FormatError.ts"
import { mostUnpacked } from "./Codecs.ts"
import type { Column } from "./Fetch.ts"
import * as Page from "./Page.ts"
import * as Structs from "./Structs.ts"
import { endOfStruct } from "./Thrift.ts"

const check = (header: PageHeader, bytes: Uint8Array, codec: string, number: number): void => {
  const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header
  if (unpacked < 0 || unpacked > mostUnpacked(codec, packed)) {
    throw new Error(`page ${number} is said to unpack from ${packed} to ${unpacked} bytes`)
  }
  if (header.crc !== undefined && (crc32(bytes) | 0) !== (header.crc | 0)) {
    throw new Error(`the checksum of page ${number} does not fit its bytes: they were damaged`)
  }
}

/** A page of nothing but nulls may be as long as a row group, of which the largest known have so many rows. */
const mostValues = 2 ** 26

/** Headers are small, but for statistics of long texts. */
const headerBytes = 4096

/** Gives the next page of data at each call; undefined after the last one. */
export const make = <E, R>(
  column: Column<E, R>,
  { codec, num_values }: ColumnMetaData,
  leaf: Page.Leaf,
  damaged: (error: unknown) => FormatError
): Effect.Effect<Page.Page | undefined, E | FormatError, R> => {
  const expected = Number(num_values)
  let at = column.start
  let number = 0
  let seen = 0
  let dictionary: ArrayLike<unknown> | undefined

  type Head = { readonly header: PageHeader; readonly size: number }
  const headOf = (bytes: Uint8Array): Head => {
    endOfStruct(bytes, 0, Structs.pageHeader)
    const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 }
    const header = parquetHeader(reader)
    const { compressed_page_size: packed } = header
    if (!(packed >= 0) || at + reader.offset + packed > column.end) throw new Error(`page ${number} is said to have ${packed} bytes, more than there are`)
    return { header, size: reader.offset }
  }
  const head = (length: number): Effect.Effect<Head, E | FormatError, R> =>
    Effect.flatMap(column.at(at, Math.min(length, column.end - at)), (bytes) =>
      Effect.catch(Effect.try({ try: () => headOf(bytes), catch: damaged }), (error) =>
        bytes.length < column.end - at ? head(bytes.length * 4) : Effect.fail(error)))

  /** Undefined for what is no page of data. */
  const take = (header: PageHeader, bytes: Uint8Array): Page.Page | undefined => {
    check(header, bytes, codec, number++)
    if (header.type === "DICTIONARY_PAGE") {
      dictionary = Page.dictionaryOf(leaf, bytes, header, codec)
      return undefined
    }
    if (header.type !== "DATA_PAGE" && header.type !== "DATA_PAGE_V2") return undefined
    const count = header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values
    if (count === undefined || count < 0 || seen + count > expected) throw new Error(`page ${number - 1} has values that the column does not`)
    if (count > mostValues) throw new Error(`page ${number - 1} is said to have ${count} values; expected at most ${mostValues}`)
    seen += count
    return count === 0 ? undefined : Page.decode(leaf, bytes, header, codec, dictionary)
  }

  return Effect.gen(function*() {
    while (seen < expected) {
      if (at >= column.end) return yield* damaged(new Error(`its pages end after ${seen} of ${expected} values`))
      const { header, size } = yield* head(headerBytes)
      const { compressed_page_size: packed } = header
      const stored = (yield* column.at(at + size, packed)).subarray(0, packed)
      // What is not packed is what the values lie in, and the next bytes are read over it.
      const isPacked = codec !== "UNCOMPRESSED" && header.data_page_header_v2?.is_compressed !== false
      const bytes = isPacked ? stored : new Uint8Array(stored)
      at += size + packed
      const page = yield* Effect.try({ try: () => take(header, bytes), catch: damaged })
      if (page !== undefined) return page
    }
    return undefined
  })
}
