/** CSV bytes → records, as a machine. */
import * as Carry from "../Carry.ts"
import * as Charset from "../Charset.ts"
import { Blame, FormatError, rawText, Refused } from "../FormatError.ts"
import type { Machine, Out } from "../Machine.ts"
import type { Shape } from "../Shape.ts"
import { cellOptions, dialectOf, isAscii, maxRecordBytesOf, nullsOf, type Options } from "./Dialect.ts"
import { Cells } from "./Cells.ts"
import { type Layout, layout } from "./Header.ts"
import * as InPlace from "./InPlace.ts"
import * as Sep from "./Sep.ts"
import { type Sink, split } from "./Split.ts"

/** Where to go on in a file that was read before: from the place of the last record, and the names of its columns. */
export interface Start {
  /** The bytes begin here: `end` of the last record's place. */
  readonly byte: number
  readonly line: number
  readonly record: number
  /** Of CSV with a header line: the names in it. */
  readonly header?: ReadonlyArray<string> | undefined
}

const rawLimit = 65_536

/** Machines for files of one shape, which share the code that reads their records. */
export const reader = (shape: Shape, options: Options) => {
  const inPlaceOf = InPlace.maker(shape, options)
  return (file: string, from: Start | undefined, placed: boolean): Machine<unknown> => machine(shape, options, inPlaceOf, file, from, placed)
}

const machine = (
  shape: Shape,
  options: Options,
  inPlaceOf: ReturnType<typeof InPlace.maker>,
  file: string,
  from: Start | undefined,
  placed: boolean
): Machine<unknown> => {
  const dialect = dialectOf(options)
  const cellsAre = cellOptions(options)
  const nulls = nullsOf(options)
  const limit = maxRecordBytesOf(options)
  const given = Array.isArray(options.header) ? options.header : options.header === false ? shape.columns.map((c) => c.column) : from?.header
  if (from !== undefined && given === undefined) {
    throw new Error("Format.csv: to go on in a file with a header, start.header gives the names in it.")
  }
  let encoding = options.encoding
  let carry: Carry.Carry | undefined
  let waiting: Buffer = Buffer.alloc(0)
  let columns: Layout | undefined = given && layout(file, given, shape, cellsAre, nulls, { line: 1, byte: 0 })
  let inPlace = columns && inPlaceOf(columns.names)
  const cells = new Cells()
  let line = from?.line ?? 1
  let record = from?.record ?? 0

  /** Of the text that is being split. */
  let text = ""
  let width: Charset.Text["width"] = 1
  let encoded = false
  let broken = false
  let nul = false
  let base = 0
  let known = 0
  let knownBytes = 0
  const byteOf = (index: number): number => {
    if (width !== "utf-8") return base + index * width
    if (index < known) return base + Charset.lengthOf(text.slice(0, index))
    knownBytes += Charset.lengthOf(text.slice(known, index))
    known = index
    return base + knownBytes
  }
  const rawOf = (start: number, end: number): string => {
    const raw = text.slice(start, Math.min(end, start + rawLimit)).replace(/\r?\n$|\r$/, "")
    return rawText(encoded ? Buffer.from(raw, "latin1").toString("utf8") : raw)
  }
  const nameOf = (index: number): string => columns?.names[index] ?? `number ${index + 1}`

  /** Makes the texts of a record what they are; throws `Blame`. */
  const inspect = (): void => {
    for (let i = 0; i < cells.count; i++) {
      const cell = cells.of(i)
      if (broken) {
        const mended = encoded ? Charset.mend(cell) : cell.isWellFormed() ? cell : undefined
        if (mended === undefined) throw new Blame(nameOf(i), "the bytes are no UTF-8; give the option encoding, such as \"latin1\" or \"windows-1252\"")
        cells.mend(i, mended)
      }
      if (nul && cell.includes("\0")) throw new Blame(nameOf(i), "the cell has a NUL character; the file is damaged or has another encoding, such as \"utf-16le\"")
      if (width === 2 && !cell.isWellFormed()) throw new Blame(nameOf(i), "the cell has half of a UTF-16 surrogate pair; the file is damaged or has another encoding")
    }
  }

  const tooLarge = (byte: number) =>
    new FormatError({
      file, line, byte,
      reason: `the record that begins here is larger than ${limit} bytes: a quote is never closed, or maxRecordBytes is too small`
    })

  const pass = (last: boolean, bytes: Buffer, out: Out<unknown>): void => {
    if (carry === undefined || encoding === undefined) return
    const decoded = Charset.decode(bytes, encoding, isAscii(dialect))
    text = decoded.text
    width = decoded.width
    encoded = decoded.encoded
    broken = decoded.broken
    cells.encoded = encoded && !broken
    nul = text.includes("\0")
    base = carry.base
    known = 0
    knownBytes = 0
    const bad = (reason: string, column: string | undefined, start: number, end: number, nextLine: number, badLine = line, at = start) =>
      out.bad({
        file, record, line: badLine, byte: byteOf(at), rowGroup: undefined, row: undefined, column, reason, raw: rawOf(start, end)
      }, () => ({ file, record, line, byte: byteOf(start), end: byteOf(end), nextLine }))
    const good = (value: unknown, start: number, end: number, lines: number) => {
      if (placed) {
        const byte = byteOf(start)
        out.good({ value, place: { file, record, line, byte, end: byteOf(end), nextLine: line + lines } })
      } else out.good(value)
    }
    const sink: Sink = {
      cells,
      skip: () => void line++,
      bad: (reason, column, start, at, end) => {
        const newline = dialect.newline === 10 ? "\n" : "\r"
        const badLine = line + text.slice(start, at).split(newline).length - 1
        if (columns === undefined) {
          throw new FormatError({ file, line: badLine, byte: byteOf(at), reason: `the header cannot be read: ${reason}` })
        }
        bad(reason, nameOf(column), start, end, badLine + 1, badLine, at)
        record++
        line = badLine + 1
      },
      record: (start, end, lines) => {
        if (end - start > limit) throw tooLarge(byteOf(start))
        const { count } = cells
        const blank = count === 1 && cells.starts[0] === cells.ends[0] && !cells.isQuoted(0)
        if (columns === undefined) {
          if (blank && options.blankLines === "skip") return void (line += lines)
          if (blank) throw new FormatError({ file, line, byte: byteOf(start), reason: "the header line is empty; expected the names of the columns" })
          try {
            inspect()
          } catch (error) {
            if (!(error instanceof Blame)) throw error
            throw new FormatError({ file, line, byte: byteOf(start), column: error.column, reason: `in the header: ${error.message}` })
          }
          columns = layout(file, cells.all(), shape, cellsAre, nulls, { line, byte: byteOf(start) })
          inPlace = inPlaceOf(columns.names)
          inPlace?.begin(bytes, text)
          line += lines
          return
        }
        const expected = columns.names.length
        if (blank && expected > 1 && options.blankLines === "skip") return void (line += lines)
        if (count !== expected) {
          const cellsOf = (n: number) => `${n} cell${n === 1 ? "" : "s"}`
          bad(blank ? `the line is empty; expected ${cellsOf(expected)}, or the option blankLines: "skip"` : `expected ${cellsOf(expected)}, found ${count}`, undefined, start, end, line + lines)
        } else {
          try {
            if (broken || nul || width === 2) inspect()
            const fields = columns.read(cells)
            good(shape.finish === undefined ? fields : shape.finish(fields), start, end, lines)
          } catch (error) {
            if (error instanceof Blame) bad(error.message, error.column, start, end, line + lines)
            else if (error instanceof Refused) bad(error.message, undefined, start, end, line + lines)
            else throw error
          }
        }
        record++
        line += lines
      }
    }
    const isUsual = encoding === "utf-8" && !broken && !nul && width === 1 && !text.endsWith("\r")
    if (isUsual) inPlace?.begin(bytes, text)
    let taken = 0
    while (taken < text.length) {
      const quick = isUsual ? inPlace : undefined
      const value = quick?.read(taken)
      if (quick !== undefined && value !== undefined) {
        if (quick.at - taken > limit) throw tooLarge(byteOf(taken))
        const lines = quick.lines + 1
        good(value, taken, quick.at, lines)
        record++
        line += lines
        taken = quick.at
        continue
      }
      // After a header there may be records that are read in place.
      const end = split(text, dialect, last, sink, taken, quick !== undefined || (isUsual && columns === undefined))
      if (end === taken) break
      taken = end
    }
    const used = byteOf(taken) - base
    carry.done(used, used < bytes.length)
    text = ""
    if (carry.length > limit) throw tooLarge(carry.base)
  }

  /** Knows the encoding and passes over the byte order mark, once there are bytes enough. */
  const begin = (last: boolean): void => {
    if (carry !== undefined || (waiting.length < 3 + Sep.longest && !last)) return
    encoding ??= from === undefined ? Charset.detect(waiting, last) : "utf-8"
    if (encoding === undefined) return
    let mark = from === undefined ? Charset.markLength(waiting, encoding) : 0
    const sep = from === undefined ? Sep.detect(waiting.subarray(mark), encoding) : undefined
    if (sep !== undefined) {
      if (sep.delimiter.charCodeAt(0) !== dialect.delimiter) {
        throw new FormatError({ file, line, byte: mark, reason: `the first line says that ${JSON.stringify(sep.delimiter)} separates the cells; give the option delimiter` })
      }
      mark += sep.length
      line++
    }
    carry = new Carry.Carry((from?.byte ?? 0) + mark, dialect.newline, Charset.unitOf(encoding), encoding === "utf-16be" ? 1 : 0)
    if (waiting.length > mark) carry.push(waiting.subarray(mark))
    waiting = Buffer.alloc(0)
  }

  return {
    push: (bytes, out) => {
      if (carry === undefined) {
        waiting = Buffer.concat([waiting, bytes])
        begin(false)
      } else carry.push(bytes)
      // Of more than the limit only a look tells whether it is one record.
      const lines = carry?.lines(carry.length > limit)
      if (lines !== undefined) pass(false, lines, out)
      else if (carry !== undefined && carry.length > limit) {
        throw new FormatError({
          file, line, byte: carry.base,
          reason: `the line that begins here is larger than ${limit} bytes; is the file CSV, and maxRecordBytes large enough?`
        })
      }
    },
    end: (out) => {
      begin(true)
      if (carry === undefined || encoding === undefined) return
      if (Charset.unitOf(encoding) === 2 && carry.length % 2 === 1) {
        // The records before it are those of the file, in whatever pieces it came.
        const lines = carry.lines(true)
        if (lines !== undefined) pass(false, lines, out)
        throw Charset.refuseOdd(file, carry.offset)
      }
      if (carry.length > 0) pass(true, carry.rest(), out)
      if (columns === undefined) {
        throw new FormatError({ file, reason: "the file is empty; expected a header line with the names of the columns" })
      }
    }
  }
}
