/** The rows that `run` of an asset gave: an array, a table that lists its rows, or a stream. */
import { Result, Stream } from "effect"
import type { CellWrite, IoError } from "../../engine/definition/Io.ts"
import { place, refuse, shown } from "./Refusal.ts"

export type Produced =
  | { readonly _tag: "InMemory"; readonly rows: ReadonlyArray<unknown> }
  | { readonly _tag: "Stream"; readonly rows: Stream.Stream<unknown, IoError> }

const objectsOf = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "objects" in value && typeof value.objects === "function"
    ? value.objects()
    : undefined

/** A stream's services were given by the step that made it, and its errors are told as a failure to write. */
const streamOf = (cell: CellWrite, stream: Stream.Stream<unknown, unknown, unknown>): Stream.Stream<unknown, IoError> => {
  // Seam: the port has no place for the services of a produced stream; the engine provides them before it calls.
  const provided = stream as Stream.Stream<unknown, unknown>
  return Stream.mapError(provided, (error) => {
    const { asset: { key }, partition } = cell
    const reason = error instanceof Error ? error.message : shown(error)
    return refuse(key, partition, `The stream of rows of ${place(key, partition)} failed: ${reason}`, error)
  })
}

/** The rows of a cell to write; fails when the value is none of the three. */
export const of = (cell: CellWrite): Result.Result<Produced, IoError> => {
  const { value } = cell
  if (Array.isArray(value)) return Result.succeed({ _tag: "InMemory", rows: value })
  if (Stream.isStream(value)) return Result.succeed({ _tag: "Stream", rows: streamOf(cell, value) })
  const rows = objectsOf(value)
  if (Array.isArray(rows)) return Result.succeed({ _tag: "InMemory", rows })
  const { asset: { key }, partition } = cell
  return Result.fail(refuse(
    key,
    partition,
    `${place(key, partition)} gave ${shown(value)} where rows are expected: an array, a table with objects(), or a Stream.`
  ))
}

