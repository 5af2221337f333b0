/**
 * Partition keys as lines of text: what `partitions --keys` prints and `--partition-set` reads. Blanks around a key, empty
 * lines and lines that begin with `#` mean nothing; a `\` says that the character after it belongs to the key.
 */
import * as PartitionKey from "../engine/partition/PartitionKey.ts"
import type { Any } from "../engine/partition/Partitions.ts"

/** A key as a line that `read` gives back. The text of a product's key has its own `\` marked already. */
export const line = (partitions: Any, key: string): string => {
  const marked = partitions._tag === "Product" ? key : key.replaceAll("\\", "\\\\")
  return marked.replace(/\s$/, "\\$&").replace(/^[#\s]/, "\\$&")
}

/** The keys of a text, in its order and with their marks. */
export const read = (text: string): ReadonlyArray<string> =>
  text.split(/\r?\n/).map(PartitionKey.trimmed).filter((key) => key !== "" && !key.startsWith("#"))

// A comma separates keys in an expression; one that belongs to a key is marked.
const withMarkedCommas = (key: string): string => key.replace(/\\.|,/gs, (found) => found === "," ? "\\," : found)

/** The expression of keys that were read. One alone may be any expression, such as a range or `date=2024-03-01,region=eu`. */
export const expression = (keys: ReadonlyArray<string>): string => {
  const [key = ""] = keys
  return keys.length > 1 || key.includes("\\") ? keys.map(withMarkedCommas).join(",") : key
}
