/**
 * A line → its record, without an object of JSON between them: members are expected in the order of the line before, and
 * only those that the schema has are made values. What is out of the ordinary is left to JSON.parse, so that it says what
 * is wrong; what is read here is what it would have given.
 */
import { Refused } from "../FormatError.ts"
import * as Maker from "../Maker.ts"
import type { Column, Shape } from "../Shape.ts"
import { Cursor } from "./Cursor.ts"
import { Opening } from "./Opening.ts"
import { type FromJson, inexact, needsSource, slotFromJson } from "./Value.ts"

interface Member {
  readonly index: number
  /** How it is read in place. */
  readonly way: "text" | "integer" | "finite" | "boolean" | "instant" | "value"
  readonly nullable: boolean
  /** What null in the file stands for. */
  readonly null: null | undefined
  /** From the value that JSON.parse gives. */
  readonly read: FromJson
  readonly isExact: boolean
}

/** Stands for a member that has to be there. */
const missing = Symbol("missing")

const ways: Readonly<Record<string, Member["way"]>> = {
  text: "text", integer: "integer", number: "finite", finite: "finite", boolean: "boolean", instant: "instant"
}

const memberOf = (column: Column, index: number): Member => ({
  index,
  way: (column.check === undefined ? ways[column.kind.tag] : undefined) ?? "value",
  nullable: column.nullable,
  null: column.null ? null : undefined,
  read: slotFromJson(column),
  isExact: needsSource(column.kind)
})

const noneOf = ({ absent, optional }: Column) =>
  optional || absent === "undefined" ? undefined : absent === "required" ? missing : null

const makerOf = (columns: ReadonlyArray<Column>): ((values: ReadonlyArray<unknown>) => Record<string, unknown>) => {
  if (!columns.some(({ optional }) => optional)) return Maker.fromValues(columns.map(({ key }) => key))
  return (values) => {
    const record: Record<string, unknown> = {}
    columns.forEach(({ key, optional }, i) => {
      if (values[i] !== undefined || !optional) record[key] = values[i]
    })
    return record
  }
}

/** Of columns that are known; the prototype of a record is none of its properties. */
export const scannable = (shape: Shape): boolean => shape.rest === undefined && shape.columns.every(({ key }) => key !== "__proto__")

/** A value; undefined where it is not as it usually is, and is still to be read. */
const inPlace = (cursor: Cursor, way: Member["way"]): unknown => {
  switch (way) {
    case "text": return cursor.string()
    case "integer": return cursor.integer()
    case "finite": return cursor.finite()
    case "boolean": return cursor.boolean()
    case "instant": return cursor.instant()
    case "value": return undefined
  }
}

/** More than a file of records has: names that are data are not kept. */
const mostOpenings = 1000

export class Scan {
  readonly #cursor = new Cursor()
  /** By their bytes, one a character. */
  readonly #members: ReadonlyMap<string, Member>
  readonly #openings = new Map<string, Opening<Member>>()
  /** Those of the line before. */
  readonly #order: Array<Opening<Member>> = []
  /** How many members the last line had that had all of the schema's, in this order. */
  #complete = -1
  readonly #none: ReadonlyArray<unknown>
  readonly #values: Array<unknown>
  /** The line that each value is of. */
  readonly #lines: Array<number>
  #line = 0
  readonly #make: (values: ReadonlyArray<unknown>) => unknown
  readonly #finish: Shape["finish"]

  constructor({ columns, finish }: Shape) {
    this.#members = new Map(columns.map((column, i) => [Buffer.from(column.column).toString("latin1"), memberOf(column, i)]))
    this.#none = columns.map(noneOf)
    this.#values = [...this.#none]
    this.#lines = this.#none.map(() => 0)
    this.#make = makerOf(columns)
    this.#finish = finish
  }

  /** After what was read: the space behind the record is passed over. */
  get at(): number {
    return this.#cursor.at
  }

  /** Whole lines, of UTF-8. */
  begin(bytes: Buffer): void {
    this.#cursor.begin(bytes)
  }

  /** The record that begins there; undefined where JSON.parse has to see to it. */
  read(start: number): unknown {
    this.#cursor.at = start
    try {
      if (!this.#scan()) return undefined
      const record = this.#make(this.#values) as object
      return this.#finish === undefined ? record : this.#finish(record)
    } catch (error) {
      if (error instanceof Refused || error instanceof SyntaxError) return undefined
      throw error
    }
  }

  /** Fills the values. */
  #scan(): boolean {
    const cursor = this.#cursor
    const order = this.#order
    const line = ++this.#line
    let i = 0
    for (; i === 0 || cursor.bytes[cursor.at] !== 125; i++) {
      let opening = order[i]
      if (opening === undefined || !cursor.opens(opening)) {
        const found = this.#open(i)
        if (found === "end") break
        if (found === undefined) return false
        order[i] = opening = found
        this.#complete = -1
      }
      const { member } = opening
      if (member === undefined) {
        if (!cursor.skip()) return false
        continue
      }
      const value = inPlace(cursor, member.way)
      if (value !== undefined) this.#values[member.index] = value
      else if (!this.#take(member)) return false
      this.#lines[member.index] = line
    }
    if (!cursor.sign(125)) return false
    // A line of the members of a complete one is complete.
    return i === this.#complete || this.#fill(i)
  }

  /** What stands for members that the line has not. */
  #fill(count: number): boolean {
    this.#complete = -1
    let isComplete = true
    for (const [i, none] of this.#none.entries()) {
      if (this.#lines[i] === this.#line) continue
      if (none === missing) return false
      this.#values[i] = none
      isComplete = false
    }
    if (isComplete) this.#complete = count
    return true
  }

  /** What stands here, before the value or the end of the record; undefined for what is out of the ordinary. */
  #open(i: number): Opening<Member> | "end" | undefined {
    const cursor = this.#cursor
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
    const known = this.#openings.get(text)
    if (known !== undefined) return known
    if (this.#openings.size >= mostOpenings) this.#openings.clear()
    const opening = new Opening(cursor.bytes.subarray(from, cursor.at), this.#members.get(name))
    this.#openings.set(text, opening)
    return opening
  }

  /** A value that is not as it usually is. */
  #take({ index, isExact, null: none, nullable, read }: Member): boolean {
    const cursor = this.#cursor
    const from = cursor.at
    const value = cursor.value()
    if (value === undefined) return false
    if (value === null && nullable) this.#values[index] = none
    else this.#values[index] = read(value, isExact && inexact(value) ? cursor.since(from) : undefined)
    return true
  }
}
