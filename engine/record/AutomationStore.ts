/**
 * The port that keeps how automations stand: the state of an evaluation is written in the transaction that creates the
 * runs it asked for, and only where no other daemon was first. Times are those of the store's clock.
 * Implementations: memory and Postgres, with one conformance suite.
 */
import { Context, type Effect } from "effect"
import type { State } from "./AutomationState.ts"
import type { AssetSet } from "./CellSets.ts"
import type { RunRequest, RunState } from "./Run.ts"
import type { RunStoreError } from "./RunStore.ts"
import type { Cell } from "./Step.ts"

/** An automation stands under the first asset of its computation. */
export interface AutomationStanding {
  /** Grows with each recorded evaluation, and when it is stopped or started; 0: there was none. */
  readonly version: number
  /** False: it was stopped, and nobody evaluates it. */
  readonly running: boolean
  readonly state: State | undefined
  /** What it has asked for in runs that have not ended, lost ones included. */
  readonly open: ReadonlyArray<AssetSet>
}

/** Cells that are asked for, and the run for them. */
export interface AutomationAsk {
  readonly cells: AssetSet
  readonly request: RunRequest
}

export interface AskRecord {
  readonly asset: string
  readonly run: number
  readonly at: Date
  readonly cells: number
  readonly runState: RunState | "lost"
}

export class AutomationStore extends Context.Service<AutomationStore, {
  /** Notes that this worker evaluates automation, as long as it lives. */
  readonly attend: (worker: string) => Effect.Effect<void, RunStoreError>
  /** The live workers that do, as `host:pid`, in the order of their names. */
  readonly attending: Effect.Effect<ReadonlyArray<string>, RunStoreError>
  /** Changes whenever cells, runs or keys have changed: one cheap look. */
  readonly pulse: Effect.Effect<string, RunStoreError>
  readonly standings: (
    assets: ReadonlyArray<string>
  ) => Effect.Effect<{ readonly now: number; readonly standings: ReadonlyMap<string, AutomationStanding> }, RunStoreError>
  /** Stops or starts it. When it has returned, an evaluation that was made before asks for nothing. */
  readonly setRunning: (asset: string, running: boolean) => Effect.Effect<void, RunStoreError>
  /** The cells of these assets that live workers compute now. */
  readonly claimed: (assets: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Cell>, RunStoreError>
  /** The cells of these assets that backfills have before them, running or paused ones in which a live worker takes part. */
  readonly backfilled: (assets: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<AssetSet>, RunStoreError>
  /**
   * Records an evaluation that was made of a version, and creates a run of this worker for each ask. All or nothing;
   * undefined: another one was recorded since, and nothing was done.
   */
  readonly record: (evaluation: {
    readonly asset: string
    readonly version: number
    readonly state: State
    readonly asks: ReadonlyArray<AutomationAsk>
    readonly worker: string
  }) => Effect.Effect<ReadonlyArray<number> | undefined, RunStoreError>
  /**
   * Runs that were asked for whose workers are gone, and those of this worker: of one that it does not execute, the answer
   * of `record` was lost. Without those that are to be cancelled.
   */
  readonly openRuns: (
    assets: ReadonlyArray<string>,
    worker: string
  ) => Effect.Effect<ReadonlyArray<{ readonly asset: string; readonly run: number; readonly own: boolean }>, RunStoreError>
  /** What was asked for, the latest first. */
  readonly asks: (
    assets: ReadonlyArray<string>,
    options: { readonly limit: number }
  ) => Effect.Effect<ReadonlyArray<AskRecord>, RunStoreError>
}>()("sluice/engine/record/AutomationStore") {}
