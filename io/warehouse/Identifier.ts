/** Names and literals of SQL, quoted so that no name or value can be read as SQL. */

/** Postgres cuts longer names silently, which would join two columns or tables into one. */
const maxBytes = 63

/** `"name"`, with quotes inside doubled. */
export const quote = (name: string): string => `"${name.replaceAll("\"", "\"\"")}"`

/** `'text'`; a backslash is safe whatever `standard_conforming_strings` says. */
export const literal = (text: string): string => {
  const doubled = text.replaceAll("'", "''")
  return doubled.includes("\\") ? `E'${doubled.replaceAll("\\", "\\\\")}'` : `'${doubled}'`
}

/** Why Postgres cannot hold this name as it is; `undefined` when it can. */
export const fault = (name: string): string | undefined => {
  if (name === "") return "is empty"
  if (name.includes("\0")) return "holds a NUL character"
  if (!name.isWellFormed()) return "is not well-formed Unicode"
  const bytes = Buffer.byteLength(name)
  return bytes > maxBytes ? `has ${bytes} bytes, and Postgres keeps ${maxBytes}` : undefined
}
