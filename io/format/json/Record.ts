/** One JSON text → one record of the schema. */
import { isAscii, isUtf8 } from "node:buffer"
import { Blame, type BadRecord, rawText, Refused, refuse, shown } from "../FormatError.ts"
import type { Out } from "../Machine.ts"
import type { Shape } from "../Shape.ts"
import * as Maker from "../Maker.ts"
import { sourceOf } from "./Source.ts"
import { fromJson, isObject, memberReader, setter, wanted } from "./Value.ts"

export type Reader = (value: unknown, source: string) => unknown

/** Throws `Refused` or `Blame`. */
export const reader = (shape: Shape): Reader => {
  const setters = shape.columns.map((column) => setter(column, column.column))
  const names = new Set(shape.columns.map(({ column }) => column))
  const keys = new Set(shape.columns.map(({ key }) => key))
  const rest = shape.rest && fromJson(shape.rest.kind)
  const wantsRest = shape.rest && wanted(shape.rest.kind)
  const quick = rest !== undefined || shape.columns.some(({ optional }) => optional)
    ? undefined
    : Maker.fromMembers(shape.columns.map((field) => ({ key: field.key, column: field.column, read: memberReader(field, field.column) })))
  return (value, source) => {
    if (!isObject(value)) return refuse(`expected an object, found ${shown(value)}`)
    if (quick !== undefined) {
      const fields = quick(value, source)
      return shape.finish === undefined ? fields : shape.finish(fields)
    }
    const record: Record<string, unknown> = {}
    let i = 0
    try {
      for (const set of setters) {
        set(record, value, source)
        i++
      }
    } catch (error) {
      throw error instanceof Refused ? new Blame(shape.columns[i]?.column ?? "", error.message) : error
    }
    if (rest !== undefined) {
      for (const [name, inner] of Object.entries(value)) {
        if (names.has(name)) continue
        if (keys.has(name)) throw new Blame(name, "the record has another member for this property; name one of them otherwise in the option columns")
        if (name === "__proto__") throw new Blame(name, "a property of this name cannot be kept")
        record[name] = inner === null ? null : rest(inner, wantsRest?.(inner, source) === true ? sourceOf(source, name) : undefined)
      }
    }
    return shape.finish === undefined ? record : shape.finish(record)
  }
}

export interface Position {
  readonly file: string
  readonly record: number
  readonly line: number
  readonly byte: number
  readonly end: number
  readonly nextLine: number
}

const rawLimit = 65_536

const place = (at: Position, bytes: Buffer, reason: string, column?: string): BadRecord => ({
  file: at.file, record: at.record, line: at.line, byte: at.byte, rowGroup: undefined, row: undefined, column, reason,
  raw: rawText(bytes.subarray(0, rawLimit).toString("utf8").trim())
})

/** JSON.parse's message without its position, which is that within the record. */
const problem = (error: unknown): string =>
  error instanceof Error ? error.message.replace(/(?: in JSON)? at position \d+.*$/s, "").replace(/, ?(\.\.\.)?"[\s\S]*"(\.\.\.)? is not valid JSON$/, "") : String(error)

/** Reads one text, and gives it or tells what is wrong with it. */
export const give = (bytes: Buffer, at: Position, read: Reader, out: Out<unknown>, placed: boolean): void => {
  const bad = (reason: string, column?: string) => out.bad(place(at, bytes, reason, column), () => at)
  const ascii = isAscii(bytes)
  if (!ascii && !isUtf8(bytes)) return bad("the bytes are no UTF-8; JSON is always UTF-8")
  const text = ascii ? bytes.toString("latin1") : bytes.toString("utf8")
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return bad(`this is no JSON: ${problem(error)}`)
  }
  try {
    const record = read(value, text)
    out.good(placed ? { value: record, place: at } : record)
  } catch (error) {
    if (error instanceof Blame) bad(error.message, error.column)
    else if (error instanceof Refused) bad(error.message)
    else throw error
  }
}
