/** A run: the execution of a plan, as it was asked for and as it stands. */
import { Schema } from "effect"
import { BackfillOptions } from "./Backfill.ts"

/** What asks for runs by itself; an automation is called by its asset. */
export const Asker = Schema.Struct({ kind: Schema.Literals(["schedule", "sensor", "automation"]), name: Schema.String })
export type Asker = typeof Asker.Type

/** What was asked for. A resumed run plans again from it, so it holds no list of cells. */
export class RunRequest extends Schema.Class<RunRequest>("RunRequest")({
  /** A selection expression. */
  selection: Schema.String,
  /** A partition expression, or null for all. */
  partitions: Schema.NullOr(Schema.String),
  force: Schema.Boolean,
  concurrency: Schema.Int,
  /** Present where the run is a backfill, whose `target` then says which partitions. */
  backfill: Schema.optionalKey(BackfillOptions),
  /** The moment at which partitions such as "latest" are meant: that of a tick. Absent: the start of the run. */
  at: Schema.optionalKey(Schema.DateFromString),
  /** Absent: somebody asked by hand. */
  askedBy: Schema.optionalKey(Asker)
}) {}

/** A run whose worker is gone stays "running" in the store; its summary says `lost`. */
export const RunState = Schema.Literals(["running", "succeeded", "failed", "cancelled"])
export type RunState = typeof RunState.Type

export interface RunSummary {
  readonly id: number
  readonly state: RunState
  /** Running, but the lease of its worker is over: the process was killed or lost its machine. */
  readonly lost: boolean
  readonly cancelRequested: boolean
  readonly request: RunRequest
  /** The machine and process that run it, `host:pid`: of several, the one that joined last. */
  readonly worker: string
  /** The name that this worker gave itself. */
  readonly workerId: string
  readonly startedAt: Date
  readonly finishedAt: Date | null
  readonly materialized: number
  readonly failed: number
  readonly skipped: number
}
