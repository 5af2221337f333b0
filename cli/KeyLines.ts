/**
 * Partition keys as lines of text: what `partitions --keys` prints and `--partition-set` reads. Blanks around a key, empty
 * lines and lines that begin with `#` mean nothing; a `\` says that the character after it belongs to the key.
 */
import type { Any } from "../engine/partition/Partitions.ts"

/** A key as a line that `read` gives back. The text of a product's key has its own `\` marked already. */
export const line = (partitions: Any, key: string): string => {
  const marked = partitions._tag === "Product" ? key : key.replaceAll("\\", "\\\\")
  return marked.replace(/\s$/, "\\$&").replace(/^[#\s]/, "\\$&")
}

/** Whether the last blank of a line belongs to its key: an odd number of `\` stands before it. */
const endsWithBlank = (text: string): boolean => {
  const marks = /(\\*)\s$/.exec(text)?.[1] ?? ""
  return marks.length % 2 === 1
}

const trimmed = (text: string): string => {
  const [, end = ""] = /(\s*)$/.exec(text) ?? []
  const body = text.slice(0, text.length - end.length)
  const first = end.slice(0, 1)
  return (endsWithBlank(`${body}${first}`) ? `${body}${first}` : body).trimStart()
}

/** The keys of a text, in its order and with their marks. */
export const read = (text: string): ReadonlyArray<string> =>
  text.split(/\r?\n/).map(trimmed).filter((key) => key !== "" && !key.startsWith("#"))

// A comma separates keys in an expression; one that belongs to a key is marked.
const withMarkedCommas = (key: string): string => key.replace(/\\.|,/gs, (found) => found === "," ? "\\," : found)

/**
 * The expression of keys that were read. Undefined: one of several ends with a blank, which expressions of several keys
 * leave out.
 */
export const expression = (keys: ReadonlyArray<string>): string | undefined => {
  if (keys.length > 1) return keys.some(endsWithBlank) ? undefined : keys.map(withMarkedCommas).join(",")
  const key = keys[0] ?? ""
  // A text that is a key as it stands is taken as one, with its blanks.
  if (endsWithBlank(key)) return key.replace(/\\(\s)$/, "$1").replace(/^\\([#\s])/, "$1")
  return key.includes("\\") ? withMarkedCommas(key) : key
}
