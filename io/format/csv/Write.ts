/** Records → CSV bytes, which `csv/Read.ts` reads back as the same records. */
import { Stream } from "effect"
import * as Cell from "../Cell.ts"
import { FormatError, Refused } from "../FormatError.ts"
import { attempt } from "../Machine.ts"
import type { Shape } from "../Shape.ts"
import { emptyIsValue } from "./Header.ts"
import * as Sep from "./Sep.ts"
import { cellOptions, dialectOf, nullsOf, type Options } from "./Dialect.ts"

const bigEndian = (text: string): Buffer => Buffer.from(text, "utf16le").swap16()

const bytesOf = (options: Options): (text: string) => Uint8Array => {
  switch (options.encoding) {
    case "utf-16le": return (text) => Buffer.from(text, "utf16le")
    case "utf-16be": return bigEndian
    case "latin1":
    case "windows-1252": throw new Error(`Format.csv: files are written as UTF-8 or UTF-16, not as ${options.encoding}.`)
    default: return (text) => Buffer.from(text)
  }
}

export const write = <E, R>(
  rows: Stream.Stream<unknown, E, R>,
  shape: Shape,
  options: Options,
  file: string
): Stream.Stream<Uint8Array, E | FormatError, R> => {
  const dialect = dialectOf(options)
  const bytes = bytesOf(options)
  const nulls = nullsOf(options)
  const [nullText] = nulls
  if (shape.rest !== undefined) throw new Error("Format.csv: writing needs a schema with fixed columns, not a Schema.Record.")
  const [delimiter, quote, escape] = [dialect.delimiter, dialect.quote, dialect.escape].map((c) => (c < 0 ? "" : String.fromCharCode(c)))
  const lineEnd = options.newline === "cr" ? "\r" : "\n"
  const columns = shape.columns.map((column) => ({
    ...column,
    print: Cell.printer(column.kind, cellOptions(options)),
    isText: emptyIsValue(column.kind)
  }))
  const special = [dialect.delimiter, dialect.quote, dialect.escape, dialect.comment, 10, 13].filter((code) => code >= 0)
  const inQuotes = new RegExp(`^\\ufeff|[${special.map((code) => `\\u${code.toString(16).padStart(4, "0")}`).join("")}]`)
  const needsQuotes = (text: string): boolean => inQuotes.test(text)
  // Without quotes an escape is a character like others.
  const isLegible = (text: string): boolean => !needsQuotes(escape === quote ? text : text.replaceAll(escape ?? "", ""))
  // To look a fresh text up costs its hash.
  const longestNull = Math.max(-1, ...[...nulls].map((text) => text.length))
  const quoted = (text: string): string => {
    if (dialect.quote < 0) throw new Refused(`${JSON.stringify(text.slice(0, 80))} needs quotes, and the option quote is false`)
    const escaped = escape === quote ? text : text.replaceAll(escape ?? "", `${escape}${escape}`)
    return `${quote}${escaped.replaceAll(quote ?? "", `${escape}${quote}`)}${quote}`
  }
  const cell = (column: typeof columns[number], value: unknown): string => {
    if (value === null || value === undefined) {
      if (!column.nullable) throw new Refused("expected a value, found nothing")
      if (nullText === undefined) throw new Refused("nothing means null in this file; give the option nulls a text")
      // In quotes it would be a text.
      if (!isLegible(nullText)) throw new Refused(`null would be written as ${JSON.stringify(nullText)}, which is read as something else; put another text first in the option nulls`)
      return nullText
    }
    column.check?.(value)
    const text = column.print(value)
    if (text.includes("\0") || !text.isWellFormed()) throw new Refused("the text has a NUL character or half of a surrogate pair")
    if (text.length <= longestNull && nulls.has(text)) {
      if (!column.isText) throw new Refused(`${JSON.stringify(text)} means null in this file; give the option nulls other texts`)
      return column.nullable ? quoted(text) : needsQuotes(text) || (text === "" && columns.length === 1) ? quoted(text) : text
    }
    return needsQuotes(text) ? quoted(text) : text
  }
  const lines = () => {
    let row = 0
    return (value: unknown): string => line(value, row++)
  }
  const line = (value: unknown, row: number): string => {
    const fields: object = Object(shape.start === undefined ? value : shape.start(value))
    let text = ""
    let at = 0
    try {
      for (const column of columns) {
        text += (at === 0 ? "" : delimiter) + cell(column, Reflect.get(fields, column.key))
        at++
      }
    } catch (error) {
      throw error instanceof Refused ? new FormatError({ file, row, column: columns[at]?.column ?? "", reason: error.message }) : error
    }
    return text + lineEnd
  }
  const mark = options.encoding === "utf-16le" || options.encoding === "utf-16be" ? "\ufeff" : ""
  const hasHeader = options.header === undefined || options.header === true
  /** A reader would pass over it. */
  const firstLine = (text: string): string => {
    if (Sep.detect(Buffer.from(text), "utf-8") === undefined) return text
    throw new Refused(`the first line would be ${JSON.stringify(text.trimEnd())}, by which Excel and readers know the delimiter; ${hasHeader ? "name the column otherwise" : "write a header"}`)
  }
  const head = () =>
    hasHeader ? firstLine(columns.map(({ column }) => (needsQuotes(column) || column === "" ? quoted(column) : column)).join(delimiter) + lineEnd) : ""
  const body = Stream.suspend(() => {
    const print = lines()
    let isFirst = !hasHeader
    const text = (batch: ReadonlyArray<unknown>): string => {
      const all = batch.map((row) => print(row))
      if (isFirst && all[0] !== undefined) firstLine(all[0])
      isFirst = false
      return all.join("")
    }
    return Stream.mapArrayEffect(rows, (batch) => attempt(file, () => [bytes(text(batch))] as const))
  })
  if (!hasHeader && mark === "") return body
  return Stream.concat(Stream.fromEffect(attempt(file, () => bytes(mark + head()))), body)
}
