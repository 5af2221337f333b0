/** What an asset stores: rows of a schema, or one document a cell. */
import type { Schema, Stream } from "effect"
import type { Document } from "./Document.ts"
import type { Rows } from "./Rows.ts"

export type Output = Rows<unknown> | Document<unknown>

/** A schema that needs no service to decode or encode. */
export type OutputSchema<A> = Schema.Codec<A, unknown>

/** The stored value of one cell: all its rows, or its document. */
export type Value<O> = O extends Rows<infer Row> ? ReadonlyArray<Row>
  : O extends Document<infer A> ? A
  : never

/** A table that can list its rows, as an Arquero table and a `Frame` can. */
export interface RowTable<out Row> {
  readonly objects: () => ReadonlyArray<Row>
}

export const isRowTable = (u: unknown): u is RowTable<unknown> =>
  typeof u === "object" && u !== null && "objects" in u && typeof u.objects === "function"

/** What `run` may give for an output: rows as an array, a table or a stream; a document as itself. */
export type Producible<O> = O extends Rows<infer Row>
  ? ReadonlyArray<Row> | RowTable<Row> | Stream.Stream<Row, unknown, unknown>
  : O extends Document<infer A> ? A
  : never

/** The errors of a produced stream, which are errors of the step. */
export type ProducedError<W> = W extends Stream.Stream<unknown, infer E, unknown> ? E : never

/** The services of a produced stream, which the step needs too. */
export type ProducedServices<W> = W extends Stream.Stream<unknown, unknown, infer R> ? R : never
