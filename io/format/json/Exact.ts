/** JSON values of no known type: JSON.parse would round 9007199254740993 to ...992, and make Infinity of 1e999. */
import { BigDecimal } from "effect"
import { refuse } from "../FormatError.ts"

/** In it may be a number that a JavaScript number does not hold. */
export const mayBeLong = (text: string): boolean => /\d{16}|[eE]\+?\d{3}/.test(text)

/** A number by its digits; `context` has them as they are written. */
type Revive = (key: string, value: unknown, context: { readonly source?: string }) => unknown

// Seam: TypeScript's library does not know the reviver's third parameter.
const parseBy = JSON.parse as (text: string, revive: Revive) => unknown

const revived = (whole: (digits: string) => unknown): Revive => (_, value, { source }) => {
  if (typeof value !== "number" || source === undefined || Number.isSafeInteger(value)) return value
  if (!Number.isFinite(value)) return refuse(`${source} is beyond the range of a number; name it in the schema, as Schema.BigDecimal`)
  return /^-?\d+$/.test(source) ? whole(source) : value
}

const asBigint = revived(BigInt)
const refusing = revived((digits) => refuse(`${digits} in it is beyond ±2^53; name it in the schema, as Schema.BigInt`))

/** JSON.parse reads any depth, but calls a reviver by calling itself. */
const parseWith = (text: string, revive: Revive): unknown => {
  if (!mayBeLong(text)) return JSON.parse(text)
  try {
    return parseBy(text, revive)
  } catch (error) {
    return error instanceof RangeError ? refuse("it is nested too deeply for the long number in it; name the number in the schema, as Schema.BigInt") : raise(error)
  }
}

const raise = (error: unknown): never => {
  throw error
}

/** Whole numbers beyond ±2^53 as bigints. Throws `Refused` for numbers beyond the range, and `SyntaxError`. */
export const parse = (text: string): unknown => parseWith(text, asBigint)

/** For schemas of JSON, which has no bigints: throws `Refused` for whole numbers beyond ±2^53, too. */
export const parseStrictly = (text: string): unknown => parseWith(text, refusing)

// Seam: TypeScript's library does not know rawJSON.
const rawJson = (JSON as unknown as { readonly rawJSON: (text: string) => unknown }).rawJSON

const asPower = (_: string, value: unknown): unknown =>
  typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value) ? rawJson(value.toExponential()) : value

/**
 * As JSON.stringify; but numbers beyond ±2^53 with their exponent, as 1e+18. In full, their digits would say more than a
 * JavaScript number knows: readers take such for bigints, or refuse them.
 */
export const stringify = (json: unknown): string => {
  const text = JSON.stringify(json)
  return mayBeLong(text) ? JSON.stringify(json, asPower) : text
}

/** JSON has one, but JSON.stringify does not write it. */
export const negativeZero = rawJson("-0")

/**
 * A value of no known type as JSON.stringify writes it: bigints and decimals as numbers, what is no number as its name and
 * bytes as base64, as where the schema names them. Throws `Refused` for what JSON has no place for.
 */
export const writable = (value: unknown): unknown => {
  if (typeof value === "bigint") return rawJson(String(value))
  if (typeof value === "number" && !Number.isFinite(value)) return String(value)
  if (BigDecimal.isBigDecimal(value)) return rawJson(BigDecimal.format(value))
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64")
  if (value instanceof Map || value instanceof Set) return refuse(`expected a value of JSON, found a ${value.constructor.name}`)
  if (Array.isArray(value)) return value.map(writable)
  const isPlain = typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  return isPlain ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, writable(inner)])) : value
}
