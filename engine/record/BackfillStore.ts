/**
 * The port that lets several processes share a backfill: what is planned and what has become of it as sets, and the lots
 * that each process has taken. Lots only keep processes out of each other's way; that no cell is done twice at a time is
 * the work of claims and fences (RunStore). Implementations: memory and Postgres, with one conformance suite.
 */
import { Context, type Effect } from "effect"
import type { AssetSet } from "./CellSets.ts"
import type { RunRequest, RunState } from "./Run.ts"
import type { RunStoreError, RunUnavailable } from "./RunStore.ts"

/** A process that executes a backfill, or did. */
export interface Participant {
  readonly worker: string
  /** The machine's name, or `--node-id`. */
  readonly host: string
  readonly pid: number
  readonly alive: boolean
  readonly joinedAt: Date
  /** Null while it takes part. */
  readonly leftAt: Date | null
  /** Steps under way, as it last reported. */
  readonly running: number
}

/** A backfill as lists and `backfill show` see it. Counts are cells of all assets. */
export interface BackfillSummary {
  /** The number of its run. */
  readonly id: number
  readonly name: string | null
  readonly state: RunState | "paused"
  /** Running or paused, but no participant is alive. */
  readonly lost: boolean
  readonly cancelRequested: boolean
  readonly request: RunRequest
  readonly startedAt: Date
  readonly finishedAt: Date | null
  /** Why it stopped by itself; null: it did not. */
  readonly stopReason: string | null
  /** Cells that a retry has still to do, while all others that are open stay as they are; null: all are to be done. */
  readonly retrying: number | null
  readonly planned: number
  readonly materialized: number
  readonly unchanged: number
  readonly failed: number
  readonly skipped: number
  readonly participants: ReadonlyArray<Participant>
}

export type ProgressKind = "planned" | "materialized" | "unchanged" | "failed" | "skipped"

/**
 * What became of cells in this backfill, or that they are tried again. Sets of one kind are united: order and repetition
 * do not matter.
 */
export interface ProgressChange extends AssetSet {
  readonly kind: ProgressKind | "retried"
}

/** Cells that one process has taken to do next. */
export interface Lot extends AssetSet {
  readonly number: number
  readonly worker: string
}

/** An asset whose partition keys come from cells of this backfill, and the asset that gives them. */
export interface Later {
  readonly asset: string
  readonly source: string
}

/** Of a backfill that was asked for and not planned yet: its first participant plans all of it. */
export const unplanned: Later = { asset: "", source: "" }

/** What has changed since a horizon, and how the backfill stands. */
export interface Look {
  /**
   * Changes since the horizon given; some of them may have been told before. All of them where `round` is not the one
   * that the asker knew.
   */
  readonly changes: ReadonlyArray<ProgressChange>
  /** To be given next time. */
  readonly horizon: string
  /** Grows with each `retryFailed`: what was known of failed and skipped cells is void. */
  readonly round: number
  /** The lots of live workers. */
  readonly lots: ReadonlyArray<Lot>
  /** How many live workers take part. */
  readonly sharers: number
  readonly later: ReadonlyArray<Later>
  /** Only retried cells are to be done, and nothing more is planned. */
  readonly retrying: boolean
  readonly state: RunState | "paused"
  readonly cancelRequested: boolean
}

/** What the asker knows: null at first. */
export type Since = { readonly horizon: string; readonly round: number } | null

export class BackfillStore extends Context.Service<BackfillStore, {
  /** A new backfill, a run whose request has `backfill`, with what is planned and its first participant. */
  readonly create: (
    request: RunRequest,
    planned: ReadonlyArray<AssetSet>,
    later: ReadonlyArray<Later>,
    worker: string
  ) => Effect.Effect<number, RunStoreError>
  /**
   * Takes part. A backfill that was cancelled, has failed or is lost goes on with that, and is not paused any more; one
   * that is paused or runs stays as it is. One that has succeeded is refused, and so is one that is being cancelled.
   * With `openOnly` one that has ended is refused: who helps, or comes late to a retry, would go on with all that is left.
   */
  readonly join: (id: number, worker: string, openOnly?: boolean) => Effect.Effect<BackfillSummary, RunStoreError | RunUnavailable>
  /** Takes part no more; its lots are free. Its claims end with the worker. */
  readonly leave: (id: number, worker: string) => Effect.Effect<void, RunStoreError>
  /** After it has returned, no claim is granted until it is unpaused. Refused where it has ended. */
  readonly pause: (id: number) => Effect.Effect<void, RunStoreError | RunUnavailable>
  readonly unpause: (id: number) => Effect.Effect<void, RunStoreError | RunUnavailable>
  /** Ends it because of itself (`RunStore.cancelRun` with a reason that is kept): nothing is claimed any more. */
  readonly stop: (id: number, reason: string) => Effect.Effect<void, RunStoreError>
  /**
   * Opens the failed and skipped cells again; gives how many, with those that an earlier retry has left. A backfill that
   * has ended or is lost is running again, without a participant (lost, until one joins), for these cells alone: all who
   * join do only them, until it has ended and is joined once more. One that is paused is refused. Of the workers in
   * `gone` the caller knows that they are dead, although their leases go on.
   */
  readonly retryFailed: (
    id: number,
    gone?: ReadonlyArray<string>
  ) => Effect.Effect<{ readonly failed: number; readonly skipped: number }, RunStoreError | RunUnavailable>

  readonly look: (id: number, since: Since) => Effect.Effect<Look, RunStoreError | RunUnavailable>
  /**
   * Takes lots: under a lock that no other process holds at the same time, shows `choose` how the backfill stands now
   * (lots of dead workers are gone) and records what it chooses.
   */
  readonly take: (
    id: number,
    worker: string,
    since: Since,
    choose: (look: Look) => ReadonlyArray<AssetSet>
  ) => Effect.Effect<ReadonlyArray<Lot>, RunStoreError | RunUnavailable>
  /** Gives lots back; `unchanged` of them needed nothing. Only a participant's own lots. */
  readonly endLots: (
    id: number,
    worker: string,
    lots: ReadonlyArray<number>,
    unchanged: ReadonlyArray<AssetSet>
  ) => Effect.Effect<void, RunStoreError>
  /** Plans more, once partition keys are known; `later` takes the place of what was there. False: another did it first. */
  readonly extend: (
    id: number,
    before: ReadonlyArray<Later>,
    planned: ReadonlyArray<AssetSet>,
    later: ReadonlyArray<Later>
  ) => Effect.Effect<boolean, RunStoreError>
  /**
   * Records the end, once: false when it was not running any more, or `worker` takes no part. With a round, all is done
   * as the caller saw it in that round: false when failed cells were opened since; a retry of what failed then gets the
   * state back that the backfill had before, whatever `state` is. Without, the caller gives up: false when another live
   * worker takes part too.
   */
  readonly finish: (
    id: number,
    worker: string,
    state: Exclude<RunState, "running">,
    round?: number
  ) => Effect.Effect<boolean, RunStoreError>
  /** A participant tells how many steps it has under way. */
  readonly report: (id: number, worker: string, running: number) => Effect.Effect<void, RunStoreError>

  readonly backfills: (options: { readonly limit: number }) => Effect.Effect<ReadonlyArray<BackfillSummary>, RunStoreError>
  readonly backfill: (id: number) => Effect.Effect<BackfillSummary, RunStoreError | RunUnavailable>
  /** What is planned of a backfill and what became of it, by asset and kind, as counts. */
  readonly counts: (
    id: number
  ) => Effect.Effect<ReadonlyArray<{ readonly asset: string; readonly kind: ProgressKind; readonly cells: number }>, RunStoreError>
  /**
   * How long a cell of each asset took when it was last materialized: the mean in milliseconds, and of how many steps. A
   * sample of at most 200 cells, those with the last keys (with time windows: the newest); assets without any are absent.
   */
  readonly timings: (
    assets: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyMap<string, { readonly millis: number; readonly steps: number }>, RunStoreError>
}>()("sluice/engine/record/BackfillStore") {}
