/** Invented records as the bytes of a file: CSV, NDJSON, a JSON array or Parquet. */
import { Schema, Stream } from "effect"
import { Format, type FormatError } from "sluice"
import type { Drawn, Flaw, Sample } from "./Sample.ts"

export const formats = ["csv", "ndjson", "json", "parquet"] as const
export type Name = (typeof formats)[number]

/** A Parquet file has no half rows: what is bad there can be read. */
export const flawsOf = (format: Name): ReadonlyArray<Flaw> =>
  format === "parquet" ? ["nameless", "refused"] : ["broken", "nameless", "refused"]

const columns = ["id", "customer", "amount", "created_at", "note"] as const

const quoted = (cell: string): string => /[",\n]/.test(cell) ? `"${cell.replaceAll("\"", "\"\"")}"` : cell

/** What stands in the file in the place of a good record. */
const flawed = ({ flaw, sample }: Drawn): Record<keyof Sample, string | number | null> =>
  flaw === "nameless" ? { ...sample, id: null } : flaw === "refused" ? { ...sample, amount: null } : sample

const csvLine = (drawn: Drawn): string => {
  const cells = columns.map((name) => quoted(String(flawed(drawn)[name] ?? (name === "amount" ? "n/a" : ""))))
  return `${(drawn.flaw === "broken" ? cells.slice(0, -1) : cells).join(",")}\n`
}

const jsonText = (drawn: Drawn): string => JSON.stringify(flawed(drawn))

/** So many records are one piece of bytes. */
const piece = 1000

const text = (records: Iterable<Drawn>, of: (drawn: Drawn, i: number) => string): Stream.Stream<string> => {
  let i = 0
  return Stream.fromIterable(records).pipe(Stream.rechunk(piece), Stream.mapArray((drawn) => [drawn.map((one) => of(one, i++)).join("")]))
}

const Row = Schema.Struct({
  id: Schema.NullOr(Schema.String),
  customer: Schema.String,
  amount: Schema.NullOr(Schema.Finite),
  created_at: Schema.Date,
  note: Schema.String
})

const rows = (records: Iterable<Drawn>): Stream.Stream<typeof Row.Type> =>
  Stream.map(Stream.fromIterable(records), ({ flaw, sample }) => ({
    ...sample,
    id: flaw === "nameless" ? null : sample.id,
    amount: flaw === "refused" ? null : sample.amount,
    created_at: new Date(sample.created_at)
  }))

const surrounded = (open: string, inner: Stream.Stream<string>, close: string): Stream.Stream<string> =>
  Stream.concat(Stream.concat(Stream.succeed(open), inner), Stream.succeed(close))

/** The bytes of a file with these records; an array of JSON and a header line of CSV are there without records too. */
export const bytes = (format: Name, records: Iterable<Drawn>): Stream.Stream<Uint8Array, FormatError> => {
  switch (format) {
    case "csv":
      return Stream.encodeText(surrounded(`${columns.join(",")}\n`, text(records, csvLine), ""))
    case "ndjson":
      return Stream.encodeText(text(records, (drawn) =>
        drawn.flaw === "broken" ? `${jsonText(drawn).slice(0, -2)}\n` : `${jsonText(drawn)}\n`))
    case "json":
      return Stream.encodeText(surrounded("[\n", text(records, (drawn, i) =>
        `${i === 0 ? "" : ",\n"}${drawn.flaw === "broken" ? JSON.stringify(drawn.sample.id) : jsonText(drawn)}`), "\n]\n"))
    case "parquet":
      return Format.parquet(Row).write(rows(records))
  }
}
