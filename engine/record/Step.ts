/** A step: one cell in a run, with what became of it; and the attempts it took. */
import type { Metadata } from "../definition/Metadata.ts"

/** An asset at a partition. `partition` is the text key, "" for an unpartitioned asset. */
export interface Cell {
  readonly asset: string
  readonly partition: string
}

/** `nhl/games@2023-03-08`, or `nhl/top_scorers` when unpartitioned. */
export const cellName = (cell: Cell): string => cell.partition === "" ? cell.asset : `${cell.asset}@${cell.partition}`

/**
 * Which versions of an upstream's cells a materialization read: how many cells, the sum of their mixed versions (see
 * `Snapshot.add`), and the newest. Versions are unique and only grow, so that any change of the cells read (a newer
 * version, one more, one less, others) changes count or sum.
 */
export interface InputVersion {
  readonly asset: string
  readonly count: number
  readonly sum: number
  readonly max: number
}

export type StepState = "materialized" | "failed" | "skipped"

export interface Step extends Cell {
  readonly state: StepState
  /** Why it was planned ("missing", "forced", …) or skipped. */
  readonly reason: string
  readonly attempts: number
  readonly startedAt: Date
  readonly finishedAt: Date
  readonly error: string | null
  /** Of a failed step: the tag or class of its error, and whether another try may succeed. */
  readonly errorClass: string | null
  readonly transient: boolean | null
  readonly rows: number | null
  readonly dataVersion: number | null
  readonly codeVersion: string
  readonly inputs: Readonly<Record<string, InputVersion>>
  readonly metadata: Metadata
}

/** One failed try of a step. The last, successful one is the step itself. */
export interface Attempt extends Cell {
  readonly attempt: number
  readonly startedAt: Date
  readonly finishedAt: Date
  /** The tag or class of the error. */
  readonly error: string
  readonly message: string
  /** Whether the error says, by its type, that another try may succeed. */
  readonly transient: boolean
  /** When the next try begins; null: there is none. */
  readonly nextTryAt: Date | null
}

export interface CheckResult extends Cell {
  readonly check: string
  readonly severity: "warn" | "error"
  readonly passed: boolean
  readonly message: string
  readonly examples: ReadonlyArray<unknown>
  readonly at: Date
}
