/**
 * Values of keys as they are compared: as Postgres does it, so that rows which are two in a lake are two in a table.
 *
 * Decimals are equal by value (9 and 9.0), bytes are compared one by one, and NaN is equal to itself and above all numbers.
 * What has no order of its own has that of its JSON text.
 */
import { BigDecimal, DateTime, Schema, type SchemaAST } from "effect"
import * as Kind from "../format/Kind.ts"
import { numericPattern } from "../warehouse/Scalar.ts"

/** 0.DIGITS times ten to the exponent, without zeros at the end: of any size, it is compared without being written out. */
interface Decimal {
  readonly sign: number
  readonly exponent: number
  readonly digits: string
}

/** Null, which comes after all others; undefined for what the schema will refuse. */
export type Comparable = number | bigint | string | Uint8Array | Decimal | null | undefined

const decimalOf = (value: BigDecimal.BigDecimal): Decimal => {
  const plain = BigDecimal.normalize(value)
  const digits = String(plain.value).replace("-", "")
  return plain.value === 0n
    ? { sign: 0, exponent: 0, digits }
    : { sign: plain.value < 0n ? -1 : 1, exponent: digits.length - plain.scale, digits }
}

const ofKind = (tag: Kind.Kind["tag"]): ((value: unknown) => Comparable) | undefined => {
  switch (tag) {
    case "integer":
    case "number":
    case "finite":
      return (value) => typeof value === "number" ? value : undefined
    case "bigint":
      return (value) => typeof value === "bigint" ? value : undefined
    case "boolean":
      return (value) => typeof value === "boolean" ? Number(value) : undefined
    case "text":
    case "day":
      return (value) => typeof value === "string" ? value : undefined
    case "instant":
      return (value) => value instanceof Date && !Number.isNaN(value.getTime()) ? value.getTime() : undefined
    case "utc":
      return (value) => DateTime.isDateTime(value) ? DateTime.toEpochMillis(value) : undefined
    case "decimal":
      return (value) => BigDecimal.isBigDecimal(value) ? decimalOf(value) : undefined
    case "numeric":
      return (value) =>
        typeof value === "string" && numericPattern.test(value) ? decimalOf(BigDecimal.fromStringUnsafe(value)) : undefined
    case "bytes":
      return (value) => value instanceof Uint8Array ? value : undefined
    default:
      return undefined
  }
}

const byJson = (property: SchemaAST.AST): ((value: unknown) => Comparable) => {
  const encode = Schema.encodeUnknownResult(Schema.toCodecJson(Schema.make<Schema.Codec<unknown, unknown>>(property)))
  return (value) => {
    const json = encode(value)
    return json._tag === "Success" ? JSON.stringify(json.success) : undefined
  }
}

/** A value of the property → what it is compared by. */
export const of = (property: SchemaAST.AST): ((value: unknown) => Comparable) => {
  const found = ofKind(Kind.slotOf(property).kind.tag) ?? byJson(property)
  return (value) => value === null ? null : found(value)
}

const byOrder = <A extends number | bigint | string>(a: A, b: A): number => a < b ? -1 : a > b ? 1 : 0

const rank = (value: Comparable): number => value === undefined ? 2 : value === null ? 1 : 0

/** Of values of one property. */
export const compare = (a: Comparable, b: Comparable): number => {
  if (typeof a === "number" && typeof b === "number") {
    return byOrder(a, b) || Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  }
  if (typeof a === "string" && typeof b === "string") return byOrder(a, b)
  if (typeof a === "bigint" && typeof b === "bigint") return byOrder(a, b)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  if (typeof a === "object" && a !== null && "sign" in a && typeof b === "object" && b !== null && "sign" in b) {
    return a.sign - b.sign || a.sign * (a.exponent - b.exponent || byOrder(a.digits, b.digits))
  }
  return rank(a) - rank(b)
}
