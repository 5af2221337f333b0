/** A JSON array of objects → records, as a machine: split where its elements end, and parsed one by one. */
import { isUtf8 } from "node:buffer"
import { FormatError } from "../FormatError.ts"
import type { Machine, Out } from "../Machine.ts"
import { type Reading, refuseUtf16 } from "./Reading.ts"
import * as Record from "./Record.ts"
import type { Scan } from "./Scan.ts"

const isSpace = (byte: number): boolean => byte === 32 || byte === 10 || byte === 13 || byte === 9

export const machine = ({ file, from, options, placed, read, scan }: Reading): Machine<unknown> => {
  const limit = options.maxRecordBytes ?? 64 * 2 ** 20
  let buffer: Buffer = Buffer.alloc(1024)
  let end = 0
  /** Offset of the buffer's first byte in the file. */
  let base = from?.byte ?? 0
  /** Up to here the buffer has been looked at. */
  let looked = 0
  /** Where the element at hand begins, or the space before it; the buffer holds nothing before. */
  let start = 0
  let depth = from === undefined ? 0 : 1
  let inText = false
  let afterEscape = false
  let line = from?.line ?? 1
  let record = from?.record ?? 0
  /** Something stands in the element at hand. */
  let filled = false
  let line0 = line
  let first = from === undefined || from.record === 0
  /** What was read before ends here, with the comma or the bracket behind it, so that the end of the array is seen. */
  let resumed = !first
  let closed = false
  let begun = from !== undefined

  const wrong = (at: number, reason: string) => new FormatError({ file, line, byte: base + at, reason })

  const tooLarge = () =>
    new FormatError({
      file, line: line0, byte: base + start,
      reason: `the element that begins here is larger than ${limit} bytes: it is never closed, or maxRecordBytes is too small`
    })

  /** Passes over the byte order mark and looks for the bracket. */
  const begin = (last: boolean): boolean => {
    if (begun) return true
    if (end < 3 && !last) return false
    begun = true
    refuseUtf16(file, buffer.subarray(0, end))
    if (buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf) looked = 3
    return true
  }

  /** `to`: the comma or bracket that ends the element, where its place ends too; `next` is after it. */
  const element = (to: number, next: number, isLast: boolean, out: Out<unknown>): void => {
    if (to - start > limit) throw tooLarge()
    if (filled) {
      let at = start
      while (at < to && isSpace(buffer[at] ?? 0)) at++
      Record.give(
        buffer.subarray(at, to),
        { file, record, line: line0, byte: base + at, end: base + to, nextLine: line },
        read,
        out,
        placed
      )
      record++
    } else if (!isLast || !first) throw wrong(to, isLast ? "a comma stands before the end of the array" : "expected an element, found a comma")
    first = false
    start = next
    filled = false
  }

  /** What reads elements from here on in place: of what has come, up to the end of a character, where it is UTF-8. */
  const inPlace = (): Scan | undefined => {
    let last = end
    while (last > looked && (buffer[last - 1] ?? 0) >= 128) last--
    if (scan === undefined || !isUtf8(buffer.subarray(looked, last))) return undefined
    scan.begin(buffer.subarray(0, last))
    return scan
  }

  /** The element that begins here and ends with a comma or the bracket; false where it is looked at byte by byte. */
  const whole = (quick: Scan, out: Out<unknown>): boolean => {
    const value = quick.read(looked)
    if (value === undefined || quick.at >= end) return false
    const sign = buffer[quick.at]
    if (sign !== 44 && sign !== 93) return false
    if (quick.at - start > limit) throw tooLarge()
    out.good(placed ? { value, place: { file, record, line, byte: base + looked, end: base + quick.at, nextLine: line } } : value)
    record++
    first = false
    closed = sign === 93
    start = quick.at + 1
    looked = quick.at
    return true
  }

  const look = (out: Out<unknown>): void => {
    let quick: Scan | undefined
    let isKnown = false
    for (; looked < end; looked++) {
      const byte = buffer[looked] ?? 0
      if (inText) {
        if (afterEscape) afterEscape = false
        else if (byte === 92) afterEscape = true
        else if (byte === 34) inText = false
        continue
      }
      if (isSpace(byte)) {
        if (byte === 10) line++
        continue
      }
      if (closed) throw wrong(looked, "something follows the end of the array")
      if (depth === 0) {
        if (byte !== 91) {
          throw wrong(looked, byte === 123
            ? "the file begins with an object; expected an array of objects, or the format ndjson for one object a line"
            : "the file does not begin with \"[\"; expected an array of objects")
        }
        depth = 1
        start = looked + 1
        continue
      }
      if (resumed) {
        resumed = false
        if (byte === 44 || byte === 93) {
          closed = byte === 93
          start = looked + 1
          continue
        }
      }
      if (depth === 1 && (byte === 44 || byte === 93)) {
        if (byte === 93) closed = true
        element(looked, looked + 1, closed, out)
        continue
      }
      if (!filled) {
        line0 = line
        if (byte === 123) {
          // Not before it is asked for: the pieces of a long element would all be looked at again and again.
          quick = isKnown ? quick : inPlace()
          isKnown = true
          if (quick !== undefined && whole(quick, out)) continue
        }
        filled = true
      }
      if (byte === 34) inText = true
      else if (byte === 123 || byte === 91) depth++
      else if (byte === 125 || byte === 93) {
        if (depth === 1) throw wrong(looked, "a brace closes what was not opened")
        depth--
      }
    }
    if (end - start > limit) throw tooLarge()
  }

  const append = (bytes: Uint8Array): void => {
    if (start > 0) {
      buffer.copyWithin(0, start, end)
      end -= start
      looked -= start
      base += start
      start = 0
    }
    if (end + bytes.length > buffer.length) {
      const next = Buffer.allocUnsafeSlow((end + bytes.length) * 2)
      next.set(buffer.subarray(0, end))
      buffer = next
    }
    buffer.set(bytes, end)
    end += bytes.length
  }

  return {
    push: (bytes, out) => {
      append(bytes)
      if (begin(false)) look(out)
    },
    end: (out) => {
      if (begin(true)) look(out)
      if (closed) return
      throw depth === 0
        ? new FormatError({ file, reason: "the file is empty; expected an array of objects" })
        : wrong(end, "the file ends within the array; it was cut off")
    }
  }
}
