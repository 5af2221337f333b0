/** The shapes of the jsonb columns. */
import { Schema } from "effect"
import type { Metadata } from "../../engine/definition/Metadata.ts"
import type { InputVersion } from "../../engine/record/Step.ts"

const Input: Schema.Codec<InputVersion> = Schema.Struct({
  asset: Schema.String,
  count: Schema.Number,
  sum: Schema.Number,
  max: Schema.Number
})

/** Input name → which versions of the upstream's cells were read. */
export const Inputs = Schema.Record(Schema.String, Input)

const Scalar = Schema.Union([Schema.String, Schema.Number, Schema.Boolean, Schema.Null])

/** Metadata as JSON: numbers that JSON does not have are the texts "NaN", "Infinity" and "-Infinity". */
export const StoredMetadata: Schema.Codec<Metadata, unknown> = Schema.toCodecJson(
  Schema.Record(
    Schema.String,
    Schema.Union([
      Schema.Struct({ type: Schema.Literal("number"), value: Schema.Number }),
      Schema.Struct({ type: Schema.Literal("text"), value: Schema.String }),
      Schema.Struct({ type: Schema.Literal("link"), value: Schema.String }),
      Schema.Struct({ type: Schema.Literal("table"), value: Schema.Array(Schema.Record(Schema.String, Scalar)) })
    ])
  )
)
