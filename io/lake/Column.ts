/**
 * How a property of a row stands in a file, so that it comes back as it was.
 *
 * Most stand as the format has them: a moment of Parquet is a timestamp, a list a list. What a format would not give
 * back exactly stands as text: decimals in Parquet, whose columns have a fixed number of places, by their digits; and as
 * JSON text what CSV has no cells for, and where null and absent are two values.
 */
import { BigDecimal, Schema, SchemaAST } from "effect"
import { Refused } from "../format/FormatError.ts"
import { negativeZero } from "../format/json/Exact.ts"
import * as Kind from "../format/Kind.ts"
import type { FileFormat } from "./Layout.ts"

export interface Column {
  readonly name: string
  /** Of the value as it stands in the file. */
  readonly stored: Schema.Codec<unknown, unknown>
  /** Row's value → stored value; undefined where they are the same. Throws `Refused`. */
  readonly encode: ((value: unknown) => unknown) | undefined
  /** And back; is not asked for what is absent. */
  readonly decode: ((value: unknown) => unknown) | undefined
  /** What is absent comes back as undefined, and not as a key that is missing. */
  readonly keyed: boolean
}

const codecOf = (ast: SchemaAST.AST) => Schema.make<Schema.Codec<unknown, unknown>>(ast)

const allowsUndefined = (ast: SchemaAST.AST): boolean =>
  SchemaAST.isOptional(ast) || SchemaAST.isUndefined(ast) || (SchemaAST.isUnion(ast) && ast.types.some(allowsUndefined))

const isKeyed = (property: SchemaAST.AST): boolean => !SchemaAST.isOptional(property) && allowsUndefined(property)

const isDecimal = (kind: Kind.Kind): boolean => kind.tag === "decimal" || kind.tag === "numeric"

/** Whether a nested value comes back as it was. */
const isExact = ({ kind, null: isNull, optional }: Kind.Slot, format: FileFormat["format"]): boolean => {
  if (isNull && optional) return false
  switch (kind.tag) {
    case "list":
      return isExact(kind.item, format)
    case "struct":
      return kind.fields.every((field) => isExact(field, format))
    default:
      return format !== "parquet" || !isDecimal(kind)
  }
}

const scalarInCsv = (kind: Kind.Kind): boolean => !["list", "struct", "any", "other"].includes(kind.tag)

/** JSON.stringify writes 0 for it. */
const hasNegativeZero = (json: unknown): boolean =>
  typeof json === "object" && json !== null ? Object.values(json).some(hasNegativeZero) : Object.is(json, -0)

const textOf = (json: unknown): string | undefined =>
  hasNegativeZero(json)
    ? JSON.stringify(json, (_, value: unknown) => (Object.is(value, -0) ? negativeZero : value))
    : JSON.stringify(json)

const line = (message: string): string => message.replace(/\s*\n\s*/g, " ")

/** The property's JSON as text; what is absent stays so. */
const asJson = (name: string, property: SchemaAST.AST, slot: Kind.Slot): Column => {
  const codec = Schema.toCodecJson(codecOf(property))
  const [encode, decode] = [Schema.encodeUnknownResult(codec), Schema.decodeUnknownResult(codec)]
  const stored = allowsUndefined(property) ? Schema.optionalKey(Schema.String) : Schema.String
  return {
    name,
    keyed: isKeyed(property),
    stored: codecOf(stored.ast),
    encode: (value) => {
      if (value === undefined && slot.nullable) return undefined
      if (value === null && slot.null) return "null"
      const json = encode(value)
      if (json._tag === "Failure") throw new Refused(line(json.failure.message))
      return textOf(json.success)
    },
    decode: (text) => {
      if (typeof text !== "string") throw new Refused("expected a text of JSON")
      if (text === "null" && slot.null) return null
      const value = decode(JSON.parse(text))
      if (value._tag === "Failure") throw new Refused(line(value.failure.message))
      return value.success
    }
  }
}

/** A decimal's digits as text. */
const asDigits = (name: string, property: SchemaAST.AST, slot: Kind.Slot): Column => {
  const text = slot.null ? Schema.NullOr(Schema.String) : Schema.String
  const isText = slot.kind.tag === "numeric"
  const is = Schema.is(codecOf(property))
  return {
    name,
    keyed: isKeyed(property),
    stored: codecOf((allowsUndefined(property) ? Schema.optionalKey(text) : text).ast),
    encode: (value) => {
      if (!is(value)) throw new Refused(`expected ${Kind.named(slot.kind)}`)
      return BigDecimal.isBigDecimal(value) ? BigDecimal.format(value) : value
    },
    decode: (value) => isText || typeof value !== "string" ? value : BigDecimal.fromStringUnsafe(value)
  }
}

export const make = (name: string, property: SchemaAST.AST, format: FileFormat["format"]): Column => {
  const slot = Kind.slotOf(property)
  if (slot.null && allowsUndefined(property)) return asJson(name, property, slot)
  if (format === "parquet" && isDecimal(slot.kind)) return asDigits(name, property, slot)
  const native = format === "csv" ? scalarInCsv(slot.kind) : isExact(slot, format)
  return native
    ? { name, stored: codecOf(property), encode: undefined, decode: undefined, keyed: false }
    : asJson(name, property, slot)
}
