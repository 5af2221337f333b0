/** A backfill: a run over many partitions that several processes may share, and that can be paused and resumed. */
import { Schema } from "effect"

/** Which partitions are asked for. What is absent limits nothing; what is given must hold together. */
export class Target extends Schema.Class<Target>("Target")({
  /** A partition expression, as `--partitions` takes it. */
  partitions: Schema.NullOr(Schema.String),
  /** The first and the last window of the time dimension: a key, or a local date such as 2024-01-01. */
  from: Schema.NullOr(Schema.String),
  to: Schema.NullOr(Schema.String),
  /** A span back from now, such as 30d, 12h, 4w, 6mo. */
  last: Schema.NullOr(Schema.String),
  /** Keys by dimension; the dimension of an asset that is no product is known by the name of its dynamic set, or "key". */
  where: Schema.Record(Schema.String, Schema.Array(Schema.String)),
  /** Keys of the parameter dimension: the dynamic one, else the only one that is not time. */
  keys: Schema.NullOr(Schema.Array(Schema.String)),
  /** Places in the order of the keys of that dimension, from 0; the end is excluded. */
  start: Schema.NullOr(Schema.Int),
  end: Schema.NullOr(Schema.Int),
  limit: Schema.NullOr(Schema.Int)
}) {}

/** Everything. */
export const everything = new Target({
  partitions: null, from: null, to: null, last: null, where: {}, keys: null, start: null, end: null, limit: null
})

export const CellState = Schema.Literals(["missing", "stale", "failed", "fresh"])
export type CellState = typeof CellState.Type

export const Order = Schema.Literals(["oldest", "newest"])
export type Order = typeof Order.Type

/** A number of failures, or their share of the planned cells in percent. */
export const MaxFailures = Schema.Struct({ amount: Schema.Number, unit: Schema.Literals(["cells", "percent"]) })
export type MaxFailures = typeof MaxFailures.Type

/** What a backfill says beyond what every run says. */
export class BackfillOptions extends Schema.Class<BackfillOptions>("BackfillOptions")({
  name: Schema.NullOr(Schema.String),
  target: Target,
  /** Cells in these states are done, others left alone. */
  only: Schema.Array(CellState),
  order: Order,
  /** In place of the batch size of assets that take many partitions at once. */
  batch: Schema.NullOr(Schema.Int),
  /** After so many failures it stops by itself. */
  maxFailures: Schema.NullOr(MaxFailures)
}) {}

/** What a backfill does when it is asked for nothing else: failed cells are left alone. */
export const defaultStates: ReadonlyArray<CellState> = ["missing", "stale"]
