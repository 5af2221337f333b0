/**
 * Checkpoints inside a long cell: rows so far and the position after them are committed together, so that a later try,
 * run or process goes on from there.
 */
import { type Duration, Effect, type Schema, type Stream } from "effect"
import * as InOrder from "./InOrder.ts"
import type { Output } from "./Output.ts"

/** A part of the input that is done: the rows that it gave, which may be none, and the position after it. */
export interface Done<out Rows, out P> {
  readonly rows: Rows
  readonly position: P
}

/** How an asset resumes inside a cell. `P` says from where to go on: an offset, a page, the last id. */
export interface Checkpoint<P> {
  /** Its JSON is stored. Where a stored position does not fit (any more), the cell starts anew. */
  readonly position: Schema.Codec<P, unknown>
  /** After so many elements of the stream rows and position are committed. Default 1000. */
  readonly every?: number
  /** What is done is committed at the latest after this time, be it ever so little. Default "5 seconds". */
  readonly within?: Duration.Input
  /**
   * When the cell is interrupted or runs out of time, `mapEffect` begins no further element, and those under way have so
   * long to end and be committed. Default "10 seconds".
   */
  readonly grace?: Duration.Input
}

export const defaultEvery = 1000
export const defaultWithin: Duration.Input = "5 seconds"
export const defaultGrace: Duration.Input = "10 seconds"

/** The checkpoint of a definition. Throws where the compiler was not asked. */
export const checked = <C>(
  key: string,
  checkpoint: Checkpoint<C> | string | undefined,
  { batch, outputs }: { readonly batch?: unknown; readonly outputs: ReadonlyArray<Output> }
): Checkpoint<unknown> | undefined => {
  if (checkpoint === undefined) return undefined
  if (typeof checkpoint === "string" || batch !== undefined) {
    throw new Error(`Asset "${key}" has a batch and a checkpoint: a cell that goes on inside is computed alone, so leave one out.`)
  }
  if (outputs.some((output) => output._tag !== "Rows")) {
    throw new Error(`Asset "${key}" has a checkpoint, but gives a document: only rows can be kept in part.`)
  }
  const { every = defaultEvery } = checkpoint
  if (!Number.isInteger(every) || every < 1) {
    throw new Error(`Asset "${key}" has a checkpoint every ${every} records: \`every\` is a whole number, 1 or more.`)
  }
  // The graph forgets the type of positions; `run` and the schema that decodes them come from one definition.
  return checkpoint as unknown as Checkpoint<unknown>
}

export interface MapOptions<A, P> {
  /** At most so many at a time. A function is asked again and again: it may follow how quickly they end. */
  readonly concurrency: number | (() => number)
  /** The position after an element. */
  readonly position: (element: A) => P
  /**
   * So many elements may be under way, or done and waiting for one before them: what bounds the memory when one takes
   * long. Default 10,000, and never less than `concurrency`.
   */
  readonly ahead?: number
}

/**
 * Calls `f` for many elements at a time, which may end in any order, and gives what they gave in the order of the
 * elements: so no position passes over an element that is not done. When one fails, no further one begins; what is done
 * before it still comes, and then the error.
 */
export const mapEffect = <A, E, R, Rows, E2, R2, P>(
  elements: Stream.Stream<A, E, R>,
  f: (element: A) => Effect.Effect<Rows, E2, R2>,
  { ahead = 10_000, concurrency, position }: MapOptions<A, P>
): Stream.Stream<Done<Rows, P>, E | E2, R | R2> =>
  InOrder.mapEffect(elements, (element) => Effect.map(f(element), (rows) => ({ rows, position: position(element) })), {
    concurrency,
    ahead
  })
