/** The one error of files: what is wrong, where in which file, and what would be right. */
import { Schema } from "effect"

/** Where a record stands. Of compressed files, bytes and lines are those of the content. */
export interface Place {
  readonly file: string
  /** Counted from 0, without a header line. */
  readonly record: number
  /** Of text, counted from 1: the line on which the record begins. */
  readonly line?: number
  /** Of text: the offset of the record's first byte. */
  readonly byte?: number
  /** Of text: the offset after the record's last byte, where the next one begins or can be looked for. */
  readonly end?: number
  /** Of text: the line on which the next record begins. */
  readonly nextLine?: number
  /** Of Parquet, counted from 0. */
  readonly rowGroup?: number
  /** Of Parquet, counted from 0 within the whole file. */
  readonly row?: number
}

/** A record and where it stood. */
export interface Placed<out A> {
  readonly value: A
  readonly place: Place
}

/** A record that cannot be read, where it stood. */
export interface Unread {
  readonly bad: BadRecord
  readonly place: Place
}

/** A record that cannot be read, for a dead letter. */
export interface BadRecord {
  readonly file: string
  readonly record: number
  readonly line: number | undefined
  readonly byte: number | undefined
  readonly rowGroup: number | undefined
  readonly row: number | undefined
  /** The column, where one is to blame. */
  readonly column: string | undefined
  /** One clause, as in `expected an integer, found "x"`. */
  readonly reason: string
  /** The record as it stands in the file (of Parquet: as JSON), at most 64 KiB of it; bytes that are no text as "�". */
  readonly raw: string
}

export class FormatError extends Schema.TaggedError<FormatError>()("FormatError", {
  /** The name that the file was read under. */
  file: Schema.String,
  /** What is wrong and what would be right, without the place. */
  reason: Schema.String,
  line: Schema.optionalKey(Schema.Finite),
  byte: Schema.optionalKey(Schema.Finite),
  rowGroup: Schema.optionalKey(Schema.Finite),
  row: Schema.optionalKey(Schema.Finite),
  column: Schema.optionalKey(Schema.String),
  /** The record that is to blame, as it stands in the file. */
  raw: Schema.optionalKey(Schema.String),
  cause: Schema.optionalKey(Schema.Unknown)
}) {
  override get message(): string {
    const { byte, column, file, line, raw, reason, row, rowGroup } = this
    const parts = [
      line === undefined ? undefined : `line ${line}`,
      byte === undefined ? undefined : `byte ${byte}`,
      rowGroup === undefined ? undefined : `row group ${rowGroup}`,
      row === undefined ? undefined : `row ${row}`,
      column === undefined ? undefined : `column ${JSON.stringify(column)}`
    ].filter((part) => part !== undefined)
    return `${file}${parts.length === 0 ? "" : `, ${parts.join(", ")}`}: ${reason}${/[.!?]$/.test(reason) ? "" : "."}${raw === undefined ? "" : ` The record: ${brief(raw)}`}`
  }
}

/** On one line, and no more than what tells records apart. */
const brief = (raw: string): string => {
  const line = raw.slice(0, 200).replaceAll(/\s*[\r\n]+\s*/g, " ⏎ ")
  return line.length > 120 ? `${line.slice(0, 119).toWellFormed()}…` : line.toWellFormed()
}

/** The text of a bad record as every store can keep it: without NUL and halves of surrogate pairs. */
export const rawText = (text: string): string => text.replaceAll("\0", "\ufffd").toWellFormed()

/** What a bad record says when it ends the reading. */
export const ofBad = (bad: BadRecord): FormatError =>
  new FormatError({
    file: bad.file,
    reason: bad.reason,
    ...(bad.raw === "" ? {} : { raw: bad.raw }),
    ...(bad.line === undefined ? {} : { line: bad.line }),
    ...(bad.byte === undefined ? {} : { byte: bad.byte }),
    ...(bad.rowGroup === undefined ? {} : { rowGroup: bad.rowGroup }),
    ...(bad.row === undefined ? {} : { row: bad.row }),
    ...(bad.column === undefined ? {} : { column: bad.column })
  })

/** A value as it appears in a sentence: at most about 80 characters. */
export const shown = (value: unknown): string => {
  const cut = (text: string) => (text.length > 80 ? `${text.slice(0, 77)}...` : text)
  if (typeof value === "string") return cut(JSON.stringify(value.slice(0, 80)))
  if (typeof value === "bigint") return cut(String(value))
  if (value instanceof Uint8Array) return `${value.length} bytes`
  // JSON has null for it.
  if (value instanceof Date && Number.isNaN(value.getTime())) return "an invalid date"
  if (typeof value === "object" && value !== null) {
    try {
      return cut(JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner)) ?? "an object")
    } catch {
      return "an object"
    }
  }
  return cut(String(value))
}

/** Without a stack, which nobody sees and which takes 5 µs. */
class Quick extends Error {
  constructor(reason: string) {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(reason)
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** Thrown by converters in hot loops, caught once a record. The message completes "column x: …". */
export class Refused extends Quick {}

export const refuse = (reason: string): never => {
  throw new Refused(reason)
}

/** A column that cannot be read, thrown from a hot loop and caught once a record. */
export class Blame extends Quick {
  readonly column: string
  constructor(column: string, reason: string) {
    super(reason)
    this.column = column
  }
}

/** The first twenty of some names, and how many there are besides. */
export const few = (names: ReadonlyArray<string>): string =>
  `${names.slice(0, 20).join(", ")}${names.length > 20 ? ` and ${names.length - 20} more` : ""}`
