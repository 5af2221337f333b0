/** Reads API bodies by schema: what both shapes share, and errors that name the path and the value found there. */
import { Result, Schema, SchemaGetter, SchemaIssue } from "effect"
import { NhlApiError, Unexpected } from "./NhlApiError.ts"

export type Shape = "statsapi" | "api-web"

/** A whole number, also where the API writes it as text ("3"). */
export const Whole = Schema.Union([Schema.Finite, Schema.String.check(Schema.isPattern(/^\s*-?\d+\s*$/))]).pipe(
  Schema.decodeTo(Schema.Int, {
    decode: SchemaGetter.transform((value: number | string) => Number(value)),
    encode: SchemaGetter.passthroughSupertype()
  })
)

/** Text, also where the API writes it as a number: the season is "20222023" in one shape and 20222023 in the other. */
export const Text = Schema.Union([Schema.String, Schema.Finite]).pipe(
  Schema.decodeTo(Schema.String, {
    decode: SchemaGetter.transform((value: number | string) => String(value)),
    encode: SchemaGetter.passthroughSupertype()
  })
)

/** A field that may be absent or null. */
export const maybe = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

/** A date of the league's calendar. */
export const CalendarDate = Schema.String.check(
  Schema.isPattern(/^\d{4}-\d\d-\d\d$/, { expected: "a date like 2023-03-09" })
)

const standard = SchemaIssue.makeFormatterStandardSchemaV1()

const at = (body: unknown, path: ReadonlyArray<PropertyKey>): unknown => {
  let value = body
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined
    value = Object.getOwnPropertyDescriptor(value, key)?.value
  }
  return value
}

const spell = (path: ReadonlyArray<PropertyKey>): string =>
  path.length === 0
    ? "the body"
    : path.map((key, i) => typeof key === "number" ? `[${key}]` : i === 0 ? String(key) : `.${String(key)}`).join("")

const show = (value: unknown): string => {
  if (Array.isArray(value)) return "a list"
  if (typeof value === "object" && value !== null) return "an object"
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** The error of a body that lacks or misuses the field at `path`. */
export const unexpected = (shape: Shape, subject: string, path: ReadonlyArray<PropertyKey>, problem: string) =>
  new NhlApiError({ subject, reason: new Unexpected({ shape, path: spell(path), problem }) })

/** A decoder of bodies. Fields that the schema does not name are ignored; the first misfit is the error. */
export const decoder = <S extends Schema.ConstraintDecoder<unknown>>(shape: Shape, schema: S) => {
  const parse = Schema.decodeUnknownResult(schema)
  return (body: unknown, subject: string): Result.Result<S["Type"], NhlApiError> =>
    Result.mapError(parse(body), (error) => {
      const issue = standard(error.issue).issues[0]
      const path = (issue?.path ?? []).map((key) => typeof key === "object" ? key.key : key)
      const found = at(body, path)
      const wanted = (issue?.message ?? "another value").replace(/^Expected /, "")
      return unexpected(shape, subject, path, found === undefined ? "is missing" : `is ${show(found)}, not ${wanted}`)
    })
}
