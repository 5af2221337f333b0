/** The options of CSV: how a file is written, and how its cells become values. */
import { DateTime, Option } from "effect"
import type * as Cell from "../Cell.ts"
import type { Encoding } from "../Charset.ts"
import type { Dialect } from "./Split.ts"

export interface Options<Key extends string = string> {
  /**
   * True (default): the first record names the columns, in any order; columns that the schema does not have are
   * passed over. False: there is no header, and the columns are those of the schema, in its order. A list: there is no
   * header, and these are the columns.
   */
  readonly header?: boolean | ReadonlyArray<string>
  /** Property of the record → name in the header, where they differ. */
  readonly columns?: { readonly [K in Key]?: string }
  /** One character. Default ",". */
  readonly delimiter?: string
  /** One character, or false where quotes mean nothing. Default `"`. */
  readonly quote?: string | false
  /** What stands before a quote within quotes. Default: the quote itself. */
  readonly escape?: string
  /** Lines that begin with this character are passed over. Default: none. */
  readonly comment?: string
  /** "lf" (default) takes "\n" and "\r\n", also mixed; "cr" is for files whose lines end with "\r" alone. */
  readonly newline?: "lf" | "cr"
  /** Empty lines, in files of several columns. Default "fail". */
  readonly blankLines?: "fail" | "skip"
  /** Texts that mean null. In a column of text only where they are not quoted. Default: the empty text. */
  readonly nulls?: ReadonlyArray<string>
  /** Texts of true and of false, in lower case; files may write them in any case. Default "true" and "false". */
  readonly booleans?: { readonly true: ReadonlyArray<string>; readonly false: ReadonlyArray<string> }
  /** The zone of moments that name none, as in "Europe/Berlin". Default: such moments are refused. */
  readonly timezone?: string
  /** Default ".". */
  readonly decimalMark?: "." | ","
  /** Default: UTF-8, or what the byte order mark says. */
  readonly encoding?: Encoding
  /** The most bytes of one record, so that a quote that is never closed cannot take all memory. Default 64 MiB. */
  readonly maxRecordBytes?: number
}

const code = (name: string, text: string | false | undefined): number => {
  if (text === undefined || text === false) return -1
  if (text.length !== 1 || text === "\n" || text === "\r") {
    throw new Error(`Format.csv: ${name} is one character and no line end, not ${JSON.stringify(text)}.`)
  }
  return text.charCodeAt(0)
}

/** Throws on options that contradict each other: they are a mistake of the program. */
export const dialectOf = (options: Options): Dialect => {
  const quote = code("quote", options.quote ?? "\"")
  const dialect = {
    delimiter: code("delimiter", options.delimiter ?? ","),
    quote,
    escape: options.escape === undefined ? quote : code("escape", options.escape),
    comment: code("comment", options.comment),
    newline: options.newline === "cr" ? 13 : 10
  }
  const { comment, delimiter, escape } = dialect
  if (delimiter === quote || delimiter === escape || delimiter === comment || (comment !== -1 && comment === quote)) {
    throw new Error("Format.csv: delimiter, quote, escape and comment are different characters.")
  }
  return dialect
}

/** Whether text can be split by its bytes of UTF-8; what stands after an escape is told, and may be any character. */
export const isAscii = ({ comment, delimiter, escape, quote }: Dialect): boolean =>
  escape === quote && [comment, delimiter, quote].every((code) => code < 128)

const zoneOf = ({ timezone }: Options): string | undefined => {
  if (timezone === undefined || Option.isSome(DateTime.zoneMakeNamed(timezone))) return timezone
  throw new Error(`Format.csv: there is no time zone "${timezone}"; write one as "Europe/Berlin" or "UTC".`)
}

export const cellOptions = (options: Options): Cell.Options => ({
  timezone: zoneOf(options),
  decimalMark: options.decimalMark ?? ".",
  booleans: new Map([
    ...(options.booleans?.true ?? ["true"]).map((text) => [text.toLowerCase(), true] as const),
    ...(options.booleans?.false ?? ["false"]).map((text) => [text.toLowerCase(), false] as const)
  ])
})

export const nullsOf = (options: Options): ReadonlySet<string> => new Set(options.nulls ?? [""])

export const maxRecordBytesOf = (options: Options): number => options.maxRecordBytes ?? 64 * 2 ** 20
