/**
 * The part of a daemon that evaluates automations: soon after cells or keys have changed, and when a cron expression is due
 * or a window ends. It looks at one number every two seconds, and at nothing more while that stays the same.
 */
import { DateTime, Effect } from "effect"
import * as Evaluation from "../automation/Evaluation.ts"
import * as NextMoment from "../automation/NextMoment.ts"
import * as Request from "../automation/Request.ts"
import * as Round from "../automation/Round.ts"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import * as Partitions from "../partition/Partitions.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import * as Snapshot from "../plan/Snapshot.ts"
import { AutomationStore } from "../record/AutomationStore.ts"
import type { AssetSet } from "../record/CellSets.ts"
import { RunStore } from "../record/RunStore.ts"
import type { State } from "../record/AutomationState.ts"
import * as Executor from "../run/Executor.ts"
import type { Lease } from "../run/Lease.ts"
import type { ExecutionError } from "./Executing.ts"
import { monotonicMillis } from "./Monotonic.ts"
import type { Looked, Watcher } from "./Observation.ts"
import type { Runs } from "./Runs.ts"

const lookMillis = 2000
/** It looks even so after this time: a process that was killed with a backfill says nothing. */
const evenSoMillis = 60_000

/** After an evaluation that took long it rests so many times as long: commits of a backfill would else keep it at work. */
const restShare = 9
/** But no longer than this: 500 assets are evaluated in half a second, and what is below them waits for it. */
const restMillis = 10_000

export interface Serving<R> {
  readonly graph: AssetGraph<R>
  readonly lease: Lease
  readonly runs: Runs<ExecutionError, R | RunStore | AutomationStore>
  readonly watcher: Watcher
  readonly looked: Looked
}

/** Never ends; asks nothing of the store where no asset has automation. */
export const serve = <R>(serving: Serving<R>): Effect.Effect<never, never, R | RunStore | AutomationStore> => {
  const { graph, looked, watcher } = serving
  if (Evaluation.automated(graph).length === 0) return Effect.never
  let seen: string | undefined
  let next = Number.NEGATIVE_INFINITY
  let inTrouble = false
  const told = new Map<string, string>()
  let isAttending = false
  const look = Effect.gen(function*() {
    const store = yield* AutomationStore
    if (!isAttending) yield* store.attend(serving.lease.worker)
    isAttending = true
    yield* adopt(serving)
    const pulse = yield* store.pulse
    const isQuiet = pulse === seen && (yield* monotonicMillis) < next
    const found = isQuiet ? { next, rest: lookMillis } : yield* round(serving, told)
    if (inTrouble) watcher({ _tag: "Recovered" })
    inTrouble = false
    // What has changed meanwhile is looked at again.
    seen = pulse
    next = found.next
    return Math.max(0, Math.min(found.rest, next - (yield* monotonicMillis)))
  }).pipe(Effect.catch(({ message }) =>
    Effect.sync(() => {
      if (!inTrouble) watcher({ _tag: "Trouble", message })
      inTrouble = true
      return lookMillis
    })
  ))
  return Effect.forever(Effect.flatMap(look, (millis) => {
    looked("automation", millis)
    return Effect.sleep(millis)
  }))
}

/** How automations stand, and what is stored: what a round is made of. */
export const standing = Effect.fnUntraced(function*(graph: AssetGraph) {
  const store = yield* AutomationStore
  const assets = Evaluation.automated(graph).map(({ asset }) => asset)
  const { now, standings } = yield* store.standings(assets)
  // Before the states of cells: one that ends meanwhile is in both, and not in neither.
  const held = yield* store.claimed([...graph.assets.keys()])
  const backfilled = yield* store.backfilled([...graph.assets.keys()])
  const snapshot = yield* Snapshot.load(graph, graph.assets.keys(), DateTime.makeUnsafe(now))
  const claims = Map.groupBy(held, ({ asset }) => asset)
  const plans = Map.groupBy(backfilled, ({ asset }) => asset)
  const claimedOf = (asset: string): PartitionSet.PartitionSet => {
    const { all, everPositionOf } = snapshot.space(asset)
    const points = (claims.get(asset) ?? []).flatMap(({ partition }) => {
      const point = everPositionOf(partition)
      return point === undefined ? [] : [point]
    })
    return PartitionSet.union(PartitionSet.fromPoints(all.dimensions, points), numbered(snapshot, asset, plans.get(asset) ?? []))
  }
  return {
    snapshot,
    standings,
    states: new Map(Array.from(standings).flatMap(([asset, { state }]): ReadonlyArray<[string, State]> => state === undefined ? [] : [[asset, state]])),
    open: new Map(Array.from(standings).flatMap(([asset, one]) =>
      Snapshot.siblings(graph, asset).map((output) => [output, numbered(snapshot, asset, one.open)] as const))),
    claimed: new Map(Array.from(graph.assets.keys(), (asset) => [asset, claimedOf(asset)]))
  }
})

/** Sets of cells of an asset as one. What is of another numbering of the partitions has no place in this one. */
const numbered = (snapshot: Snapshot.Snapshot, asset: string, sets: ReadonlyArray<AssetSet>): PartitionSet.PartitionSet => {
  const { all, partitions } = snapshot.space(asset)
  const numbering = Partitions.numbering(partitions)
  return PartitionSet.unionAll(all.dimensions, sets.filter((one) => one.numbering === numbering).map(({ cells }) => cells))
}

/** Evaluates, records and starts what is asked for; gives how long to rest, and when time alone may change something. */
const round = Effect.fn("Automations.round")(function*<R>({ graph, lease, runs, watcher }: Serving<R>, told: Map<string, string>) {
  const store = yield* AutomationStore
  const began = yield* monotonicMillis
  const { standings, ...known } = yield* standing(graph)
  const stopped = new Set(Array.from(standings).flatMap(([asset, { running }]) => running ? [] : [asset]))
  const { broken, evaluated, snapshot } = yield* Round.evaluate({ ...known, reading: Round.fromStore, stopped })
  const rest = Math.max(lookMillis, Math.min(restMillis, ((yield* monotonicMillis) - began) * restShare))
  for (const { asset, reason } of broken.values()) {
    if (told.get(asset) !== reason) watcher({ _tag: "Unevaluated", asset, message: reason })
    told.set(asset, reason)
  }
  for (const [asset, found] of evaluated) {
    const { state, version } = standings.get(asset) ?? { state: undefined, version: 0 }
    const asks = Request.asksOf(snapshot, asset, found)
    if (asks.length === 0 && state !== undefined && isSame(state, found.state)) continue
    const started = yield* store.record({ asset, version, state: found.state, asks, worker: lease.worker })
    for (const [i, run] of (started ?? []).entries()) {
      watcher({ _tag: "Asked", asset, run, cells: PartitionSet.size(asks[i]!.cells.cells) })
      yield* runs.add({
        by: { schedule: asset },
        run,
        execute: (observer) => Executor.begin(graph, run, lease, { observer, leaves: true }),
        failed: (error) => noteFailure(watcher, asset, run, error)
      })
    }
  }
  const now = snapshot.now.epochMilliseconds
  const next = Math.min(NextMoment.after(graph, now), ...Array.from(evaluated.values(), ({ next }) => next))
  return { rest, next: began + Math.min(evenSoMillis, next - now) }
})

/** Whether a later evaluation would find the same from either. */
const isSame = (before: State, after: State): boolean => {
  const { at: _, ...left } = before
  const { at: __, ...right } = after
  const text = (state: Omit<State, "at">) => JSON.stringify({ ...state, remembered: [...state.remembered].sort() })
  return text(left) === text(right)
}

const noteFailure = (watcher: Watcher, asset: string, run: number, error: ExecutionError) =>
  Effect.sync(() => {
    // A run that another process has taken over is no failure.
    if (error._tag !== "RunUnavailable") watcher({ _tag: "Broken", schedule: asset, run, message: error.message })
  })

/** Goes on with the runs of daemons that are gone, and with own ones of which the answer was lost. */
const adopt = Effect.fnUntraced(function*<R>({ graph, lease, runs, watcher }: Serving<R>) {
  const store = yield* AutomationStore
  const assets = Evaluation.automated(graph).map(({ asset }) => asset)
  for (const { asset, own, run } of yield* store.openRuns(assets, lease.worker)) {
    if (runs.has(run)) continue
    yield* runs.add({
      by: { schedule: asset },
      run,
      execute: (observer) => {
        const options: Executor.RunOptions = {
          leaves: true,
          observer: (observation) => {
            if (observation._tag === "RunStarted") watcher({ _tag: "Adopted", schedule: asset, run })
            observer(observation)
          }
        }
        return own ? Executor.begin(graph, run, lease, options) : Executor.resume(graph, run, options)
      },
      failed: (error) =>
        Effect.gen(function*() {
          yield* noteFailure(watcher, asset, run, error)
          // What this deployment cannot go on with must not hold its cells for ever.
          if (error._tag !== "RunStoreError" && error._tag !== "RunUnavailable") yield* Effect.ignore((yield* RunStore).cancelRun(run))
        })
    })
  }
})
