/** What a file is, by its name and by how it begins. */
import { FormatError } from "./FormatError.ts"

export type Name = "csv" | "ndjson" | "json" | "parquet"

const extensions: Readonly<Record<string, Name>> = {
  csv: "csv", tsv: "csv", txt: "csv", ndjson: "ndjson", jsonl: "ndjson", json: "json", geojson: "json", parquet: "parquet", pq: "parquet"
}

/** Undefined for names that say nothing. `.gz` and `.zst` are passed over. */
export const byName = (name: string): Name | undefined => {
  const plain = name.replace(/\.(gz|gzip|zst|zstd)$/i, "")
  const extension = /\.([a-z0-9]+)$/i.exec(plain)?.[1]?.toLowerCase()
  return extension === undefined ? undefined : extensions[extension]
}

/** Undefined for a beginning that could be anything. `head` is content, not compressed. */
export const byContent = (head: Uint8Array): Name | undefined => {
  const text = Buffer.from(head).toString("latin1").replace(/^\u00ef\u00bb\u00bf/, "")
  if (text.startsWith("PAR1")) return "parquet"
  const trimmed = text.trimStart()
  if (trimmed.startsWith("[")) return "json"
  return trimmed.startsWith("{") ? "ndjson" : undefined
}

const words: Readonly<Record<Name, string>> = {
  csv: "CSV", ndjson: "NDJSON", json: "a JSON array", parquet: "Parquet"
}

/**
 * The format of a file. Where name and content disagree it throws one sentence, but for `.json` files of one object a
 * line.
 */
export const detect = (file: string, head: Uint8Array): Name => {
  const named = byName(file)
  const found = byContent(head)
  if (found === undefined) {
    if (named === undefined) throw new FormatError({ file, reason: "neither its name nor its content tells what it is; state the format: csv, ndjson, json or parquet" })
    if (named === "parquet" || (head.length > 0 && named !== "csv")) {
      throw new FormatError({ file, byte: 0, reason: `the name says ${words[named]}, and the content is something else; state the format, or rename the file` })
    }
    return named
  }
  if (named === undefined || named === found) return found
  if (named === "json" && found === "ndjson") return "ndjson"
  throw new FormatError({ file, byte: 0, reason: `the name says ${words[named]}, and the content is ${words[found]}; state the format, or rename the file` })
}

/** For a stated format: what is certainly another one is refused before it is read as nonsense. */
export const refuseOther = (file: string, stated: Name, head: Uint8Array): void => {
  const found = byContent(head)
  if (found === undefined || found === stated) return
  const other = (found === "parquet" || stated === "parquet") || (stated === "csv" && found === "ndjson" && /^\s*\{\s*"/.test(Buffer.from(head.subarray(0, 64)).toString("latin1")))
  if (other) throw new FormatError({ file, byte: 0, reason: `expected ${words[stated]}, and the content is ${words[found]}` })
}
