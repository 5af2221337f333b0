/** A statement about a stored asset, with a severity, that is tested after each materialization and by `sluice check`. */
import type { Effect } from "effect"
import type { Any, IoOf, OutputOf } from "./Asset.ts"
import type { Value } from "./Output.ts"

export interface Result {
  readonly passed: boolean
  /** One sentence for the user: what was found. */
  readonly message: string
  /** A few of the rows that contradict the statement. */
  readonly examples: ReadonlyArray<unknown>
}

export interface Check<out E, out R> {
  readonly _tag: "Check"
  readonly "~E"?: E
  readonly "~R"?: R
  readonly name: string
  readonly description: string | undefined
  readonly asset: Any
  /** A failed check of severity "error" makes the run fail (exit code 1); "warn" is only shown. */
  readonly severity: "warn" | "error"
  /** Of each cell by itself, or of the whole stored asset at once. */
  readonly over: "cell" | "asset"
  readonly run: (value: never) => Effect.Effect<Result, unknown, unknown>
}

export type AnyCheck = Check<unknown, unknown>
export type ServicesOf<T> = T extends Check<unknown, infer R> ? R : never

export interface Options<T, E, R> {
  readonly asset: T
  readonly description?: string
  /** Default "error". */
  readonly severity?: "warn" | "error"
  /** Default "cell". "asset" loads all rows of the asset at once. */
  readonly over?: "cell" | "asset"
  readonly run: (value: Value<OutputOf<T>>) => Effect.Effect<Result, E, R>
}

/**
 * Defines a check; `run` receives the stored rows (or the document) of the asset. Throws for a check over a partitioned
 * asset of documents as a whole, which has no one value.
 */
export const make = <const T extends Any, E, R>(
  name: string,
  options: Options<T, E, R>
): Check<E, R | IoOf<T>> => {
  const { asset, over = "cell" } = options
  if (over === "asset" && asset.output._tag === "Document" && asset.partitions._tag !== "Unpartitioned") {
    throw new Error(`The check "${name}" cannot see all documents of ${asset.key} at once: leave out over: "asset".`)
  }
  return {
    _tag: "Check",
    name,
    description: options.description,
    asset,
    severity: options.severity ?? "error",
    over,
    run: options.run
  }
}

const maxExamples = 3

/** Passes when no row matches `bad`; the message counts those that do. */
export const none = <Row>(rows: ReadonlyArray<Row>, bad: (row: Row) => boolean): Result => {
  const found = rows.filter(bad)
  return {
    passed: found.length === 0,
    message: found.length === 0 ? `none of ${rows.length} rows` : `${found.length} of ${rows.length} rows`,
    examples: found.slice(0, maxExamples)
  }
}

/** Passes when every row matches `good`. */
export const every = <Row>(rows: ReadonlyArray<Row>, good: (row: Row) => boolean): Result =>
  none(rows, (row) => !good(row))

/** Passes when no two rows agree in all the columns. */
export const unique = <Row>(rows: ReadonlyArray<Row>, ...columns: ReadonlyArray<keyof Row & string>): Result => {
  const seen = new Set<string>()
  return none(rows, (row) => {
    const key = JSON.stringify(columns.map((column) => String(row[column])))
    const again = seen.has(key)
    seen.add(key)
    return again
  })
}
