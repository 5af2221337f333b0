/**
 * Code for lines whose members come in one order, with the same space among them: what stands before each value is compared
 * four bytes at a time with numbers in the code, and values are locals. A loop over the members takes a third longer.
 */
import * as Maker from "../Maker.ts"
import type { Cursor } from "./Cursor.ts"
import { type Member, type Members, missing, take } from "./Members.ts"

/** What stands before a value: a brace or a comma, a name and a colon, with the space among them. */
export interface Opening {
  /** At least four: the shortest is `{"":`. */
  readonly bytes: Buffer
  /** What it opens; undefined for a value that nobody wants. */
  readonly member: Member | undefined
}

/** The record where the cursor is; undefined where the line is another one. */
export type Layout = (cursor: Cursor) => object | undefined

/** The last four bytes are compared whole, with some of those before them once more. */
const isOther = (bytes: Buffer): string => {
  const offsets = Array.from({ length: Math.ceil(bytes.length / 4) }, (_, i) => Math.min(4 * i, bytes.length - 4))
  return [`at + ${bytes.length} > size`, ...offsets.map((offset) => `view.getInt32(at + ${offset}, true) !== ${bytes.readInt32LE(offset)}`)].join(" || ")
}

const valueOf = (member: Member | undefined): string => {
  if (member === undefined) return "if (!cursor.skip()) return"
  const { index, nullable, way } = member
  const taken = `(v${index} = take(cursor, members[${index}])) === undefined`
  const read = way === "value" ? `if (${taken}) return` : `if ((v${index} = cursor.${way}()) === undefined && ${taken}) return`
  return nullable ? `if (cursor.null()) v${index} = ${member.null}; else ${read}` : read
}

/** Of one format those that its files have had; more than a file has that was written by one program. */
const most = 16

/** Undefined where a member is missing that has to be there, and where Node was told to make no code out of text. */
const make = (openings: ReadonlyArray<Opening>, { columns, named, none }: Members): Layout | undefined => {
  const members = [...named.values()]
  const found = new Set(openings.map(({ member }) => member?.index))
  if (none.some((value, i) => value === missing && !found.has(i))) return undefined
  const values = columns.map((_, i) => `v${i}`).join(", ")
  const code = `${Maker.constructorOf(values, columns.map(({ key, optional }, i) => ({ key, expression: `v${i}`, optional })))}
return (cursor) => {
  const { view } = cursor
  const size = view.byteLength
  let at = cursor.at
  let ${columns.map((_, i) => found.has(i) ? `v${i}` : `v${i} = ${none[i] === null ? "null" : "undefined"}`).join(", ")}
${openings.map(({ bytes, member }) => `
  if (${isOther(bytes)}) return
  cursor.at = at + ${bytes.length}
  ${valueOf(member)}
  at = cursor.at`).join("")}
  return cursor.sign(125) ? new Row(${values}) : undefined
}`
  try {
    // Seam: what the code gives is known here alone.
    return new Function("members", "take", code)(members, take) as Layout
  } catch {
    return undefined
  }
}

/** The layouts of a format: each is compiled once, however many files have it. */
export class Layouts {
  readonly members: Members
  readonly #known = new Map<string, Layout | undefined>()
  /** Files of one format mostly look alike. */
  latest: Layout | undefined

  constructor(members: Members) {
    this.members = members
  }

  /** Of lines with these openings. */
  use(openings: ReadonlyArray<Opening>): void {
    const key = openings.map(({ bytes }) => bytes.toString("latin1")).join("\n")
    if (!this.#known.has(key)) {
      if (this.#known.size === most) return
      this.#known.set(key, make(openings, this.members))
    }
    this.latest = this.#known.get(key)
  }
}
