/** What a retry of a backfill opens again: the failed cells, those skipped because of them, and what an earlier one left. */
import type { ProgressChange } from "../engine/record/BackfillStore.ts"
import type { RunState } from "../engine/record/Run.ts"
import { countsOf, leftOf, retriedOf, sizeOf, totalsOf } from "./BackfillProgress.ts"

/** The kinds of changes that a retry makes void, or takes over. */
export const retriedKinds: ReadonlyArray<ProgressChange["kind"]> = ["failed", "skipped", "retried"]

export interface Retry {
  readonly failed: number
  readonly skipped: number
  /** The cells themselves. */
  readonly retried: ReadonlyArray<ProgressChange>
  /** Other cells are open beside them. */
  readonly leaves: boolean
}

/** `changes` are all of the backfill, as they are before the retry. */
export const retryOf = (changes: ReadonlyArray<ProgressChange>): Retry => {
  const opened = changes.map((change): ProgressChange => retriedKinds.includes(change.kind) ? { ...change, kind: "retried" } : change)
  const sets = retriedOf(opened)
  const { skipped } = totalsOf(countsOf(changes))
  return {
    // What an earlier retry has left had failed, or was skipped: nobody remembers which.
    failed: sizeOf(sets) - skipped,
    skipped,
    retried: sets.map((set) => ({ ...set, kind: "retried" })),
    leaves: sizeOf(leftOf(opened)) > sizeOf(sets)
  }
}

export type EndState = Exclude<RunState, "running">

/** How a backfill stands before a retry. */
export interface Standing {
  readonly state: RunState
  readonly stopReason: string | null
  readonly cancelling: boolean
  readonly retryOf: EndState | null
  readonly stoppedBefore: string | null
}

/** What it is again after a retry that leaves cells open. One whose processes are gone is cancelled then. */
export const before = (found: Standing): { readonly state: EndState; readonly stopReason: string | null } => {
  const { cancelling, retryOf, state, stopReason, stoppedBefore } = found
  if (state !== "running") return { state, stopReason }
  // The processes of an earlier retry are gone.
  if (retryOf !== null && !cancelling) return { state: retryOf, stopReason: stoppedBefore }
  return { state: stopReason === null ? "cancelled" : "failed", stopReason }
}
