/** Reads API bodies by schema: what both shapes share, and errors that name the path and the value found there. */
import { Result, Schema, SchemaGetter } from "effect"
import * as Misfit from "../api/Misfit.ts"
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

/** The error of a body that lacks or misuses the field at `path`. */
export const unexpected = (shape: Shape, subject: string, path: ReadonlyArray<PropertyKey>, problem: string) => {
  const misfit = Misfit.unexpected(path, problem)
  return new NhlApiError({ subject, reason: new Unexpected({ shape, path: misfit.path, problem: misfit.problem }) })
}

/** A decoder of bodies. Fields that the schema does not name are ignored; the first misfit is the error. */
export const decoder = <S extends Schema.ConstraintDecoder<unknown>>(shape: Shape, schema: S) => {
  const decode = Misfit.decoder(schema)
  return (body: unknown, subject: string): Result.Result<S["Type"], NhlApiError> =>
    Result.mapError(decode(body), ({ path, problem }) =>
      new NhlApiError({ subject, reason: new Unexpected({ shape, path, problem }) }))
}
