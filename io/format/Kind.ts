/**
 * What a value of a record is, from the schema: it decides how text, JSON and Parquet are read and written.
 *
 * | schema | kind |
 * |---|---|
 * | String, TemplateLiteral, Literals of strings | text |
 * | Int, Literals of integers, `Column.BigInteger` | integer |
 * | Number, Finite | number, finite |
 * | BigInt, BigDecimal, `Column.Numeric` | bigint, decimal, numeric |
 * | Boolean | boolean |
 * | Date, DateTimeUtc | instant, utc |
 * | `Column.Date` | day |
 * | Uint8Array | bytes |
 * | Array, Struct | list, struct |
 * | Unknown, Json | any: whatever the file has |
 * | anything else | other: through the schema's JSON codec |
 */
import { Schema, SchemaAST } from "effect"
import * as Depth from "./Depth.ts"
import { Refused } from "./FormatError.ts"
import { marker } from "../warehouse/Column.ts"

export type Scalar =
  | "text" | "integer" | "number" | "finite" | "bigint" | "decimal" | "numeric" | "boolean" | "instant" | "utc" | "day" | "bytes" | "any"

export type Kind =
  | { readonly tag: Scalar }
  | { readonly tag: "list"; readonly item: Slot }
  | { readonly tag: "struct"; readonly fields: ReadonlyArray<Field> }
  | { readonly tag: "other"; readonly decode: (json: unknown) => unknown; readonly encode: (value: unknown) => unknown }

/** A place for a value: what it is, and whether it may be none. */
export interface Slot {
  readonly kind: Kind
  readonly nullable: boolean
  /** Null is a value of it. */
  readonly null: boolean
  /** Its key may be missing. */
  readonly optional: boolean
  /** What stands for no value: null, undefined, no key; or that there has to be one. */
  readonly absent: "null" | "undefined" | "missing" | "required"
  /** Throws `Refused` for values that the schema does not allow; undefined where the kind says it all. */
  readonly check: ((value: unknown) => void) | undefined
}

export interface Field extends Slot {
  /** The record's property. */
  readonly key: string
}

const representation = (annotations: Schema.Annotations.Annotations | undefined): string | undefined => {
  const value = annotations?.["representation"]
  return typeof value === "object" && value !== null && "id" in value && typeof value.id === "string" ? value.id : undefined
}

const annotationsOf = (check: SchemaAST.Check<unknown>): ReadonlyArray<Schema.Annotations.Filter | undefined> =>
  check._tag === "Filter" ? [check.annotations] : [check.annotations, ...check.checks.flatMap(annotationsOf)]

const checksOf = (ast: SchemaAST.AST) => (ast.checks ?? []).flatMap(annotationsOf)

const literalsOf = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.LiteralValue> | undefined => {
  if (SchemaAST.isLiteral(ast)) return [ast.literal]
  if (SchemaAST.isEnum(ast)) return ast.enums.map(([, value]) => value)
  if (!SchemaAST.isUnion(ast)) return undefined
  const members = ast.types.map(literalsOf)
  return members.length > 0 && members.every((m) => m !== undefined) ? members.flat() : undefined
}

const ofLiterals = (literals: ReadonlyArray<SchemaAST.LiteralValue>): Scalar | undefined => {
  if (literals.every((l) => typeof l === "string")) return "text"
  if (literals.every((l) => typeof l === "boolean")) return "boolean"
  return literals.every((l) => typeof l === "number" && Number.isSafeInteger(l)) ? "integer" : undefined
}

const ofDeclaration: Readonly<Record<string, Scalar>> = {
  "effect/schema/Date": "instant",
  "effect/schema/DateTimeUtc": "utc",
  "effect/schema/BigDecimal": "decimal",
  "effect/schema/Uint8Array": "bytes"
}

const ofMarker: Readonly<Record<string, Scalar>> = { date: "day", bigint: "integer", numeric: "numeric" }

/** Checks that the kind makes already. */
const known = ["effect/schema/isInt", "effect/schema/isFinite"]

interface Scalars {
  readonly tag: Scalar
  readonly refined: boolean
}

const scalarOf = (ast: SchemaAST.AST): Scalars | undefined => {
  const literals = literalsOf(ast)
  if (literals !== undefined) {
    const tag = ofLiterals(literals)
    return tag && { tag, refined: true }
  }
  const checks = checksOf(ast)
  const mark = checks.map((c) => c?.[marker]).find((m) => typeof m === "string")
  const marked = typeof mark === "string" ? ofMarker[mark] : undefined
  if (marked !== undefined) return { tag: marked, refined: checks.length > 1 }
  const ids = checks.map(representation)
  const plain = (tag: Scalar): Scalars => ({ tag, refined: ids.some((id) => id === undefined || !known.includes(id)) })
  if (SchemaAST.isString(ast)) return plain("text")
  if (SchemaAST.isTemplateLiteral(ast)) return { tag: "text", refined: true }
  if (SchemaAST.isBoolean(ast)) return plain("boolean")
  if (SchemaAST.isBigInt(ast)) return plain("bigint")
  if (SchemaAST.isNumber(ast)) {
    return plain(ids.includes("effect/schema/isInt") ? "integer" : ids.includes("effect/schema/isFinite") ? "finite" : "number")
  }
  if (SchemaAST.isUnknown(ast) || SchemaAST.isAny(ast)) return plain("any")
  const id = SchemaAST.isDeclaration(ast) ? representation(ast.annotations) : undefined
  const declared = id === undefined ? undefined : ofDeclaration[id]
  return declared && plain(declared)
}

const line = (message: string): string => {
  const text = message.replace(/\s*\n\s*/g, " ").trim()
  return text.charAt(0).toLowerCase() + text.slice(1)
}

/** Refuses what the schema of a value refuses, in the schema's words. */
export const checkOf = (ast: SchemaAST.AST): (value: unknown) => void => {
  const schema = Schema.make<Schema.Codec<unknown, unknown>>(SchemaAST.toType(ast))
  const is = Schema.is(schema)
  const parse = Schema.decodeUnknownResult(schema)
  return Depth.bounded((value) => {
    if (is(value)) return
    const parsed = parse(value)
    throw new Refused(parsed._tag === "Failure" ? line(parsed.failure.message) : "it does not match the schema")
  })
}

const otherOf = (ast: SchemaAST.AST): Kind => {
  const codec = Schema.toCodecJson(Schema.make<Schema.Codec<unknown, unknown>>(SchemaAST.toType(ast)))
  const through = (parse: ReturnType<typeof Schema.decodeUnknownResult<typeof codec>>) =>
    Depth.bounded((value: unknown) => {
      const result = parse(value)
      if (result._tag === "Failure") throw new Refused(line(result.failure.message))
      return result.success
    })
  return { tag: "other", decode: through(Schema.decodeUnknownResult(codec)), encode: through(Schema.encodeUnknownResult(codec)) }
}

/** Takes null and undefined out of a union. */
const present = (ast: SchemaAST.AST): { readonly ast: SchemaAST.AST; readonly null: boolean; readonly undefined: boolean } => {
  if (!SchemaAST.isUnion(ast)) return { ast, null: false, undefined: false }
  const inner = ast.types.map(present)
  const rest = inner.filter((p) => !SchemaAST.isNull(p.ast) && !SchemaAST.isUndefined(p.ast))
  const nulls = {
    null: inner.some((p) => p.null || SchemaAST.isNull(p.ast)),
    undefined: inner.some((p) => p.undefined || SchemaAST.isUndefined(p.ast))
  }
  const [only] = rest
  if (rest.length === 1 && only !== undefined) return { ast: only.ast, ...nulls }
  // Literals and null: the literals alone; any other union stays as it is.
  const literals = rest.map((p) => p.ast)
  return rest.length > 1 && literals.every((l) => SchemaAST.isLiteral(l))
    ? { ast: Schema.Union(literals.map((l) => Schema.make<Schema.Codec<unknown, unknown>>(l))).ast, ...nulls }
    : { ast, ...nulls }
}

const plainStruct = (ast: SchemaAST.AST): ast is SchemaAST.Objects =>
  SchemaAST.isObjects(ast) && ast.indexSignatures.length === 0 && ast.propertySignatures.length > 0 &&
  ast.propertySignatures.every(({ name }) => typeof name === "string")

/** The kind of values of a schema's AST on its Type side. */
export const slotOf = (property: SchemaAST.AST): Slot => {
  const { ast, ...nulls } = present(property)
  const scalar = scalarOf(ast)
  const optional = SchemaAST.isOptional(property)
  const unionChecks = property !== ast && property.checks !== undefined
  const slot = (kind: Kind, refined: boolean, takesNull = false): Slot => {
    const isNull = nulls.null || takesNull
    const absent = isNull ? "null" : optional ? "missing" : nulls.undefined ? "undefined" : "required"
    return {
      kind,
      nullable: absent !== "required",
      null: isNull,
      optional,
      absent,
      check: refined || unionChecks ? checkOf(unionChecks ? property : ast) : undefined
    }
  }
  if (scalar !== undefined) return slot({ tag: scalar.tag }, scalar.refined, scalar.tag === "any")
  const [rest] = SchemaAST.isArrays(ast) && ast.elements.length === 0 && ast.rest.length === 1 ? ast.rest : []
  if (rest !== undefined) return slot({ tag: "list", item: slotOf(rest) }, ast.checks !== undefined)
  if (plainStruct(ast)) return slot({ tag: "struct", fields: fieldsOf(ast) }, ast.checks !== undefined)
  return slot(otherOf(ast), false, Schema.is(Schema.make<Schema.Codec<unknown, unknown>>(SchemaAST.toType(ast)))(null))
}

export const fieldsOf = (ast: SchemaAST.Objects): ReadonlyArray<Field> =>
  ast.propertySignatures.map(({ name, type }) => ({ key: String(name), ...slotOf(type) }))

/** A kind in a sentence. */
export const named = (kind: Kind): string => {
  switch (kind.tag) {
    case "text": return "text"
    case "integer": return "an integer"
    case "number":
    case "finite": return "a number"
    case "bigint": return "a big integer"
    case "decimal":
    case "numeric": return "a decimal"
    case "boolean": return "true or false"
    case "instant":
    case "utc": return "a moment"
    case "day": return "a date"
    case "bytes": return "bytes"
    case "list": return "a list"
    case "struct": return "an object"
    case "any":
    case "other": return "a value of the schema"
  }
}
