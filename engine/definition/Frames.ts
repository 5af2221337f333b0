/**
 * An output of several named frames a cell, each stored in a table of its own: what an API answers with, of which
 * neither the data sets nor their columns are known beforehand.
 */
import { Schema } from "effect"
import type { Document } from "./Document.ts"

/** One table of a set: names of columns, and rows with a value for each of them. */
export interface Frame {
  readonly name: string
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<Schema.Json>>
}

/** What one cell holds; an empty set is a value too: asked, and there was nothing. */
export type FrameSet = ReadonlyArray<Frame>

const Frame: Schema.Codec<Frame> = Schema.Struct({
  name: Schema.String,
  columns: Schema.Array(Schema.String),
  rows: Schema.Array(Schema.Array(Schema.Json))
})

const FrameSet: Schema.Codec<FrameSet, unknown> = Schema.Array(Frame)

/** A document of frames, and how its tables are named. */
export interface Frames extends Document<FrameSet> {
  readonly frames: {
    readonly schema: string | undefined
    readonly prefix: string | undefined
    readonly indexes: ReadonlyArray<string>
  }
}

export interface Options {
  /** The schema of Postgres. Default: the asset's group. */
  readonly schema?: string
  /** A table is named `<prefix>_<frame>`, in lower case, letters and digits alone. Default: the asset's name. */
  readonly prefix?: string
  /** Columns, as they are named in the tables, that get an index in every table that has them. Default: none. */
  readonly indexes?: ReadonlyArray<string>
}

/** Sets of frames: a table for each name that ever came. */
export const of = (options: Options = {}): Frames => ({
  _tag: "Document",
  schema: FrameSet,
  frames: { schema: options.schema, prefix: options.prefix, indexes: options.indexes ?? [] }
})

/** Whether an output was made by `Frames.of`. */
export const isFrames = (output: { readonly _tag: string }): output is Frames => "frames" in output
