/** An output of rows: the schema of a row, its key, and how a new materialization meets the rows already stored. */
import { type Schema, SchemaAST } from "effect"
import type { OutputSchema } from "./Output.ts"

/**
 * - `replace` (default): the rows of the partition are replaced by the new ones, all or none.
 * - `upsert`: rows are written by key; rows that the new value does not name stay.
 * - `append`: rows are added, nothing is removed.
 */
export type Mode = "replace" | "upsert" | "append"

/** How a lake writes the files of one asset, where it shall differ from the lake's own way. */
export interface FileOptions {
  readonly format?: "parquet" | "csv" | "ndjson"
  /** Default: that of the lake where the format is the lake's, else "zstd" for Parquet and "none" for text. */
  readonly compression?: "none" | "gzip" | "zstd" | "snappy"
}

export interface Rows<out Row> {
  readonly _tag: "Rows"
  readonly "~A"?: ReadonlyArray<Row>
  readonly schema: OutputSchema<Row>
  readonly key: ReadonlyArray<string>
  readonly mode: Mode
  /** Upsert only: a null in the new row leaves the stored figure as it is. */
  readonly keepKnown: boolean
  readonly indexes: ReadonlyArray<ReadonlyArray<string>>
  /** The stored table's name where it shall differ from the asset's name. */
  readonly table: string | undefined
  /** The Postgres schema of the stored table where it shall differ from the asset's group. */
  readonly inSchema: string | undefined
  /** How a lake writes its files where it shall differ from the lake's own way. */
  readonly file: FileOptions | undefined
}

export interface Options<Row> {
  /** Columns that identify a row: unique over the whole asset, not null. */
  readonly key?: ReadonlyArray<keyof Row & string>
  /** Default `replace`. */
  readonly mode?: Mode
  /**
   * With `mode: "upsert"`: a null in a new row never overwrites a known figure, so that an
   * emptier observation of the same thing cannot damage a fuller one. Default false.
   */
  readonly keepKnown?: boolean
  /** Further indexes, each a list of columns. */
  readonly indexes?: ReadonlyArray<ReadonlyArray<keyof Row & string>>
  /** Default: the asset's name, in a schema named by its group. */
  readonly table?: string
  /** The schema of Postgres that the table is in. Default: the asset's group. */
  readonly inSchema?: string
  /** For `Lake`: how the files are written. Default: as the lake writes all of its files. */
  readonly file?: FileOptions
}

/** Rows of `schema`, a struct or class of columns. Throws on options that contradict each other. */
export const of = <S extends Schema.Codec<unknown, unknown>>(
  schema: S,
  options: Options<S["Type"]> = {}
): Rows<S["Type"]> => {
  const mode = options.mode ?? "replace"
  const key = options.key ?? []
  if (mode === "upsert" && key.length === 0) throw new Error("Rows.of: mode \"upsert\" needs a key.")
  if (options.keepKnown === true && mode !== "upsert") {
    throw new Error(`Rows.of: keepKnown needs mode "upsert", not "${mode}".`)
  }
  return {
    _tag: "Rows",
    schema,
    key,
    mode,
    keepKnown: options.keepKnown ?? false,
    indexes: options.indexes ?? [],
    table: options.table,
    inSchema: options.inSchema,
    file: options.file
  }
}

/** The names of the columns, in the order of the schema. */
export const columns = (rows: Rows<unknown>): ReadonlyArray<string> => {
  const ast = SchemaAST.toType(rows.schema.ast)
  const fields = ast._tag === "Declaration" ? ast.typeParameters[0] : ast
  return fields?._tag === "Objects" ? fields.propertySignatures.map((field) => String(field.name)) : []
}
