/**
 * The port that lets any number of daemons observe a sensor, one at a time, and ask for one run a key: a request is a row
 * that can exist once, and it is written in the transaction that creates its run and moves the cursor.
 * Implementations: memory and Postgres, with one conformance suite.
 */
import { Context, type Effect, type Schema, type Stream } from "effect"
import type { RunRequest, RunState } from "./Run.ts"
import type { RunStoreError } from "./RunStore.ts"

/** A sensor that a daemon has seen, or that was stopped or started, or whose cursor was set. */
export interface SensorRecord {
  readonly name: string
  /** False: it was stopped, and nobody observes it. */
  readonly running: boolean
  /** Since when it is so. */
  readonly since: Date
  /** What it has seen; null: nothing yet. */
  readonly cursor: Schema.Json
  /** Who observes it, `host:pid`; null: nobody. */
  readonly observer: string | null
  /** Failures in a row, up to now. */
  readonly failures: number
  /** Why it failed last; null: it goes well. */
  readonly error: string | null
  readonly failedAt: Date | null
}

/** A sensor that a worker observes. Whoever takes it over, or sets its cursor, ends this hold: `epoch` is another then. */
export interface Hold {
  readonly name: string
  readonly epoch: number
  readonly cursor: Schema.Json
  readonly failures: number
}

/** What becomes of a key. */
export type Request =
  | { readonly _tag: "Start"; readonly key: string; readonly request: RunRequest }
  | { readonly _tag: "Skip" | "Fail"; readonly key: string; readonly reason: string }

/** Started: it has a run. Skipped: no run was wanted. Failed: none could be asked for, or it could not be executed. */
export type RequestState = "started" | "skipped" | "failed"

export interface RequestRecord {
  readonly sensor: string
  readonly key: string
  readonly state: RequestState
  readonly at: Date
  readonly run: number | null
  /** How the run stands; null: there is none. */
  readonly runState: RunState | "lost" | null
  readonly reason: string | null
}

/** What was recorded for a key now. */
export interface Recorded {
  readonly key: string
  /** Absent: no run was asked for. */
  readonly run: number | undefined
}

/** A run of a sensor that nobody else executes. */
export interface OpenSensorRun {
  readonly sensor: string
  readonly run: number
  /** It is the asking worker's; else its worker is gone. */
  readonly own: boolean
}

/** A run that has ended. */
export interface EndedRun {
  readonly id: number
  /** What it was asked for: the name of the pipeline. */
  readonly pipeline: string
  /** The partition expression; null: all. */
  readonly partitions: string | null
  readonly state: Exclude<RunState, "running">
  readonly finishedAt: Date
}

export class SensorStore extends Context.Service<SensorStore, {
  /** Makes sensors known, those that are not yet as running. */
  readonly announce: (sensors: ReadonlyArray<string>) => Effect.Effect<void, RunStoreError>
  readonly setRunning: (sensor: string, running: boolean) => Effect.Effect<void, RunStoreError>
  /** Sets what it has seen, null: nothing. Whoever observes it goes on from there. Keys that were asked for stay so. */
  readonly setCursor: (sensor: string, cursor: Schema.Json) => Effect.Effect<void, RunStoreError>
  readonly sensors: Effect.Effect<ReadonlyArray<SensorRecord>, RunStoreError>
  /** Takes those of the sensors that are running and that no live worker observes; gives all that this worker holds now. */
  readonly hold: (sensors: ReadonlyArray<string>, worker: string) => Effect.Effect<ReadonlyArray<Hold>, RunStoreError>
  /**
   * Moves the cursor and records requests, with a run of this worker for each that starts. A key that was asked for
   * stays as it is, unless it has failed without a run. Gives what is new. All or nothing: undefined, and nothing is
   * written, where the worker does not hold the sensor any more.
   */
  readonly record: (
    hold: Pick<Hold, "name" | "epoch">,
    worker: string,
    what: { readonly cursor: Schema.Json; readonly requests: ReadonlyArray<Request> }
  ) => Effect.Effect<ReadonlyArray<Recorded> | undefined, RunStoreError>
  /** Notes why the sensor could not observe, where the worker holds it. What is recorded next says that it goes well again. */
  readonly failed: (hold: Pick<Hold, "name" | "epoch">, worker: string, error: string) => Effect.Effect<void, RunStoreError>
  /**
   * The runs of sensors whose workers are gone, and those of this worker: of one that it does not execute, the answer of
   * `record` was lost. Without those that are to be cancelled.
   */
  readonly open: (sensors: ReadonlyArray<string>, worker: string) => Effect.Effect<ReadonlyArray<OpenSensorRun>, RunStoreError>
  /** Notes why the run of a request could not be executed. */
  readonly failRun: (run: number, reason: string) => Effect.Effect<void, RunStoreError>
  /** The requests of a sensor, the latest first. */
  readonly requests: (
    sensor: string,
    options: { readonly limit: number }
  ) => Effect.Effect<ReadonlyArray<RequestRecord>, RunStoreError>
  /**
   * Runs that have ended since a cursor of an earlier call, and the next cursor; null: none, the cursor of now. However
   * their transactions overlap none is left out; so some may come again.
   */
  readonly ended: (options: {
    readonly pipelines: ReadonlyArray<string>
    readonly states: ReadonlyArray<Exclude<RunState, "running">>
    readonly since: string | null
  }) => Effect.Effect<{ readonly cursor: string; readonly runs: ReadonlyArray<EndedRun> }, RunStoreError>
  /** Gives an element once it listens, and whenever a run may have ended; some stores never do. */
  readonly ends: Stream.Stream<void, RunStoreError>
}>()("sluice/engine/record/SensorStore") {}
