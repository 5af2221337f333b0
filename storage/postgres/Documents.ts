/** The shapes of the jsonb columns. */
import { Effect, Schema } from "effect"
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

const isInput = (value: unknown): value is InputVersion =>
  typeof value === "object" && value !== null && "asset" in value && typeof value.asset === "string" &&
  "count" in value && typeof value.count === "number" && "sum" in value && typeof value.sum === "number" &&
  "max" in value && typeof value.max === "number"

const isInputs = (value: unknown): value is typeof Inputs.Type => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false
  for (const name in value) if (!isInput(Reflect.get(value, name))) return false
  return true
}

const decodeText = Schema.decodeUnknownEffect(Schema.fromJsonString(Inputs))

/** Reads `Inputs` from the text of a jsonb. By hand: the schema, which explains what this refuses, takes 5 µs a text. */
export const decodeInputs = (text: string): Effect.Effect<typeof Inputs.Type, Schema.SchemaError> => {
  const value: unknown = JSON.parse(text)
  return isInputs(value) ? Effect.succeed(value) : decodeText(text)
}

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
