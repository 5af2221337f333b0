/**
 * The port that lets any number of daemons start one run a tick: a tick is a row that can exist once, and it is written in
 * the transaction that creates its run. Times are those of the store's clock, because clocks of machines differ.
 * Implementations: memory and Postgres, with one conformance suite.
 */
import { Context, type Effect } from "effect"
import type { RunRequest, RunState } from "./Run.ts"
import type { RunStoreError } from "./RunStore.ts"

/**
 * Waiting: for the run of an earlier tick to end. Started: it has a run. Skipped: no run, as the schedule says. Failed: no
 * run could be asked for, or its run could not be executed at all.
 */
export type TickState = "waiting" | "started" | "skipped" | "failed"

export interface TickRecord {
  readonly schedule: string
  readonly due: Date
  readonly state: TickState
  /** When it was decided upon; of one with a run, when that was created. */
  readonly at: Date
  readonly run: number | null
  /** How the run stands; null: there is none. */
  readonly runState: RunState | "lost" | null
  /** Why it was skipped or has failed. */
  readonly reason: string | null
}

/** A schedule that a daemon has seen, or that was stopped or started. */
export interface ScheduleRecord {
  readonly name: string
  /** False: it was stopped, and no tick of it is due. */
  readonly running: boolean
  /** Since when it is so: what was due before is never caught up. */
  readonly since: Date
}

/** How a schedule stands. All times in milliseconds since 1970. */
export interface Standing {
  readonly now: number
  readonly running: boolean
  readonly since: number
  /** The tick with the latest due moment, and when it was decided upon. */
  readonly last: { readonly due: number; readonly at: number } | undefined
  /** Runs of its ticks that have not ended, lost ones included. */
  readonly runs: ReadonlyArray<number>
  /** Due moments of the ticks that wait, the first one first. */
  readonly waiting: ReadonlyArray<number>
}

/** What becomes of a tick. "Start" also one that waits. */
export type Decision =
  | { readonly _tag: "Start"; readonly due: number; readonly request: RunRequest }
  | { readonly _tag: "Wait"; readonly due: number }
  | { readonly _tag: "Skip" | "Fail"; readonly due: number; readonly reason: string }

/** A decision that was recorded; with the run where one was created. */
export interface Decided {
  readonly decision: Decision
  readonly run: number | undefined
}

/** A run of a tick that nobody else executes. */
export interface OpenRun {
  readonly schedule: string
  readonly run: number
  /** It is the asking worker's; else its worker is gone. */
  readonly own: boolean
}

export class TickStore extends Context.Service<TickStore, {
  /**
   * Makes schedules known, those that are not yet as running since now. One whose definition has changed begins anew: what
   * the new one had due before now is not caught up.
   */
  readonly announce: (
    schedules: ReadonlyArray<{ readonly name: string; readonly definition: string }>
  ) => Effect.Effect<void, RunStoreError>
  /** Starts or stops a schedule, since now; ticks that wait are skipped where it stops. As it is already: nothing changes. */
  readonly setRunning: (schedule: string, running: boolean) => Effect.Effect<void, RunStoreError>
  readonly schedules: Effect.Effect<ReadonlyArray<ScheduleRecord>, RunStoreError>
  /** How the schedules stand that are known; all of one moment. */
  readonly standings: (
    schedules: ReadonlyArray<string>
  ) => Effect.Effect<{ readonly now: number; readonly standings: ReadonlyMap<string, Standing> }, RunStoreError>
  /**
   * Shows `choose` how a schedule stands, while nobody else decides upon it, and records what it chooses: ticks that were
   * decided upon already stay as they are, and those that are to start get a run of this worker. All or nothing.
   */
  readonly decide: (
    schedule: string,
    worker: string,
    choose: (standing: Standing) => ReadonlyArray<Decision>
  ) => Effect.Effect<ReadonlyArray<Decided>, RunStoreError>
  /**
   * The runs of ticks whose workers are gone, and those of this worker: of one that it does not execute, the answer of
   * `decide` was lost. Without those that are to be cancelled.
   */
  readonly open: (schedules: ReadonlyArray<string>, worker: string) => Effect.Effect<ReadonlyArray<OpenRun>, RunStoreError>
  /** Notes why the run of a tick could not be executed. */
  readonly fail: (run: number, reason: string) => Effect.Effect<void, RunStoreError>
  /** The ticks of a schedule, the latest first. */
  readonly ticks: (
    schedule: string,
    options: { readonly limit: number }
  ) => Effect.Effect<ReadonlyArray<TickRecord>, RunStoreError>
}>()("sluice/engine/record/TickStore") {}
