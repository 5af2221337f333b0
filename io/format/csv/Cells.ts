/** The cells of one record, by where they stand in the text: no text is made of a cell whose digits can be read in place. */
import { mend } from "../Charset.ts"

const ascii = /^[\0-\x7f]*$/

export class Cells {
  text = ""
  /** Cells are made text by `mend`, where they are more than ASCII. */
  encoded = false
  count = 0
  readonly starts: Array<number> = []
  readonly ends: Array<number> = []
  readonly #quoted: Array<boolean> = []
  /** What a cell is where it is not as it stands: without its escapes, or mended. */
  readonly #own: Array<string | undefined> = []
  /** Of all cells so far, at least one is not as it stands. */
  #owns = false

  begin(text: string): void {
    this.text = text
    this.count = 0
  }

  /** A cell that is not quoted; `isAscii` is asked for in an encoded text. */
  plain(start: number, end: number, isAscii: boolean): void {
    const i = this.count++
    this.starts[i] = start
    this.ends[i] = end
    this.#quoted[i] = false
    if (this.encoded && !isAscii) this.mend(i, mend(this.text.slice(start, end)))
    else if (this.#owns) this.#own[i] = undefined
  }

  /** A cell between quotes; `own` is what it is without its escapes. */
  quoted(start: number, end: number, own: string | undefined): void {
    const i = this.count++
    this.starts[i] = start
    this.ends[i] = end
    this.#quoted[i] = true
    const inner = this.encoded ? own ?? this.text.slice(start, end) : ""
    this.mend(i, ascii.test(inner) ? own : mend(inner))
  }

  isQuoted(i: number): boolean {
    return this.#quoted[i] === true
  }

  /** It stands in the text as it is. */
  isPlain(i: number): boolean {
    return !this.#owns || this.#own[i] === undefined
  }

  of(i: number): string {
    return (this.#owns ? this.#own[i] : undefined) ?? this.text.slice(this.starts[i], this.ends[i])
  }

  mend(i: number, own: string | undefined): void {
    if (own !== undefined) this.#owns = true
    this.#own[i] = own
  }

  all(): ReadonlyArray<string> {
    return Array.from({ length: this.count }, (_, i) => this.of(i))
  }
}
