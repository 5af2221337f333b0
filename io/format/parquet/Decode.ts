/**
 * The pages of a row group → values. Each page is decoded once, when its first row is asked for, and let go after its
 * last one: memory holds a page or two of each column, and not the row group.
 */
import { type DecodedArray, type FileMetaData, parquetRead } from "hyparquet"
import { checkedBy } from "./Codecs.ts"

/** The pages of a row group's columns. */
export interface Fetched {
  readonly slice: (start: number, end: number) => Uint8Array
  /** Throws where a page, unpacked from this offset of the file, is damaged. */
  readonly check: (offset: number, page: Uint8Array) => void
  /** Of flat columns: the row of the group after each page. */
  readonly ends: ReadonlyMap<string, ReadonlyArray<number>>
}

/** Values of consecutive rows of one column, rows counted within the group. */
export interface Values {
  readonly start: number
  readonly end: number
  readonly data: DecodedArray
}

interface Window {
  readonly from: number
  readonly to: number
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const stringFromBytes = (bytes: Uint8Array | undefined): string | undefined => {
  if (bytes === undefined) return undefined
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Error("a text is no UTF-8")
  }
}

/** Bytes of the file as the reader takes them, each range copied once; and where in the file a copy begins. */
const copiesOf = (slice: Fetched["slice"]) => {
  const copies = new Map<string, ArrayBuffer>()
  const starts = new Map<ArrayBufferLike, number>()
  return {
    startOf: (copy: ArrayBufferLike) => starts.get(copy) ?? 0,
    of: (start: number, end: number) => {
      const key = `${start} ${end}`
      const known = copies.get(key)
      if (known !== undefined) return known
      const bytes = slice(start, end)
      const copy = new ArrayBuffer(bytes.length)
      new Uint8Array(copy).set(bytes)
      copies.set(key, copy)
      starts.set(copy, start)
      return copy
    }
  }
}

/** `metadata` has this one row group. */
const decode = async (
  metadata: FileMetaData,
  copies: ReturnType<typeof copiesOf>,
  check: Fetched["check"],
  names: ReadonlyArray<string>,
  { from, to }: Window,
  whole: boolean
): Promise<ReadonlyMap<string, Array<Values>>> => {
  const found = new Map(names.map((name): [string, Array<Values>] => [name, []]))
  await parquetRead({
    file: { byteLength: Number.MAX_SAFE_INTEGER, slice: (start, end = start) => copies.of(start, end) },
    metadata,
    columns: [...names],
    // The reader would decode the page that ends at its first row too.
    rowStart: whole ? from : from + 1,
    rowEnd: to,
    compressors: checkedBy((packed, page) => check(copies.startOf(packed.buffer) + packed.byteOffset, page)),
    utf8: false,
    geoparquet: false,
    parsers: { stringFromBytes },
    onChunk: ({ columnData, columnName, rowStart }) => {
      const end = rowStart + columnData.length
      if (end > from && rowStart < to) found.get(columnName)?.push({ start: rowStart, end, data: columnData })
    }
  })
  for (const [name, chunks] of found) {
    let at = from
    for (const { end, start } of chunks) at = start <= at ? end : at
    if (at < to) throw new Error(`column ${name} has ${at - from} values for ${to - from} rows`)
  }
  return found
}

/** Gives the values of all columns at a row, in the order of their names; rows are asked for in ascending order. */
export const make = (metadata: FileMetaData, fetched: Fetched, names: ReadonlyArray<string>, rows: number, atLeast: number) => {
  const copies = copiesOf(fetched.slice)
  const waiting = new Map(names.map((name): [string, Array<Values>] => [name, []]))
  /** From a row on, to the end of a page that brings enough rows. */
  const windowOf = (name: string, from: number): Window & { readonly whole: boolean } => {
    const ends = fetched.ends.get(name)
    // Nested columns are decoded as a whole.
    if (ends === undefined) return { from, to: rows, whole: true }
    const first = ends.find((end) => end > from) ?? rows
    return { from, to: ends.find((end) => end >= from + atLeast) ?? rows, whole: first === from + 1 }
  }
  return async (row: number): Promise<ReadonlyArray<Values>> => {
    const windows = new Map<string, { readonly window: ReturnType<typeof windowOf>; readonly names: Array<string> }>()
    for (const [name, chunks] of waiting) {
      while (chunks[0] !== undefined && chunks[0].end <= row) chunks.shift()
      if (chunks.length > 0) continue
      const window = windowOf(name, row)
      const key = `${window.to} ${window.whole}`
      const same = windows.get(key)
      if (same === undefined) windows.set(key, { window, names: [name] })
      else same.names.push(name)
    }
    for (const { names: wanted, window } of windows.values()) {
      for (const [name, chunks] of await decode(metadata, copies, fetched.check, wanted, window, window.whole)) waiting.set(name, chunks)
    }
    return names.map((name) => waiting.get(name)?.[0] ?? { start: row, end: row, data: [] })
  }
}
