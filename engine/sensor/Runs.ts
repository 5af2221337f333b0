/** The ends of runs, observed. */
import { type Duration, Effect, Schema, Stream } from "effect"
import type { RunState } from "../record/Run.ts"
import { type EndedRun, SensorStore } from "../record/SensorStore.ts"
import type { RunStoreError } from "../record/RunStore.ts"
import * as Looking from "./Looking.ts"
import type { Observer } from "./Sensor.ts"

type Named = string | { readonly name: string }
type End = Exclude<RunState, "running">

export interface Options {
  /** Runs that were asked for by this name: those of its schedule, of its sensors, and of `sluice materialize NAME`. */
  readonly pipeline: Named | ReadonlyArray<Named>
  /** Default: any end. */
  readonly state?: End | ReadonlyArray<End>
  /** At the latest so long after an end it is seen, where the database cannot tell. Default "2 seconds". */
  readonly every?: Duration.Input
}

const list = <A>(given: A | ReadonlyArray<A>): ReadonlyArray<A> => Array.isArray(given) ? given : [given as A]

/**
 * Runs of a pipeline that have ended since the sensor began to look, each end once: one that failed, was resumed and
 * succeeded has two. A sensor that asks for the pipeline whose ends it observes never comes to an end itself.
 */
export const runs = (options: Options): Observer<string | null, EndedRun, RunStoreError, SensorStore> => {
  const { every = "2 seconds", pipeline, state = ["succeeded", "failed", "cancelled"] } = options
  const pipelines = list(pipeline).map((one) => typeof one === "string" ? one : one.name)
  const states = list(state)
  return {
    cursor: Schema.NullOr(Schema.String),
    initial: null,
    every,
    // An end comes again as long as a transaction is open that began before it.
    keysKept: "30 days",
    observe: (cursor) =>
      Stream.unwrap(Effect.map(SensorStore, (store) =>
        Looking.whenever(store.ends, every, cursor, (since) =>
          Effect.map(store.ended({ pipelines, states, since }), ({ cursor, runs }) => [{
            cursor,
            found: runs.map((run) => ({ key: `${run.id} ${run.state} ${run.finishedAt.toISOString()}`, value: run }))
          }]))))
  }
}
