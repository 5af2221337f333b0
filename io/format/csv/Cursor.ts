/** Cells read in place, of UTF-8 whose lines end with line feeds and whose quotes are doubled. */
import { Bytes } from "../Bytes.ts"

const [lineFeed, carriageReturn] = [10, 13]

export class Cursor extends Bytes {
  /** Line ends within quotes that were passed over. */
  lines = 0
  readonly #delimiter: number
  readonly #quote: number
  /** Not 0 for what ends a cell without quotes, or must not stand in one. */
  readonly #stops: Uint8Array

  /** Bytes; -1 for no quote. */
  constructor(delimiter: number, quote: number) {
    super(true)
    this.#delimiter = delimiter
    this.#quote = quote
    this.#stops = Uint8Array.from({ length: 256 }, (_, byte) => [delimiter, quote, lineFeed, carriageReturn].includes(byte) ? 1 : 0)
  }

  /** Nothing stands in the cell, not even quotes. */
  empty(): boolean {
    const byte = this.bytes[this.at]
    return byte === this.#delimiter || byte === lineFeed || byte === carriageReturn
  }

  /** Passes over a delimiter. */
  next(): boolean {
    if (this.bytes[this.at] !== this.#delimiter) return false
    this.at++
    return true
  }

  /** Passes over a line end. */
  line(): boolean {
    const { at, bytes } = this
    const isLong = bytes[at] === carriageReturn && bytes[at + 1] === lineFeed
    if (!isLong && bytes[at] !== lineFeed) return false
    this.at = isLong ? at + 2 : at + 1
    return true
  }

  /** A cell up to what ends it, or a quote that must not be there. `isWanted`: false gives some text in its place. */
  string(isWanted = true): string | undefined {
    const { at, bytes } = this
    const stops = this.#stops
    let byte = bytes[at]!
    if (byte === this.#quote) return this.#quoted(isWanted)
    let i = at
    let all = 0
    while (stops[byte] === 0) {
      all |= byte
      byte = bytes[++i]!
    }
    this.at = i
    return isWanted ? this.part(at, i, all) : ""
  }

  #quoted(isWanted: boolean): string | undefined {
    const { at, bytes } = this
    const quote = this.#quote
    let [i, all, lines, isDoubled] = [at + 1, 0, 0, false]
    // The last byte is none of the cell.
    const last = bytes.length - 1
    for (; i >= last || bytes[i] !== quote || bytes[i + 1] === quote; i++) {
      if (i >= last) return undefined
      if (bytes[i] === quote) {
        isDoubled = true
        i++
      } else if (bytes[i] === lineFeed) lines++
      all |= bytes[i]!
    }
    this.at = i + 1
    this.lines += lines
    if (!isWanted) return ""
    const text = this.part(at + 1, i, all)
    if (!isDoubled) return text
    const one = String.fromCharCode(quote)
    return text.replaceAll(one + one, one)
  }

  // -0 is 0.
  override integer(): number | undefined {
    const value = super.integer()
    return value === 0 ? 0 : value
  }
}
