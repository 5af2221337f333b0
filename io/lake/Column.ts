/**
 * How a property of a row stands in a file, so that it comes back as it was.
 *
 * Most stand as the format has them: a moment of Parquet is a timestamp, a list a list. What a format would not give
 * back exactly stands as text: decimals in Parquet, whose columns have a fixed number of places, by their digits; and as
 * JSON text what CSV has no cells for, and where null and absent are two values.
 */
import { BigDecimal, Option, Schema, SchemaAST } from "effect"
import { isDeepStrictEqual } from "node:util"
import { Refused, refuse, shown } from "../format/FormatError.ts"
import * as Kind from "../format/Kind.ts"
import { numericPattern, reasonOf } from "../warehouse/Scalar.ts"
import * as Change from "./Change.ts"
import * as Form from "./Form.ts"
import * as Json from "./Json.ts"
import type { FileFormat } from "./Layout.ts"

export interface Column {
  readonly name: string
  /** How it stands in the file. */
  readonly form: Form.Form
  /** Of the value as it stands in the file. */
  readonly stored: Schema.Codec<unknown, unknown>
  /** Row's value → stored value; undefined where they are the same. Throws `Refused`. */
  readonly encode: ((value: unknown) => unknown) | undefined
  /** And back; undefined is what is absent. */
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

/** The property's JSON as text; what is absent stays so. */
const asJson = (name: string, property: SchemaAST.AST, slot: Kind.Slot): Column => {
  const codec = Schema.toCodecJson(codecOf(property))
  const [encode, decode] = [Schema.encodeUnknownResult(codec), Schema.decodeUnknownResult(codec)]
  const check = Json.checker(slot.kind)
  const absent = allowsUndefined(property)
  const form: Form.Form = { kind: "json text", absent: absent ? "missing" : "required", of: Form.of(slot) }
  return {
    name,
    form,
    keyed: isKeyed(property),
    stored: Form.schemaOf(form),
    encode: (value) => {
      if (value === undefined && absent) return undefined
      if (value === null && slot.null) return "null"
      check?.(value)
      const json = encode(value)
      if (json._tag === "Failure") throw new Refused(reasonOf(json.failure.message))
      return Json.textOf(json.success)
    },
    decode: (text) => {
      if (text === undefined && absent) return undefined
      if (typeof text !== "string") throw new Refused("expected a text of JSON")
      if (text === "null" && slot.null) return null
      const value = decode(JSON.parse(text))
      if (value._tag === "Failure") throw new Refused(reasonOf(value.failure.message))
      return value.success
    }
  }
}

/** Of what `BigDecimal.format` has written, however many zeros it stands for. */
const decimalOf = (text: string): BigDecimal.BigDecimal =>
  Option.getOrUndefined(text === "" ? Option.none() : BigDecimal.fromString(text)) ?? refuse(`expected a decimal, found ${shown(text)}`)

const numericOf = (text: string): string =>
  numericPattern.test(text) ? text : refuse(`expected a decimal such as -12.50, found ${shown(text)}`)

/** A decimal's digits as text. */
const asDigits = (name: string, property: SchemaAST.AST, slot: Kind.Slot): Column => {
  const text = slot.null ? Schema.NullOr(Schema.String) : Schema.String
  const valueOf = slot.kind.tag === "numeric" ? numericOf : decimalOf
  const is = Schema.is(codecOf(property))
  return {
    name,
    form: Form.of(slot),
    keyed: isKeyed(property),
    stored: codecOf((allowsUndefined(property) ? Schema.optionalKey(text) : text).ast),
    encode: (value) => {
      if (!is(value)) throw new Refused(`expected ${Kind.named(slot.kind)}`)
      return BigDecimal.isBigDecimal(value) ? BigDecimal.format(value) : value
    },
    decode: (text) => {
      if (typeof text !== "string") return text
      const value = valueOf(text)
      slot.check?.(value)
      return value
    }
  }
}

/** As the format has it. */
const asItself = (name: string, property: SchemaAST.AST, slot: Kind.Slot): Column => ({
  name,
  form: Form.of(slot),
  keyed: isKeyed(property),
  stored: codecOf(property),
  encode: Json.writer(slot.kind),
  decode: Json.reader(slot.kind)
})

/** How the property is written. */
export const make = (name: string, property: SchemaAST.AST, format: FileFormat["format"]): Column => {
  const slot = Kind.slotOf(property)
  if (slot.null && allowsUndefined(property)) return asJson(name, property, slot)
  if (format === "parquet" && isDecimal(slot.kind)) return asDigits(name, property, slot)
  const native = format === "csv" ? scalarInCsv(slot.kind) : isExact(slot, format)
  return (native ? asItself : asJson)(name, property, slot)
}

/** The text of a column of JSON → the property's value, which had another schema then. */
const textReader = (form: Form.JsonText, slot: Kind.Slot, canBeUndefined: boolean) => {
  const decode = Schema.decodeUnknownResult(Schema.toCodecJson(Form.schemaOf(form.of)))
  const change = Change.of(form.of, slot, canBeUndefined)
  return (text: unknown) => {
    if (text === undefined || text === "null") return Change.none(text === undefined ? undefined : null, slot, canBeUndefined)
    const value = decode(JSON.parse(String(text)))
    if (value._tag === "Failure") throw new Refused(reasonOf(value.failure.message))
    return change(value.success)
  }
}

/** How the property is read where the file has it in a form that is not the one in which it would be written now. */
export const reading = (name: string, property: SchemaAST.AST, format: FileFormat["format"], form: Form.Form): Column => {
  const now = make(name, property, format)
  if (isDeepStrictEqual(form, now.form)) return now
  const slot = Kind.slotOf(property)
  const canBeUndefined = allowsUndefined(property)
  const decode = form.kind === "json text" ? textReader(form, slot, canBeUndefined) : Change.of(form, slot, canBeUndefined)
  return { ...now, form, keyed: isKeyed(property), stored: Form.schemaOf(form), decode }
}
