/** Aligned columns without rules, cut to the width of the terminal. */
import { displayWidth } from "effect/cli/CliOutput"
import { out, type Style } from "./Style.ts"

export interface Column {
  readonly title: string
  /** Default `left`. */
  readonly align?: "left" | "right"
  /** May be cut to make the table fit; columns that cannot are never cut. */
  readonly flexible?: boolean
}

export interface Options {
  /** Characters a line; undefined: as wide as it gets. Default: the terminal's. */
  readonly width?: number | undefined
  /** Blanks before each line. Default 0. */
  readonly indent?: number
  readonly style?: Style
}

const gap = 2
/** A flexible column stays at least this wide. */
const leastWidth = 12

/** The width of the terminal; undefined where the output is not one. */
export const terminalWidth = (): number | undefined =>
  process.stdout.isTTY === true ? Math.max(40, process.stdout.columns || 80) : undefined

/** Cuts text without escape codes to a width, with `…` as its last character. */
export const cut = (text: string, width: number): string => {
  if (displayWidth(text) <= width) return text
  let kept = ""
  let used = 0
  for (const character of text) {
    const wide = displayWidth(character)
    if (used + wide > width - 1) break
    kept += character
    used += wide
  }
  return `${kept}…`
}

// The segmenter behind displayWidth costs a microsecond a character; nearly all cells are plain ASCII.
const widthOf = (text: string): number => /^[\x20-\x7e]*$/.test(text) ? text.length : displayWidth(text)

const pad = (text: string, width: number, align: Column["align"]): string => {
  const blanks = " ".repeat(Math.max(0, width - widthOf(text)))
  return align === "right" ? blanks + text : text + blanks
}

/** The lines of the table, its header first; cells may hold escape codes where their column is not flexible. */
export const lines = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  options: Options = {}
): ReadonlyArray<string> => {
  const indent = options.indent ?? 0
  const style = options.style ?? out
  const width = "width" in options ? options.width : terminalWidth()
  const widths = columns.map((column, i) => rows.reduce((most, row) => Math.max(most, widthOf(row[i] ?? "")), widthOf(column.title)))
  if (width !== undefined) shrink(columns, widths, width - indent - gap * (columns.length - 1))
  const line = (cells: ReadonlyArray<string>) =>
    (" ".repeat(indent) + columns.map((column, i) => {
      const cell = cells[i] ?? ""
      return pad(column.flexible === true ? cut(cell, widths[i]!) : cell, widths[i]!, column.align)
    }).join(" ".repeat(gap))).trimEnd()
  const header = columns.every((column) => column.title === "")
    ? []
    : [style.dim(line(columns.map((column) => column.title.toUpperCase())))]
  return [...header, ...rows.map(line)]
}

/** Takes from the widest flexible column until all fit. */
const shrink = (columns: ReadonlyArray<Column>, widths: Array<number>, room: number): void => {
  for (;;) {
    const over = widths.reduce((sum, width) => sum + width, 0) - room
    if (over <= 0) return
    let widest = -1
    columns.forEach((column, i) => {
      if (column.flexible === true && widths[i]! > leastWidth && (widest < 0 || widths[i]! > widths[widest]!)) widest = i
    })
    if (widest < 0) return
    const others = columns.flatMap((column, i) => column.flexible === true && i !== widest ? [widths[i]!] : [])
    const next = Math.max(leastWidth, ...others.filter((w) => w < widths[widest]!))
    widths[widest] = Math.max(next, widths[widest]! - over, leastWidth)
    if (widths[widest] === next && next > leastWidth) widths[widest]!--
  }
}
