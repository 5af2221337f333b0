/** A leaf column of the row group that is being written: the values of a page, and the pages that are packed already. */
import type { ColumnChunk, Encoding, SchemaElement } from "hyparquet"
import type { Statistics } from "hyparquet/src/types.js"
import { unconvertMinMax } from "hyparquet-writer/src/unconvert.js"
import { type Codec, codecName, type Compressor, compressors } from "../Codecs.ts"
import { Dictionary } from "./Dictionary.ts"
import * as Page from "./Page.ts"
import { type Bounds, Values } from "./Values.ts"

/** Where a leaf lies below the columns of a record. */
export interface Place {
  readonly path: ReadonlyArray<string>
  readonly element: SchemaElement
  readonly repetition: number
  readonly definition: number
}

export interface Limits {
  /** Values of a page, and what stands for none. */
  readonly values: number
  /** Of a page before it is packed, not counting a last large value. */
  readonly bytes: number
}

const widths: Readonly<Record<string, number | undefined>> = { INT32: 4, INT64: 8, DOUBLE: 8 }

/** Levels that grow where a row of a list has more values than a page. */
const larger = (levels: Uint8Array): Uint8Array => {
  const result = new Uint8Array(levels.length * 2)
  result.set(levels)
  return result
}

export class Leaf {
  readonly values: Values
  readonly #place: Place
  readonly #limits: Limits
  readonly #codec: Codec
  readonly #compress: Compressor | undefined
  readonly #onPage: (size: number) => void
  readonly #dictionary: Dictionary
  #repetitions: Uint8Array
  #definitions: Uint8Array
  #count = 0
  #rows = 0
  #pages: Array<ReturnType<typeof Page.data>> = []
  #nulls = 0
  #all = 0

  /** `onPage` is told the size of each page when it is packed. */
  constructor(place: Place, codec: Codec, limits: Limits, onPage: (size: number) => void) {
    const { definition, element, repetition } = place
    const type = element.type ?? "BYTE_ARRAY"
    this.values = new Values(type, widths[type] ?? element.type_length)
    this.#place = place
    this.#limits = limits
    this.#codec = codec
    this.#compress = compressors[codec]
    this.#onPage = onPage
    this.#dictionary = new Dictionary(type === "BOOLEAN" ? 0 : limits.values)
    this.#repetitions = new Uint8Array(repetition === 0 ? 0 : limits.values)
    this.#definitions = new Uint8Array(definition === 0 ? 0 : limits.values)
  }

  /** Before each value, and for each place without one. A page ends where a row does. */
  level(repetition: number, definition: number): void {
    if (repetition === 0) {
      if (this.#count >= this.#limits.values || this.values.length >= this.#limits.bytes) this.#end()
      this.#rows++
    }
    const at = this.#count++
    if (this.#place.repetition > 0) {
      if (at === this.#repetitions.length) this.#repetitions = larger(this.#repetitions)
      this.#repetitions[at] = repetition
    }
    if (this.#place.definition > 0) {
      if (at === this.#definitions.length) this.#definitions = larger(this.#definitions)
      this.#definitions[at] = definition
    }
  }

  /** Packs the page. */
  #end(): void {
    const { definition, repetition } = this.#place
    const page = Page.data({
      repetition: { most: repetition, of: this.#repetitions.subarray(0, this.#count) },
      definition: { most: definition, of: this.#definitions.subarray(0, this.#count) },
      count: this.#count,
      rows: this.#rows
    }, this.values, this.#dictionary.indexesOf(this.values), this.#dictionary, this.#compress)
    this.#pages.push(page)
    this.#onPage(page.size)
    this.#all += this.#count
    this.#nulls += this.#count - this.values.count
    this.#count = this.#rows = 0
    this.values.clear(this.#limits.bytes)
  }

  /** Ends the column of this row group, which begins at an offset of the file; the next value is of the next one. */
  take(offset: number): { readonly chunk: ColumnChunk; readonly bytes: ReadonlyArray<Uint8Array> } {
    if (this.#count > 0) this.#end()
    const pages = this.#pages
    const dictionary = this.#dictionary.count > 0 ? Page.dictionary(this.#dictionary, this.#compress) : undefined
    const all = dictionary === undefined ? pages : [dictionary, ...pages]
    const encodings = [...new Set<Encoding>(["PLAIN", "RLE", ...pages.map(({ encoding }) => encoding)])]
    const { element, path } = this.#place
    const chunk: ColumnChunk = {
      file_offset: BigInt(offset),
      meta_data: {
        type: this.values.type,
        encodings,
        path_in_schema: [...path],
        codec: codecName[this.#codec],
        num_values: BigInt(this.#all),
        total_uncompressed_size: BigInt(all.reduce((sum, { unpacked }) => sum + unpacked, 0)),
        total_compressed_size: BigInt(all.reduce((sum, { size }) => sum + size, 0)),
        data_page_offset: BigInt(offset + (dictionary?.size ?? 0)),
        ...(dictionary === undefined ? {} : { dictionary_page_offset: BigInt(offset) }),
        statistics: { null_count: BigInt(this.#nulls), ...statisticsOf(element, this.values.takeBounds()) },
        encoding_stats: [
          ...(dictionary === undefined ? [] : [{ page_type: "DICTIONARY_PAGE" as const, encoding: "PLAIN" as const, count: 1 }]),
          ...encodings.flatMap((encoding) => {
            const count = pages.filter((page) => page.encoding === encoding).length
            return count === 0 ? [] : [{ page_type: "DATA_PAGE_V2" as const, encoding, count }]
          })
        ]
      }
    }
    this.#pages = []
    this.#dictionary.clear()
    this.#all = this.#nulls = 0
    return { chunk, bytes: all.flatMap(({ bytes }) => bytes) }
  }
}

/**
 * Bounds as the footer holds them until the file ends: of long texts their beginnings. JSON has none, since nobody asks for
 * those of its text; a zero counts as -0 below and as 0 above, as the format wants it.
 */
const statisticsOf = (element: SchemaElement, { least, most }: Bounds): Statistics => {
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
