/**
 * JSON values read in place, from the bytes of whole lines: a byte costs half a nanosecond, a character of a text two.
 * What is not written in the usual way is left to JSON.parse, so each of these gives undefined and stays where it is.
 */
import * as Decimal from "../Decimal.ts"
import * as Moment from "../Moment.ts"

const [quote, escape] = [34, 92]

/** V8 makes a slice of a longer text that keeps all of it, here the whole block, in memory. */
const copied = 12

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 48 && byte <= 57

export class Cursor {
  bytes: Buffer = Buffer.alloc(0)
  /** The bytes, one a character. */
  text = ""
  at = 0
  /** Over the bytes. */
  view: DataView = new DataView(new ArrayBuffer(0))

  begin(bytes: Buffer): void {
    this.bytes = bytes
    this.text = bytes.toString("latin1")
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  byte(): number | undefined {
    return this.bytes[this.at]
  }

  /** Passes over these bytes, where they stand here. */
  passes(expected: Uint8Array): boolean {
    const { at, bytes } = this
    for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false
    this.at = at + expected.length
    return true
  }

  /** The text from there to here. */
  since(from: number): string {
    return this.bytes.toString("utf8", from, this.at)
  }

  space(): void {
    for (let byte = this.byte(); byte === 32 || byte === 9 || byte === 13; byte = this.byte()) this.at++
  }

  /** A byte, and the space behind it. */
  sign(byte: number): boolean {
    if (this.byte() !== byte) return false
    this.at++
    this.space()
    return true
  }

  null(): boolean {
    const { at, bytes } = this
    if (bytes[at] !== 110 || bytes[at + 1] !== 117 || bytes[at + 2] !== 108 || bytes[at + 3] !== 108) return false
    this.at = at + 4
    return true
  }

  boolean(): boolean | undefined {
    const { at, bytes } = this
    const isTrue = bytes[at] === 116
    if (isTrue ? bytes[at + 1] !== 114 || bytes[at + 2] !== 117 : bytes[at] !== 102 || bytes[at + 1] !== 97 || bytes[at + 2] !== 108) return undefined
    const end = isTrue ? at + 3 : at + 4
    if (bytes[end] !== 101 || (!isTrue && bytes[at + 3] !== 115)) return undefined
    this.at = end + 1
    return isTrue
  }

  /** `isWanted`: false gives some string in its place. */
  string(isWanted = true): string | undefined {
    const { at, bytes } = this
    if (bytes[at] !== quote) return undefined
    let i = at + 1
    let byte = bytes[i]!
    let all = 0
    while (byte !== quote && byte !== escape && byte >= 32) {
      all |= byte
      byte = bytes[++i]!
    }
    if (byte !== quote) return byte === escape ? this.#escaped(i, all) : undefined
    this.at = i + 1
    if (!isWanted) return ""
    if (all >= 128) return bytes.toString("utf8", at + 1, i)
    return i - at > copied ? bytes.toString("latin1", at + 1, i) : this.text.slice(at + 1, i)
  }

  /** The string that begins here and has its first escape at `from`; `seen` are the bytes before it. */
  #escaped(from: number, seen: number): string | undefined {
    const { at, bytes } = this
    let i = from
    let all = seen
    for (let byte = bytes[i]!; byte !== quote; byte = bytes[i]!) {
      if (!(byte >= 32)) return undefined
      all |= byte
      i += byte === escape ? 2 : 1
    }
    this.at = i + 1
    return JSON.parse(all < 128 ? this.text.slice(at, i + 1) : bytes.toString("utf8", at, i + 1))
  }

  number(): number | undefined {
    const { at, bytes } = this
    const first = bytes[at] === 45 ? at + 1 : at
    let digits = bytes[first]! - 48
    if (!(digits >= 0 && digits <= 9)) return undefined
    let i = first + 1
    if (digits > 0) {
      for (let digit = bytes[i]! - 48; digit >= 0 && digit <= 9; digit = bytes[++i]! - 48) digits = digits * 10 + digit
    }
    let count = i - first
    let places = 0
    if (bytes[i] === 46) {
      const after = ++i
      for (let digit = bytes[i]! - 48; digit >= 0 && digit <= 9; digit = bytes[++i]! - 48) digits = digits * 10 + digit
      places = i - after
      if (places === 0) return undefined
      count += places
    }
    if (bytes[i] === 101 || bytes[i] === 69) return this.#scientific(i)
    this.at = i
    if (count > Decimal.exactDigits) return this.#long(at, first, count, places)
    const value = places === 0 ? digits : Decimal.ofExact(digits, places)
    return first === at ? value : -value
  }

  integer(): number | undefined {
    const { at } = this
    const value = this.number()
    if (Number.isSafeInteger(value)) return value
    this.at = at
    return undefined
  }

  finite(): number | undefined {
    const { at } = this
    const value = this.number()
    if (Number.isFinite(value)) return value
    this.at = at
    return undefined
  }

  /** Of more digits than are exact, which end where the cursor is. */
  #long(at: number, first: number, count: number, places: number): number {
    const { bytes } = this
    if (count <= Decimal.mostDigits) {
      let [head, tail, taken] = [0, 0, 0]
      for (let i = first; i < this.at; i++) {
        const digit = bytes[i]! - 48
        if (digit < 0) continue
        if (taken++ < Decimal.exactDigits) head = head * 10 + digit
        else tail = tail * 10 + digit
      }
      const value = Decimal.nearest(head, tail, count - Decimal.exactDigits, places)
      if (value !== undefined) return first === at ? value : -value
    }
    return Number(this.text.slice(at, this.at))
  }

  #scientific(exponent: number): number | undefined {
    const { at, bytes } = this
    let i = exponent + 1
    if (bytes[i] === 43 || bytes[i] === 45) i++
    if (!isDigit(bytes[i])) return undefined
    while (isDigit(bytes[i])) i++
    this.at = i
    return Number(this.text.slice(at, i))
  }

  /** A string that is a moment as Date writes it. */
  instant(): Date | undefined {
    const { at, bytes } = this
    if (bytes[at] !== quote || bytes[at + 25] !== quote) return undefined
    const millis = Moment.writtenBytes(bytes, at + 1)
    if (Number.isNaN(millis)) return undefined
    this.at = at + 26
    return new Date(millis)
  }

  /** Any value. What is no JSON is thrown as `SyntaxError`. */
  value(): unknown {
    switch (this.byte()) {
      case quote: return this.string()
      case 116: case 102: return this.boolean()
      case 110: return this.null() ? null : undefined
      case 123: case 91: return this.#nested()
      default: return this.number()
    }
  }

  /** Passes over any value that is JSON. */
  skip(): boolean {
    return (this.byte() === quote ? this.string(false) : this.value()) !== undefined
  }

  #nested(): unknown {
    const { at, bytes } = this
    let depth = 0
    let i = at
    for (; i < bytes.length; i++) {
      const byte = bytes[i]
      if (byte === quote) {
        for (i++; bytes[i] !== quote; i += bytes[i] === escape ? 2 : 1) if (!(bytes[i]! >= 32)) return undefined
      } else if (byte === 123 || byte === 91) depth++
      else if ((byte === 125 || byte === 93) && --depth === 0) break
      else if (byte === 10) return undefined
    }
    this.at = i + 1
    return JSON.parse(bytes.toString("utf8", at, i + 1))
  }
}
