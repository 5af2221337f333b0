/**
 * Runs: plans what was asked for, executes it stage by stage, runs the checks, and records how it ended. A stage ends
 * where partition keys that this run finds (the games of a day) decide what is next.
 */
import { Context, Deferred, Effect, Exit, Result, Schedule, Schema } from "effect"
import { type Any, storedOf } from "../definition/Asset.ts"
import type { IoManager } from "../definition/Io.ts"
import { type AssetGraph } from "../graph/AssetGraph.ts"
import * as Selection from "../graph/Selection.ts"
import type { PartitionKeyError } from "../partition/PartitionKey.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import * as Plan from "../plan/Plan.ts"
import * as Restriction from "../plan/Restriction.ts"
import * as Snapshot from "../plan/Snapshot.ts"
import * as CheckRunner from "./CheckRunner.ts"
import * as Lease from "./Lease.ts"
import { type Observation, type Observer, silent } from "./Observer.ts"
import { patiently } from "./Patience.ts"
import * as Recorder from "./Recorder.ts"
import type { RunRequest, RunState, RunSummary } from "./Run.ts"
import { RunStore, type RunStoreError, RunUnavailable } from "./RunStore.ts"
import * as Stage from "./Stage.ts"
import { type Cell, cellName, type CheckResult } from "./Step.ts"

/** An asset cannot be stored by the IO manager it names; found before anything runs. */
export class UnfitIo extends Schema.TaggedError<UnfitIo>()("UnfitIo", { message: Schema.String }) {}

export type ExecutorError = Selection.SelectionError | PartitionKeyError | RunStoreError | RunUnavailable | UnfitIo

export interface Ended {
  readonly cell: Cell
  readonly reason: string
}

export interface RunReport {
  readonly run: number
  readonly state: Exclude<RunState, "running">
  readonly materialized: number
  /** Planned, but the data turned out to be there. */
  readonly unchanged: number
  /** Asked for and needing nothing. */
  readonly fresh: number
  readonly failed: ReadonlyArray<Ended>
  readonly skipped: ReadonlyArray<Ended>
  readonly checks: ReadonlyArray<CheckResult>
  readonly millis: number
}

/** Failed and skipped steps beyond this are counted in the store but not listed in the report. */
const maxListed = 1000

export interface RunOptions {
  readonly observer?: Observer
}

/** What a request means now: nothing is written, and nothing outside is asked but the store. */
export const plan = Effect.fn("Executor.plan")(function*(graph: AssetGraph, request: RunRequest) {
  const selected = yield* Effect.fromResult(Selection.select(graph, request.selection))
  const snapshot = yield* Snapshot.load(graph, selected)
  const restriction = yield* Effect.fromResult(Restriction.make(snapshot, selected, request.partitions))
  return { snapshot, plan: Plan.make({ snapshot, selected, restriction, force: request.force, ended: () => undefined }) }
})

/** Materializes what the request asks for, in a new run. */
export const start = <R>(
  graph: AssetGraph<R>,
  request: RunRequest,
  options: RunOptions = {}
): Effect.Effect<RunReport, ExecutorError, R | RunStore> =>
  Effect.scoped(Effect.gen(function*() {
    const store = yield* RunStore
    // What can be refused is refused before a run exists.
    yield* plan(graph, request)
    yield* fits(graph, request)
    const lease = yield* Lease.acquire
    const run = yield* store.createRun(request, lease.worker)
    return yield* execute(graph, request, { run, lease, resumed: false, observer: options.observer ?? silent })
  })).pipe(Effect.withSpan("Executor.start"))

/** Goes on with a run that was killed, cancelled or has failed: what it has ended well is not done again. */
export const resume = <R>(
  graph: AssetGraph<R>,
  run: number,
  options: RunOptions = {}
): Effect.Effect<RunReport, ExecutorError, R | RunStore> =>
  Effect.scoped(Effect.gen(function*() {
    const store = yield* RunStore
    yield* fits(graph, (yield* store.run(run)).request)
    const lease = yield* Lease.acquire
    const request = yield* store.resumeRun(run, lease.worker)
    return yield* execute(graph, request, { run, lease, resumed: true, observer: options.observer ?? silent })
  })).pipe(Effect.withSpan("Executor.resume"))

/** How often a cancelled run is looked at until it has stopped. */
const stoppedPoll = "50 millis"

/**
 * Cancels a run and waits until it has stopped: its running steps are interrupted, and no step starts any more (G4).
 * A run whose process is gone counts as stopped when its lease is over.
 */
export const cancel = Effect.fn("Executor.cancel")(function*(run: number) {
  const store = yield* RunStore
  yield* store.cancelRun(run)
  const isOver = ({ lost, state }: RunSummary) => state !== "running" || lost
  return yield* Effect.repeat(store.run(run), { until: isOver, schedule: Schedule.spaced(stoppedPoll) })
})

interface Execution {
  readonly run: number
  readonly lease: Lease.Lease
  readonly resumed: boolean
  readonly observer: Observer
}

const execute = <R>(graph: AssetGraph<R>, request: RunRequest, execution: Execution) =>
  Effect.scoped(Effect.gen(function*() {
    const store = yield* RunStore
    const tally = makeTally(execution.observer)
    const { lease, run } = execution
    const recorder = yield* Recorder.make(run, lease.worker)
    const ending = yield* Lease.ending(run, lease)
    const type = execution.resumed ? "run_resumed" : "run_started"
    recorder.event({ type, at: new Date(), message: request.selection })
    tally.observe({ _tag: "RunStarted", run: execution.run, resumed: execution.resumed })
    /** A run that another process executes now is that one's to finish. */
    const finish = (state: RunReport["state"]) =>
      Effect.gen(function*() {
        if (!(yield* patiently(lease.executes(run)))) return yield* takenOver(run)
        recorder.event({ type: "run_finished", at: new Date(), message: state })
        yield* recorder.flush
        yield* patiently(store.finishRun(run, state))
      })
    const work = stages(graph, request, execution, recorder, tally).pipe(Effect.as(undefined))
    const ended = yield* Effect.raceFirst(work, Deferred.await(ending)).pipe(
      Effect.onExit((exit) =>
        Exit.isSuccess(exit) ? Effect.void : Effect.ignore(finish(Exit.hasInterrupts(exit) ? "cancelled" : "failed"))
      )
    )
    if (ended === "taken over") return yield* takenOver(run)
    const report = tally.report(run, ended === undefined)
    yield* finish(report.state)
    return report
  }))

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
  recorder: Recorder.Recorder,
  tally: Tally
) =>
  Effect.gen(function*() {
    const store = yield* RunStore
    const context = yield* Effect.context<R>()
    const io = (asset: Any) => Effect.sync(() => ioOf(context, asset))
    const selected = yield* Effect.fromResult(Selection.select(graph, request.selection))
    if (execution.resumed) {
      const before = yield* patiently(store.steps(execution.run, { states: ["materialized"] }))
      for (const step of before) tally.endedBefore(step)
    }
    for (;;) {
      const snapshot = yield* patiently(Snapshot.load(graph, selected))
      const restriction = yield* Effect.fromResult(Restriction.make(snapshot, selected, request.partitions))
      const next = Plan.make({ snapshot, selected, restriction, force: request.force, ...tally.cells(snapshot) })
      const steps = Plan.size(next)
      tally.planned(next.fresh)
      tally.observe({ _tag: "Planned", plan: next, steps })
      recorder.event({ type: "planned", at: new Date(), message: `${steps} steps, ${next.fresh} cells are fresh` })
      yield* Stage.execute({
        plan: next,
        snapshot,
        run: execution.run,
        worker: execution.lease.worker,
        concurrency: request.concurrency,
        io,
        recorder,
        observer: tally.observe
      })
      yield* recorder.flush
      if (next.later.length === 0) break
    }
    for (const check of graph.checks) {
      const results = yield* CheckRunner.run(check, tally.materializedOf(check.asset.key), {
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

/** The graph's `R` proves that the service is there; the asset in the graph has forgotten which one it is. */
const ioOf = <R>(context: Context.Context<R>, asset: Any): IoManager =>
  Context.getUnsafe(context as Context.Context<unknown>, asset.io)

/** Every selected asset is asked of its IO manager whether it can be stored there. */
const fits = <R>(graph: AssetGraph<R>, request: RunRequest) =>
  Effect.gen(function*() {
    const context = yield* Effect.context<R>()
    for (const key of yield* Effect.fromResult(Selection.select(graph, request.selection))) {
      const asset = graph.assets.get(key)!
      const manager = ioOf(context, asset)
      if (!manager.accepts.includes(asset.output._tag)) {
        const kind = asset.output._tag === "Rows" ? "rows" : "documents"
        return yield* new UnfitIo({ message: `${key} gives ${kind}, but ${asset.io.key} does not store ${kind}: choose another io.` })
      }
      if (manager.validate === undefined) continue
      yield* Effect.mapError(manager.validate(storedOf(asset)), ({ message }) => new UnfitIo({ message }))
    }
  })

interface Tally {
  readonly observe: Observer
  readonly planned: (fresh: number) => void
  readonly endedBefore: (cell: Cell) => void
  /** What planning has to know of the cells that the run has ended. */
  readonly cells: (snapshot: Snapshot.Snapshot) => Required<Pick<Plan.PlanOptions, "ended" | "broken" | "before">>
  readonly materializedOf: (asset: string) => ReadonlyArray<string>
  readonly report: (run: number, finished: boolean) => RunReport
}

/** Counts what happens in a run, and remembers which cells it has ended so that no later stage plans them again. */
const makeTally = (observer: Observer): Tally => {
  const began = performance.now()
  const ended = new Map<string, Array<string>>()
  const broken = new Map<string, Array<string>>()
  const before = new Map<string, Array<string>>()
  const materialized = new Map<string, Array<string>>()
  const failed: Array<Ended> = []
  const skipped: Array<Ended> = []
  const checks: Array<CheckResult> = []
  let unchanged = 0
  let count = 0
  let fresh = 0
  const note = (map: Map<string, Array<string>>, { asset, partition }: Cell) => {
    const list = map.get(asset)
    if (list === undefined) map.set(asset, [partition])
    else list.push(partition)
  }
  const observe = (observation: Observation) => {
    switch (observation._tag) {
      case "StepMaterialized":
        count++
        note(ended, observation.cell)
        note(materialized, observation.cell)
        break
      case "StepUnchanged":
        unchanged++
        note(ended, observation.cell)
        break
      case "StepFailed":
        note(ended, observation.cell)
        note(broken, observation.cell)
        if (failed.length < maxListed) failed.push({ cell: observation.cell, reason: observation.failure.message })
        break
      case "StepSkipped":
        note(ended, observation.cell)
        note(broken, observation.cell)
        if (skipped.length < maxListed) skipped.push({ cell: observation.cell, reason: observation.reason })
        break
      case "Checked":
        checks.push(observation.result)
        break
    }
    observer(observation)
  }
  return {
    observe,
    planned: (stage) => {
      fresh = stage
    },
    endedBefore: (cell) => {
      note(before, cell)
      // They are checked once more: the run may have been lost before its checks.
      note(materialized, cell)
    },
    cells: (snapshot) => {
      const setOf = (map: ReadonlyMap<string, ReadonlyArray<string>>) => (asset: string) => {
        const partitions = map.get(asset)
        if (partitions === undefined) return undefined
        const { all, positionOf } = snapshot.space(asset)
        const points = partitions.flatMap((partition) => {
          const point = positionOf(partition)
          return Result.isSuccess(point) ? [point.success] : []
        })
        return PartitionSet.fromPoints(all.dimensions, points)
      }
      return { ended: setOf(ended), broken: setOf(broken), before: setOf(before) }
    },
    materializedOf: (asset) => Array.from(new Set(materialized.get(asset))),
    report: (run, finished) => {
      const isBroken = failed.length > 0 || skipped.length > 0 || checks.some((c) => !c.passed && c.severity === "error")
      return {
        run,
        state: !finished ? "cancelled" : isBroken ? "failed" : "succeeded",
        materialized: count,
        unchanged,
        fresh,
        failed,
        skipped,
        checks,
        millis: performance.now() - began
      }
    }
  }
}

/** One line for each failed step, for people. */
export const failureLines = (report: RunReport): ReadonlyArray<string> =>
  report.failed.map(({ cell, reason }) => `${cellName(cell)}: ${reason}`)
