/** A value that does not fit its schema: where, what was found there, and what was expected. */
import { Result, Schema, SchemaIssue } from "effect"
import { Unexpected } from "./ApiError.ts"

const standard = SchemaIssue.makeFormatterStandardSchemaV1()

const at = (body: unknown, path: ReadonlyArray<PropertyKey>): unknown => {
  let value = body
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined
    value = Object.getOwnPropertyDescriptor(value, key)?.value
  }
  return value
}

/** `games[0].id`; the body itself where the path is empty. */
export const spell = (path: ReadonlyArray<PropertyKey>): string =>
  path.length === 0
    ? "the body"
    : path.map((key, i) => typeof key === "number" ? `[${key}]` : i === 0 ? String(key) : `.${String(key)}`).join("")

const show = (value: unknown, redact: (text: string) => string): string => {
  if (Array.isArray(value)) return "a list"
  if (typeof value === "object" && value !== null) return "an object"
  // Before it is cut: half a secret is one too.
  const text = redact(JSON.stringify(value) ?? String(value))
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** The reason of a body that lacks or misuses the field at `path`; `problem` as in "is missing". */
export const unexpected = (path: ReadonlyArray<PropertyKey>, problem: string): Unexpected =>
  new Unexpected({ path: spell(path), problem })

/** A decoder of JSON bodies. Fields that the schema does not name are ignored; the first misfit is the failure. */
export const decoder = <S extends Schema.ConstraintDecoder<unknown>>(schema: S) => {
  const parse = Schema.decodeUnknownResult(schema)
  return (body: unknown, redact: (text: string) => string = (text) => text): Result.Result<S["Type"], Unexpected> =>
    Result.mapError(parse(body), (error) => {
      const issue = standard(error.issue).issues[0]
      const path = (issue?.path ?? []).map((key) => typeof key === "object" ? key.key : key)
      const found = at(body, path)
      const wanted = (issue?.message ?? "another value").replace(/^Expected /, "")
      return unexpected(path, found === undefined ? "is missing" : `is ${show(found, redact)}, not ${wanted}`)
    })
}

/** Reads a body; what a misfit shows of it is passed through `redact`. */
export type Decoder = (body: unknown, redact: (text: string) => string) => Result.Result<unknown, Unexpected>

/** Decoders are made once: schemas are values of modules. */
const decoders = new WeakMap<object, Decoder>()

/** The decoder of a schema; its values are of the schema's type. */
export const decoderOf = (schema: Schema.ConstraintDecoder<unknown>): Decoder => {
  const known = decoders.get(schema)
  if (known !== undefined) return known
  const made = decoder(schema)
  decoders.set(schema, made)
  return made
}
