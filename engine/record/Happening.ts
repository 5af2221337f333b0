/** What hooks may be told of, as it is noted: once, whoever notices it. */
import { Schema } from "effect"
import type { CheckSummary } from "./CheckSummary.ts"

/**
 * succeeded, failed, cancelled: the end of a run; lost: of its worker. A run that is resumed has several. checked: checks
 * that were asked for by themselves. The others are of an asset that says how old it may be, of a schedule whose tick gave no
 * run, and of a sensor that could not observe several times in a row.
 */
export const HappeningState = Schema.Literals([
  "succeeded",
  "failed",
  "cancelled",
  "lost",
  "checked",
  "too old",
  "in time",
  "tick failed",
  "tick started",
  "sensor failed",
  "sensor works"
])
export type HappeningState = typeof HappeningState.Type

export interface Happening {
  /** Grows in the order in which it happened. */
  readonly id: number
  readonly state: HappeningState
  readonly at: Date
  /** Null: no run has ended. */
  readonly run: number | null
  /** What checks alone came to. */
  readonly checks: ReadonlyArray<CheckSummary>
  /** The asset, schedule or sensor; null: it is of a run or of checks. */
  readonly name: string | null
  /** Why it failed. */
  readonly reason: string | null
  /** It comes again while this is not below the cursor. */
  readonly place: number
}

/** A sensor that has failed so often in a row is in trouble; once or twice may be a network. */
export const sensorFailures = 3

/** How an asset stands that says how old it may be. */
export interface AgeRecord {
  readonly asset: string
  readonly isTooOld: boolean
  /** The deadline that it missed, in milliseconds since 1970. Each one is missed anew; null: it has none. */
  readonly deadline: number | null
  /** In words, where it is too old. */
  readonly reason: string | null
}
