/** Types of columns by what they hold: of two that differ, the one that both fit into. */
import type { Schema } from "effect"

/** `none`: nothing but nulls so far. */
export type Kind = "none" | "boolean" | "bigint" | "double precision" | "text" | "jsonb"

/** Texts stay texts, whatever they look like: an id keeps its leading zeros. */
export const of = (value: Schema.Json | undefined): Kind => {
  switch (typeof value) {
    case "string":
      return "text"
    case "boolean":
      return "boolean"
    case "number":
      return Number.isSafeInteger(value) ? "bigint" : "double precision"
    default:
      return value === null || value === undefined ? "none" : "jsonb"
  }
}

const isNumber = (kind: Kind): boolean => kind === "bigint" || kind === "double precision"

/** The narrowest that holds both, in whatever order they come: whole and broken numbers, else text. */
export const join = (a: Kind, b: Kind): Kind =>
  a === b || b === "none" ? a : a === "none" ? b : isNumber(a) && isNumber(b) ? "double precision" : "text"

/** The type of a stored column; undefined for one that values of frames cannot be written to. */
export const ofType = (type: string): Kind | undefined => {
  switch (type) {
    case "boolean":
    case "bigint":
    case "double precision":
    case "text":
    case "jsonb":
      return type
    default:
      return undefined
  }
}

/** Postgres sorts the keys of jsonb by their length in bytes, then bytewise. */
const keyOrder = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.compare(Buffer.from(a), Buffer.from(b))

/** Nested values as jsonb shows them, so that a text column has the same text whether it was jsonb before or not. */
const nested = (value: Schema.Json): string => {
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  return Array.isArray(value)
    ? `[${value.map(nested).join(", ")}]`
    : `{${Object.entries(value).sort(keyOrder).map(([key, inner]) => `${JSON.stringify(key)}: ${nested(inner)}`).join(", ")}}`
}

/** How a value is sent: all as text, which the server casts. */
export const wire = (value: Schema.Json | undefined): string | null =>
  value === null || value === undefined ? null : typeof value === "string" ? value : typeof value === "object" ? nested(value) : String(value)
