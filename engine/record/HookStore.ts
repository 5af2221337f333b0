/**
 * The port that lets any number of processes tell hooks of what happens: each happening is noted once, with what happened;
 * what a hook is told of it is one row, written once, and taken by one worker at a time. A worker that is gone has not
 * told it: another takes it, with the same key. Implementations: memory and Postgres, with one conformance suite.
 */
import { Context, type Effect } from "effect"
import type { CheckSummary } from "./CheckSummary.ts"
import type { AgeRecord, Happening, HappeningState } from "./Happening.ts"
import type { HookEvent } from "./HookEvent.ts"
import type { RunStoreError } from "./RunStore.ts"

/** Failed steps of an asset in a run. */
export interface AssetFailure {
  readonly asset: string
  readonly count: number
  /** Of the step that ended first. */
  readonly partition: string
  readonly error: string
  readonly attempts: number
}

/** What a hook may be told. */
export interface Occurrence {
  /** Of which a hook is told once. */
  readonly happening: number
  /** Stands for what failed and how: letters and digits. Null: it is told each time. */
  readonly fingerprint: string | null
  readonly event: HookEvent
}

/** When something was told last, since the last success of its subject, and how often it came since. */
export interface ToldBefore {
  readonly at: number
  readonly repeats: number
  readonly subject: string
}

/** The last event of a subject, told or not. */
export interface LastBefore {
  readonly happening: number
  readonly kind: HookEvent["kind"]
}

/** What came before, as far as it matters for what comes. */
export interface Past {
  readonly now: number
  /** By fingerprint. */
  readonly told: ReadonlyMap<string, ToldBefore>
  /** By subject. */
  readonly last: ReadonlyMap<string, LastBefore>
}

/** waiting: to be told. same: the same was told a short time ago. Absent: there is nothing to say. */
export interface Judged {
  readonly occurrence: Occurrence
  readonly state: "waiting" | "same"
}

/** sent: the receiver has it. summed: told within another one. failed: given up. */
export type DeliveryState = "waiting" | "same" | "sent" | "summed" | "failed"

/** A delivery that is not done. */
export interface Open {
  readonly id: number
  /** Tries that were begun. */
  readonly tries: number
  /** Not before. */
  readonly due: number
  /** It has waited for the limit, and is told within another one. */
  readonly held: boolean
  /** A worker that is alive has it. */
  readonly taken: boolean
}

/** How the deliveries of a hook stand, by the clock of the store. */
export interface Line {
  readonly now: number
  /** In the order recorded; at most a thousand. */
  readonly open: ReadonlyArray<Open>
  /** When deliveries were begun, the latest first; as many as the limit counts. */
  readonly begun: ReadonlyArray<number>
}

/** What a worker does next. */
export interface Turn {
  /** This one is told now. */
  readonly take: number | undefined
  /** Told within it. */
  readonly sum: ReadonlyArray<number>
  /** They wait for the limit. */
  readonly hold: ReadonlyArray<number>
  /** When to look again, by the clock of the store; infinite: when there is something new. */
  readonly next: number
}

export interface Taken {
  readonly id: number
  /** This one included. */
  readonly tries: number
  readonly event: HookEvent
  /** Told within it, oldest first, at most ten; and how many there are. */
  readonly others: ReadonlyArray<HookEvent>
  readonly othersCount: number
}

export type Outcome =
  | { readonly _tag: "Sent" }
  | { readonly _tag: "Again"; readonly afterMillis: number; readonly reason: string }
  | { readonly _tag: "GaveUp"; readonly reason: string }

export interface HookRecord {
  readonly name: string
  /** False: it was stopped, and is told nothing of what happens meanwhile. */
  readonly running: boolean
  /** Since when it is so. What happened before is not told. */
  readonly since: Date
  readonly waiting: number
  readonly sent: number
  readonly failed: number
}

export interface Delivery {
  readonly id: number
  readonly state: DeliveryState
  readonly event: HookEvent
  readonly recordedAt: Date
  readonly sentAt: Date | null
  readonly tries: number
  /** Why the last try failed, without secrets. */
  readonly reason: string | null
  /** The one within which it was told. */
  readonly toldIn: number | null
}

export class HookStore extends Context.Service<HookStore, {
  /** Makes hooks known; those that are new are told of what happens from now on. */
  readonly announce: (hooks: ReadonlyArray<string>) => Effect.Effect<void, RunStoreError>
  readonly setRunning: (hook: string, running: boolean) => Effect.Effect<void, RunStoreError>
  readonly hooks: Effect.Effect<ReadonlyArray<HookRecord>, RunStoreError>
  /** Notes checks that were asked for by themselves. */
  readonly noteChecks: (checks: ReadonlyArray<CheckSummary>) => Effect.Effect<void, RunStoreError>
  /** Notes as ends the runs whose workers have been gone for so long, once each; but for paused backfills. */
  readonly noteLost: (goneMillis: number) => Effect.Effect<void, RunStoreError>
  /** Makes the assets known, and gives since when each is, and the time; in milliseconds since 1970. */
  readonly ages: (
    assets: ReadonlyArray<string>
  ) => Effect.Effect<{ readonly now: number; readonly since: ReadonlyMap<string, number> }, RunStoreError>
  /** Notes which of the assets have become too old since what was noted before, or missed another deadline, and which are in time again. */
  readonly noteAges: (asOf: number, ages: ReadonlyArray<AgeRecord>) => Effect.Effect<void, RunStoreError>
  /**
   * What happened of these states that the hook has not seen yet, and the cursor after it; a thousand at most. However
   * transactions overlap none is left out; so some may come again, while an older transaction is open: but for those of
   * `known`. A hook that is stopped sees none.
   */
  readonly happenings: (
    hook: string,
    states: ReadonlyArray<HappeningState>,
    known?: Iterable<number>
  ) => Effect.Effect<{ readonly cursor: number; readonly happenings: ReadonlyArray<Happening> }, RunStoreError>
  /** What failed in a run, by asset. */
  readonly failures: (run: number) => Effect.Effect<ReadonlyArray<AssetFailure>, RunStoreError>
  /**
   * Moves the cursor, and records what is to be told as `judge` says, which sees what all processes have recorded. What
   * is recorded for the hook stays as it is. All or nothing.
   */
  readonly record: (
    hook: string,
    what: { readonly cursor: number; readonly occurrences: ReadonlyArray<Occurrence> },
    judge: (past: Past, occurrences: ReadonlyArray<Occurrence>) => ReadonlyArray<Judged>
  ) => Effect.Effect<void, RunStoreError>
  /**
   * Lets a worker take what `choose` says, while no other process chooses; with when to look again, in milliseconds. What
   * is not settled `withinMillis` others may take, also while the worker lives. `counted`: so many beginnings are told.
   */
  readonly take: (
    hook: string,
    worker: string,
    options: { readonly counted: number; readonly withinMillis: number; readonly choose: (line: Line) => Turn }
  ) => Effect.Effect<{ readonly taken: Taken | undefined; readonly nextMillis: number }, RunStoreError>
  /** Records what became of a delivery, where the worker still has it. */
  readonly settle: (delivery: number, worker: string, outcome: Outcome) => Effect.Effect<void, RunStoreError>
  /** What was given up waits again, to be told in one; gives how many there are. */
  readonly retry: (hook: string) => Effect.Effect<number, RunStoreError>
  /** Removes happenings, and deliveries that are done, that are older. */
  readonly forget: (olderThanMillis: number) => Effect.Effect<void, RunStoreError>
  /** The latest first. */
  readonly deliveries: (hook: string, options: { readonly limit: number }) => Effect.Effect<ReadonlyArray<Delivery>, RunStoreError>
}>()("sluice/engine/record/HookStore") {}
