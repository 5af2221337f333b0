/** How a daemon executes what was asked for: an ordinary run, or a backfill where the request is one. */
import { Effect } from "effect"
import * as Backfill from "../backfill/Backfill.ts"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import type { TargetError } from "../plan/Target.ts"
import type { BackfillStore } from "../record/BackfillStore.ts"
import type { RunState } from "../record/Run.ts"
import { RunStore } from "../record/RunStore.ts"
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

const reportOf = ({ millis, state }: Backfill.BackfillReport): Report => ({ millis, state: state === "paused" ? "running" : state })

/** Executes a run that was created for a worker of this process. An interrupt leaves it to other daemons. */
export const begin = <R>(
  graph: AssetGraph<R>,
  run: number,
  lease: Lease.Lease,
  observer: Observer
): Effect.Effect<Report, ExecutionError, R | RunStore | BackfillStore> =>
  Effect.flatMap(isBackfill(run), (isBackfill): Effect.Effect<Report, ExecutionError, R | RunStore | BackfillStore> =>
    isBackfill
      ? Effect.map(Backfill.begin(graph, run, lease, { observer, leaves: true }), reportOf)
      : Executor.begin(graph, run, lease, { observer, leaves: true }))

/** Goes on with a run whose daemon is gone. An interrupt leaves it to others once more. */
export const resume = <R>(
  graph: AssetGraph<R>,
  run: number,
  observer: Observer
): Effect.Effect<Report, ExecutionError, R | RunStore | BackfillStore> =>
  Effect.flatMap(isBackfill(run), (isBackfill): Effect.Effect<Report, ExecutionError, R | RunStore | BackfillStore> =>
    isBackfill
      ? Effect.map(Backfill.join(graph, run, { observer, leaves: true }), reportOf)
      : Executor.resume(graph, run, { observer, leaves: true }))
