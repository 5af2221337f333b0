/** A part of an object that is read by itself, and its key: all that is needed to read it, as one line of text. */
import { Result, Schema } from "effect"
import * as Column from "../warehouse/Column.ts"

/**
 * One chunk, as a row. `kind` says how the object was cut: `object`, not at all; `bytes`, at borders of records;
 * `row groups`, of Parquet.
 */
export const Chunk = Schema.Struct({
  /** The partition key. It holds the version of the object: another version has other keys. */
  key: Schema.String,
  uri: Schema.String,
  etag: Schema.String,
  kind: Schema.Literals(["object", "bytes", "row groups"]),
  /** The bytes from `start` up to `end`, exclusive. Of Parquet the row groups, counted from 0. */
  start: Column.BigInteger,
  end: Column.BigInteger,
  /** The line on which it begins, counted from 1; null where that is not known (NDJSON) or there are none (Parquet). */
  line: Schema.NullOr(Column.BigInteger),
  /** How many records of the object come before it; null where that is not known (NDJSON). */
  record: Schema.NullOr(Column.BigInteger),
  /** How many records it has, where that is known without reading it. */
  records: Schema.NullOr(Column.BigInteger)
})
export type Chunk = typeof Chunk.Type

const place = ({ end, kind, line, record, start }: Omit<Chunk, "key">): string => {
  const number = (value: number | null) => value === null ? "?" : String(value)
  if (kind === "object") return ""
  return kind === "bytes"
    ? `#bytes ${start}-${end} line ${number(line)} record ${number(record)}`
    : `#row groups ${start}-${end} record ${number(record)}`
}

/** A chunk with its key. */
export const make = (parts: Omit<Chunk, "key">): Chunk => ({
  key: `${parts.uri}@${encodeURIComponent(parts.etag)}${place(parts)}`,
  ...parts
})

const pattern =
  /^(.+)@([^@#]+?)(?:#(?:bytes (\d+)-(\d+) line (\d+|\?) record (\d+|\?)|row groups (\d+)-(\d+) record (\d+|\?)))?$/s

/** The chunk of a key. How many records it has, and where an object ends that was not cut, is not in it. */
export const parse = (key: string): Result.Result<Chunk, string> => {
  const match = pattern.exec(key)
  if (match === null) return Result.fail(`${JSON.stringify(key)} is no key of a chunk; expected a \`key\` that Chunks.cut gave`)
  const [, uri = "", etag = "", start, end, line = "?", record = "?", first, last, rows = "?"] = match
  const number = (text: string) => text === "?" ? null : Number(text)
  const rest = start !== undefined
    ? { kind: "bytes" as const, start: Number(start), end: Number(end), line: number(line), record: number(record) }
    : first !== undefined
    ? { kind: "row groups" as const, start: Number(first), end: Number(last), line: null, record: number(rows) }
    : { kind: "object" as const, start: 0, end: 0, line: null, record: 0 }
  try {
    return Result.succeed({ key, uri, etag: decodeURIComponent(etag), records: null, ...rest })
  } catch {
    return Result.fail(`${JSON.stringify(key)} is no key of a chunk: its version cannot be read`)
  }
}
