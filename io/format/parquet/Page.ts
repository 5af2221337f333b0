/** One page of a column: unpacked, its levels, and its values. */
import type { PageHeader } from "hyparquet/src/types.js"
import { type Decompressor, decompressors } from "./Codecs.ts"
import { free } from "./Free.ts"
import * as Hybrid from "./Hybrid.ts"
import * as Values from "./Values.ts"

/** How a column is stored, and how deep its values may lie. */
export interface Leaf extends Values.Stored {
  readonly definition: number
  readonly repetition: number
}

/** A page of data. */
export interface Page {
  /** Levels of repetition and definition, one each a value, nulls among them; undefined where all are the same. */
  readonly repetition: Uint8Array | undefined
  readonly definition: Uint8Array | undefined
  readonly count: number
  /** Of those that are not null. */
  readonly values: Values.Values
  /** Gives its memory back: its values are not asked for any more. */
  readonly free: () => void
}

type Unpacked = Omit<Page, "free"> & { readonly bytes: Uint8Array }

const bytesOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const decompressorOf = (codec: string | undefined): Decompressor => {
  if (codec === "UNCOMPRESSED") return (bytes) => bytes
  const found: Decompressor | undefined = codec === undefined ? undefined : Reflect.get(decompressors, codec)
  if (found === undefined) throw new Error(`its pages are packed with ${codec ?? "a codec of no known number"}, which is not read; write it again with zstd or snappy`)
  return found
}

const unpack = (codec: string, packed: Uint8Array, length: number): Buffer => {
  // Nothing may have been packed as nothing.
  if (packed.length === 0 && length === 0) return bytesOf(packed)
  const page = bytesOf(decompressorOf(codec)(packed, length))
  if (page.length !== length) throw new Error(`a page unpacks to ${page.length} bytes, and it is said to have ${length}`)
  return page
}

/** Levels up to `most`; undefined where all of them are `most`. */
const levels = (bytes: Uint8Array, start: number, most: number, count: number, packed: boolean): { readonly levels: Uint8Array; readonly end: number } => {
  const found = new Uint8Array(count)
  const end = (packed ? Hybrid.decodePacked : Hybrid.decode)(bytes, start, Hybrid.widthOf(most), found)
  for (let i = 0; i < count; i++) if (found[i]! > most) throw new Error("the levels of a page are damaged")
  return { levels: found, end }
}

const present = (definition: Uint8Array | undefined, most: number, count: number): number => {
  if (definition === undefined) return count
  let found = 0
  for (let i = 0; i < count; i++) if (definition[i] === most) found++
  return found
}

/** The first form of pages: levels are packed with the values, and each block of them tells its length. */
const one = (leaf: Leaf, bytes: Buffer, header: NonNullable<PageHeader["data_page_header"]>, dictionary: ArrayLike<unknown> | undefined): Unpacked => {
  const { num_values: count } = header
  let at = 0
  const block = (most: number, encoding: string): Uint8Array | undefined => {
    if (most === 0) return undefined
    if (encoding === "BIT_PACKED") {
      const found = levels(bytes, at, most, count, true)
      at = found.end
      return found.levels
    }
    if (at + 4 > bytes.length) throw new Error("a page ends within its levels")
    const [start, length] = [at + 4, bytes.readUInt32LE(at)]
    if (start + length > bytes.length) throw new Error("a page ends within its levels")
    at = start + length
    return levels(bytes.subarray(0, at), start, most, count, false).levels
  }
  const repetition = block(leaf.repetition, header.repetition_level_encoding)
  const definition = block(leaf.definition, header.definition_level_encoding)
  const values = Values.decode(bytes, at, present(definition, leaf.definition, count), header.encoding, leaf, dictionary)
  return { repetition, definition: values.count === count ? undefined : definition, count, values, bytes }
}

/** The second form: levels are not packed, and the header tells their lengths. */
const two = (leaf: Leaf, bytes: Buffer, header: PageHeader, codec: string, dictionary: ArrayLike<unknown> | undefined): Unpacked => {
  const own = header.data_page_header_v2
  const [repetitions = -1, definitions = -1] = [own?.repetition_levels_byte_length, own?.definition_levels_byte_length]
  const start = repetitions + definitions
  if (own === undefined || repetitions < 0 || definitions < 0 || start > bytes.length) throw new Error("the header of a page is damaged")
  const { num_values: count } = own
  const block = (from: number, to: number, most: number) => most === 0 ? undefined : levels(bytes.subarray(0, to), from, most, count, false).levels
  const repetition = block(0, repetitions, leaf.repetition)
  const definition = block(repetitions, start, leaf.definition)
  const packed = bytes.subarray(start)
  const page = own.is_compressed === false || packed.length === 0 ? packed : unpack(codec, packed, header.uncompressed_page_size - start)
  const values = Values.decode(page, 0, present(definition, leaf.definition, count), own.encoding, leaf, dictionary)
  return { repetition, definition: values.count === count ? undefined : definition, count, values, bytes: page }
}

/** Values that are parts of their page, and live on after it. */
const arePartsOf = ({ form, type }: Leaf): boolean => form === "bytes" && ["BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY", "INT96"].includes(type)

/** A page of data. Throws an Error that tells the damage. */
export const decode = (leaf: Leaf, packed: Uint8Array, header: PageHeader, codec: string, dictionary: ArrayLike<unknown> | undefined): Page => {
  const { data_page_header: first, data_page_header_v2: second } = header
  const { bytes, ...page } = second === undefined && first !== undefined
    ? one(leaf, unpack(codec, packed, header.uncompressed_page_size), first, dictionary)
    : two(leaf, bytesOf(packed), header, codec, dictionary)
  const isIndexed = (second ?? first)?.encoding.endsWith("_DICTIONARY") === true
  return {
    ...page,
    free: () => isIndexed || !arePartsOf(leaf) ? free(bytes) : undefined
  }
}

/** The values of a dictionary. */
export const dictionaryOf = (leaf: Leaf, bytes: Uint8Array, header: PageHeader, codec: string): ArrayLike<unknown> => {
  const entries = header.dictionary_page_header?.num_values ?? -1
  const page = unpack(codec, bytes, header.uncompressed_page_size)
  if (entries < 0 || entries > page.length * 8 + 1) throw new Error(`its dictionary is said to have ${entries} entries in ${page.length} bytes`)
  const dictionary: Array<unknown> = []
  Values.decode(page, 0, entries, "PLAIN", leaf, undefined).fill(0, entries, dictionary)
  return dictionary
}
