/**
 * A line → its record, without an object of JSON between them: only what the schema has is made values. What is out of the
 * ordinary is left to JSON.parse, so that it says what is wrong; what is read here is what it would have given.
 */
import { Refused } from "../FormatError.ts"
import type { Shape } from "../Shape.ts"
import { Cursor } from "./Cursor.ts"
import * as Layout from "./Layout.ts"
import { missing, take } from "./Members.ts"

/** More than the members of a file have: names that are data are not kept. */
const mostOpenings = 1000
/** So many lines in a row with the same openings are worth code of their own. */
const worthCode = 20

export class Scan {
  readonly #cursor = new Cursor()
  readonly #layouts: Layout.Layouts
  readonly #finish: Shape["finish"]
  readonly #openings = new Map<string, Layout.Opening>()
  /** Those of the line before. */
  #order: Array<Layout.Opening> = []
  /** Lines in a row that had them. */
  #same = 0
  #layout: Layout.Layout | undefined
  readonly #values: Array<unknown>

  constructor(layouts: Layout.Layouts, finish: Shape["finish"]) {
    this.#layouts = layouts
    this.#layout = layouts.latest
    this.#finish = finish
    this.#values = [...layouts.members.none]
  }

  /** After what was read: the space behind the record is passed over. */
  get at(): number {
    return this.#cursor.at
  }

  /** Whole lines, of UTF-8. */
  begin(bytes: Buffer): void {
    this.#cursor.begin(bytes, bytes.toString("latin1"))
  }

  /** The record that begins there; undefined where JSON.parse has to see to it. */
  read(start: number): unknown {
    const cursor = this.#cursor
    cursor.at = start
    try {
      let record = this.#layout?.(cursor)
      if (record === undefined) {
        cursor.at = start
        record = this.#record()
      }
      return record === undefined || this.#finish === undefined ? record : this.#finish(record)
    } catch (error) {
      if (error instanceof Refused || error instanceof SyntaxError) return undefined
      throw error
    }
  }

  /** Member by member, in whatever order they are. */
  #record(): object | undefined {
    const cursor = this.#cursor
    const { make, none } = this.#layouts.members
    const values = this.#values
    for (let i = 0; i < none.length; i++) values[i] = none[i]
    let i = 0
    for (; ; i++) {
      const opening = this.#open(i)
      if (opening === "end") break
      if (opening === undefined) return undefined
      const { member } = opening
      if (member === undefined) {
        if (!cursor.skip()) return undefined
      } else if (member.nullable && cursor.null()) values[member.index] = member.null
      else if ((values[member.index] = take(cursor, member)) === undefined) return undefined
    }
    if (!cursor.sign(125)) return undefined
    this.#learn(i)
    return values.includes(missing) ? undefined : make(values)
  }

  /** What stands here, before a value or the end of the record; undefined for what is out of the ordinary. */
  #open(i: number): Layout.Opening | "end" | undefined {
    const cursor = this.#cursor
    const expected = this.#order[i]
    if (expected !== undefined && cursor.passes(expected.bytes)) return expected
    const from = cursor.at
    cursor.space()
    if (i > 0 && cursor.byte() === 125) return "end"
    if (!cursor.sign(i === 0 ? 123 : 44)) return undefined
    if (i === 0 && cursor.byte() === 125) return "end"
    const nameAt = cursor.at
    if (cursor.string(false) === undefined) return undefined
    const name = cursor.text.slice(nameAt + 1, cursor.at - 1)
    cursor.space()
    // JSON.parse knows what an escaped name is.
    if (name.includes("\\") || !cursor.sign(58)) return undefined
    const text = cursor.text.slice(from, cursor.at)
    let opening = this.#openings.get(text)
    if (opening === undefined) {
      if (this.#openings.size >= mostOpenings) this.#openings.clear()
      opening = { bytes: Buffer.from(text, "latin1"), member: this.#layouts.members.named.get(name) }
      this.#openings.set(text, opening)
    }
    this.#order[i] = opening
    this.#same = 0
    return opening
  }

  /** Of a line of so many members. */
  #learn(count: number): void {
    if (count !== this.#order.length) {
      this.#order.length = count
      this.#same = 0
    } else if (++this.#same === worthCode) {
      this.#layouts.use(this.#order)
      this.#layout = this.#layouts.latest
    }
  }
}
