/** A picture before it is drawn: rows of marks, each of which stands for a range of positions of one dimension. */
import { displayWidth } from "effect/cli/CliOutput"
import type { Range } from "../../engine/partition/Histogram.ts"
import type { Style } from "../terminal/Style.ts"
import * as Table from "../terminal/Table.ts"
import * as Counts from "./Counts.ts"
import * as Glyph from "./Glyph.ts"

export interface Row {
  readonly label: string
  /** Undefined: nothing there. A range without cells is drawn as nothing too. */
  readonly marks: ReadonlyArray<Range | undefined>
}

export interface Picture {
  /** Lines above the marks, without the column of labels. */
  readonly header: ReadonlyArray<string>
  readonly rows: ReadonlyArray<Row>
  /** Columns of the labels, with the blank that follows; longer labels are cut. */
  readonly labelWidth: number
  /** Whether a blank stands between marks. */
  readonly spaced: boolean
  /** What a mark stands for, with its article: `a day`, `12 partitions`. */
  readonly unit: string
}

/** The columns that so many marks take. */
export const widthOf = (marks: number, spaced: boolean): number => spaced ? Math.max(0, 2 * marks - 1) : marks

export const fits = (text: string, width: number): boolean => displayWidth(text) <= width

/** Text of an exact width: cut, or filled up with blanks. */
export const fitted = (text: string, width: number): string => {
  const kept = Table.cut(text, width)
  return kept + " ".repeat(Math.max(0, width - displayWidth(kept)))
}

export interface Drawn {
  readonly lines: ReadonlyArray<string>
  /** Whether a mark stands for many cells. */
  readonly many: boolean
  /** Whether a mark is shaded. */
  readonly shaded: boolean
}

export const draw = (picture: Picture, tally: Counts.Tally, style: Style): Drawn => {
  const seen = { many: false, shaded: false }
  const rows = picture.rows.map(({ label, marks }) => {
    const painted = Glyph.paint(
      marks.map((range) => {
        if (range === undefined || range.to < range.from) return undefined
        return see(seen, tally(range))
      }),
      style,
      picture.spaced ? " " : ""
    )
    return (style.dim(fitted(label, picture.labelWidth)) + painted).trimEnd()
  })
  const header = picture.header.map((text) => style.dim((" ".repeat(picture.labelWidth) + text).trimEnd()))
  return { lines: [...header, ...rows], ...seen }
}

/** The mark of the cells, and in `seen` what the legend has to explain of it. */
export const see = (seen: { many: boolean; shaded: boolean }, counts: Counts.Counts): Glyph.Mark | undefined => {
  const mark = Glyph.of(counts)
  if (Counts.total(counts) > 1) seen.many = true
  if (mark !== undefined && Glyph.shades.includes(mark.glyph)) seen.shaded = true
  return mark
}

/** Labels above marks, each at its column; one that would touch its successor, or leave the width, is left out. */
export const ruler = (
  labels: ReadonlyArray<{ readonly column: number; readonly text: string }>,
  width: number
): string => {
  let end = width + 1
  const kept = labels.toReversed().filter(({ column, text }) => {
    const fits = column + text.length < end
    if (fits) end = column
    return fits
  })
  return kept.reverse().reduce((line, { column, text }) => line.padEnd(column) + text, "")
}
