/**
 * The run lengths of a page, looked at before it is decoded: a damaged length of a few bytes would else be taken for two
 * thousand million values, which take all time or all memory.
 */
import type { PageHeader } from "hyparquet/src/types.js"

/** How many levels the values of a column have. */
export interface Levels {
  readonly repetition: number
  readonly definition: number
}

/** The last run of some writers is longer than what is left of the page, but never by much. */
const slack = 512

const widthOf = (most: number): number => 32 - Math.clz32(most)

/** Walks the runs from an offset, up to so many values or the end of the bytes; throws where a run has more than all of them. */
const walk = (bytes: Uint8Array, start: number, width: number, values: number): void => {
  let at = start
  let left = values
  while (left > 0 && at < bytes.length) {
    let header = 0
    let shift = 0
    for (let byte = 128; byte >= 128 && at < bytes.length && shift < 35; shift += 7) {
      byte = bytes[at++] ?? 0
      header += (byte & 127) * 2 ** shift
    }
    if (header % 2 === 1) {
      // Packed values are all there as bytes, so their number is bounded by these.
      at += (header - 1) / 2 * width
      left -= (header - 1) / 2 * 8
    } else {
      const length = header / 2
      if (length > values + slack) throw new Error(`a run of a page is said to have ${length} values, and the page has ${values}`)
      at += Math.ceil(width / 8)
      left -= length
    }
  }
}

const walkValues = (bytes: Uint8Array, at: number, encoding: string, isBoolean: boolean, values: number): void => {
  if (isBoolean && encoding === "RLE") return walk(bytes, at + 4, 1, values)
  const width = bytes[at] ?? 0
  if (width > 0 && encoding.endsWith("_DICTIONARY")) walk(bytes, at + 1, width, values)
}

export interface Check {
  /** Where, in the page's bytes, what is compressed begins. */
  readonly offset: number
  /** To be given what was unpacked from there. Throws an Error that tells the damage. */
  readonly unpacked: (bytes: Uint8Array) => void
}

/**
 * Looks at the runs of a data page, `bytes`, that are not compressed. Gives the check of what is, which is unpacked only
 * when it is read.
 */
export const inspect = (
  bytes: Uint8Array,
  header: PageHeader,
  { definition, repetition }: Levels,
  isBoolean: boolean,
  isPlain: boolean
): Check | undefined => {
  const { data_page_header: one, data_page_header_v2: two } = header
  if (one !== undefined) {
    const unpacked = (page: Uint8Array) => {
      let at = 0
      for (const most of [repetition, definition]) {
        if (most === 0 || at + 4 > page.length) continue
        walk(page, at + 4, widthOf(most), one.num_values)
        at += 4 + new DataView(page.buffer, page.byteOffset).getUint32(at, true)
      }
      walkValues(page, at, one.encoding, isBoolean, one.num_values)
    }
    return isPlain ? void unpacked(bytes) : { offset: 0, unpacked }
  }
  if (two === undefined) return undefined
  const { definition_levels_byte_length: definitions, repetition_levels_byte_length: repetitions } = two
  if (repetition > 0) walk(bytes, 0, widthOf(repetition), two.num_values)
  if (definition > 0) walk(bytes, repetitions, widthOf(definition), two.num_values)
  const offset = repetitions + definitions
  const unpacked = (values: Uint8Array) => walkValues(values, 0, two.encoding, isBoolean, two.num_values)
  return isPlain || two.is_compressed === false ? void unpacked(bytes.subarray(offset)) : { offset, unpacked }
}
