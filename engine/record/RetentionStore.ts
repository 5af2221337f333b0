/**
 * The port that forgets: records of runs that ended long ago, of which a database that is used day and night holds more
 * than of anything else (a loop of ten seconds is 8,640 runs and ticks a day). What the state of cells needs is kept, however old.
 * Implementations: memory and Postgres, with one conformance suite.
 */
import { Context, type Effect } from "effect"
import type { RunStoreError } from "./RunStore.ts"

export const kinds = ["runs", "backfills", "steps", "attempts", "events", "checks", "calls", "asks", "ticks", "keys", "workers"] as const
export type Kind = typeof kinds[number]

/** Records of one kind that are forgotten. */
export interface Forgotten {
  readonly kind: Kind
  readonly rows: number
  /** What the rows take, about, without their indexes; 0 where the store does not know. */
  readonly bytes: number
}

/** A sensor that is not asked again for what it was asked for so long ago: its keys are not needed any more then. */
export interface KeptKeys {
  readonly sensor: string
  readonly olderThanMillis: number
}

export interface Retention {
  /** Runs that ended longer ago, and ticks that were decided upon longer ago, by the store's clock. */
  readonly olderThanMillis: number
  /** Of sensors that are not here, every key is kept. */
  readonly keys: ReadonlyArray<KeptKeys>
  /** Only tells what would be forgotten. */
  readonly dryRun: boolean
}

export class RetentionStore extends Context.Service<RetentionStore, {
  /**
   * Forgets what is recorded of old runs that have ended, in portions, so that nobody waits for it; what is forgotten stays
   * so when it fails on the way. Always kept are:
   *
   * - all of runs that are not ended: running, paused or lost;
   * - the step that a cell was last materialized by, and the last failed one of a cell that is failed;
   * - a run of which such a step is kept, that began a checkpoint, or of a tick that is kept; its attempts, events, checks
   *   and calls, and what automation asked for by it, are not;
   * - the last tick of a schedule, from which its next ones are counted, and those that wait or whose run is not ended;
   * - the keys of sensors, of which one that is asked for again would get a second run, but for those of `keys`;
   * - the workers that one of these, a step or a claim names: a claim of one without a record could never be taken over.
   *
   * Gives all kinds, in their order.
   */
  readonly forget: (retention: Retention) => Effect.Effect<ReadonlyArray<Forgotten>, RunStoreError>
  /** Whether it is the caller's turn to forget: of all who ask, one has it in so long a time, by the store's clock. */
  readonly turn: (everyMillis: number) => Effect.Effect<boolean, RunStoreError>
}>()("sluice/engine/record/RetentionStore") {}
