/**
 * The port that records what the engine does: runs, steps, attempts, events, the state of every cell and the keys of
 * dynamic partitions. Implementations: memory and Postgres; one conformance suite runs against both.
 */
import { Context, type Effect, Schema } from "effect"
import type { CellWritten } from "../definition/Io.ts"
import type { Calls } from "./Calls.ts"
import type { CellSets, Gather, Numbering } from "./CellSets.ts"
import type { Checkpoint, CheckpointCommit, Place } from "./Checkpoint.ts"
import type { CheckSummary } from "./CheckSummary.ts"
import type { Event } from "./Event.ts"
import type { RunRequest, RunState, RunSummary } from "./Run.ts"
import type { Attempt, Cell, CheckResult, InputVersion, Step } from "./Step.ts"

export class RunStoreError extends Schema.TaggedError<RunStoreError>()("RunStoreError", {
  message: Schema.String,
  /** True when another try may succeed: a lost connection, a deadlock. */
  transient: Schema.Boolean,
  cause: Schema.optional(Schema.Defect())
}) {}

/**
 * Cells whose claim is no longer this worker's (its lease ended and another worker took them over, G3), or whose run is
 * not: it was resumed elsewhere, or has ended, as a lost run does when it is cancelled (G4).
 */
export class LeaseLost extends Schema.TaggedError<LeaseLost>()("LeaseLost", {
  cells: Schema.Array(Schema.Struct({ asset: Schema.String, partition: Schema.String })),
  message: Schema.String
}) {}

/** No such run, or it cannot be resumed (it is still alive, or it is done). */
export class RunUnavailable extends Schema.TaggedError<RunUnavailable>()("RunUnavailable", {
  run: Schema.Int,
  message: Schema.String
}) {}

/** A process that executes steps. It holds its cells as long as its lease is renewed. */
export interface Worker {
  readonly id: string
  /** The machine's name, or `--node-id`. */
  readonly host: string
  readonly pid: number
  readonly leaseMillis: number
}

/** What is stored of a cell. */
export interface StoredCell {
  /** Undefined: never materialized. It only grows; equal content keeps it. */
  readonly dataVersion: number | undefined
  readonly codeVersion: string
  /** What its key stood for (see `Partitions.windowsOf`); absent: no window of time, or that is not known. */
  readonly windows?: string
  readonly inputs: Readonly<Record<string, InputVersion>>
  readonly materializedAt: Date | undefined
  readonly materializedBy: number | undefined
  /** The last step of the cell failed. */
  readonly failed: boolean
  readonly error: string | null
}

/** Cells of the asked assets: asset key → partition → cell. */
export type StoredCells = ReadonlyMap<string, ReadonlyMap<string, StoredCell>>

/** Which cells of an asset to read: all that are stored, or those of some text keys. */
export type Wanted = ReadonlyMap<string, "all" | ReadonlyArray<string>>

/** An input that reads, for each cell of an asset, one cell of the upstream: that of the same key, or the only one (""). */
export interface SameKey {
  readonly asset: string
  readonly input: string
  readonly upstream: string
  readonly partition: "same" | ""
}

/** A key of a dynamic set, with the partitions of the source asset whose rows gave it (empty: added by hand). */
export interface DynamicKey {
  readonly key: string
  /** Its place in the order in which keys were first added: 0, 1, 2, … A key keeps it when it is removed. */
  readonly position: number
  /** False: it was removed. Its place and its history stay. */
  readonly live: boolean
  readonly sources: ReadonlyArray<string>
}

/** What is stored of a claimed cell now: another run may have materialized it since it was planned. */
export interface ClaimedCell {
  /** False: another live worker has it, or another run of this one. */
  readonly granted: boolean
  /** It was not granted because another run of this worker has it. */
  readonly own: boolean
  readonly version: number | undefined
  /** The claiming run was the last to materialize it: it may be that a process that was taken for dead committed it after all. */
  readonly done: boolean
  /** Of a granted cell. */
  readonly codeVersion: string
  readonly inputs: Readonly<Record<string, InputVersion>>
}

export interface Claimed {
  /** In the order asked. */
  readonly cells: ReadonlyArray<ClaimedCell>
  /**
   * Nothing was granted unless it is running. Paused: ask again later. Cancelled, or not this worker's (any more): it
   * will be interrupted.
   */
  readonly standing: "running" | "paused" | "cancelled"
}

/** A computed cell, about to be recorded. */
export interface CellCommit extends Cell {
  readonly reason: string
  readonly attempts: number
  readonly startedAt: Date
  readonly finishedAt: Date
  readonly codeVersion: string
  readonly windows?: string
  readonly inputs: Readonly<Record<string, InputVersion>>
  readonly metadata: Step["metadata"]
  /** The checkpoint that the cell ends with: it must be the last one of its place, and is removed. */
  readonly checkpoint?: Place & { readonly id: string }
}

/** The keys that one cell of a source asset gives to a dynamic set. */
export interface SourceKeys {
  readonly set: string
  readonly source: string
  readonly keys: ReadonlyArray<string>
  /** The keys that it gave before are taken back; false: they stay, since their rows are still stored. */
  readonly replaces: boolean
}

export interface Commit<E, R> {
  readonly run: number
  readonly worker: string
  readonly cells: ReadonlyArray<CellCommit>
  /** Writes the data; runs inside the transaction of the commit. Gives one result a cell, in order. */
  readonly write: Effect.Effect<ReadonlyArray<CellWritten>, E, R>
  /** Asked after `write`, inside the transaction. */
  readonly keys: (written: ReadonlyArray<CellWritten>) => ReadonlyArray<SourceKeys>
  readonly gather: Gather
}

/** A step that ended without data: failed, or skipped. Failing marks the cell and gives its claim back. */
export type StepEnd = Omit<Step, "rows" | "dataVersion" | "state"> & { readonly state: "failed" | "skipped" }

export class RunStore extends Context.Service<RunStore, {
  /** Announces a worker; its lease starts now. */
  readonly startWorker: (worker: Worker) => Effect.Effect<void, RunStoreError>
  /** Renews the lease. False: the lease had ended (the process was frozen); its claims may be gone. */
  readonly heartbeat: (worker: string) => Effect.Effect<boolean, RunStoreError>
  /** Gives all claims back and removes the worker. */
  readonly stopWorker: (worker: string) => Effect.Effect<void, RunStoreError>

  /** A request that has `backfill` is one of which nothing is planned yet. */
  readonly createRun: (request: RunRequest, worker: string) => Effect.Effect<number, RunStoreError>
  /** Takes over a run that is lost, failed or cancelled; a live or succeeded one is refused. */
  readonly resumeRun: (run: number, worker: string) => Effect.Effect<RunRequest, RunStoreError | RunUnavailable>
  /** Records the end of a run, with its counts. False: another worker executes it now, and nothing was recorded. */
  readonly finishRun: (
    run: number,
    worker: string,
    state: Exclude<RunState, "running">
  ) => Effect.Effect<boolean, RunStoreError>
  /**
   * After it has returned, no claim of this run is granted any more (G4). One that is lost ends with it: as cancelled, or
   * as failed where it is a backfill that had stopped by itself.
   */
  readonly cancelRun: (run: number) => Effect.Effect<void, RunStoreError | RunUnavailable>
  readonly cancelRequested: (run: number) => Effect.Effect<boolean, RunStoreError>
  /** Whether the run is running and the worker is one of those that execute it. */
  readonly executes: (run: number, worker: string) => Effect.Effect<boolean, RunStoreError>

  /**
   * Claims cells for a worker that executes the run: all in one statement, in a fixed order, so that two workers cannot
   * deadlock. A cell that is held for another run, or by another live worker, is not granted; one whose holder's lease
   * is over is taken over.
   */
  readonly claim: (
    run: number,
    worker: string,
    cells: ReadonlyArray<Cell>
  ) => Effect.Effect<Claimed, RunStoreError>
  readonly release: (run: number, worker: string, cells: ReadonlyArray<Cell>) => Effect.Effect<void, RunStoreError>
  /**
   * Writes data and records in one transaction: checks that the worker still holds every cell for the run and executes
   * it, which must be running, before and after `write` (LeaseLost otherwise, nothing written), runs `write`, records the
   * steps, moves the cells to their new data versions (an equal hash keeps the old one) and those they took rows from,
   * records the dynamic keys they give, and gives the claims back. All or nothing.
   */
  readonly commit: <E, R>(commit: Commit<E, R>) => Effect.Effect<ReadonlyArray<Step>, E | RunStoreError | LeaseLost, R>
  /**
   * Puts rows aside and moves the checkpoint of a cell in one transaction, under the same conditions as `commit`; the
   * claims stay. LeaseLost also where the checkpoint is not the one that this follows. May be done twice: the second time
   * it changes nothing.
   */
  readonly commitCheckpoint: <E, R>(commit: CheckpointCommit<E, R>) => Effect.Effect<void, E | RunStoreError | LeaseLost, R>
  readonly endSteps: (
    run: number,
    worker: string,
    steps: ReadonlyArray<StepEnd>,
    gather: Gather
  ) => Effect.Effect<void, RunStoreError>
  readonly recordAttempts: (run: number, attempts: ReadonlyArray<Attempt>) => Effect.Effect<void, RunStoreError>
  readonly recordChecks: (run: number | null, results: ReadonlyArray<CheckResult>) => Effect.Effect<void, RunStoreError>
  readonly recordEvents: (run: number, events: ReadonlyArray<Event>) => Effect.Effect<void, RunStoreError>

  /** Sums of what a worker has called in a run: each replaces what was recorded of the same route before. */
  readonly recordCalls: (run: number, worker: string, calls: ReadonlyArray<Calls>) => Effect.Effect<void, RunStoreError>

  readonly cells: (wanted: Wanted) => Effect.Effect<StoredCells, RunStoreError>
  readonly checkpoint: (place: Place) => Effect.Effect<Checkpoint | undefined, RunStoreError>
  /** Those of all cells of these computations that are partly done, by computation and partition. */
  readonly checkpoints: (computations: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Checkpoint>, RunStoreError>
  /**
   * For each of the inputs, the keys of the asset's materialized cells that have read something else than what their
   * upstream cell now is. The records stay in the store.
   */
  readonly changedInputs: (
    inputs: ReadonlyArray<SameKey>
  ) => Effect.Effect<ReadonlyArray<ReadonlyArray<string>>, RunStoreError>
  /**
   * The states of the assets' cells as sets. The sets are kept up with every commit; where they are not there (an older
   * database) or count positions otherwise than the numbering given, they are made anew from the cells.
   */
  readonly cellSets: (
    assets: ReadonlyMap<string, Numbering>
  ) => Effect.Effect<ReadonlyMap<string, CellSets>, RunStoreError>
  /** All keys that the sets ever had, in the order of their positions. */
  readonly dynamicKeys: (
    sets: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyMap<string, ReadonlyArray<DynamicKey>>, RunStoreError>
  /** Keys with control characters are refused, and then none is added: a file of keys would not hold them. */
  readonly addKeys: (set: string, keys: ReadonlyArray<string>) => Effect.Effect<void, RunStoreError>
  /** Removed keys keep their history. */
  readonly removeKeys: (set: string, keys: ReadonlyArray<string>) => Effect.Effect<void, RunStoreError>

  /** Newest first. */
  readonly runs: (options: { readonly limit: number }) => Effect.Effect<ReadonlyArray<RunSummary>, RunStoreError>
  readonly run: (run: number) => Effect.Effect<RunSummary, RunStoreError | RunUnavailable>
  /** In the order they ended. */
  readonly steps: (
    run: number,
    options?: { readonly states?: ReadonlyArray<Step["state"]>; readonly limit?: number }
  ) => Effect.Effect<ReadonlyArray<Step>, RunStoreError>
  readonly attempts: (run: number) => Effect.Effect<ReadonlyArray<Attempt>, RunStoreError>
  readonly checks: (run: number) => Effect.Effect<ReadonlyArray<CheckResult>, RunStoreError>
  /** What they come to, by check; as `CheckSummary.of` of all of them. */
  readonly checkSummaries: (run: number) => Effect.Effect<ReadonlyArray<CheckSummary>, RunStoreError>
  /**
   * Partitions that the run materialized and for which it has no result of the check since: those of a process that was
   * killed between the two.
   */
  readonly unchecked: (run: number, asset: string, check: string) => Effect.Effect<ReadonlyArray<string>, RunStoreError>
  /** Of all workers, by resource and route. */
  readonly calls: (run: number) => Effect.Effect<ReadonlyArray<Calls>, RunStoreError>
  readonly events: (run: number) => Effect.Effect<ReadonlyArray<Event>, RunStoreError>
  /** The materializations of a cell, newest first: its steps with state "materialized". */
  readonly materializations: (
    cell: Cell,
    options: { readonly limit: number }
  ) => Effect.Effect<ReadonlyArray<Step & { readonly run: number }>, RunStoreError>
}>()("sluice/engine/record/RunStore") {}
