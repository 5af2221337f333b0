/** How single values of a kind are stored: the type of the column, and the bytes of each value. */
import { BigDecimal, DateTime } from "effect"
import type { SchemaElement } from "hyparquet"
import { isPlainDate, numericPattern } from "../../../warehouse/Scalar.ts"
import { refuse, shown } from "../../FormatError.ts"
import * as Exact from "../../json/Exact.ts"
import { toJson } from "../../json/Value.ts"
import { type Kind, named } from "../../Kind.ts"
import type { Values } from "./Values.ts"

/** Digits in all, and after the point. */
export interface Decimals {
  readonly precision: number
  readonly scale: number
}

export interface Scalar {
  readonly element: Omit<SchemaElement, "name" | "repetition_type">
  /** Throws `Refused`. */
  readonly put: (into: Values, value: unknown) => void
}

const wrong = (kind: Kind, value: unknown): never => refuse(`expected ${named(kind)}, found ${shown(value)}`)

const int64 = (value: bigint): bigint =>
  BigInt.asIntN(64, value) === value ? value : refuse(`${value} does not fit 64 bits; write it as Schema.BigDecimal`)

/** The digits without the point. */
const unscaled = (value: BigDecimal.BigDecimal, { precision, scale }: Decimals): bigint => {
  const plain = BigDecimal.normalize(value)
  if (plain.scale > scale) refuse(`${BigDecimal.format(plain)} has ${plain.scale} places and the column ${scale}; give the option decimals another scale`)
  const digits = plain.value * 10n ** BigInt(scale - plain.scale)
  return String(digits < 0n ? -digits : digits).length <= precision
    ? digits
    : refuse(`${BigDecimal.format(plain)} does not fit ${precision} digits with ${scale} places; give the option decimals another precision`)
}

const decimal = (decimals: Decimals, of: (value: unknown) => BigDecimal.BigDecimal): Scalar => {
  const { precision, scale } = decimals
  const isSmall = precision <= 18
  return {
    element: {
      ...(isSmall ? { type: "INT64" } : { type: "FIXED_LEN_BYTE_ARRAY", type_length: 16 }),
      precision, scale, converted_type: "DECIMAL", logical_type: { type: "DECIMAL", precision, scale }
    },
    put: (into, value) => isSmall ? into.bigint64(unscaled(of(value), decimals)) : into.int128(unscaled(of(value), decimals))
  }
}

/** Exact, also in years whose microseconds are beyond 2^53. */
const putMicros = (into: Values, millis: number): void => {
  const micros = millis * 1000
  if (Number.isSafeInteger(micros)) into.int64(micros)
  else into.bigint64(BigInt(millis) * 1000n)
}

const millisOf = (value: unknown): number =>
  value instanceof Date ? value.getTime() : DateTime.isDateTime(value) ? DateTime.toEpochMillis(value) : Number.NaN

const putText = (into: Values, value: string): void =>
  value.isWellFormed() ? into.text(value) : refuse("the text has half of a surrogate pair")

export const make = (kind: Exclude<Kind, { readonly tag: "list" | "struct" }>, decimals: Decimals): Scalar => {
  const wrongly = (value: unknown): never => wrong(kind, value)
  switch (kind.tag) {
    case "text":
      return {
        element: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
        put: (into, value) => typeof value === "string" ? putText(into, value) : wrongly(value)
      }
    case "integer":
      return { element: { type: "INT64" }, put: (into, value) => typeof value === "number" && Number.isSafeInteger(value) ? into.int64(value) : wrongly(value) }
    case "number":
    case "finite":
      return { element: { type: "DOUBLE" }, put: (into, value) => typeof value === "number" ? into.double(value) : wrongly(value) }
    case "bigint":
      return { element: { type: "INT64" }, put: (into, value) => typeof value === "bigint" ? into.bigint64(int64(value)) : wrongly(value) }
    case "boolean":
      return { element: { type: "BOOLEAN" }, put: (into, value) => typeof value === "boolean" ? into.boolean(value) : wrongly(value) }
    case "decimal":
      return decimal(decimals, (value) => BigDecimal.isBigDecimal(value) ? value : wrongly(value))
    case "numeric":
      return decimal(decimals, (value) => typeof value === "string" && numericPattern.test(value) ? BigDecimal.fromStringUnsafe(value) : wrongly(value))
    case "instant":
    case "utc":
      return {
        element: { type: "INT64", converted_type: "TIMESTAMP_MICROS", logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" } },
        put: (into, value) => {
          const millis = millisOf(value)
          return Number.isNaN(millis) ? wrongly(value) : putMicros(into, millis)
        }
      }
    case "day":
      return {
        element: { type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } },
        put: (into, value) => typeof value === "string" && isPlainDate(value) ? into.int32(Date.parse(`${value}T00:00:00Z`) / 86_400_000) : wrongly(value)
      }
    case "bytes":
      return { element: { type: "BYTE_ARRAY" }, put: (into, value) => value instanceof Uint8Array ? into.byteArray(value) : wrongly(value) }
    case "any":
    case "other": {
      const json = toJson(kind)
      return { element: { type: "BYTE_ARRAY", converted_type: "JSON", logical_type: { type: "JSON" } }, put: (into, value) => into.text(Exact.stringify(json(value))) }
    }
  }
}
