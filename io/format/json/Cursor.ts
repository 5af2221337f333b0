/** Values of JSON read in place. What is not written in the usual way is left to JSON.parse. */
import { Bytes } from "../Bytes.ts"

const [quote, escape] = [34, 92]

export class Cursor extends Bytes {
  constructor() {
    super(false)
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

  /** Whether a number stands between there and here of which JSON.parse may have made another one: with a point, an exponent or many digits. */
  mayRound(from: number): boolean {
    const { at, bytes } = this
    let digits = 0
    for (let i = from; i < at; i++) {
      const byte = bytes[i]!
      if (byte >= 48 && byte <= 57) {
        if (++digits === 16) return true
      } else if (digits > 0 && (byte === 46 || byte === 101 || byte === 69)) return true
      else digits = 0
    }
    return false
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
    return this.part(at + 1, i, all)
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

  /** In quotes. */
  override instant(): Date | undefined {
    const { at, bytes } = this
    if (bytes[at] !== quote || at + 25 >= bytes.length || bytes[at + 25] !== quote) return undefined
    this.at = at + 1
    const value = super.instant()
    this.at = value === undefined ? at : at + 26
    return value
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
