/** Assets as the warehouse sees them. */
import { Schema } from "effect"
import type { Stored } from "../../../engine/definition/Io.ts"
import * as Rows from "../../../engine/definition/Rows.ts"

export const stored = (key: string, schema: Rows.Rows<unknown>["schema"], options: Rows.Options<never> = {}, partitioned = false): Stored => ({
  key,
  output: { ...Rows.of(Schema.Unknown, {}), schema, ...options },
  partitioned
})

/** Rows of one column. */
export const one = (value: Schema.Codec<unknown, unknown>) => Schema.Struct({ v: value })
