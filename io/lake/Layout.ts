/** How the rows of an asset stand in a file: the format, and what each row becomes in it; or a sentence that says why not. */
import { Effect, Result, Schema, SchemaAST } from "effect"
import type { IoError, Stored } from "../../engine/definition/Io.ts"
import type { Output } from "../../engine/definition/Output.ts"
import type { Rows } from "../../engine/definition/Rows.ts"
import { Blame, Refused } from "../format/FormatError.ts"
import { refuse } from "../warehouse/Refusal.ts"
import * as RowShape from "../warehouse/RowShape.ts"
import * as Column from "./Column.ts"
import * as Comparable from "./Comparable.ts"
import type * as Form from "./Form.ts"

/** How files are written. */
export interface FileFormat {
  readonly format: "parquet" | "csv" | "ndjson"
  readonly compression: "none" | "gzip" | "zstd" | "snappy"
}

/** A record as it stands in a file. */
export type Record = Readonly<{ [column: string]: unknown }>

/** A column of the key, and what its values are compared by. */
export interface KeyColumn {
  readonly name: string
  readonly comparable: (value: unknown) => Comparable.Comparable
}

export interface Layout {
  readonly asset: string
  readonly key: ReadonlyArray<KeyColumn>
  /** The form of each column. */
  readonly forms: Form.Fields
  /** Of the records in the file. */
  readonly schema: Schema.Codec<Record, unknown>
  /** Row → record. Throws `Blame`, or `Refused` for the row as a whole. */
  readonly encode: (row: unknown) => Record
  /** And back, of what the format has read by `schema`. Throws `Blame` or `Refused`. */
  readonly decode: (record: Record) => unknown
}

const blaming = (column: string, f: () => unknown): unknown => {
  try {
    return f()
  } catch (error) {
    throw error instanceof Refused || error instanceof SyntaxError ? new Blame(column, error.message) : error
  }
}

const build = (
  asset: string,
  rows: Rows<unknown>,
  format: FileFormat["format"],
  forms: Form.Fields
): Result.Result<Layout, string> => {
  if (rows.mode !== "replace") {
    return Result.fail(`has the mode "${rows.mode}", and the lake replaces the file of a partition as a whole; leave \`mode\` out, or store it in Warehouse`)
  }
  const shape = RowShape.make(rows.schema)
  const struct = RowShape.struct(rows.schema)
  if (Result.isFailure(shape)) return Result.fail(shape.failure)
  if (struct === undefined || !SchemaAST.isObjects(struct.ast)) return Result.fail("has a schema without fixed columns")
  const { ast } = struct
  const unknown = rows.key.find((name) => !shape.success.columns.some((column) => column.name === name))
  if (unknown !== undefined) return Result.fail(`has "${unknown}" in its key, which is no column of its schema`)
  const columns = ast.propertySignatures.map(({ name, type }) => {
    const form = forms.find(({ key }) => key === name)?.form
    return form === undefined ? Column.make(String(name), type, format) : Column.reading(String(name), type, format, form)
  })
  const { accepts, construct } = shape.success
  const stored = Schema.Struct(Object.fromEntries(columns.map((column) => [column.name, column.stored])))
  const encoded = columns.filter((column) => column.encode !== undefined)
  const decoded = columns.filter((column) => column.decode !== undefined)
  return Result.succeed({
    asset,
    key: rows.key.flatMap((name) =>
      ast.propertySignatures.filter((property) => property.name === name).map(({ type }) => ({ name, comparable: Comparable.of(type) }))),
    forms: columns.map(({ form, name }) => ({ key: name, form })),
    // Seam: a struct of columns that are known at run time only; what it decodes to are records.
    schema: Schema.make<Schema.Codec<Record, unknown>>(stored.ast),
    encode: (row) => {
      if (typeof row !== "object" || row === null) throw new Refused("expected an object")
      const fault = accepts?.(row)
      if (fault !== undefined) throw new Refused(fault)
      // Plain rows and instances of classes alike: the format asks for the columns by name.
      if (encoded.length === 0) return row as Record
      const record: { [column: string]: unknown } = {}
      for (const { encode, name } of columns) {
        const value: unknown = Reflect.get(row, name)
        record[name] = encode === undefined ? value : blaming(name, () => encode(value))
      }
      return record
    },
    decode: (record) => {
      let fields: { [column: string]: unknown } = record
      if (decoded.length > 0) {
        fields = { ...record }
        for (const { decode, keyed, name } of decoded) {
          const value = blaming(name, () => decode?.(record[name]))
          if (value !== undefined || keyed) fields[name] = value
          else delete fields[name]
        }
      }
      return construct === undefined ? fields : construct(fields)
    }
  })
}

/** By output, since assets may share one, then by asset, format and forms. */
const known = new WeakMap<Output, Map<string, Layout>>()

/**
 * The layout of an asset in files of a format; a pure function of its definition. Of a file that is read, `forms` are those
 * that its columns were written in.
 */
export const of = (asset: Stored, format: FileFormat["format"], forms: Form.Fields = []): Effect.Effect<Layout, IoError> => {
  const layouts = known.get(asset.output) ?? new Map<string, Layout>()
  const name = `${format} ${asset.key} ${JSON.stringify(forms)}`
  const found = layouts.get(name)
  if (found !== undefined) return Effect.succeed(found)
  if (asset.output._tag !== "Rows") {
    return Effect.fail(refuse(asset.key, undefined, `${asset.key} is a document, and the lake stores rows; use Documents.`))
  }
  const built = build(asset.key, asset.output, format, forms)
  if (Result.isFailure(built)) return Effect.fail(refuse(asset.key, undefined, `${asset.key} ${built.failure}.`))
  known.set(asset.output, layouts.set(name, built.success))
  return Effect.succeed(built.success)
}

/** How the files of an asset are written: as its output says, else as the lake does. */
export const formatOf = (asset: Stored, lake: FileFormat): Effect.Effect<FileFormat, IoError> => {
  const own = asset.output._tag === "Rows" ? asset.output.file : undefined
  const format = own?.format ?? lake.format
  // Another format than the lake's does not take over how the lake packs.
  const compression = own?.compression ?? (format === lake.format ? lake.compression : usual(format))
  return compression === "snappy" && format !== "parquet"
    ? Effect.fail(refuse(asset.key, undefined, `${asset.key} has the compression "snappy", which is only for Parquet; use "gzip" or "zstd".`))
    : Effect.succeed({ format, compression })
}

/** What a format is packed with where nothing else is said. */
export const usual = (format: FileFormat["format"]): FileFormat["compression"] => format === "parquet" ? "zstd" : "none"
