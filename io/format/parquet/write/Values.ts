/**
 * The values of a page in the encoding PLAIN, one behind the other in a buffer that is used for every page of the column,
 * so that a value is held as its bytes and as nothing else.
 */
import type { ParquetType } from "hyparquet"
import { BytesBounds, NumberBounds } from "./Bounds.ts"

const smallest = 4096
const shortText = 24
/** Longer ones are measured, and not given room for three bytes a character. */
const longText = 1024

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Undefined where there is no value, or only NaN; bytes are good until the next value. */
export interface Bounds {
  readonly least: number | bigint | Uint8Array | undefined
  readonly most: number | bigint | Uint8Array | undefined
}

export class Values {
  readonly type: ParquetType
  /** Bytes of each value; undefined where each is preceded by its length, or is a bit. */
  readonly width: number | undefined
  /** Of which `length` are the values of this page. */
  bytes: Buffer = Buffer.allocUnsafeSlow(smallest)
  length = 0
  count = 0
  #view = viewOf(this.bytes)
  readonly #numbers = new NumberBounds()
  readonly #texts = new BytesBounds()

  constructor(type: ParquetType, width: number | undefined) {
    this.type = type
    this.width = width
  }

  /** The offset of so many more bytes. */
  #room(size: number): number {
    const at = this.length
    if (at + size > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, at + size))
      this.bytes.copy(larger, 0, 0, at)
      this.bytes = larger
      this.#view = viewOf(larger)
    }
    this.length = at + size
    this.count++
    return at
  }

  boolean(value: boolean): void {
    const bit = this.count & 7
    const at = bit === 0 ? this.#room(1) : this.length - 1
    if (bit !== 0) this.count++
    this.bytes[at] = (bit === 0 ? 0 : this.bytes[at]!) | (Number(value) << bit)
    this.#numbers.add(Number(value))
  }

  int32(value: number): void {
    const at = this.#room(4)
    this.#view.setInt32(at, value, true)
    this.#numbers.add(value)
  }

  /** An integer within ±2^53, in two halves: as a bigint each would be an object. */
  int64(value: number): void {
    const at = this.#room(8)
    this.#view.setUint32(at, value >>> 0, true)
    this.#view.setInt32(at + 4, Math.floor(value / 2 ** 32), true)
    this.#numbers.add(value)
  }

  bigint64(value: bigint): void {
    const at = this.#room(8)
    this.#view.setBigInt64(at, value, true)
    this.#numbers.add(value)
  }

  /** 16 bytes, the highest first. */
  int128(value: bigint): void {
    const at = this.#room(16)
    this.#view.setBigInt64(at, value >> 64n)
    this.#view.setBigUint64(at + 8, BigInt.asUintN(64, value))
    this.#numbers.add(value)
  }

  double(value: number): void {
    const at = this.#room(8)
    this.#view.setFloat64(at, value, true)
    this.#numbers.add(value)
  }

  text(value: string): void {
    const at = this.#room(4 + (value.length < longText ? value.length * 3 : Buffer.byteLength(value)))
    this.#end(at, this.#short(value, at + 4) ?? this.bytes.write(value, at + 4))
  }

  /** Writes a short text of ASCII, and gives its bytes; undefined where it is none. A call into the runtime costs more than the loop. */
  #short(value: string, at: number): number | undefined {
    const { bytes } = this
    const { length } = value
    if (length > shortText) return undefined
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i)
      if (code > 127) return undefined
      bytes[at + i] = code
    }
    return length
  }

  byteArray(value: Uint8Array): void {
    const at = this.#room(4 + value.length)
    this.bytes.set(value, at + 4)
    this.#end(at, value.length)
  }

  #end(at: number, size: number): void {
    this.length = at + 4 + size
    this.#view.setUint32(at, size, true)
    this.#texts.add(this.bytes, at + 4, this.length)
  }

  /** What the page had is packed; the buffer is kept, but for one that a huge value has made huge. */
  clear(usual: number): void {
    this.length = this.count = 0
    if (this.bytes.length > 4 * usual) {
      this.bytes = Buffer.allocUnsafeSlow(usual)
      this.#view = viewOf(this.bytes)
    }
  }

  /** The smallest and the largest of all values since they were taken before. */
  takeBounds(): Bounds {
    const of = this.type === "BYTE_ARRAY" ? this.#texts : this.#numbers
    const { least, most } = of
    of.clear()
    return { least, most }
  }
}
