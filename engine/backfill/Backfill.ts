/**
 * Backfills: runs over many partitions that survive anything. What is to be done is planned once, as sets; any number of
 * processes then execute it together, and any terminal can pause, resume, cancel or retry it.
 */
import { Cause, DateTime, Effect, Exit } from "effect"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import * as Selection from "../graph/Selection.ts"
import type { BackfillOptions } from "../record/Backfill.ts"
import { BackfillStore, type BackfillSummary } from "../record/BackfillStore.ts"
import type { CheckSummary } from "../record/CheckSummary.ts"
import type { RunRequest } from "../record/Run.ts"
import { RunStore, RunUnavailable } from "../record/RunStore.ts"
import type { Step } from "../record/Step.ts"
import * as Executor from "../run/Executor.ts"
import * as Failure from "../run/Failure.ts"
import * as IoManagers from "../run/IoManagers.ts"
import * as Lease from "../run/Lease.ts"
import { type Observer, silent } from "../run/Observer.ts"
import { patiently } from "../run/Patience.ts"
import * as Participant from "./Participant.ts"
import * as Planning from "./Planning.ts"

export type { Progress } from "./Participant.ts"

/** What a request means: its plan, the snapshot it was made on, and notes for the user. */
export type Planned = Effect.Success<ReturnType<typeof Planning.plan>>

export interface Options {
  readonly observer?: Observer
  readonly progress?: (progress: Participant.Progress) => void
  /** Steps that this process runs at once. Default: what the backfill was started with. */
  readonly concurrency?: number
  /** Told before anything is written what the request was taken to mean. */
  readonly planned?: (planned: Planned) => void
  /** An interrupt leaves the backfill to other processes: it is lost, and not cancelled. Default false. */
  readonly leaves?: boolean
  /** Joins what has not ended, and never opens again what has: by then it may be unwanted. Default false. */
  readonly openOnly?: boolean
}

/** How a backfill ended, or how it stands when this process takes part no more. */
export interface BackfillReport extends BackfillSummary {
  /** The first failures, for the eye; the ledger has all. */
  readonly failures: ReadonlyArray<Step>
  readonly checks: ReadonlyArray<CheckSummary>
  /** How long this process took part. */
  readonly millis: number
}

const listed = 10

/** What a request means now: nothing is written, and nothing outside is asked but the store. */
export const plan = Planning.plan

/** The backfill that a request asks for; undefined when there is nothing to do, now or later. */
export const create = Effect.fn("Backfill.create")(function*<R>(
  graph: AssetGraph<R>,
  request: RunRequest,
  lease: Lease.Lease,
  options: Pick<Options, "planned"> = {}
) {
  const backfills = yield* BackfillStore
  yield* fits(graph, request)
  const found = yield* Planning.plan(graph, request)
  options.planned?.(found)
  const { plan, planned } = found
  if (planned.length === 0 && plan.later.length === 0) return undefined
  return yield* backfills.create(request, planned, plan.later, lease.worker)
})

/** Plans a backfill, starts it, and executes it to its end; undefined when there is nothing to do. */
export const start = <R>(graph: AssetGraph<R>, request: RunRequest, options: Options = {}) =>
  Effect.scoped(Effect.gen(function*() {
    const lease = yield* Lease.acquire
    const id = yield* create(graph, request, lease, options)
    return id === undefined ? undefined : yield* execute(graph, id, lease, true, options)
  })).pipe(Effect.withSpan("Backfill.start"))

/**
 * Executes a backfill that was created for a worker of this process, of which nothing is planned yet: by a tick, together
 * with the tick.
 */
export const begin = <R>(graph: AssetGraph<R>, id: number, lease: Lease.Lease, options: Options = {}) =>
  Effect.gen(function*() {
    const backfills = yield* BackfillStore
    const { planned, request } = yield* patiently(backfills.backfill(id))
    yield* fits(graph, request).pipe(Effect.tapError((error) =>
      Effect.andThen(noteFailure(id, Cause.fail(error)), backfills.finish(id, lease.worker, "failed"))))
    return yield* execute(graph, id, lease, planned === 0, options)
  }).pipe(Effect.withSpan("Backfill.begin"))

/** Takes part in a backfill: beside other processes, or in the place of those that are gone. */
export const join = <R>(graph: AssetGraph<R>, id: number, options: Options = {}) =>
  Effect.scoped(Effect.gen(function*() {
    const backfills = yield* BackfillStore
    yield* fits(graph, (yield* backfills.backfill(id)).request)
    const lease = yield* Lease.acquire
    yield* backfills.join(id, lease.worker, options.openOnly)
    return yield* execute(graph, id, lease, false, options)
  })).pipe(Effect.withSpan("Backfill.join"))

/** Nothing new starts until it is resumed; what is under way is finished. */
export const pause = Effect.fn("Backfill.pause")(function*(id: number) {
  const backfills = yield* BackfillStore
  yield* backfills.pause(id)
  return yield* backfills.backfill(id)
})

/** Lets the processes of a paused backfill go on; one without live processes needs `join`. */
export const unpause = Effect.fn("Backfill.unpause")(function*(id: number) {
  const backfills = yield* BackfillStore
  yield* backfills.unpause(id)
  return yield* backfills.backfill(id)
})

/** Interrupts all its processes and waits until they have stopped: no step starts any more (G4). */
export const cancel = Effect.fn("Backfill.cancel")(function*(id: number) {
  const backfills = yield* BackfillStore
  // Tells what is wrong with the number, in the words of backfills.
  yield* backfills.backfill(id)
  yield* Executor.cancel(id)
  return yield* backfills.backfill(id)
})

/**
 * Opens failed cells, and those that were skipped because of them, once more. Gives how many. `gone` are workers that are
 * known to be dead.
 */
export const retryFailed = Effect.fn("Backfill.retryFailed")(function*(id: number, gone: ReadonlyArray<string> = []) {
  return yield* (yield* BackfillStore).retryFailed(id, gone)
})

const execute = <R>(graph: AssetGraph<R>, id: number, lease: Lease.Lease, started: boolean, options: Options) =>
  Effect.gen(function*() {
    const backfills = yield* BackfillStore
    const began = performance.now()
    const { request, startedAt } = yield* backfills.backfill(id)
    const observer = options.observer ?? silent
    observer({ _tag: "RunStarted", run: id, resumed: !started })
    const ending = yield* Participant.execute({
      graph,
      id,
      request,
      options: yield* optionsOf(id, request),
      lease,
      started,
      now: DateTime.fromDateUnsafe(request.at ?? startedAt),
      concurrency: options.concurrency ?? request.concurrency,
      observer,
      progress: options.progress ?? (() => {})
    }).pipe(
      // The last process that is interrupted ends the backfill; others go on with it.
      Effect.onExit((exit) => {
        const end = Exit.isSuccess(exit) || (options.leaves === true && Exit.hasInterrupts(exit))
          ? Effect.void
          : Exit.hasInterrupts(exit)
          ? backfills.finish(id, lease.worker, "cancelled")
          : Effect.andThen(
            noteFailure(id, exit.cause),
            backfills.finish(id, lease.worker, "failed")
          )
        return Effect.ignore(Effect.andThen(end, backfills.leave(id, lease.worker)))
      })
    )
    if (ending === "cancelling") yield* endStopped(id)
    const reported = yield* report(id, began)
    // A process that was frozen until others had ended the backfill has nothing to tell but that.
    return ending === "taken over" && reported.state === "running" ? yield* gone(id) : reported
  })

/** Why it ends, where no step tells. */
const noteFailure = (id: number, cause: Cause.Cause<unknown>) =>
  Effect.flatMap(RunStore, (store) =>
    Effect.ignore(store.recordEvents(id, [Executor.finished("failed", Failure.ofCause(cause).message)])))

/** The last process that leaves a backfill that is being cancelled, or stopped by itself, records its end. */
const endStopped = (id: number) =>
  Effect.gen(function*() {
    const store = yield* RunStore
    const { lost } = yield* patiently(store.run(id))
    // It may have ended meanwhile.
    if (lost) yield* Effect.ignore(store.cancelRun(id))
  })

const report = Effect.fnUntraced(function*(id: number, began: number) {
  const backfills = yield* BackfillStore
  const store = yield* RunStore
  const summary = yield* patiently(backfills.backfill(id))
  const failures = yield* patiently(store.steps(id, { states: ["failed"], limit: listed }))
  const checks = yield* patiently(store.checkSummaries(id))
  const report: BackfillReport = { ...summary, failures, checks, millis: performance.now() - began }
  return report
})

const optionsOf = (id: number, request: RunRequest): Effect.Effect<BackfillOptions, RunUnavailable> =>
  request.backfill === undefined
    ? Effect.fail(new RunUnavailable({ run: id, message: `Run ${id} is no backfill: write \`sluice run resume ${id}\`.` }))
    : Effect.succeed(request.backfill)

const gone = (id: number) =>
  new RunUnavailable({
    run: id,
    message: `This process takes no part in backfill ${id} any more, because it did not answer for a while; ` +
      `\`sluice backfill show ${id}\` shows how it goes on.`
  })

/** Every selected asset is asked of its IO manager whether it can be stored there. */
const fits = <R>(graph: AssetGraph<R>, request: RunRequest) =>
  Effect.gen(function*() {
    const selected = yield* Effect.fromResult(Selection.select(graph, request.selection))
    yield* IoManagers.validate(graph, selected, IoManagers.find(yield* Effect.context<R>()))
  })
