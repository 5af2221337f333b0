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

/** Of records: `[id],[name]` is a header, as SQL Server writes it. */
const jsonArray = /^\[\s*(?:$|[{\]])/

/** Undefined for a beginning that could be anything. `head` is content, not compressed. */
export const byContent = (head: Uint8Array): Name | undefined => {
  const text = Buffer.from(head).toString("latin1").replace(/^\u00ef\u00bb\u00bf/, "")
  if (text.startsWith("PAR1")) return "parquet"
  const trimmed = text.trimStart()
  if (jsonArray.test(trimmed)) return "json"
  return trimmed.startsWith("{") ? "ndjson" : undefined
}

/** What files begin with that are often taken for text, or are text of another kind. */
const foreign: ReadonlyArray<readonly [start: string, what: string]> = [
  ["PK\x03\x04", "a ZIP archive, such as .xlsx is"], ["\xd0\xcf\x11\xe0", "an old Excel file"], ["BZh", "packed with bzip2"],
  ["\xfd7zXZ\0", "packed with xz"], ["\x1f\x8b", "packed twice"], ["\x28\xb5\x2f\xfd", "packed twice"], ["\x04\x22\x4d\x18", "packed with LZ4"],
  ["\xff\x06\0\0sNaPpY", "packed with snappy"], ["7z\xbc\xaf\x27\x1c", "a 7-Zip archive"], ["Obj\x01", "Avro"], ["ORC", "ORC"], ["ARROW1\0\0", "Arrow IPC"],
  ["%PDF-", "a PDF"], ["SQLite format 3\0", "a SQLite database"]
]

const isBlank = (head: Uint8Array): boolean => Buffer.from(head).toString("latin1").trim() === ""

/** A page of an error that was stored in place of the file. */
const markup = /^\s*<(?:!doctype|html|\?xml)\b/i

/** Undefined where nothing speaks against a text of records. */
const foreignOf = (head: Uint8Array): string | undefined => {
  const text = Buffer.from(head.subarray(0, 64)).toString("latin1").replace(/^\u00ef\u00bb\u00bf/, "")
  // A column may be named ORC, or BZh.
  const found = foreign.find(([start]) => text.startsWith(start) && (start.length > 3 || !/^[\t -~]*[\r\n]/.test(text)))
  return found?.[1] ?? (markup.test(text) ? "HTML or XML" : undefined)
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
  const other = foreignOf(head)
  if (other !== undefined) throw new FormatError({ file, byte: 0, reason: `the content is ${other}; expected CSV, NDJSON, a JSON array or Parquet` })
  const found = byContent(head)
  if (found === undefined) {
    if (named === undefined) throw new FormatError({ file, reason: "neither its name nor its content tells what it is; state the format: csv, ndjson, json or parquet" })
    // Lines with nothing in them are NDJSON of no records.
    if (named === "parquet" || (head.length > 0 && named !== "csv" && !(named === "ndjson" && isBlank(head)))) {
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
  const other = foreignOf(head)
  if (other !== undefined) throw new FormatError({ file, byte: 0, reason: `expected ${words[stated]}, and the content is ${other}` })
  const found = byContent(head)
  if (found === undefined || found === stated) return
  const isOther = (found === "parquet" || stated === "parquet") || (stated === "csv" && found === "ndjson" && /^\s*\{\s*"/.test(Buffer.from(head.subarray(0, 64)).toString("latin1")))
  if (isOther) throw new FormatError({ file, byte: 0, reason: `expected ${words[stated]}, and the content is ${words[found]}` })
}
