/** Encodings of text: how bytes at line ends are found, and how whole lines become text. */
import { isAscii, isUtf8 } from "node:buffer"
import { FormatError } from "./FormatError.ts"

/** `latin1` is ISO 8859-1. Default: UTF-8, or UTF-16 where the file begins with its byte order mark. */
export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "latin1" | "windows-1252"

export interface Text {
  readonly text: string
  /** Bytes a character, where all have the same; else "utf-8". */
  readonly width: 1 | 2 | "utf-8"
  /** The text is bytes of UTF-8, one a character, and each part of it is to be made text by `mend`. */
  readonly encoded: boolean
  /** Some of the bytes are no UTF-8. Where the text is not encoded, each of them is half of a surrogate pair, which UTF-8 has none of. */
  readonly broken: boolean
}

const windows = new TextDecoder("windows-1252", { fatal: true })

export const unitOf = (encoding: Encoding): 1 | 2 => (encoding === "utf-16le" || encoding === "utf-16be" ? 2 : 1)

/** By the byte order mark; undefined while there are too few bytes to know. */
export const detect = (head: Uint8Array, last: boolean): Encoding | undefined => {
  if (head.length < 2) return last ? "utf-8" : undefined
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le"
  return head[0] === 0xfe && head[1] === 0xff ? "utf-16be" : "utf-8"
}

/** Length of the byte order mark that the bytes begin with. */
export const markLength = (bytes: Uint8Array, encoding: Encoding): number => {
  if (encoding === "utf-8") return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  if (encoding === "utf-16le") return bytes[0] === 0xff && bytes[1] === 0xfe ? 2 : 0
  return encoding === "utf-16be" && bytes[0] === 0xfe && bytes[1] === 0xff ? 2 : 0
}

/** Of the character that begins there; 0 where none does. */
const characterLength = (bytes: Buffer, at: number): number => {
  const first = bytes[at] ?? 0
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  return at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0
}

const withHalves = (bytes: Buffer): string => {
  let text = ""
  let from = 0
  for (let at = 0; at < bytes.length;) {
    const length = characterLength(bytes, at)
    if (length === 0) {
      text += bytes.toString("utf8", from, at) + String.fromCharCode(0xdc00 + (bytes[at] ?? 0))
      from = at + 1
    }
    at += length || 1
  }
  return text + bytes.toString("utf8", from)
}

const utf8 = (bytes: Buffer, byBytes: boolean): Text => {
  if (isAscii(bytes)) return { text: bytes.toString("latin1"), width: 1, encoded: false, broken: false }
  const broken = !isUtf8(bytes)
  return byBytes
    ? { text: bytes.toString("latin1"), width: 1, encoded: true, broken }
    : { text: broken ? withHalves(bytes) : bytes.toString("utf8"), width: "utf-8", encoded: false, broken }
}

/** How many bytes of UTF-8 a part of a text that is not encoded was. */
export const lengthOf = (part: string): number => {
  const length = Buffer.byteLength(part)
  return part.isWellFormed() ? length : length - 2 * (part.match(/\p{Surrogate}/gu)?.length ?? 0)
}

const whole = (text: string, width: 1 | 2): Text => ({ text, width, encoded: false, broken: false })

/** Of whole lines. `byBytes`: UTF-8 may be given encoded, which is half as large, and whose places are those of the bytes. */
export const decode = (bytes: Buffer, encoding: Encoding, byBytes: boolean): Text => {
  switch (encoding) {
    case "utf-8": return utf8(bytes, byBytes)
    case "latin1": return whole(bytes.toString("latin1"), 1)
    case "windows-1252": return whole(windows.decode(bytes), 1)
    case "utf-16le": return whole(bytes.toString("utf16le"), 2)
    case "utf-16be": return whole(Buffer.from(bytes.subarray(0, bytes.length & ~1)).swap16().toString("utf16le"), 2)
  }
}

/** A part of an encoded text as the text that it is; undefined where its bytes are no UTF-8. */
export const mend = (part: string): string | undefined => {
  const bytes = Buffer.from(part, "latin1")
  return isUtf8(bytes) ? bytes.toString("utf8") : undefined
}

export const refuseOdd = (file: string, bytes: number): FormatError =>
  new FormatError({ file, byte: bytes, reason: "the file ends in the middle of a UTF-16 character; it was cut off, or has another encoding" })
