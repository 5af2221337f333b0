/** The port that stores and loads values of assets: an IO manager, one Effect service a place. */
import { Context, type Effect, Schema, type Stream } from "effect"
import type { Output } from "./Output.ts"

/** A value could not be stored or loaded. The message is one sentence for the user. */
export class IoError extends Schema.TaggedError<IoError>()("IoError", {
  asset: Schema.String,
  partition: Schema.optional(Schema.String),
  message: Schema.String,
  /** True when another try may succeed: a lost connection, a serialization failure. */
  transient: Schema.Boolean,
  cause: Schema.optional(Schema.Defect())
}) {}

/** The asset as its IO manager sees it. */
export interface Stored {
  readonly key: string
  readonly output: Output
  readonly partitioned: boolean
}

/** One cell to write. `partition` is the text key, or "" for an unpartitioned asset. */
export interface CellWrite {
  readonly asset: Stored
  readonly partition: string
  /** Rows as an array, a table with `objects()` or a `Stream`; or a document. */
  readonly value: unknown
  /**
   * So many rows of the cell were put aside by `partial`. In `write`: they are what the cell holds, and `value` is an empty
   * array; where there are not so many, the write is refused. In `partial.add`: those of `value` come after them.
   */
  readonly partial?: number
  /** `values` of what was written are needed, also where they are not in memory: partition keys come from them. */
  readonly listed?: boolean
}

/** A cell by name. */
export interface CellName {
  readonly asset: Stored
  readonly partition: string
}

/** Where an IO manager keeps the rows of cells that are not whole yet, and where no reader of the asset sees them. */
export interface PartialRows {
  /** As `prepare` of the asset, and after it. Rows put aside that do not fit the definition any more are removed. */
  readonly prepare: (asset: Stored) => Effect.Effect<void, IoError>
  /** Adds rows to what is put aside; all or none. Joins the transaction that it is called in, as `write` does. */
  readonly add: (cells: ReadonlyArray<CellWrite>) => Effect.Effect<void, IoError>
  /** How many rows are put aside for a cell. */
  readonly count: (cell: CellName) => Effect.Effect<number, IoError>
  /** Removes what is put aside for a cell. Joins the transaction that it is called in. */
  readonly discard: (cell: CellName) => Effect.Effect<void, IoError>
}

/** What was written for one cell. */
export interface CellWritten {
  /** Number of rows; 1 for a document. */
  readonly rows: number
  /**
   * A hash of the stored content: an equal hash means equal data, so that downstream stays fresh. Undefined where what
   * was written is not all that is stored (modes "append" and "upsert"), or where it cannot be hashed.
   */
  readonly hash: string | undefined
  /** The rows, where they are in memory anyway; dynamic partitions and checks look at them. */
  readonly values: ReadonlyArray<unknown> | undefined
  /**
   * Text keys of the other partitions of the asset whose stored rows this write took away, since a key is unique over
   * the whole asset (mode "upsert"): their cells get a new version in the same commit.
   */
  readonly displaced: ReadonlyArray<string>
}

/** Which cells to load: all that are stored, or some by text key (`[""]` for an unpartitioned asset). */
export interface Source {
  readonly asset: Stored
  readonly partitions: "all" | ReadonlyArray<string>
}

/** Loaded elements (rows, or documents) in two parallel arrays, in stored order. */
export interface Loaded {
  readonly partitions: ReadonlyArray<string>
  readonly values: ReadonlyArray<unknown>
}

/** One loaded element of a stream. */
export interface Element {
  readonly partition: string
  readonly value: unknown
}

export interface IoManager {
  /** Outputs this IO manager can store. */
  readonly accepts: ReadonlyArray<Output["_tag"]>
  /** Refuses an asset that cannot be stored here (names, column types, …) before anything runs. Default: none. */
  readonly validate?: (asset: Stored) => Effect.Effect<void, IoError>
  /**
   * Where an asset is stored, as errors name it: `the table "nba"."games"`. Two assets in one place are refused before
   * anything runs. Default: each asset has a place of its own.
   */
  readonly place?: (asset: Stored) => Effect.Effect<string, IoError>
  /**
   * Refuses an asset whose place, as it is, `prepare` could not make fit: what is stored is of another shape. Changes
   * nothing. Default: all fit.
   */
  readonly fits?: (asset: Stored) => Effect.Effect<void, IoError>
  /**
   * Prepares the place of an asset (creates or evolves its table). Called once a run before the first write,
   * outside the commit.
   */
  readonly prepare: (asset: Stored) => Effect.Effect<void, IoError>
  /**
   * Brings the value of a cell to where it is kept outside the database, before the commit and outside its transaction,
   * which is then not open while a file is written. `write` takes what this gives in place of the value. Done again for
   * another try; what is staged and never written is the IO manager's to clear away. Default: nothing is staged.
   */
  readonly stage?: (cell: CellWrite) => Effect.Effect<unknown, IoError>
  /**
   * Writes the cells, of one or several assets; all or none. Runs inside the commit of the run store, so that an
   * IO manager on the same database joins its transaction (G1). Results are in the order of the cells.
   */
  readonly write: (cells: ReadonlyArray<CellWrite>) => Effect.Effect<ReadonlyArray<CellWritten>, IoError>
  /** For assets with a checkpoint. Undefined: they cannot be stored here. */
  readonly partial?: PartialRows
  /** All elements at once. */
  readonly load: (source: Source) => Effect.Effect<Loaded, IoError>
  /** The elements one after another, in bounded memory. */
  readonly stream: (source: Source) => Stream.Stream<Element, IoError>
}

/**
 * Whether the caller of `write` keeps all other writers of the same cells away until the end of its transaction, as a
 * commit of the run store in Postgres does, which holds its cells. Writers then need not wait for each other.
 */
export class Guarded extends Context.Reference<boolean>("sluice/engine/definition/Io/Guarded", { defaultValue: () => false }) {}

/** Declares an IO manager: `class Warehouse extends Io.Tag<Warehouse>()("io/Warehouse") {}`. */
export const Tag = <Self>() => <const Name extends string>(name: Name) => Context.Service<Self, IoManager>()(name)

export type Key<IO> = Context.Key<IO, IoManager>
