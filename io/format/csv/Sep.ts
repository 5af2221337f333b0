/** The line `sep=;` that Excel understands at the beginning of a file: it says what separates the cells, and is no header. */
import { type Encoding, unitOf } from "../Charset.ts"

const longestLine = 9

/** So many bytes tell whether it is there, in every encoding. */
export const longest = 2 * longestLine

export interface Sep {
  readonly delimiter: string
  /** Of the line, with its end, in bytes. */
  readonly length: number
}

const pattern = /^(?:sep=(.)|"sep=(.)")\r?\n/

const textOf = (head: Uint8Array, encoding: Encoding): string => {
  if (unitOf(encoding) === 1) return Buffer.from(head.subarray(0, longestLine)).toString("latin1")
  const units = Buffer.from(head.subarray(0, Math.min(longest, head.length - head.length % 2)))
  return (encoding === "utf-16be" ? units.swap16() : units).toString("utf16le")
}

/** `head` is what follows the byte order mark. */
export const detect = (head: Uint8Array, encoding: Encoding): Sep | undefined => {
  const [line, plain, quoted] = pattern.exec(textOf(head, encoding)) ?? []
  const delimiter = plain ?? quoted
  return line === undefined || delimiter === undefined ? undefined : { delimiter, length: line.length * unitOf(encoding) }
}
