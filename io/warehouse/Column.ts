/**
 * A column of a stored table: its Postgres type and how its values travel, from one property of a row's schema.
 *
 * | schema (Type side) | column |
 * |---|---|
 * | String, TemplateLiteral | text |
 * | Literals or Enum of strings | text with a check |
 * | Int, Literals of integers | integer; `Column.BigInteger` for numbers beyond ±2^31 |
 * | Number, Finite | double precision |
 * | BigInt | bigint |
 * | BigDecimal | numeric; `Column.Numeric` for decimals as text |
 * | Boolean | boolean |
 * | Date, DateTimeUtc | timestamp with time zone, milliseconds kept, years 0001 to 9999 |
 * | `Column.Date` | date |
 * | Array of one of these | array |
 * | anything else | jsonb, through the schema's JSON codec |
 *
 * `NullOr`, `optional` and `UndefinedOr` make a column nullable. SQL's NULL comes back as null where the schema
 * allows null, else as an absent key where the key is optional, else as undefined.
 */
import { Schema, SchemaAST } from "effect"
import { Refused } from "./Refusal.ts"
import * as Scalar from "./Scalar.ts"

type Marker = "date" | "bigint" | "numeric"
export const marker = "sluice/column"

/** A calendar day as text, "2024-02-29": a date column. */
const DateColumn = Schema.String.check(
  Schema.makeFilter<string>(Scalar.isPlainDate, { expected: "a date such as \"2024-02-29\"", [marker]: "date" })
)
export { DateColumn as Date }

/** An integer beyond ±2,147,483,647, but exact as a number: a bigint column. */
export const BigInteger = Schema.Number.check(
  Schema.makeFilter<number>(Number.isSafeInteger, { expected: "a safe integer", [marker]: "bigint" })
)

/** A decimal as text, exact to the last zero ("12.50"): a numeric column. */
export const Numeric = Schema.String.check(
  Schema.makeFilter<string>((text) => Scalar.numericPattern.test(text), {
    expected: "a decimal such as \"-12.50\"",
    [marker]: "numeric"
  })
)

export interface Column {
  readonly name: string
  /** As `format_type` of Postgres writes it. */
  readonly type: string
  readonly nullable: boolean
  /** The only texts allowed, for a check of the table. */
  readonly literals: ReadonlyArray<string> | undefined
  readonly wire: Scalar.Wire
  /** The type that the sent element is cast to, where the wire cannot send it itself. */
  readonly cast: string | undefined
  /** How SQL's NULL comes back. */
  readonly absent: "null" | "undefined" | "missing"
  /**
   * A JSON null of this column is a value, and SQL's NULL is none: it is read within an array, since the client gives
   * null for both.
   */
  readonly boxed: boolean
  /** The scalar that the schema asks for, where it asks for no more than that; else undefined. */
  readonly plain: Scalar.Scalar | undefined
  /** A present value or null or undefined → the wire's value or null. Throws `Refused`. */
  readonly encode: (value: unknown) => unknown
  /** Of values that are not null; `undefined` when the client gives the schema's value already. */
  readonly decode: ((value: unknown) => unknown) | undefined
}

interface Presence {
  readonly ast: SchemaAST.AST
  readonly null: boolean
  readonly undefined: boolean
}

/** Takes null and undefined out of a union. */
const present = (ast: SchemaAST.AST): Presence => {
  if (!SchemaAST.isUnion(ast)) return { ast, null: false, undefined: false }
  const inner = ast.types.map(present)
  const rest = inner.filter((p) => !SchemaAST.isNull(p.ast) && !SchemaAST.isUndefined(p.ast))
  const only = rest.length === 1 ? rest[0] : undefined
  return {
    // Several members: the union itself stays, its null and undefined are never encoded.
    ast: only === undefined ? ast : only.ast,
    null: inner.some((p) => p.null || SchemaAST.isNull(p.ast)),
    undefined: inner.some((p) => p.undefined || SchemaAST.isUndefined(p.ast))
  }
}

const annotationsOf = (check: SchemaAST.Check<unknown>): ReadonlyArray<Schema.Annotations.Filter | undefined> =>
  check._tag === "Filter" ? [check.annotations] : [check.annotations, ...check.checks.flatMap(annotationsOf)]

const checkAnnotations = (ast: SchemaAST.AST) => (ast.checks ?? []).flatMap(annotationsOf)

const representation = (annotations: Schema.Annotations.Annotations | undefined): string | undefined => {
  const value = annotations?.["representation"]
  return typeof value === "object" && value !== null && "id" in value && typeof value.id === "string"
    ? value.id
    : undefined
}

const literalsOf = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.LiteralValue> | undefined => {
  if (SchemaAST.isLiteral(ast)) return [ast.literal]
  if (SchemaAST.isEnum(ast)) return ast.enums.map(([, value]) => value)
  if (!SchemaAST.isUnion(ast)) return undefined
  const members = ast.types.filter((t) => !SchemaAST.isNull(t) && !SchemaAST.isUndefined(t)).map(literalsOf)
  return members.every((m) => m !== undefined) ? members.flat() : undefined
}

const isInt4 = (value: unknown): boolean => typeof value === "number" && Number.isInteger(value) && value === (value | 0)

const ofLiterals = (literals: ReadonlyArray<SchemaAST.LiteralValue>): Scalar.Scalar | undefined => {
  if (literals.length === 0) return undefined
  if (literals.every((l) => typeof l === "string")) return Scalar.text
  if (literals.every((l) => typeof l === "boolean")) return Scalar.boolean
  if (literals.every(isInt4)) return Scalar.integer
  return undefined
}

const ofDeclaration: Readonly<Record<string, Scalar.Scalar>> = {
  "effect/schema/Date": Scalar.date,
  "effect/schema/DateTimeUtc": Scalar.dateTime,
  "effect/schema/BigDecimal": Scalar.bigDecimal
}

const ofMarker: Readonly<Record<Marker, Scalar.Scalar>> = {
  date: Scalar.plainDate,
  bigint: Scalar.bigInteger,
  numeric: Scalar.numeric
}

const known = ["effect/schema/isInt", "effect/schema/isFinite"]

interface Typed {
  readonly scalar: Scalar.Scalar
  readonly literals: ReadonlyArray<SchemaAST.LiteralValue> | undefined
  /** The schema says more than the scalar's own checks. */
  readonly refined: boolean
}

const typed = (ast: SchemaAST.AST): Typed | undefined => {
  const literals = literalsOf(ast)
  if (literals !== undefined) {
    const scalar = ofLiterals(literals)
    return scalar && { scalar, literals, refined: true }
  }
  const checks = checkAnnotations(ast)
  const mark = checks.map((c) => c?.[marker]).find((m) => m === "date" || m === "bigint" || m === "numeric")
  if (mark !== undefined) return { scalar: ofMarker[mark], literals: undefined, refined: checks.length > 1 }
  const ids = checks.map(representation)
  const plain = (scalar: Scalar.Scalar): Typed => ({
    scalar,
    literals: undefined,
    refined: ids.some((id) => id === undefined || !known.includes(id))
  })
  if (SchemaAST.isString(ast)) return plain(Scalar.text)
  if (SchemaAST.isTemplateLiteral(ast)) return { scalar: Scalar.text, literals: undefined, refined: true }
  if (SchemaAST.isBoolean(ast)) return plain(Scalar.boolean)
  if (SchemaAST.isBigInt(ast)) return plain(Scalar.bigint)
  if (SchemaAST.isNumber(ast)) {
    if (ids.includes("effect/schema/isInt")) return plain(Scalar.integer)
    return plain(ids.includes("effect/schema/isFinite") ? Scalar.finite : Scalar.double)
  }
  const id = SchemaAST.isDeclaration(ast) ? representation(ast.annotations) : undefined
  const declared = id === undefined ? undefined : ofDeclaration[id]
  return declared && plain(declared)
}

/** Refuses what the schema of the column refuses, in the schema's words. */
const guarded = (ast: SchemaAST.AST, encode: (value: unknown) => unknown) => {
  const schema = Schema.make<Schema.Codec<unknown, unknown>>(SchemaAST.toType(ast))
  const is = Schema.is(schema)
  const parse = Schema.decodeUnknownResult(schema)
  return (value: unknown) => {
    if (is(value)) return encode(value)
    const parsed = parse(value)
    throw new Refused(parsed._tag === "Failure" ? Scalar.reasonOf(parsed.failure.message) : "it does not match the schema")
  }
}

const arrayItem = (wire: Scalar.Wire, value: unknown): string => {
  if (wire === "timestamptz" && typeof value === "number") return `"${new Date(value).toISOString()}"`
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value)
  return typeof value === "string" ? `"${value.replace(/["\\]/g, "\\$&")}"` : String(value)
}

/**
 * An array travels as Postgres' array literal, since `unnest` flattens arrays of arrays. Null items are kept
 * where the schema allows them.
 */
const arrayOf = (item: Scalar.Scalar, nulls: boolean): Scalar.Scalar => {
  const { decode } = item
  return {
    type: `${item.type}[]`,
    wire: "text",
    encode: (value) => {
      if (!Array.isArray(value)) throw new Refused("expected an array")
      const items: ReadonlyArray<unknown> = value
      const encoded = items.map((v) => (nulls && v === null ? "NULL" : arrayItem(item.wire, item.encode(v))))
      return `{${encoded.join(",")}}`
    },
    decode: decode && ((value) => Array.isArray(value) ? value.map((v) => (v === null ? null : decode(v))) : value)
  }
}

const ofArray = (ast: SchemaAST.AST): Typed | undefined => {
  if (!SchemaAST.isArrays(ast) || ast.elements.length > 0 || ast.rest.length !== 1) return undefined
  const [rest] = ast.rest
  const item = rest && present(rest)
  const inner = item && !item.undefined ? typed(item.ast) : undefined
  if (item === undefined || inner === undefined) return undefined
  return {
    scalar: arrayOf(inner.scalar, item.null),
    literals: undefined,
    refined: inner.refined || ast.checks !== undefined
  }
}

/** The column of one property of a row. */
export const make = (name: string, property: SchemaAST.AST): Column => {
  const isOptional = SchemaAST.isOptional(property)
  const presence = present(property)
  const { ast } = presence
  const found = typed(ast) ?? ofArray(ast)
  const scalar = found?.scalar ?? Scalar.json(ast)
  const unionChecks = property !== ast && property.checks !== undefined
  const encode = found?.refined || unionChecks
    ? guarded(unionChecks ? property : ast, scalar.encode)
    : scalar.encode
  const nullAllowed = presence.null
  const undefinedAllowed = presence.undefined || isOptional
  const boxed = scalar.type === "jsonb" && undefinedAllowed && !nullAllowed
  const { decode } = scalar
  const texts = found?.literals?.filter((l) => typeof l === "string")
  return {
    name,
    type: scalar.type,
    nullable: nullAllowed || undefinedAllowed,
    literals: texts === undefined || texts.length === 0 ? undefined : texts,
    wire: scalar.wire,
    cast: scalar.wire === "text" && scalar.type !== "text" ? scalar.type : undefined,
    absent: nullAllowed ? "null" : isOptional ? "missing" : "undefined",
    boxed,
    plain: found?.refined === false && !unionChecks ? scalar : undefined,
    encode: (value) => {
      if (value === null && nullAllowed) return null
      if (value === undefined) {
        if (undefinedAllowed) return null
        throw new Refused("a value is required; make the column nullable in the schema with Schema.NullOr")
      }
      if (value === null && scalar.type !== "jsonb") {
        throw new Refused("null is not allowed; make the column nullable in the schema with Schema.NullOr")
      }
      return encode(value)
    },
    decode: boxed && decode !== undefined ? (value) => decode(Array.isArray(value) ? value[0] : value) : decode
  }
}
