/** The scalar types of columns: how one value travels to Postgres and comes back as the schema's Type. */
import { PgTypes } from "@effect/sql-pg"
import { BigDecimal, DateTime, Schema, SchemaAST } from "effect"
import { Refused } from "./Refusal.ts"

/** What is sent: the type of the elements of the array that `unnest` opens. */
export type Wire = "text" | "int4" | "int8" | "float8" | "bool" | "numeric" | "timestamptz" | "date"

export const wireOid: Readonly<Record<Wire, number>> = {
  text: PgTypes.OID.text,
  int4: PgTypes.OID.int4,
  int8: PgTypes.OID.int8,
  float8: PgTypes.OID.float8,
  bool: PgTypes.OID.bool,
  numeric: PgTypes.OID.numeric,
  timestamptz: PgTypes.OID.timestamptz,
  date: PgTypes.OID.date
}

export interface Scalar {
  /** The column's type, as `format_type` of Postgres writes it. */
  readonly type: string
  readonly wire: Wire
  /** To the wire's value: timestamps are milliseconds since 1970, dates, decimals and JSON text. Throws `Refused`. */
  readonly encode: (value: unknown) => string | number | bigint | boolean
  /** From what the client gives; `undefined` when that is the value already. */
  readonly decode: ((value: unknown) => unknown) | undefined
}

const refused = (reason: string): never => {
  throw new Refused(reason)
}

const encodeText = (value: unknown): string => {
  if (typeof value !== "string") return refused("expected text")
  if (value.includes("\0")) return refused("Postgres text cannot hold a NUL character; remove it")
  return value.isWellFormed() ? value : refused("it has half of a surrogate pair; use toWellFormed()")
}

export const text: Scalar = { type: "text", wire: "text", encode: encodeText, decode: undefined }

export const integer: Scalar = {
  type: "integer",
  wire: "int4",
  encode: (value) => {
    if (typeof value !== "number" || !Number.isSafeInteger(value)) return refused("expected an integer")
    return value >= -2147483648 && value <= 2147483647
      ? value
      : refused("it does not fit integer; use Column.BigInteger")
  },
  decode: undefined
}

/** A safe integer `number` in a bigint column. */
export const bigInteger: Scalar = {
  type: "bigint",
  wire: "int8",
  encode: (value) =>
    typeof value === "number" && Number.isSafeInteger(value)
      ? BigInt(value)
      : refused("expected an integer of at most 2^53 - 1; use Schema.BigInt for larger ones"),
  decode: (value) => {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : refused("it does not fit a JavaScript number exactly; use Schema.BigInt")
  }
}

export const bigint: Scalar = {
  type: "bigint",
  wire: "int8",
  encode: (value) => {
    if (typeof value !== "bigint") return refused("expected a bigint")
    return BigInt.asIntN(64, value) === value
      ? value
      : refused("it does not fit bigint (64 bits); use Schema.BigDecimal or Column.Numeric")
  },
  decode: undefined
}

export const double: Scalar = {
  type: "double precision",
  wire: "float8",
  encode: (value) => (typeof value === "number" ? value : refused("expected a number")),
  decode: undefined
}

export const finite: Scalar = {
  ...double,
  encode: (value) => (typeof value === "number" && Number.isFinite(value) ? value : refused("expected a finite number"))
}

export const boolean: Scalar = {
  type: "boolean",
  wire: "bool",
  encode: (value) => (typeof value === "boolean" ? value : refused("expected true or false")),
  decode: undefined
}

/** Limits of numeric: 131,072 digits before the point, 16,383 after it. */
const numericReason = "numeric holds at most 131,072 digits before the point and 16,383 after it"

export const bigDecimal: Scalar = {
  type: "numeric",
  wire: "numeric",
  encode: (value) => {
    if (!BigDecimal.isBigDecimal(value)) return refused("expected a BigDecimal")
    const plain = BigDecimal.normalize(value)
    const digits = `${plain.value}`.length
    return plain.scale <= 16383 && digits - plain.scale <= 131072 ? BigDecimal.format(plain) : refused(numericReason)
  },
  decode: (value) => BigDecimal.fromStringUnsafe(String(value))
}

/** A decimal as text, exact to the last zero. */
export const numeric: Scalar = {
  type: "numeric",
  wire: "numeric",
  encode: (value) => {
    if (typeof value !== "string" || !numericPattern.test(value)) return refused("expected a decimal such as \"-12.50\"")
    const point = value.indexOf(".")
    const after = point === -1 ? 0 : value.length - point - 1
    return after <= 16383 && value.length - after <= 131072 ? value : refused(numericReason)
  },
  decode: undefined
}

/** Plain decimals that Postgres writes as they were given: no exponent, no plus, no leading or negative zero. */
export const numericPattern = /^(?!-0(\.0*)?$)-?(0|[1-9]\d*)(\.\d+)?$/

const yearOne = -62135596800000
const yearTenThousand = 253402300800000

const encodeInstant = (milliseconds: number): number => {
  if (Number.isNaN(milliseconds)) return refused("expected a valid date")
  return milliseconds >= yearOne && milliseconds < yearTenThousand
    ? milliseconds
    : refused("it is outside the years 0001 to 9999")
}

export const date: Scalar = {
  type: "timestamp with time zone",
  wire: "timestamptz",
  encode: (value) => encodeInstant(value instanceof Date ? value.getTime() : NaN),
  decode: undefined
}

export const dateTime: Scalar = {
  ...date,
  encode: (value) => encodeInstant(DateTime.isDateTime(value) && DateTime.isUtc(value) ? value.epochMilliseconds : NaN),
  decode: (value) => (value instanceof Date ? DateTime.fromDateUnsafe(value) : refused("expected a timestamp"))
}

const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** True for a day of the Gregorian calendar written YYYY-MM-DD, years 0001 to 9999. */
export const isPlainDate = (value: string): boolean => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value) || value.startsWith("0000")) return false
  const year = Number(value.slice(0, 4))
  const month = Number(value.slice(5, 7))
  const day = Number(value.slice(8))
  if (day < 1 || day > (monthDays[month - 1] ?? 0)) return false
  return month !== 2 || day < 29 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0))
}

export const plainDate: Scalar = {
  type: "date",
  wire: "date",
  encode: (value) =>
    typeof value === "string" && isPlainDate(value) ? value : refused("expected a date such as \"2024-02-29\""),
  decode: undefined
}

/** jsonb refuses U+0000 and halves of surrogate pairs, which JSON.stringify writes as escapes. */
const notJsonb = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/

/** Any other value, through the JSON codec of its schema. */
export const json = (ast: SchemaAST.AST): Scalar => {
  const codec = Schema.toCodecJson(Schema.make<Schema.Codec<unknown, unknown>>(SchemaAST.toType(ast)))
  const encode = Schema.encodeUnknownResult(codec)
  const decode = Schema.decodeUnknownResult(codec)
  return {
    type: "jsonb",
    wire: "text",
    encode: (value) => {
      const encoded = encode(value)
      if (encoded._tag === "Failure") return refused(reasonOf(encoded.failure.message))
      const body = JSON.stringify(encoded.success)
      if (body === undefined) return refused("it is not a JSON value")
      return body.includes("\\u") && notJsonb.test(body)
        ? refused("jsonb cannot hold a NUL character or half of a surrogate pair; remove it")
        : body
    },
    decode: (value) => {
      const decoded = decode(value)
      return decoded._tag === "Success" ? decoded.success : refused(reasonOf(decoded.failure.message))
    }
  }
}

/** The parser's message on one line: "Expected a string at ["a"]["b"]" → "expected a string at ["a"]["b"]". */
export const reasonOf = (message: string): string => {
  const line = message.replace(/\s*\n\s*/g, " ").trim()
  return line.charAt(0).toLowerCase() + line.slice(1)
}
