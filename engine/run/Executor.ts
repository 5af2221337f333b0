/**
 * Runs: plans what was asked for, executes it stage by stage, runs the checks, and records how it ended. A stage ends
 * where partition keys that this run finds (the games of a day) decide what is next.
 */
import { DateTime, Deferred, Effect, Exit, Schedule } from "effect"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import * as Selection from "../graph/Selection.ts"
import type { PartitionKeyError } from "../partition/PartitionKey.ts"
import * as Plan from "../plan/Plan.ts"
import * as Planner from "../plan/Planner.ts"
import * as Restriction from "../plan/Restriction.ts"
import * as Snapshot from "../plan/Snapshot.ts"
import type { Event } from "../record/Event.ts"
import type { RunRequest, RunSummary } from "../record/Run.ts"
import { RunStore, type RunStoreError, RunUnavailable } from "../record/RunStore.ts"
import type { Gather } from "../record/CellSets.ts"
import * as CheckRunner from "./CheckRunner.ts"
import * as Failure from "./Failure.ts"
import * as GatherOf from "./Gather.ts"
import * as IoManagers from "./IoManagers.ts"
import * as Lease from "./Lease.ts"
import * as Leftovers from "./Leftovers.ts"
import { type Observer, silent } from "./Observer.ts"
import { patiently } from "./Patience.ts"
import * as Recorder from "./Recorder.ts"
import * as Stage from "./Stage.ts"
import * as Tally from "./Tally.ts"

export type { Ended, RunReport } from "./Tally.ts"

export type ExecutorError = Selection.SelectionError | PartitionKeyError | RunStoreError | RunUnavailable | IoManagers.UnfitIo

export interface RunOptions {
  readonly observer?: Observer
  /** An interrupt leaves the run to other processes: it is lost, and not cancelled. Default false. */
  readonly leaves?: boolean
}

/** What a request means now: nothing is written, and nothing outside is asked but the store. */
export const plan = Effect.fn("Executor.plan")(function*(graph: AssetGraph, request: RunRequest) {
  const selected = yield* Effect.fromResult(Selection.select(graph, request.selection))
  const snapshot = yield* Snapshot.load(graph, selected)
  const restriction = yield* Effect.fromResult(Restriction.make(snapshot, selected, request.partitions))
  return yield* Planner.make({ snapshot, selected, restriction, force: request.force, ended: () => undefined })
})

/** Materializes what the request asks for, in a new run. */
export const start = <R>(
  graph: AssetGraph<R>,
  request: RunRequest,
  options: RunOptions = {}
): Effect.Effect<Tally.RunReport, ExecutorError, R | RunStore> =>
  Effect.scoped(Effect.gen(function*() {
    const store = yield* RunStore
    // What can be refused is refused before a run exists.
    yield* plan(graph, request)
    yield* fits(graph, request)
    const lease = yield* Lease.acquire
    const now = yield* DateTime.now
    const run = yield* store.createRun(request, lease.worker)
    return yield* execute(graph, request, { ...executionOf(options), run, lease, now: meantAt(request, now), resumed: false })
  })).pipe(Effect.withSpan("Executor.start"))

/**
 * Executes a run that was created for a worker of this process: by a tick, together with the tick. Once more where that
 * ended without an end of the run: what it has ended well is not done again.
 */
export const begin = <R>(
  graph: AssetGraph<R>,
  run: number,
  lease: Lease.Lease,
  options: RunOptions = {}
): Effect.Effect<Tally.RunReport, ExecutorError, R | RunStore> =>
  Effect.gen(function*() {
    const store = yield* RunStore
    const { request, startedAt } = yield* patiently(store.run(run))
    const now = meantAt(request, DateTime.fromDateUnsafe(startedAt))
    yield* fits(graph, request).pipe(Effect.tapError(({ message }) =>
      Effect.andThen(Effect.ignore(store.recordEvents(run, [finished("failed", message)])), store.finishRun(run, lease.worker, "failed"))))
    const before = yield* patiently(store.steps(run, { limit: 1 }))
    return yield* execute(graph, request, { ...executionOf(options), run, lease, now, resumed: before.length > 0 })
  }).pipe(Effect.withSpan("Executor.begin"))

/** Goes on with a run that was killed, cancelled or has failed: what it has ended well is not done again. */
export const resume = <R>(
  graph: AssetGraph<R>,
  run: number,
  options: RunOptions = {}
): Effect.Effect<Tally.RunReport, ExecutorError, R | RunStore> =>
  Effect.scoped(Effect.gen(function*() {
    const store = yield* RunStore
    yield* fits(graph, (yield* store.run(run)).request)
    yield* lost(run)
    const lease = yield* Lease.acquire
    const request = yield* store.resumeRun(run, lease.worker)
    const { startedAt } = yield* store.run(run)
    const now = meantAt(request, DateTime.fromDateUnsafe(startedAt))
    return yield* execute(graph, request, { ...executionOf(options), run, lease, now, resumed: true })
  })).pipe(Effect.withSpan("Executor.resume"))

const executionOf = ({ leaves = false, observer = silent }: RunOptions) => ({ leaves, observer })

/** The moment at which the partitions of a request are meant. */
const meantAt = ({ at }: RunRequest, started: DateTime.Utc): DateTime.Utc => at === undefined ? started : DateTime.fromDateUnsafe(at)

/** How often a run is looked at that is about to stop. */
const stoppedPoll = "50 millis"

/** Waits for the end of a lease that nobody will renew: the process of the run was killed on this machine. */
const lost = (run: number) =>
  Effect.gen(function*() {
    const store = yield* RunStore
    const node = yield* Lease.Node
    const isWaiting = ({ lost, state, worker }: RunSummary) => state === "running" && !lost && Lease.isGone(worker, node)
    yield* Effect.repeat(store.run(run), { while: isWaiting, schedule: Schedule.spaced(stoppedPoll) })
  })

/**
 * Cancels a run and waits until it has stopped: its running steps are interrupted, and no step starts any more (G4).
 * A run whose process is gone is ended when its lease is over.
 */
export const cancel = Effect.fn("Executor.cancel")(function*(run: number) {
  const store = yield* RunStore
  yield* store.cancelRun(run)
  const isOver = ({ lost, state }: RunSummary) => state !== "running" || lost
  const stopped = yield* Effect.repeat(store.run(run), { until: isOver, schedule: Schedule.spaced(stoppedPoll) })
  if (!stopped.lost) return stopped
  yield* store.cancelRun(run)
  return yield* store.run(run)
})

interface Execution {
  readonly run: number
  readonly lease: Lease.Lease
  /** The moment that partitions such as "latest" are meant at: the same in all its stages, and after a resume. */
  readonly now: DateTime.Utc
  readonly resumed: boolean
  readonly observer: Observer
  /** An interrupt does not end the run. */
  readonly leaves: boolean
}

const execute = <R>(graph: AssetGraph<R>, request: RunRequest, execution: Execution) =>
  Effect.scoped(Effect.gen(function*() {
    const store = yield* RunStore
    const tally = Tally.make(execution.observer)
    const { lease, run } = execution
    let gather: Gather = () => []
    const recorder = yield* Recorder.make(run, lease.worker, (cells) => gather(cells))
    const planned = (snapshot: Snapshot.Snapshot) => {
      gather = GatherOf.of(snapshot)
    }
    const ending = yield* Lease.ending(run, lease)
    const type = execution.resumed ? "run_resumed" : "run_started"
    recorder.event({ type, at: new Date(), message: request.selection })
    tally.observe({ _tag: "RunStarted", run: execution.run, resumed: execution.resumed })
    /** A run that another process executes now is that one's to finish. `why` it failed is said where no step tells. */
    const finish = (state: Tally.RunReport["state"], why?: string) =>
      Effect.gen(function*() {
        if (!(yield* patiently(lease.executes(run)))) return yield* takenOver(run)
        recorder.event(finished(state, why))
        yield* recorder.flush
        if (!(yield* patiently(store.finishRun(run, lease.worker, state)))) return yield* takenOver(run)
      })
    const work = stages(graph, request, execution, { recorder, tally, planned }).pipe(Effect.as(undefined))
    const ended = yield* Effect.raceFirst(work, Deferred.await(ending)).pipe(
      Effect.onExit((exit) =>
        Exit.isSuccess(exit) || (execution.leaves && Exit.hasInterrupts(exit))
          ? Effect.void
          : Effect.ignore(Exit.hasInterrupts(exit) ? finish("cancelled") : finish("failed", Failure.ofCause(exit.cause).message))
      )
    )
    if (ended === "taken over") return yield* takenOver(run)
    const report = tally.report(run, ended === undefined)
    yield* finish(report.state)
    return report
  }))

/** The end of a run. */
export const finished = (state: Tally.RunReport["state"], why?: string): Event => ({
  type: "run_finished",
  at: new Date(),
  message: why === undefined ? state : `${state}: ${why}`
})

const takenOver = (run: number) =>
  new RunUnavailable({
    run,
    message: `Run ${run} was taken over by another process while this one did not answer; ` +
      `this one has stopped, and \`sluice run show ${run}\` shows how the run goes on.`
  })

/** Plans and executes until no asset waits for partition keys; then runs the checks. */
const stages = <R>(
  graph: AssetGraph<R>,
  request: RunRequest,
  execution: Execution,
  { planned, recorder, tally }: {
    readonly recorder: Recorder.Recorder
    readonly tally: Tally.Tally
    readonly planned: (snapshot: Snapshot.Snapshot) => void
  }
) =>
  Effect.gen(function*() {
    const store = yield* RunStore
    const context = yield* Effect.context<R>()
    const io = IoManagers.find(context)
    const selected = yield* Effect.fromResult(Selection.select(graph, request.selection))
    if (execution.resumed) {
      const before = yield* patiently(store.steps(execution.run, { states: ["materialized"] }))
      for (const step of before) tally.endedBefore(step)
    }
    for (;;) {
      const stored = yield* patiently(Snapshot.load(graph, selected, execution.now))
      // What was asked for by name may have been removed since, be it by a stage of this run.
      const restriction = yield* Effect.fromResult(Restriction.make(stored, selected, request.partitions, "left out"))
      const asked = { snapshot: stored, selected, restriction, force: request.force, ...tally.cells(stored) }
      const { plan: next, snapshot: known } = yield* patiently(Planner.make(asked))
      const snapshot = yield* patiently(Planner.executable(known, next))
      const steps = Plan.size(next)
      planned(snapshot)
      tally.planned(next.fresh)
      tally.observe({ _tag: "Planned", plan: next, steps })
      recorder.event({ type: "planned", at: new Date(), message: `${steps} ${steps === 1 ? "step" : "steps"}, ${next.fresh} ${next.fresh === 1 ? "cell is" : "cells are"} fresh` })
      yield* Stage.execute({
        plan: next,
        snapshot,
        run: execution.run,
        worker: execution.lease.worker,
        executes: execution.lease.executes(execution.run),
        heldSince: execution.lease.heldSince,
        concurrency: request.concurrency,
        io,
        recorder,
        observer: tally.observe
      })
      yield* recorder.flush
      if (next.later.length === 0) break
    }
    yield* Leftovers.clear(graph, selected, { run: execution.run, worker: execution.lease.worker, io, event: recorder.event })
    for (const check of graph.checks) {
      const results = yield* CheckRunner.run(check, tally.materializedOf(check.asset.key), {
        graph,
        io,
        run: execution.run,
        checked: (result) => tally.observe({ _tag: "Checked", result })
      })
      for (const result of results) {
        if (!result.passed) {
          const message = `${result.check}: ${result.message}`
          recorder.event({ type: "check_failed", at: result.at, asset: result.asset, partition: result.partition, message })
        }
      }
    }
  })

/** Every selected asset is asked of its IO manager whether it can be stored there. */
const fits = <R>(graph: AssetGraph<R>, request: RunRequest) =>
  Effect.gen(function*() {
    const selected = yield* Effect.fromResult(Selection.select(graph, request.selection))
    yield* IoManagers.validate(graph, selected, IoManagers.find(yield* Effect.context<R>()))
  })
