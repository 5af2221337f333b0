/** Plain tables of text for a terminal. */

/** A column of numbers is aligned at its end. */
const isNumber = (cell: string): boolean => /^-?[\d,.]+%?$/.test(cell)

/** The title and the rows as lines, each column as wide as its widest cell. */
export const lines = (titles: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = titles.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const right = titles.map((_, i) => rows.length > 0 && rows.every((row) => isNumber(row[i] ?? "")))
  const write = (row: ReadonlyArray<string>) =>
    row.map((cell, i) => right[i] === true ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)).join("  ").trimEnd()
  return [write(titles), ...rows.map(write)]
}
