/**
 * Takes rows apart by code that was made for their columns: a property that is got by a name out of a variable costs a look-up,
 * since all columns are got at one place in the code.
 */

/** Gives the value of each column to a function of its own, in order. */
export const each = (names: ReadonlyArray<string>, takers: ReadonlyArray<(value: unknown) => void>): (row: object) => void => {
  const calls = names.map((name, i) => `take${i}(row[${JSON.stringify(name)}])`)
  const locals = takers.map((_, i) => `take${i} = takers[${i}]`)
  try {
    // Seam: what the code is, is known here alone. Names stand in it as JSON text, which is code for that same text.
    return new Function("takers", `const ${locals.join(", ")}; return (row) => { ${calls.join("; ")} }`)(takers) as (row: object) => void
  } catch {
    // Node was told to make no code out of text.
    return (row) => takers.forEach((take, i) => take(Reflect.get(row, names[i] ?? "")))
  }
}
