/** A table as aligned text, for people at a terminal or in a notebook. */
import type { ColumnTable } from "arquero"
import { valuesOf } from "./Columns.ts"

const longest = 40
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" })
// The blocks that terminals draw two cells wide: East Asian scripts, full-width forms and pictures.
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{RGI_Emoji}/v

const widthOf = (grapheme: string) => (wide.test(grapheme) ? 2 : 1)

const width = (text: string) => {
  let cells = 0
  for (const { segment } of graphemes.segment(text)) cells += widthOf(segment)
  return cells
}

const shorten = (text: string) => {
  let kept = ""
  let cells = 0
  for (const { segment } of graphemes.segment(text)) {
    if (cells + widthOf(segment) >= longest) return width(text) <= longest ? text : `${kept}…`
    kept += segment
    cells += widthOf(segment)
  }
  return text
}

const oneLine = (text: string) => text.replace(/\p{Cc}/gu, (char) => JSON.stringify(char).slice(1, -1))

const cell = (value: unknown): string => {
  if (value === null || value === undefined) return "null"
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "invalid date" : value.toISOString()
  if (typeof value !== "object") return shorten(oneLine(String(value)))
  return shorten(JSON.stringify(value, (_, item: unknown) => typeof item === "bigint" ? String(item) : item))
}

const isNumeric = (value: unknown) => typeof value === "number" || typeof value === "bigint"

/** The first `limit` rows under their column names, numbers to the right, and how many rows there are. */
export const toText = (table: ColumnTable, limit: number): string => {
  const shown = Math.min(Math.max(0, limit), table.numRows())
  const columns = table.columnNames().map((name) => {
    const values = valuesOf(table, name)
    const rows = Array.from({ length: shown }, (_, row) => values[row])
    const cells = [oneLine(name), ...rows.map(cell)]
    const widths = cells.map(width)
    const full = Math.max(...widths)
    const right = rows.some(isNumeric)
    const padded = cells.map((text, i) => {
      const space = " ".repeat(full - widths[i]!)
      return right ? space + text : text + space
    })
    return [padded[0]!, "─".repeat(full), ...padded.slice(1)]
  })
  const lines = columns.length === 0 ? [] : columns[0]!.map((_, row) => columns.map((c) => c[row]).join("  ").trimEnd())
  const total = table.numRows()
  const rows = `${total} ${total === 1 ? "row" : "rows"}`
  return [...lines, shown < total ? `… ${shown} of ${rows}` : rows].join("\n")
}
