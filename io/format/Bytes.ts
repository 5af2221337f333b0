/**
 * Values read in place, from the bytes of whole lines: a byte costs half a nanosecond, a character of a text two. What is not
 * written in the usual way is left to others, so each of these gives undefined and stays where it is.
 */
import * as Decimal from "./Decimal.ts"
import * as Moment from "./Moment.ts"

/** Of more characters than these V8 makes a slice that keeps all of the text, here the whole block, in memory. */
const copied = 12

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 48 && byte <= 57

const lineFeed = Buffer.from("\n")

export class Bytes {
  /**
   * They end with a line feed, which stands in no value. A read beyond the end would give undefined, for which V8 makes the
   * code anew: it took three times as long from then on, in all files.
   */
  bytes: Buffer = lineFeed
  /** The bytes, one a character. */
  text = ""
  at = 0
  /** Over the bytes. */
  view: DataView = new DataView(new ArrayBuffer(0))
  /** Whether 007 is a number. */
  readonly leadingZeros: boolean

  constructor(leadingZeros: boolean) {
    this.leadingZeros = leadingZeros
  }

  /** `text`: the bytes, one a character. A line feed is put behind them, where there is none. */
  begin(bytes: Buffer, text: string): void {
    const all = bytes[bytes.length - 1] === 10 ? bytes : Buffer.concat([bytes, lineFeed])
    this.bytes = all
    this.text = text
    this.view = new DataView(all.buffer, all.byteOffset, all.length)
  }

  byte(): number | undefined {
    return this.bytes[this.at]
  }

  /** A text of its own; `all` are its bytes, each or'ed to the others. */
  part(from: number, to: number, all: number): string {
    if (all >= 128) return this.bytes.toString("utf8", from, to)
    return to - from > copied ? this.bytes.toString("latin1", from, to) : this.text.slice(from, to)
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

  number(): number | undefined {
    const { at, bytes } = this
    const first = bytes[at] === 45 ? at + 1 : at
    let digits = bytes[first]! - 48
    if (!(digits >= 0 && digits <= 9)) return undefined
    let i = first + 1
    if (digits > 0 || this.leadingZeros) {
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

  /** Of digits alone: of 0.99999999999999999999 there is no number but 1. */
  integer(): number | undefined {
    const { at, bytes } = this
    let i = bytes[at] === 45 ? at + 1 : at
    for (let digit = bytes[i]! - 48; digit >= 0 && digit <= 9; digit = bytes[++i]! - 48);
    const value = this.number()
    if (this.at === i && Number.isSafeInteger(value)) return value
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

  /** A moment as Date writes it. */
  instant(): Date | undefined {
    const millis = Moment.writtenBytes(this.bytes, this.at)
    if (Number.isNaN(millis)) return undefined
    this.at += 24
    return new Date(millis)
  }
}
