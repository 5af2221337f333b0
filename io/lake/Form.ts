/**
 * The form that a column has in a file. It is recorded with the file: by the time that the file is read, the schema may be
 * another one, which would take the column for what it is not.
 */
import { Schema } from "effect"
import type * as Kind from "../format/Kind.ts"
import * as Column from "../warehouse/Column.ts"

/** What stands for no value, or that there is one. */
const Absent = Schema.Literals(["null", "undefined", "missing", "null or missing", "required"])
type Absent = typeof Absent.Type

const scalars = [
  "text", "integer", "number", "finite", "bigint", "decimal", "numeric", "boolean", "instant", "utc", "day", "bytes",
  // Of no known type: as the format has JSON.
  "json"
] as const

export type Scalar = typeof scalars[number]

export type Form =
  | { readonly kind: Scalar; readonly absent: Absent }
  | { readonly kind: "list"; readonly absent: Absent; readonly item: Form }
  | { readonly kind: "struct"; readonly absent: Absent; readonly fields: Fields }
  | JsonText

/** A column of JSON as text: `of` is what the text stands for. */
export interface JsonText {
  readonly kind: "json text"
  readonly absent: Absent
  readonly of: Form
}

/** The columns of a file, or the members of a struct. */
export type Fields = ReadonlyArray<{ readonly key: string; readonly form: Form }>

const Fields: Schema.Codec<Fields> = Schema.Array(Schema.Struct({ key: Schema.String, form: Schema.suspend(() => Form) }))

const Form: Schema.Codec<Form> = Schema.Union([
  Schema.Struct({ kind: Schema.Literals(scalars), absent: Absent }),
  Schema.Struct({ kind: Schema.Literal("list"), absent: Absent, item: Schema.suspend(() => Form) }),
  Schema.Struct({ kind: Schema.Literal("struct"), absent: Absent, fields: Fields }),
  Schema.Struct({ kind: Schema.Literal("json text"), absent: Absent, of: Schema.suspend(() => Form) })
])

/** The columns of a file as they are recorded: a text of JSON. */
export const Recorded = Schema.fromJsonString(Fields)

export const of = ({ kind, ...slot }: Kind.Slot): Form => {
  const absent = slot.null && slot.optional ? "null or missing" : slot.absent
  switch (kind.tag) {
    case "list":
      return { kind: "list", absent, item: of(kind.item) }
    case "struct":
      return { kind: "struct", absent, fields: kind.fields.map((field) => ({ key: field.key, form: of(field) })) }
    case "any":
    case "other":
      return { kind: "json", absent }
    default:
      return { kind: kind.tag, absent }
  }
}

const schemas: Readonly<Record<Scalar, Schema.Codec<unknown, unknown>>> = {
  text: Schema.String,
  integer: Schema.Int,
  number: Schema.Number,
  finite: Schema.Finite,
  bigint: Schema.BigInt,
  decimal: Schema.BigDecimal,
  numeric: Column.Numeric,
  boolean: Schema.Boolean,
  instant: Schema.Date,
  utc: Schema.DateTimeUtc,
  day: Column.Date,
  bytes: Schema.Uint8Array,
  json: Schema.Unknown
}

const present = (form: Form): Schema.Codec<unknown, unknown> => {
  switch (form.kind) {
    case "list":
      return Schema.Array(schemaOf(form.item))
    case "struct":
      return Schema.Struct(Object.fromEntries(form.fields.map(({ form, key }) => [key, schemaOf(form)])))
    case "json text":
      return Schema.String
    default:
      return schemas[form.kind]
  }
}

/** Seam: by its type, a key that may be missing is a part of a struct, and no schema of a value. */
const optional = (schema: Schema.Codec<unknown, unknown>) => Schema.make<Schema.Codec<unknown, unknown>>(Schema.optional(schema).ast)

/** What a column of this form is read as. */
export const schemaOf = (form: Form): Schema.Codec<unknown, unknown> => {
  const schema = present(form)
  switch (form.absent) {
    case "null":
      return Schema.NullOr(schema)
    case "undefined":
      return Schema.UndefinedOr(schema)
    case "missing":
      return optional(schema)
    case "null or missing":
      return optional(Schema.NullOr(schema))
    default:
      return schema
  }
}
