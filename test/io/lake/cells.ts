/** One cell of an asset of any schema, in any format: written by one schema, and read by that or another. */
import { Effect, type Schema } from "effect"
import * as Rows from "../../../engine/definition/Rows.ts"
import { Lake } from "../../../io/lake/Lake.ts"

export const formats = ["parquet", "csv", "ndjson"] as const

export type Format = typeof formats[number]

type RowSchema = Schema.Codec<unknown, unknown>

const stored = (schema: RowSchema, format: Format, key: ReadonlyArray<string>) => ({
  key: "files/cells",
  output: { ...Rows.of(schema, { file: { format } }), key },
  partitioned: false
})

export const write = Effect.fnUntraced(function*(format: Format, schema: RowSchema, value: unknown, key: ReadonlyArray<string> = []) {
  const lake = yield* Lake
  const asset = stored(schema, format, key)
  yield* lake.prepare(asset)
  yield* lake.write([{ asset, partition: "", value }])
})

export const load = Effect.fnUntraced(function*(format: Format, schema: RowSchema) {
  const lake = yield* Lake
  return (yield* lake.load({ asset: stored(schema, format, []), partitions: "all" })).values
})
