/** Reads single fields of the vendor's bodies, which write numbers as text here and there and "" for what is not known. */
import { Schema, SchemaGetter } from "effect"

/** An id: text that is not empty, also where it is written as a number. */
export const Id = Schema.Union([Schema.NonEmptyString, Schema.Finite]).pipe(
  Schema.decodeTo(Schema.NonEmptyString, {
    decode: SchemaGetter.transform((value: string | number) => String(value)),
    encode: SchemaGetter.passthroughSupertype()
  })
)

/** A field that may be absent and is read by one of the functions below, so that no misfit of it costs the whole body. */
export const any = Schema.optionalKey(Schema.Unknown)

/** Text; null for "", null and everything that is no text. */
export const text = (value: unknown): string | null => {
  const written = typeof value === "number" ? String(value) : value
  return typeof written === "string" && written.trim() !== "" ? written.trim() : null
}

/** A number, also from text such as "0.85" or "18°C", of which the number at its beginning counts; else null. */
export const number = (value: unknown): number | null => {
  if (typeof value === "number") return Number.isFinite(value) ? value : null
  const found = typeof value === "string" ? /^\s*([+-]?\d+(\.\d+)?)/.exec(value)?.[1] : undefined
  return found === undefined ? null : Number(found)
}

/** A whole number within ±2^31; else null. */
export const whole = (value: unknown): number | null => {
  const found = number(value)
  return found !== null && found === (found | 0) ? found : null
}

/** 1, "1" and true. */
export const flag = (value: unknown): boolean => value === true || number(value) === 1

const year9999 = 253_402_300_800

/** Seconds since 1970; null for 0, which stands for what is not known, and what is no moment. */
export const moment = (value: unknown): Date | null => {
  const seconds = number(value)
  return seconds === null || seconds <= 0 || seconds >= year9999 ? null : new Date(seconds * 1000)
}

/**
 * The seven figures of a side: score, half-time, red, yellow, corners, overtime, penalties. One that cannot be read is
 * −1, which the vendor writes for what is not counted, so that it does not cost the score; null where none can be read.
 */
export const figures = (value: unknown): ReadonlyArray<number> | null => {
  if (!Array.isArray(value)) return null
  const found = Array.from(value, whole)
  return found.some((figure) => figure !== null) ? found.map((figure) => figure ?? -1) : null
}

/** A list of JSON; empty for everything else. */
export const list = (value: unknown): ReadonlyArray<Schema.Json> => Array.isArray(value) ? value : []

/** An object of JSON; null for everything else. */
export const record = (value: unknown): Readonly<Record<string, Schema.Json>> | null =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value as Record<string, Schema.Json> : null // a parsed body
