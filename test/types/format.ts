/** What the compiler knows of formats and must refuse. Checked by tsc; each refusal is an expected error. */
import { Effect, Schema, Stream } from "effect"
import { Format } from "../../index.ts"

const Trip = Schema.Struct({ id: Schema.Int, at: Schema.Date, note: Schema.NullOr(Schema.String), tags: Schema.Array(Schema.String) })
class Broken extends Schema.TaggedError<Broken>()("Broken", {}) {}
declare const bytes: Stream.Stream<Uint8Array, Broken>
declare const file: Format.Ranged<Broken>

const csv = Format.csv(Trip, { columns: { id: "Trip ID" } })

// The record is the schema's, the errors are those of the source and of the format.
export const rows: Stream.Stream<
  { readonly id: number; readonly at: Date; readonly note: string | null; readonly tags: ReadonlyArray<string> },
  Broken | Format.FormatError
> = csv.read(bytes)
// @ts-expect-error the source may fail too
export const silent: Stream.Stream<typeof Trip.Type, Format.FormatError> = csv.read(bytes)
// @ts-expect-error the schema has no such property
export const misnamed = Format.csv(Trip, { columns: { key: "Trip ID" } })
// @ts-expect-error other records
export const other = csv.write(Stream.succeed({ id: "1" }))
// @ts-expect-error a text is no record
export const scalar = Format.csv(Schema.String).read(bytes)?.id

export const collected = csv.read(bytes, { onBadRecord: "collect", deadLetters: () => Effect.void })
// @ts-expect-error collected records go somewhere
export const nowhere = csv.read(bytes, { onBadRecord: "collect" })

const parquet = Format.parquet(Trip)
export const pushed = parquet.read(file, { where: { id: { gte: 3 }, note: { eq: "x" }, at: { lt: new Date(0) } } })
// @ts-expect-error an id is no text
export const compared = parquet.read(file, { where: { id: { gte: "3" } } })
// @ts-expect-error lists are not compared
export const listed = parquet.read(file, { where: { tags: { eq: "a" } } })
// @ts-expect-error Parquet is read by ranges
export const streamed = parquet.read(bytes)
