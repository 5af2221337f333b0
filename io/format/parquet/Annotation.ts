/** Which annotation may stand on which stored type: what does not fit is damage, and would be read as something else. */
import type { ParquetType, SchemaElement } from "hyparquet"

const [int32, int64, bytes, fixed]: ReadonlyArray<ParquetType> = ["INT32", "INT64", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"]

const old: Readonly<Record<string, ReadonlyArray<ParquetType | undefined>>> = {
  UTF8: [bytes], ENUM: [bytes], JSON: [bytes], BSON: [bytes], DECIMAL: [int32, int64, bytes, fixed], INTERVAL: [fixed],
  DATE: [int32], TIME_MILLIS: [int32], TIME_MICROS: [int64], TIMESTAMP_MILLIS: [int64], TIMESTAMP_MICROS: [int64],
  UINT_8: [int32], UINT_16: [int32], UINT_32: [int32], UINT_64: [int64], INT_8: [int32], INT_16: [int32], INT_32: [int32], INT_64: [int64]
}

const oldOf: Readonly<Record<string, string>> = { STRING: "UTF8", ENUM: "ENUM", JSON: "JSON", BSON: "BSON", DECIMAL: "DECIMAL", DATE: "DATE" }

const typesOf = ({ logical_type: logical }: SchemaElement): ReadonlyArray<ParquetType | undefined> | undefined => {
  switch (logical?.type) {
    case "INTEGER": return [logical.bitWidth === 64 ? int64 : int32]
    case "TIME": return [logical.unit === "MILLIS" ? int32 : int64]
    case "TIMESTAMP": return [int64]
    case "UUID":
    case "FLOAT16": return [fixed]
    default: return old[oldOf[logical?.type ?? ""] ?? ""]
  }
}

/** Digits after the point are some of all; where the number of these is missing, no more than any database has. */
const mostPlaces = 16_383

/** What is wrong with a leaf; undefined where nothing is. */
export const fault = (element: SchemaElement): string | undefined => {
  const { converted_type: converted, logical_type: logical, precision, scale, type } = element
  if (type === undefined) return "is stored as a type of no known number"
  const allowed = typesOf(element) ?? old[converted ?? ""]
  if (allowed !== undefined && !allowed.includes(type)) return `is said to be ${logical?.type ?? converted}, and is stored as ${type}`
  if (converted !== "DECIMAL" && logical?.type !== "DECIMAL") return undefined
  const [digits, places] = logical?.type === "DECIMAL" ? [logical.precision, logical.scale] : [precision, scale ?? 0]
  return places >= 0 && places <= (digits ?? mostPlaces) ? undefined : `has decimals of ${digits} digits, ${places} of them after the point`
}
