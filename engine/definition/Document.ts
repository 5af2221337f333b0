/** An output of one JSON document a cell, for raw API bodies and other nested values. */
import type { OutputSchema } from "./Output.ts"

export interface Document<out A> {
  readonly _tag: "Document"
  readonly "~A"?: A
  readonly schema: OutputSchema<A>
}

/** One document of `schema` for each cell. */
export const of = <A>(schema: OutputSchema<A>): Document<A> => ({ _tag: "Document", schema })
