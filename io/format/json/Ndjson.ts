/** NDJSON (JSON Lines) bytes → records, as a machine: split at newlines, which stand in no JSON text, and parsed one by one. */
import { isUtf8 } from "node:buffer"
import * as Carry from "../Carry.ts"
import { FormatError } from "../FormatError.ts"
import type { Machine, Out } from "../Machine.ts"
import { type Reading, refuseUtf16 } from "./Reading.ts"
import * as Record from "./Record.ts"

const blank = (bytes: Buffer): boolean => bytes.every((byte) => byte === 32 || byte === 9 || byte === 13)

export const machine = ({ file, from, options, placed, read, scan }: Reading): Machine<unknown> => {
  const limit = options.maxRecordBytes ?? 64 * 2 ** 20
  const carry = new Carry.Carry(from?.byte ?? 0, 10, 1, 0)
  let line = from?.line ?? 1
  let record = from?.record ?? 0

  const tooLarge = (byte: number) =>
    new FormatError({
      file, line, byte,
      reason: `the line that begins here is larger than ${limit} bytes; is the file NDJSON, and maxRecordBytes large enough?`
    })

  const pass = (bytes: Buffer, out: Out<unknown>): void => {
    const base = carry.base
    let start = 0
    if (base === 0) {
      refuseUtf16(file, bytes)
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) start = 3
    }
    const quick = scan !== undefined && isUtf8(bytes) ? scan : undefined
    quick?.begin(bytes)
    while (start < bytes.length) {
      const scanned = quick?.read(start)
      if (quick !== undefined && scanned !== undefined && (quick.at === bytes.length || bytes[quick.at] === 10)) {
        const next = Math.min(quick.at + 1, bytes.length)
        if (quick.at - start > limit) throw tooLarge(base + start)
        out.good(placed ? { value: scanned, place: { file, record, line, byte: base + start, end: base + next, nextLine: line + 1 } } : scanned)
        record++
        line++
        start = next
        continue
      }
      const newline = bytes.indexOf(10, start)
      const end = newline < 0 ? bytes.length : newline
      const next = newline < 0 ? end : newline + 1
      const text = bytes.subarray(start, end)
      if (text.length > limit) throw tooLarge(base + start)
      // Most lines begin with a brace; only others are looked at for being blank.
      if (text[0] === 123 || !blank(text)) {
        Record.give(text, { file, record, line, byte: base + start, end: base + next, nextLine: line + 1 }, read, out, placed)
        record++
      }
      line++
      start = next
    }
    carry.done(bytes.length, false)
  }

  return {
    push: (bytes, out) => {
      carry.push(bytes)
      const lines = carry.lines()
      if (lines !== undefined) pass(lines, out)
      if (carry.length > limit) throw tooLarge(carry.base)
    },
    end: (out) => {
      if (carry.length > 0) pass(carry.rest(), out)
    }
  }
}
