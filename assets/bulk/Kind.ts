/** Which format a file of records has. */
import { Effect, Schema } from "effect"
import { Format, ObjectStore } from "sluice"
import type { Version } from "./Files.ts"

/** Whatever columns a file has. */
const AnyRecord = Schema.Record(Schema.String, Schema.Unknown)
export type AnyRecord = typeof AnyRecord.Type

const formats = {
  csv: Format.csv(AnyRecord),
  ndjson: Format.ndjson(AnyRecord),
  json: Format.jsonArray(AnyRecord),
  parquet: Format.parquet(AnyRecord)
}

const tsv = Format.csv(AnyRecord, { delimiter: "\t" })

const isPacked = (head: Uint8Array): boolean => (head[0] === 0x1f && head[1] === 0x8b) || (head[0] === 0x28 && head[1] === 0xb5)

/** By name and content, which must not contradict each other. What is packed is known by its name alone. */
export const of = Effect.fnUntraced(function*({ etag, uri }: Version) {
  const file = yield* Effect.flatMap(ObjectStore, (store) => store.ranged(uri, { ifMatch: etag }))
  const head = yield* file.read(0, Math.min(file.size, 65_536))
  const name = yield* Effect.try({
    try: () => Format.detect(uri, isPacked(head) ? new Uint8Array() : head),
    catch: (error) => error instanceof Format.FormatError ? error : new Format.FormatError({ file: uri, reason: String(error) })
  })
  return name === "csv" && /\.tsv(\.|$)/i.test(uri) ? tsv : formats[name]
})
