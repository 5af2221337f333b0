/** The columns of a schema: how a record is put together from what a file has, and taken apart again. */
import { Schema, SchemaAST } from "effect"
import * as Depth from "./Depth.ts"
import { refuse } from "./FormatError.ts"
import * as Kind from "./Kind.ts"

export interface Column extends Kind.Field {
  /** Its name in the file. */
  readonly column: string
}

export interface Shape {
  readonly columns: ReadonlyArray<Column>
  /** Of a `Schema.Record`: every column of the file is read, as this. */
  readonly rest: Kind.Slot | undefined
  /** From the fields to the schema's value; undefined where the fields are it. Throws `Refused`. */
  readonly finish: ((fields: object) => unknown) | undefined
  /** And back. */
  readonly start: ((value: unknown) => unknown) | undefined
}

/** Names of columns that differ from those of the record: property → name in the file. */
export type Names = Readonly<Record<string, string | undefined>>

/** Whether decoding is more than checking. */
const transforms = (ast: SchemaAST.AST, seen: ReadonlySet<SchemaAST.AST> = new Set()): boolean => {
  if (ast.encoding !== undefined) return true
  if (seen.has(ast)) return false
  const below = new Set([...seen, ast])
  const any = (asts: ReadonlyArray<SchemaAST.AST>) => asts.some((inner) => transforms(inner, below))
  if (SchemaAST.isObjects(ast)) {
    return any(ast.propertySignatures.map((p) => p.type)) || any(ast.indexSignatures.map((i) => i.type))
  }
  if (SchemaAST.isArrays(ast)) return any(ast.elements) || any(ast.rest)
  if (SchemaAST.isUnion(ast)) return any(ast.types)
  return SchemaAST.isSuspend(ast)
}

const clean = (message: string): string => {
  const text = message.replace(/\s*\n\s*/g, " ").trim()
  return text.charAt(0).toLowerCase() + text.slice(1)
}

/** A schema that does not describe records, or names that it does not have, is a mistake of the program: it throws. */
export const make = (schema: Schema.Codec<unknown, unknown>, names: Names = {}): Shape => {
  const whole = transforms(schema.ast)
  const ast = whole ? SchemaAST.toEncoded(schema.ast) : SchemaAST.toType(schema.ast)
  if (!SchemaAST.isObjects(ast)) {
    throw new Error("Format: records need a Schema.Struct, a Schema.Class or a Schema.Record of names; this schema is none of them.")
  }
  const [open] = ast.indexSignatures
  const fields = Kind.fieldsOf(ast)
  const unknown = Object.keys(names).find((name) => !fields.some(({ key }) => key === name))
  if (unknown !== undefined) {
    throw new Error(`Format: columns names "${unknown}", which the schema does not have; it has ${fields.map((f) => f.key).join(", ")}.`)
  }
  const columns = fields.map((field) => ({ ...field, column: (Object.hasOwn(names, field.key) ? names[field.key] : undefined) ?? field.key }))
  const twice = columns.find(({ column }, i) => columns.findIndex((other) => other.column === column) < i)
  if (twice !== undefined) {
    const [first, second] = columns.filter(({ column }) => column === twice.column)
    throw new Error(`Format: the properties ${first?.key} and ${second?.key} are both the column "${twice.column}"; give one of them another name in the option columns.`)
  }
  const check = ast.checks === undefined || whole ? undefined : Kind.checkOf(ast)
  const decode = Depth.bounded(Schema.decodeUnknownResult(schema))
  const encode = Depth.bounded(Schema.encodeUnknownResult(schema))
  return {
    columns,
    rest: open === undefined ? undefined : Kind.slotOf(open.type),
    finish: whole
      ? (record) => {
        const decoded = decode(record)
        return decoded._tag === "Success" ? decoded.success : refuse(clean(decoded.failure.message))
      }
      : check && ((record) => {
        check(record)
        return record
      }),
    start: whole
      ? (value) => {
        const encoded = encode(value)
        return encoded._tag === "Success" ? encoded.success : refuse(clean(encoded.failure.message))
      }
      : undefined
  }
}

/** Throws `Refused` where a value may not be absent; adds what stands for it otherwise. */
export const setAbsent = (record: Record<string, unknown>, field: Kind.Field): void => {
  if (field.absent === "required") refuse(`expected ${Kind.named(field.kind)}, found nothing`)
  if (field.absent !== "missing") record[field.key] = field.absent === "null" ? null : undefined
}
