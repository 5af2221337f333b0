/** How far a cell is that is not whole yet: the position to go on from, and what was done until there. */
import type { Effect } from "effect"
import type { Cell } from "./Step.ts"

/** The cells of one computation at a partition. */
export interface Place {
  /** The key of the computation: that of its asset, or of `Asset.makeMany`. */
  readonly computation: string
  readonly partition: string
}

export interface Checkpoint extends Place {
  /** Another with every commit. */
  readonly id: string
  /** What it was made from, and is good for: code versions, versions of the inputs, those of the cells themselves. */
  readonly basis: string
  /** The run that began it. */
  readonly run: number
  /** JSON, by the schema of the asset. */
  readonly position: unknown
  /** Elements of the stream that are done, over all tries. */
  readonly records: number
  /** Asset key → rows put aside, over all tries. */
  readonly rows: Readonly<Record<string, number>>
  readonly at: Date
}

export interface CheckpointCommit<E, R> {
  readonly run: number
  readonly worker: string
  /** The cells of the computation, all claimed by the worker. */
  readonly cells: ReadonlyArray<Cell>
  readonly place: Place
  /** The id of the checkpoint that this one follows; undefined: there is none. */
  readonly after: string | undefined
  /** Undefined: the cell starts anew, and has none. */
  readonly next: Checkpoint | undefined
  /** Puts the rows aside, or removes them; runs inside the transaction. */
  readonly write: Effect.Effect<void, E, R>
}
