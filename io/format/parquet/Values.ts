/** The values of a page: decoded a few at a time, when their rows are asked for, so that a large page is not held twice. */
import { parseFloat16 } from "hyparquet/src/convert.js"
import { byteStreamSplit } from "hyparquet/src/encoding.js"
import type { ParquetType } from "hyparquet"
import * as Delta from "./Delta.ts"
import * as Hybrid from "./Hybrid.ts"

/** What bytes become. */
export type Form = "bytes" | "text" | "uuid" | "float16"

/** How the values of a column are stored. */
export interface Stored {
  readonly type: ParquetType
  /** Of `FIXED_LEN_BYTE_ARRAY`. */
  readonly length: number
  readonly form: Form
}

export interface Values {
  readonly count: number
  /** Puts those from `from` up to `to`, which only grow, into an array: 64-bit integers as numbers where these are exact, else as bigints. */
  readonly fill: (from: number, to: number, into: Array<unknown>) => void
}

const beyond = (): never => {
  throw new Error("a page has fewer bytes than its values need")
}

const ofArray = (values: ArrayLike<unknown>): Values => ({
  count: values.length,
  fill: (from, to, into) => {
    for (let i = from; i < to; i++) into[i - from] = values[i]
  }
})

const text = (buffer: Buffer, start: number, end: number): string => {
  const value = buffer.toString("utf8", start, end)
  // What is no UTF-8 becomes this character; that a text has it of its own is rare.
  if (value.includes("\ufffd") && !Buffer.from(value).equals(buffer.subarray(start, end))) throw new Error("a text is no UTF-8")
  return value
}

const hex = (buffer: Buffer, start: number): string => {
  const digits = buffer.toString("hex", start, start + 16)
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`
}

/** Bytes of the page → a value. */
const formed = (buffer: Buffer, form: Form): (start: number, end: number) => unknown => {
  const bytes = (start: number, end: number) => new Uint8Array(buffer.buffer, buffer.byteOffset + start, end - start)
  switch (form) {
    case "bytes": return bytes
    case "text": return (start, end) => text(buffer, start, end)
    case "uuid": return (start, end) => end - start === 16 ? hex(buffer, start) : beyond()
    case "float16": return (start, end) => end - start === 2 ? parseFloat16(bytes(start, end)) : beyond()
  }
}

/** `starts` has one more than there are values; each is preceded by `gap` bytes that are not of it. */
const sliced = (buffer: Buffer, form: Form, starts: Uint32Array, gap: number): Values => {
  const read = formed(buffer, form)
  return {
    count: starts.length - 1,
    fill: (from, to, into) => {
      for (let i = from; i < to; i++) into[i - from] = read(starts[i]!, starts[i + 1]! - gap)
    }
  }
}

const exact = 2 ** 21

/** 64-bit integers, each in two halves. */
const int64 = (buffer: Buffer, start: number, count: number): Values => {
  const view = new DataView(buffer.buffer, buffer.byteOffset + start, count * 8)
  return {
    count,
    fill: (from, to, into) => {
      for (let i = from; i < to; i++) {
        const high = view.getInt32(i * 8 + 4, true)
        into[i - from] = high < exact && high > -exact ? high * 4294967296 + view.getUint32(i * 8, true) : view.getBigInt64(i * 8, true)
      }
    }
  }
}

/** Views of numbers begin at multiples of their size. */
const aligned = (buffer: Buffer, start: number, bytes: number, size: number): readonly [ArrayBufferLike, number] => {
  const at = buffer.byteOffset + start
  return at % size === 0 ? [buffer.buffer, at] : [new Uint8Array(buffer.subarray(start, start + bytes)).buffer, 0]
}

/** More bytes than the values have are values of another form: bytes with their lengths in a column of fixed length, or levels that a required column has not. */
const left = (bytes: number): never => {
  throw new Error(`a page has ${bytes} bytes more than its values`)
}

const plain = (page: Buffer, start: number, count: number, { form, length, type }: Stored): Values => {
  const rest = page.length - start
  const need = (bytes: number) => rest < bytes ? beyond() : rest > bytes ? left(rest - bytes) : undefined
  switch (type) {
    case "BOOLEAN": {
      // Old writers fill up the page.
      if (rest < Math.ceil(count / 8)) return beyond()
      return {
        count,
        fill: (from, to, into) => {
          for (let i = from; i < to; i++) into[i - from] = (page[start + (i >> 3)]! & (1 << (i & 7))) !== 0
        }
      }
    }
    case "INT32": {
      need(count * 4)
      return ofArray(new Int32Array(...aligned(page, start, count * 4, 4), count))
    }
    case "FLOAT": {
      need(count * 4)
      return ofArray(new Float32Array(...aligned(page, start, count * 4, 4), count))
    }
    case "DOUBLE": {
      need(count * 8)
      return ofArray(new Float64Array(...aligned(page, start, count * 8, 8), count))
    }
    case "INT64": {
      need(count * 8)
      return int64(page, start, count)
    }
    case "BYTE_ARRAY": {
      const starts = new Uint32Array(count + 1)
      let at = start + 4
      for (let i = 0; i < count; i++) {
        if (at > page.length) return beyond()
        starts[i] = at
        at += page.readUInt32LE(at - 4) + 4
      }
      starts[count] = at
      need(at - 4 - start)
      return sliced(page, form, starts, 4)
    }
    default: {
      const size = type === "INT96" ? 12 : length
      if (size <= 0) throw new Error("a column of fixed length does not say how long its values are")
      need(count * size)
      const starts = new Uint32Array(count + 1)
      for (let i = 0; i <= count; i++) starts[i] = start + i * size
      return sliced(page, form, starts, 0)
    }
  }
}

/** Numbers of the other encodings; 64-bit integers as numbers where these are exact. */
const narrowed = (values: ArrayLike<unknown>): Values => {
  if (!(values instanceof BigInt64Array)) return ofArray(values)
  return int64(Buffer.from(values.buffer, values.byteOffset, values.byteLength), 0, values.length)
}

/** Of arrays of bytes, each of which may be a part of the page or a copy. */
const separate = (values: ReadonlyArray<Uint8Array>, form: Form): Values =>
  form === "bytes" ? ofArray(values) : ofArray(values.map((bytes) => formed(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), form)(0, bytes.length)))

const delta = (page: Buffer, start: number, count: number, encoding: string, stored: Stored): Values => {
  const { form, type } = stored
  if (encoding === "DELTA_BINARY_PACKED") {
    if (type === "INT64") {
      const halves = new Int32Array(count * 2)
      Delta.decode(page, start, count, halves, 64)
      return int64(Buffer.from(halves.buffer), 0, count)
    }
    if (type !== "INT32") throw new Error("its pages are encoded as differences, which only integers are")
    const values = new Int32Array(count)
    Delta.decode(page, start, count, values, 32)
    return ofArray(values)
  }
  if (type !== "BYTE_ARRAY" && !(type === "FIXED_LEN_BYTE_ARRAY" && encoding === "DELTA_BYTE_ARRAY")) {
    throw new Error(`its pages are encoded as ${encoding}, which ${type} is not`)
  }
  let from = start
  const lengths = (): Int32Array => {
    const found = new Int32Array(count)
    from = Delta.decode(page, from, count, found, 32)
    return found
  }
  const prefixes = encoding === "DELTA_BYTE_ARRAY" ? lengths() : undefined
  const suffixes = lengths()
  const starts = new Uint32Array(count + 1)
  let at = from
  for (let i = 0; i < count; i++) {
    starts[i] = at
    at += suffixes[i]! < 0 ? beyond() : suffixes[i]!
  }
  starts[count] = at
  if (at > page.length) return beyond()
  return prefixes === undefined ? sliced(page, form, starts, 0) : continued(page, prefixes, starts, stored)
}

/**
 * Each begins with so many bytes of the one before. They are made when they are asked for, in their order: some bytes of a
 * page can stand for millions of long values.
 */
const continued = (page: Buffer, prefixes: Int32Array, starts: Uint32Array, { form, length, type }: Stored): Values => {
  const { length: count } = prefixes
  let [longest, total] = [0, 0]
  for (let i = 0, before = 0; i < count; i++) {
    const prefix = prefixes[i]!
    if (prefix < 0 || prefix > before) throw new Error("a text of a page goes on from more than the one before has")
    before = prefix + starts[i + 1]! - starts[i]!
    if (type === "FIXED_LEN_BYTE_ARRAY" && before !== length) throw new Error(`a value has ${before} bytes in place of the ${length} of the column`)
    longest = Math.max(longest, before)
    total += before
  }
  if (total >= 2 ** 31) throw new Error(`a page is said to have values of ${total} bytes; expected less than 2 GiB`)
  // The value that was made last.
  const held = Buffer.allocUnsafeSlow(longest)
  const read = formed(held, form)
  let next = 0
  return {
    count,
    fill: (from, to, into) => {
      for (; next < to; next++) {
        const [prefix, start, end] = [prefixes[next]!, starts[next]!, starts[next + 1]!]
        page.copy(held, prefix, start, end)
        const size = prefix + end - start
        if (next >= from) into[next - from] = form === "bytes" ? new Uint8Array(held.subarray(0, size)) : read(0, size)
      }
    }
  }
}

const indexed = (page: Buffer, start: number, count: number, dictionary: ArrayLike<unknown>): Values => {
  const indexes = new Uint32Array(count)
  Hybrid.decode(page, start + 1, page[start] ?? beyond(), indexes)
  const { length } = dictionary
  for (let i = 0; i < count; i++) if (indexes[i]! >= length) throw new Error(`a page has index ${indexes[i]} into a dictionary of ${length} values`)
  return {
    count,
    fill: (from, to, into) => {
      for (let i = from; i < to; i++) into[i - from] = dictionary[indexes[i]!]
    }
  }
}

/** The values of a page from an offset on, levels before it. Throws an Error that tells the damage. */
export const decode = (
  page: Buffer,
  start: number,
  count: number,
  encoding: string | undefined,
  stored: Stored,
  dictionary: ArrayLike<unknown> | undefined
): Values => {
  if (count === 0) return ofArray([])
  switch (encoding) {
    case "PLAIN": return plain(page, start, count, stored)
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY": {
      if (dictionary === undefined) throw new Error("a page refers to a dictionary, and there is none")
      return indexed(page, start, count, dictionary)
    }
    case "RLE": {
      if (stored.type !== "BOOLEAN") throw new Error(`its pages are encoded as RLE, which only booleans are`)
      const bits = new Uint8Array(count)
      Hybrid.decode(page, start + 4, 1, bits)
      return {
        count,
        fill: (from, to, into) => {
          for (let i = from; i < to; i++) into[i - from] = bits[i] === 1
        }
      }
    }
    case "BYTE_STREAM_SPLIT": {
      const width = { INT32: 4, FLOAT: 4, INT64: 8, DOUBLE: 8, FIXED_LEN_BYTE_ARRAY: stored.length, INT96: 12, BOOLEAN: 1, BYTE_ARRAY: 0 }[stored.type]
      if (start + count * width > page.length) return beyond()
      const values = byteStreamSplit({ view: new DataView(page.buffer, page.byteOffset, page.length), offset: start }, count, stored.type, stored.length)
      return stored.type === "FIXED_LEN_BYTE_ARRAY" ? separate(values as ReadonlyArray<Uint8Array>, stored.form) : narrowed(values)
    }
    case "DELTA_BINARY_PACKED":
    case "DELTA_LENGTH_BYTE_ARRAY":
    case "DELTA_BYTE_ARRAY": return delta(page, start, count, encoding, stored)
    default: throw new Error(`its pages have the encoding ${encoding ?? "of no known number"}, which is not read`)
  }
}
