/** The leaves of a Parquet schema: what their stored values mean, and how each becomes a value of a kind. */
import { BigDecimal, DateTime } from "effect"
import { isUtf8 } from "node:buffer"
import type { SchemaElement } from "hyparquet"
import { Refused, refuse, shown } from "../FormatError.ts"
import * as Exact from "../json/Exact.ts"
import { fromJson } from "../json/Value.ts"
import type { Kind } from "../Kind.ts"
import { isPlainDate } from "../../warehouse/Scalar.ts"
import type { Form } from "./Values.ts"

export type Unit = "MILLIS" | "MICROS" | "NANOS"

export type Leaf =
  | { readonly tag: "boolean" | "float" | "text" | "bytes" | "day" | "int96" | "json" | "uuid" | "opaque" }
  | { readonly tag: "integer"; readonly bits: number; readonly signed: boolean }
  | { readonly tag: "decimal"; readonly scale: number }
  | { readonly tag: "moment"; readonly unit: Unit; readonly utc: boolean }
  | { readonly tag: "time"; readonly unit: Unit }

/** What a column is. Of the two annotations, the newer (logical) one says more and counts. */
export const leafOf = (element: SchemaElement): Leaf => {
  const { converted_type: old, logical_type: logical, scale, type } = element
  if (old === "DECIMAL" || logical?.type === "DECIMAL") {
    return { tag: "decimal", scale: (logical?.type === "DECIMAL" ? logical.scale : undefined) ?? scale ?? 0 }
  }
  if (type === "BOOLEAN") return { tag: "boolean" }
  if (type === "FLOAT" || type === "DOUBLE" || logical?.type === "FLOAT16") return { tag: "float" }
  if (type === "INT96") return { tag: "int96" }
  if (type === "INT32" || type === "INT64") {
    if (old === "DATE" || logical?.type === "DATE") return { tag: "day" }
    if (logical?.type === "TIMESTAMP") return { tag: "moment", unit: logical.unit, utc: logical.isAdjustedToUTC }
    if (logical?.type === "TIME") return { tag: "time", unit: logical.unit }
    if (old === "TIMESTAMP_MILLIS" || old === "TIMESTAMP_MICROS") return { tag: "moment", unit: old === "TIMESTAMP_MILLIS" ? "MILLIS" : "MICROS", utc: true }
    if (old === "TIME_MILLIS" || old === "TIME_MICROS") return { tag: "time", unit: old === "TIME_MILLIS" ? "MILLIS" : "MICROS" }
    const signed = logical?.type === "INTEGER" ? logical.isSigned : !(old?.startsWith("UINT_") ?? false)
    return { tag: "integer", bits: type === "INT32" ? 32 : 64, signed }
  }
  if (logical?.type === "UUID") return { tag: "uuid" }
  if (old === "JSON" || logical?.type === "JSON") return { tag: "json" }
  if (old === "UTF8" || old === "ENUM" || logical?.type === "STRING" || logical?.type === "ENUM") return { tag: "text" }
  if (old === "INTERVAL" || old === "BSON" || ["BSON", "GEOMETRY", "GEOGRAPHY"].includes(logical?.type ?? "")) return { tag: "opaque" }
  return { tag: "bytes" }
}

/** What the bytes of a leaf become before its reader sees them: texts once for each entry of a dictionary. */
export const formOf = (element: SchemaElement, asBytes: boolean): Form => {
  const { tag } = leafOf(element)
  if (element.logical_type?.type === "FLOAT16") return "float16"
  if (asBytes) return "bytes"
  return tag === "uuid" ? "uuid" : tag === "text" || tag === "json" ? "text" : "bytes"
}

export const describe = (leaf: Leaf): string => {
  switch (leaf.tag) {
    case "integer": return `${leaf.signed ? "" : "unsigned "}integers of ${leaf.bits} bits`
    case "float": return "floating point numbers"
    case "decimal": return `decimals of ${leaf.scale} places`
    case "moment": return leaf.utc ? "moments" : "local times without a zone"
    case "int96": return "moments (INT96)"
    case "day": return "dates"
    case "time": return "times of day"
    case "boolean": return "booleans"
    case "json": return "JSON"
    case "uuid": return "UUIDs"
    case "opaque": return "bytes that are no text (intervals, BSON or geometries)"
    default: return leaf.tag
  }
}

const perSecond = { MILLIS: 1000n, MICROS: 1_000_000n, NANOS: 1_000_000_000n } as const
const digits = { MILLIS: 3, MICROS: 6, NANOS: 9 } as const

const floorDiv = (a: bigint, b: bigint): bigint => (a >= 0n || a % b === 0n ? a / b : a / b - 1n)

/** Also of years that a Date does not have: the calendar repeats itself every 400 years. */
export const isoDay = (days: bigint | number): string => {
  const cycle = Math.floor(Number(days) / 146_097)
  const date = new Date((Number(days) - cycle * 146_097) * 86_400_000)
  const year = date.getUTCFullYear() + 400 * cycle
  const text = year >= 0 && year <= 9999 ? String(year).padStart(4, "0") : `${year < 0 ? "-" : "+"}${String(Math.abs(year)).padStart(6, "0")}`
  return `${text}${date.toISOString().slice(-20, -14)}`
}

const isoTime = (value: bigint, unit: Unit): string => {
  const second = value / perSecond[unit]
  const [hours, minutes, seconds] = [second / 3600n, (second / 60n) % 60n, second % 60n].map((n) => String(n).padStart(2, "0"))
  const fraction = String(value % perSecond[unit]).padStart(digits[unit], "0")
  return `${hours}:${minutes}:${seconds}.${fraction}`
}

/** fastparquet stores durations as times of day: more than 24 hours of them, or fewer than none. */
const timeOf = (value: bigint, unit: Unit): string => value < 0n ? `-${isoTime(-value, unit)}` : isoTime(value, unit)

const isoMoment = (value: bigint, unit: Unit, utc: boolean): string => {
  const day = 86_400n * perSecond[unit]
  const days = floorDiv(value, day)
  return `${isoDay(days)}T${isoTime(value - days * day, unit)}${utc ? "Z" : ""}`
}

const integer = (raw: unknown): bigint => (typeof raw === "bigint" ? raw : typeof raw === "number" ? BigInt(raw) : refuse("it is no integer"))

/** Big endian, two's complement. */
const unscaled = (raw: unknown): bigint => {
  if (!(raw instanceof Uint8Array)) return integer(raw)
  let value = 0n
  for (const byte of raw) value = (value << 8n) | BigInt(byte)
  return raw.length === 0 ? 0n : BigInt.asIntN(raw.length * 8, value)
}

const int96Nanos = (raw: unknown): bigint => {
  if (!(raw instanceof Uint8Array)) return refuse("it is no INT96")
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  const nanos = (BigInt(view.getInt32(8, true)) - 2_440_588n) * 86_400_000_000_000n + view.getBigInt64(0, true)
  // Spark counts in microseconds of 64 bits, and lets far years run over them; its own reader runs back.
  const micros = floorDiv(nanos, 1000n)
  return BigInt.asIntN(64, micros) * 1000n + (nanos - micros * 1000n)
}

export const decimalText = (value: bigint, scale: number): string => {
  if (scale <= 0) return String(value * 10n ** BigInt(-scale))
  const text = String(value < 0n ? -value : value).padStart(scale + 1, "0")
  return `${value < 0n ? "-" : ""}${text.slice(0, -scale)}.${text.slice(-scale)}`
}

export type FromLeaf = (raw: unknown) => unknown

/** A value that is what it is read as. */
export const same: FromLeaf = (raw) => raw

const unsigned = ({ bits, signed }: Extract<Leaf, { tag: "integer" }>, raw: unknown): number | bigint => {
  if (typeof raw === "number") return signed || raw >= 0 ? raw : bits === 32 ? raw >>> 0 : BigInt.asUintN(64, BigInt(raw))
  return typeof raw === "bigint" ? (signed ? raw : BigInt.asUintN(64, raw)) : refuse("it is no integer")
}

const jsonBy = (parse: (text: string) => unknown): FromLeaf => (raw) => {
  try {
    return parse(String(raw))
  } catch (error) {
    if (error instanceof Refused) throw error
    return refuse(`expected JSON, found ${shown(String(raw))}`)
  }
}

/** For schemas of JSON. */
export const strictJson = jsonBy(Exact.parseStrictly)

/** As it is, exactly: moments, dates and times as ISO text, decimals as BigDecimal, 64 bits as bigint. */
export const natural = (leaf: Leaf): FromLeaf => {
  switch (leaf.tag) {
    case "integer":
      if (leaf.bits === 32) return leaf.signed ? same : (raw) => unsigned(leaf, raw)
      return (raw) => integer(unsigned(leaf, raw))
    case "decimal": return (raw) => BigDecimal.make(unscaled(raw), leaf.scale)
    case "moment": return (raw) => isoMoment(integer(raw), leaf.unit, leaf.utc)
    case "int96": return (raw) => isoMoment(int96Nanos(raw), "NANOS", true)
    case "day": return (raw) => isoDay(integer(raw))
    case "time": return (raw) => timeOf(integer(raw), leaf.unit)
    case "json": return jsonBy(Exact.parse)
    default: return same
  }
}

/** Older writers do not say that bytes are text; the schema does. */
const textOf: FromLeaf = (raw) => raw instanceof Uint8Array && isUtf8(raw) ? Buffer.from(raw).toString("utf8") : refuse("the bytes are no UTF-8")

const plainDay = (days: bigint): string => {
  const text = isoDay(days)
  return isPlainDate(text) ? text : refuse(`the day ${text} is outside the years 0001 to 9999; read it as Schema.String`)
}

/** A year that ISO text and Schema.Date have. */
const dateOf = (millis: bigint | number): Date => {
  const date = new Date(Number(millis))
  return Number.isNaN(date.getTime()) ? refuse("the moment is outside the years that a Date can hold; read it as Schema.String") : date
}

/** Exact, also where the quotient of two numbers is not. */
const floorDivNumber = (a: number, b: number): number => {
  const rest = a % b
  return (a - (rest < 0 ? rest + b : rest)) / b
}

const exactNumber = (value: unknown): number => {
  if (typeof value === "number") return value
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : refuse(`${String(value)} is beyond ±2^53; read it as Schema.BigInt`)
}

/** Raw → a value of the kind; undefined where the one is never the other. */
export const typed = (leaf: Leaf, kind: Kind): FromLeaf | undefined => {
  const plain = natural(leaf)
  const isInteger = leaf.tag === "integer"
  switch (kind.tag) {
    case "any": return plain
    case "other": return throughJson(plain, kind.decode)
    case "text":
      if (leaf.tag === "text" || leaf.tag === "json" || leaf.tag === "uuid") return same
      if (leaf.tag === "bytes") return textOf
      if (leaf.tag === "decimal") return (raw) => decimalText(unscaled(raw), leaf.scale)
      return ["moment", "int96", "day", "time"].includes(leaf.tag) ? plain : undefined
    case "integer":
      if (isInteger) return leaf.bits === 32 && leaf.signed ? same : (raw) => exactNumber(unsigned(leaf, raw))
      if (leaf.tag !== "decimal") return undefined
      return (raw) => {
        const text = decimalText(unscaled(raw), leaf.scale)
        return /\.0*[1-9]/.test(text) ? refuse(`expected an integer, found ${text}`) : exactNumber(text)
      }
    case "number":
    case "finite": {
      const finite = kind.tag === "finite"
      if (leaf.tag === "float" && !finite) return same
      if (leaf.tag === "float") return (raw) => (finite && !Number.isFinite(raw) ? refuse(`expected a finite number, found ${String(raw)}`) : raw)
      if (isInteger) return leaf.bits === 32 && leaf.signed ? same : (raw) => exactNumber(unsigned(leaf, raw))
      if (leaf.tag !== "decimal") return undefined
      return (raw) => {
        const value = unscaled(raw)
        // Of 15 digits, a number prints the same decimal again.
        return value < 1_000_000_000_000_000n && value > -1_000_000_000_000_000n
          ? Number(decimalText(value, leaf.scale))
          : refuse(`${decimalText(value, leaf.scale)} has more digits than a number; read it as Schema.BigDecimal`)
      }
    }
    case "bigint": return isInteger ? (raw) => integer(unsigned(leaf, raw)) : undefined
    case "decimal":
      if (leaf.tag === "decimal") return plain
      if (leaf.tag === "text") return fromJson(kind)
      return isInteger ? (raw) => BigDecimal.make(integer(unsigned(leaf, raw)), 0) : undefined
    case "numeric":
      if (leaf.tag === "decimal") return (raw) => decimalText(unscaled(raw), leaf.scale)
      if (leaf.tag === "text") return fromJson(kind)
      if (leaf.tag === "bytes") {
        const read = fromJson(kind)
        return (raw) => read(textOf(raw))
      }
      return isInteger ? (raw) => String(unsigned(leaf, raw)) : undefined
    case "boolean": return leaf.tag === "boolean" ? plain : undefined
    case "day": return leaf.tag === "day" ? (raw) => plainDay(integer(raw)) : undefined
    case "instant":
    case "utc": {
      const wrap = kind.tag === "instant" ? (date: Date) => date : (date: Date) => DateTime.makeUnsafe(date)
      if (leaf.tag === "int96") return (raw) => wrap(dateOf(floorDiv(int96Nanos(raw), 1_000_000n)))
      if (leaf.tag !== "moment" || !leaf.utc) return undefined
      const factor = perSecond[leaf.unit] / 1000n
      const divisor = Number(factor)
      return (raw) => wrap(dateOf(typeof raw === "number" ? floorDivNumber(raw, divisor) : floorDiv(integer(raw), factor)))
    }
    case "bytes":
      if (leaf.tag === "bytes" || leaf.tag === "opaque") return same
      // Below lists and structs, texts are read as such.
      return leaf.tag === "text" || leaf.tag === "json" ? (raw) => typeof raw === "string" ? new TextEncoder().encode(raw) : raw : undefined
    case "list":
    case "struct": return undefined
  }
}

const numberOrText = (whole: bigint): unknown => Number.isSafeInteger(Number(whole)) ? Number(whole) : String(whole)

/** As JSON; `wholeOf`: what bigints are there. By default they are exact numbers, or texts. */
export const jsonOf = (value: unknown, wholeOf: (whole: bigint) => unknown = numberOrText): unknown => {
  if (typeof value === "bigint") return wholeOf(value)
  if (BigDecimal.isBigDecimal(value)) return BigDecimal.format(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64")
  if (Array.isArray(value)) return value.map((inner) => jsonOf(inner, wholeOf))
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, jsonOf(inner, wholeOf)]))
  }
  return value
}

const holdsOne = (value: unknown, texts: ReadonlySet<string>): boolean =>
  typeof value === "string"
    ? texts.has(value)
    : Array.isArray(value)
    ? value.some((inner) => holdsOne(inner, texts))
    : typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype &&
      Object.values(value).some((inner) => holdsOne(inner, texts))

/**
 * Read, and then decoded by a schema that takes JSON. Integers of 64 bits are numbers there, or the texts that
 * `Schema.BigInt` is made of; only the schema knows which. Not by their size: values of one column would be of two types.
 */
export const throughJson = (read: FromLeaf, decode: (json: unknown) => unknown): FromLeaf => (raw) => {
  const value = read(raw)
  const texts = new Set<string>()
  let long: bigint | undefined
  const numbers = jsonOf(value, (whole) => {
    texts.add(String(whole))
    if (!Number.isSafeInteger(Number(whole))) long ??= whole
    return Number(whole)
  })
  const refusedOr = (json: unknown): unknown => {
    try {
      return decode(json)
    } catch (error) {
      if (error instanceof Refused) return error
      throw error
    }
  }
  const decoded = refusedOr(numbers)
  if (!(decoded instanceof Refused)) return long === undefined ? decoded : refuse(`${long} is beyond ±2^53; read it as Schema.BigInt`)
  if (texts.size === 0) throw decoded
  const again = refusedOr(jsonOf(value, String))
  // A schema that wants texts is refused: an integer is none.
  if (again instanceof Refused || holdsOne(again, texts)) throw decoded
  return again
}
