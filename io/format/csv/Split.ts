/**
 * Text → cells: CSV as RFC 4180 has it, and nothing that it has not. One pass over character codes, so that a record
 * costs about a microsecond; the same rules at every chunk size, since it is only given whole lines.
 */
import type { Cells } from "./Cells.ts"

/** Character codes; -1 where there is none. */
export interface Dialect {
  readonly delimiter: number
  readonly quote: number
  /** Stands before a quote within quotes; the quote itself where it is doubled. */
  readonly escape: number
  readonly comment: number
  /** What ends a line: 10, also as 13 10; or 13. */
  readonly newline: number
}

export interface Sink {
  /** Where the cells of a record are put. */
  readonly cells: Cells
  /** A record of these cells from `start` to `end`, line end included, which takes up so many lines. */
  readonly record: (start: number, end: number, lines: number) => void
  /** A part that is no record, up to the end of a line; `at` is the character to blame, in the cell `column`. */
  readonly bad: (reason: string, column: number, start: number, at: number, end: number) => void
  /** A comment's line. */
  readonly skip: () => void
}

const newlinesIn = (text: string, from: number, to: number, newline: string): number => {
  let count = 0
  for (let i = text.indexOf(newline, from); i >= 0 && i < to; i = text.indexOf(newline, i + 1)) count++
  return count
}

/** The end of a quoted cell: the index of its closing quote, or -1; -2 - i for an escape of nothing at i. */
const closing = (text: string, from: number, dialect: Dialect, quote: string): number => {
  if (dialect.escape === dialect.quote) {
    for (let i = text.indexOf(quote, from); i >= 0; i = text.indexOf(quote, i + 2)) {
      if (text.charCodeAt(i + 1) !== dialect.quote) return i
    }
    return -1
  }
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === dialect.quote) return i
    if (c === dialect.escape) {
      const next = text.charCodeAt(i + 1)
      if (next !== dialect.quote && next !== dialect.escape) return -2 - i
      i++
    }
  }
  return -1
}

/** Each escape stands before what is meant; `closing` has seen to that. */
const unescape = (inner: string, escape: string): string => {
  let result = ""
  let from = 0
  for (let i = inner.indexOf(escape); i >= 0; i = inner.indexOf(escape, i + 2)) {
    result += inner.slice(from, i)
    from = i + 1
  }
  return result + inner.slice(from)
}

/** Splits what it can; gives the index up to which it got. `last`: nothing comes after the text. `one`: only what stands at `from`. */
export const split = (text: string, dialect: Dialect, last: boolean, sink: Sink, from = 0, one = false): number => {
  const { comment, delimiter, newline, quote } = dialect
  const { cells } = sink
  const [lineEnd, quoteText, escapeText] = [String.fromCharCode(newline), String.fromCharCode(quote), String.fromCharCode(dialect.escape)]
  const stray = newline === 10 ? 13 : 10
  const length = text.length
  let p = from
  records: while (p < length) {
    const start = p
    if (text.charCodeAt(p) === comment) {
      const end = text.indexOf(lineEnd, p)
      if (end < 0 && !last) return start
      p = end < 0 ? length : end + 1
      sink.skip()
      if (one) return p
      continue
    }
    cells.begin(text)
    let lines = 1
    let problem: string | undefined
    for (;;) {
      if (p < length && text.charCodeAt(p) === quote) {
        const end = closing(text, p + 1, dialect, quoteText)
        if (end < -1) {
          p = -2 - end
          problem = `"${text.slice(p, p + 2)}" within quotes means nothing; write ${escapeText}${escapeText} or ${escapeText}${quoteText}`
          break
        }
        if (end === -1) {
          if (!last) return start
          problem = "the quote that opens here is never closed"
          break
        }
        const inner = text.slice(p + 1, end)
        lines += newlinesIn(text, p + 1, end, lineEnd)
        const own = !inner.includes(escapeText)
          ? undefined
          : dialect.escape === quote
          ? inner.replaceAll(quoteText + quoteText, quoteText)
          : unescape(inner, escapeText)
        cells.quoted(p + 1, end, own)
        p = end + 1
      } else {
        let end = p
        let c = -1
        let all = 0
        for (; end < length; end++) {
          c = text.charCodeAt(end)
          if (c === delimiter || c === newline || c === stray || c === quote) break
          all |= c
        }
        if (end < length && c === quote) {
          p = end
          problem = "a quote stands within a cell that is not quoted; put the whole cell in quotes and double the quotes in it"
          break
        }
        cells.plain(p, end, all < 128)
        p = end
      }
      const c = p < length ? text.charCodeAt(p) : -1
      if (c === delimiter) {
        p++
        continue
      }
      if (c === -1 || c === newline) p = c === -1 ? length : p + 1
      else if (c === stray && stray === 13 && text.charCodeAt(p + 1) === newline) p += 2
      else {
        cells.count--
        problem = c === stray
          ? stray === 13
            ? "a carriage return stands alone; quote the cell, or say newline: \"cr\" where it ends the lines"
            : "a line feed stands alone in a file whose lines end with carriage returns"
          : "text follows the closing quote; double the quotes within a cell"
        break
      }
      sink.record(start, p, lines)
      if (one) return p
      continue records
    }
    // What is wrong ends with its line; the next line is a record again.
    const end = text.indexOf(lineEnd, p)
    if (end < 0 && !last) return start
    const after = end < 0 ? length : end + 1
    sink.bad(problem, cells.count, start, p, after)
    p = after
    if (one) return p
  }
  return p
}
