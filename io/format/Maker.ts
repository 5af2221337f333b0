/**
 * Records of fixed properties, made by code that was made for these: a property that is set by a name out of a variable costs
 * a look-up, 30 ns, and the ten of a row take as long as to read them.
 */

export type FromColumns = (columns: ReadonlyArray<ArrayLike<unknown>>, row: number) => Record<string, unknown>

const slowly = (keys: ReadonlyArray<string>): FromColumns => (columns, row) =>
  // `fromEntries` makes also `__proto__` a property of the record's own.
  Object.fromEntries(keys.map((key, i) => [key, columns[i]?.[row]]))

/** Of one column a key, the values at a row. */
export const fromColumns = (keys: ReadonlyArray<string>): FromColumns => {
  const members = keys.map((key, i) => `[${JSON.stringify(key)}]: columns[${i}][row]`)
  try {
    // Seam: what the code gives is known here alone. Keys stand in it as JSON text, which is code for that same text.
    return new Function("columns", "row", `return { ${members.join(", ")} }`) as FromColumns
  } catch {
    // Node was told to make no code out of text.
    return slowly(keys)
  }
}
