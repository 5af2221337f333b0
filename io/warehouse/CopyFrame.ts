/** Bytes of rows in the binary format of COPY, in one of two buffers: one is sent while the other one is filled. */
import { frameHead } from "./CopyIn.ts"

/** A frame is sent when it has so many bytes; a megabyte is not faster. */
const frameBytes = 256 * 1024
const slack = 64 * 1024

/** Short texts are written here, since a call into the runtime costs more than their loop. */
const shortText = 24

export class CopyFrame {
  #bytes: Buffer = Buffer.allocUnsafeSlow(frameBytes + slack)
  #other: Buffer = Buffer.allocUnsafeSlow(frameBytes + slack)
  #view = new DataView<ArrayBufferLike>(this.#bytes.buffer)
  #at = frameHead

  get isFull(): boolean {
    return this.#at >= frameBytes
  }

  /** Room for so many more bytes. */
  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const next = Buffer.allocUnsafeSlow((this.#at + bytes) * 2)
    this.#bytes.copy(next, 0, 0, this.#at)
    this.#use(next)
  }

  #use(buffer: Buffer): void {
    this.#bytes = buffer
    this.#view = new DataView(buffer.buffer, buffer.byteOffset)
  }

  /** What was written, with room for the head of its message; the other buffer is written from now on. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#at)
    const other = this.#other
    // A buffer that had to grow for a large row is let go.
    this.#other = this.#bytes.length > frameBytes + slack ? Buffer.allocUnsafeSlow(frameBytes + slack) : this.#bytes
    this.#use(other)
    this.#at = frameHead
    return taken
  }

  header(): void {
    this.raw(Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1"))
  }

  /** The number of columns, at the beginning of a row; -1 ends the rows. */
  columns(count: number): void {
    this.#reserve(2)
    this.#view.setInt16(this.#at, count)
    this.#at += 2
  }

  nothing(): void {
    this.#reserve(4)
    this.#view.setInt32(this.#at, -1)
    this.#at += 4
  }

  boolean(value: boolean): void {
    this.#reserve(5)
    this.#view.setInt32(this.#at, 1)
    this.#bytes[this.#at + 4] = value ? 1 : 0
    this.#at += 5
  }

  int4(value: number): void {
    this.#reserve(8)
    this.#view.setInt32(this.#at, 4)
    this.#view.setInt32(this.#at + 4, value)
    this.#at += 8
  }

  /** A whole number that is exact as a double. */
  int8(value: number): void {
    this.#reserve(12)
    this.#view.setInt32(this.#at, 8)
    const high = Math.floor(value / 4294967296)
    this.#view.setInt32(this.#at + 4, high)
    this.#view.setUint32(this.#at + 8, value - high * 4294967296)
    this.#at += 12
  }

  bigint(value: bigint): void {
    this.#reserve(12)
    this.#view.setInt32(this.#at, 8)
    this.#view.setBigInt64(this.#at + 4, value)
    this.#at += 12
  }

  float8(value: number): void {
    this.#reserve(12)
    this.#view.setInt32(this.#at, 8)
    this.#view.setFloat64(this.#at + 4, value)
    this.#at += 12
  }

  bytes(value: Uint8Array): void {
    this.#reserve(4 + value.length)
    this.#view.setInt32(this.#at, value.length)
    this.#bytes.set(value, this.#at + 4)
    this.#at += 4 + value.length
  }

  raw(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#bytes.set(value, this.#at)
    this.#at += value.length
  }

  /** A short text of ASCII without NUL; false for others, of which nothing is written. */
  ascii(value: string): boolean {
    const { length } = value
    if (length > shortText) return false
    this.#reserve(4 + length)
    const bytes = this.#bytes
    const start = this.#at + 4
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i)
      if (code > 127 || code === 0) return false
      bytes[start + i] = code
    }
    this.#view.setInt32(this.#at, length)
    this.#at = start + length
    return true
  }

  /** A text; `version` is a byte before it, as jsonb has one. */
  text(value: string, version?: number): void {
    this.#reserve(5 + value.length * 3)
    const from = this.#at + 4
    if (version !== undefined) this.#bytes[from] = version
    const start = version === undefined ? from : from + 1
    const length = this.#short(value, start) ?? this.#bytes.write(value, start)
    this.#view.setInt32(this.#at, start - from + length)
    this.#at = start + length
  }

  /** Writes a short text of ASCII; undefined where it is none. */
  #short(value: string, start: number): number | undefined {
    const { length } = value
    if (length > shortText) return undefined
    const bytes = this.#bytes
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i)
      if (code > 127) return undefined
      bytes[start + i] = code
    }
    return length
  }
}
