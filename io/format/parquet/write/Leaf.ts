/** A leaf column of the row group that is being written: the values of a page, and the pages that are packed already. */
import type { ColumnChunk, SchemaElement } from "hyparquet"
import { type Codec, type Compressor, compressors } from "../Codecs.ts"
import * as Chunk from "./Chunk.ts"
import { Dictionary } from "./Dictionary.ts"
import * as Page from "./Page.ts"
import { Values } from "./Values.ts"

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
  /** Of a page before it is packed, not counting a last large value; and of a dictionary. */
  readonly bytes: number
}

const widths: Readonly<Record<string, number | undefined>> = { INT32: 4, INT64: 8, DOUBLE: 8 }

const firstLevels = 1024

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
  /** Bits need none. */
  readonly #dictionary: Dictionary | undefined
  #repetitions: Uint8Array
  #definitions: Uint8Array
  #count = 0
  #rows = 0
  #pages: Array<Page.DataPage> = []
  /** Values of the pages that are packed, and what stands for none. */
  #all = 0
  #nulls = 0

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
    this.#dictionary = type === "BOOLEAN" ? undefined : new Dictionary(limits.bytes)
    this.#repetitions = new Uint8Array(repetition === 0 ? 0 : firstLevels)
    this.#definitions = new Uint8Array(definition === 0 ? 0 : firstLevels)
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
    }, this.values, this.#dictionary, this.#compress)
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
    const dictionary = this.#dictionary === undefined || this.#dictionary.count === 0 ? undefined : Page.dictionary(this.#dictionary, this.#compress)
    const { element, path } = this.#place
    const chunk = Chunk.make({
      path, element, offset, dictionary, pages,
      type: this.values.type,
      codec: this.#codec,
      count: this.#all,
      nulls: this.#nulls,
      bounds: this.values.takeBounds()
    })
    this.#pages = []
    this.#dictionary?.clear()
    this.#all = this.#nulls = 0
    return { chunk, bytes: [...(dictionary?.bytes ?? []), ...pages.flatMap(({ bytes }) => bytes)] }
  }
}
