/**
 * Records of one header, made by code that reads their cells in place. A record with something out of the ordinary is left
 * to `split`, so that it says what is wrong; what is read here is what it would have given.
 */
import * as Cell from "../Cell.ts"
import { Refused } from "../FormatError.ts"
import * as Maker from "../Maker.ts"
import type { Column, Shape } from "../Shape.ts"
import { Cursor } from "./Cursor.ts"
import { cellOptions, dialectOf, isAscii, nullsOf, type Options } from "./Dialect.ts"

type Read = (cursor: Cursor) => object | undefined

/** A cell as text, made a value as `Header` does it. Throws `Refused`. */
const taker = (column: Column, options: Options) => {
  const parse = Cell.parser(column.kind, cellOptions(options))
  return (cursor: Cursor): unknown => {
    const text = cursor.string()
    if (text === undefined) return undefined
    const value = parse(text)
    column.check?.(value)
    return value
  }
}

const wayOf = ({ check, kind }: Column, options: Options): string | undefined => {
  if (check !== undefined) return undefined
  switch (kind.tag) {
    case "text":
    case "any": return "string"
    case "integer": return "integer"
    case "number":
    case "finite": return "finite"
    case "instant": return "instant"
    case "boolean": return options.booleans === undefined ? "boolean" : undefined
    default: return undefined
  }
}

/** What stands for no value. */
const noneOf = ({ absent }: Column): "null" | "undefined" => (absent === "null" ? "null" : "undefined")

const codeOf = (names: ReadonlyArray<string>, columns: ReadonlyArray<Column>, options: Options): string => {
  const values = columns.map((_, i) => `v${i}`).join(", ")
  const cells = names.map((name) => {
    const i = columns.findIndex(({ column }) => column === name)
    const column = columns[i]
    if (column === undefined) return "if (cursor.string(false) === undefined) return"
    const taken = `(v${i} = take[${i}](cursor)) === undefined`
    const way = wayOf(column, options)
    const read = way === undefined ? `if (${taken}) return` : `if ((v${i} = cursor.${way}()) === undefined && ${taken}) return`
    return column.nullable ? `if (cursor.empty()) v${i} = ${noneOf(column)}; else ${read}` : read
  })
  return `${Maker.constructorOf(values, columns.map(({ absent, key }, i) => ({ key, expression: `v${i}`, optional: absent === "missing" })))}
return (cursor) => {
  let ${columns.map((column, i) => `v${i} = ${noneOf(column)}`).join(", ")}
  ${cells.join("\n  if (!cursor.next()) return\n  ")}
  return cursor.line() ? new Row(${values}) : undefined
}`
}

/** Where cells mean what `Cursor` takes them for. */
const isUsual = (options: Options, shape: Shape): boolean => {
  const dialect = dialectOf(options)
  const nulls = [...nullsOf(options)]
  return isAscii(dialect) && dialect.newline === 10 && dialect.comment === -1 && nulls.length === 1 && nulls[0] === "" &&
    (options.decimalMark ?? ".") === "." && shape.rest === undefined && shape.columns.every(({ key }) => key !== "__proto__")
}

export class InPlace {
  readonly #cursor: Cursor
  readonly #read: Read
  readonly #finish: Shape["finish"]
  #length = 0

  constructor(cursor: Cursor, read: Read, finish: Shape["finish"]) {
    this.#cursor = cursor
    this.#read = read
    this.#finish = finish
  }

  /** After the record that was read. */
  get at(): number {
    return Math.min(this.#cursor.at, this.#length)
  }

  /** Of that record, within quotes. */
  get lines(): number {
    return this.#cursor.lines
  }

  /** Lines of UTF-8, of which the last one may have no end, and no carriage return in its place; `text` has them one byte a character. */
  begin(bytes: Buffer, text: string): void {
    this.#length = bytes.length
    this.#cursor.begin(bytes, text)
  }

  /** The record that begins there; undefined where `split` has to see to it. */
  read(start: number): unknown {
    this.#cursor.at = start
    this.#cursor.lines = 0
    try {
      const record = this.#read(this.#cursor)
      return record === undefined || this.#finish === undefined ? record : this.#finish(record)
    } catch (error) {
      if (error instanceof Refused) return undefined
      throw error
    }
  }
}

/** More headers than the files of one format have that are alike. */
const mostHeaders = 16

/** Gives what reads records of these columns; undefined where they cannot be read so. Files with one header share the code for it. */
export const maker = (shape: Shape, options: Options): (names: ReadonlyArray<string>) => InPlace | undefined => {
  if (!isUsual(options, shape)) return () => undefined
  const { delimiter, quote } = dialectOf(options)
  const take = shape.columns.map((column) => taker(column, options))
  const known = new Map<string, Read>()
  const readOf = (names: ReadonlyArray<string>): Read => {
    const key = JSON.stringify(names)
    // Seam: what the code gives is known here alone.
    const read = known.get(key) ?? new Function("take", codeOf(names, shape.columns, options))(take) as Read
    if (known.size < mostHeaders) known.set(key, read)
    return read
  }
  return (names) => {
    try {
      return new InPlace(new Cursor(delimiter, quote), readOf(names), shape.finish)
    } catch {
      // Node was told to make no code out of text.
      return undefined
    }
  }
}
