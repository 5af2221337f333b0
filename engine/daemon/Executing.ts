/** How a daemon executes what was asked for: an ordinary run, or a backfill where the request is one. */
import { Deferred, Effect } from "effect"
import * as Backfill from "../backfill/Backfill.ts"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import type { TargetError } from "../plan/Target.ts"
import { BackfillStore } from "../record/BackfillStore.ts"
import type { RunState } from "../record/Run.ts"
import { RunStore, RunUnavailable } from "../record/RunStore.ts"
import * as Executor from "../run/Executor.ts"
import type * as Lease from "../run/Lease.ts"
import type { Observer } from "../run/Observer.ts"
import { patiently } from "../run/Patience.ts"

/** How it ended, or stands where this process takes part no more. */
export interface Report {
  readonly state: RunState
  readonly millis: number
}

export type ExecutionError = Executor.ExecutorError | TargetError

const isBackfill = (run: number) =>
  Effect.map(Effect.flatMap(RunStore, (store) => patiently(store.run(run))), ({ request }) => request.backfill !== undefined)

/** One that is paused may be so for days, in which others have its place. */
const paused = (run: number) => new RunUnavailable({ run, message: `Backfill ${run} is paused.` })

/** Executes a backfill until it ends or is paused; steps that are under way are finished. */
const backfilling = <E, R>(
  run: number,
  observer: Observer,
  execute: (options: Backfill.Options) => Effect.Effect<Backfill.BackfillReport, E, R>
): Effect.Effect<Report, E | RunUnavailable, R> =>
  Effect.gen(function*() {
    const rests = yield* Deferred.make<void>()
    const progress = ({ running, state }: Backfill.Progress) => {
      const steps = Array.from(running.values()).reduce((sum, count) => sum + count, 0)
      if (state === "paused" && steps === 0) Deferred.doneUnsafe(rests, Effect.void)
    }
    const ended = execute({ observer, progress, leaves: true })
    const { millis, state } = yield* Effect.raceFirst(ended, Effect.andThen(Deferred.await(rests), paused(run)))
    return { millis, state: state === "paused" ? "running" : state }
  })

/** Executes a run that was created for a worker of this process. An interrupt leaves it to other daemons. */
export const begin = <R>(
  graph: AssetGraph<R>,
  run: number,
  lease: Lease.Lease,
  observer: Observer
): Effect.Effect<Report, ExecutionError, R | RunStore | BackfillStore> =>
  Effect.flatMap(isBackfill(run), (isBackfill): Effect.Effect<Report, ExecutionError, R | RunStore | BackfillStore> =>
    isBackfill
      ? backfilling(run, observer, (options) => Backfill.begin(graph, run, lease, options))
      : Executor.begin(graph, run, lease, { observer, leaves: true }))

/** Goes on with a run whose daemon is gone, unless it is paused. An interrupt leaves it to others once more. */
export const resume = <R>(
  graph: AssetGraph<R>,
  run: number,
  observer: Observer
): Effect.Effect<Report, ExecutionError, R | RunStore | BackfillStore> =>
  Effect.gen(function*() {
    if (!(yield* isBackfill(run))) return yield* Executor.resume(graph, run, { observer, leaves: true })
    const { state } = yield* Effect.flatMap(BackfillStore, (store) => store.backfill(run))
    // Joining it would end the pause.
    if (state === "paused") return yield* paused(run)
    // Nor would it be right to go on with one that somebody has cancelled meanwhile.
    return yield* backfilling(run, observer, (options) => Backfill.join(graph, run, { ...options, openOnly: true }))
  })
