/**
 * Executes one plan: claims ready steps, computes them on a bounded number of fibers, hands them to the group commit
 * and releases what waited for them.
 */
import { Cause, Deferred, Effect, Queue, Semaphore, Stream } from "effect"
import { type Any, storedOf } from "../definition/Asset.ts"
import type { IoError, IoManager } from "../definition/Io.ts"
import type { Plan } from "../plan/Plan.ts"
import type { Snapshot } from "../plan/Snapshot.ts"
import * as Staleness from "../plan/Staleness.ts"
import { type Claimed, LeaseLost, RunStore, type RunStoreError } from "../record/RunStore.ts"
import type { Attempt, Cell, Step } from "../record/Step.ts"
import * as Committer from "./Committer.ts"
import * as Compute from "./Compute.ts"
import * as Failure from "./Failure.ts"
import type { Observer } from "./Observer.ts"
import { patiently } from "./Patience.ts"
import type { Recorder } from "./Recorder.ts"
import * as ReadyQueue from "./ReadyQueue.ts"
import * as Settlement from "./Settlement.ts"
import { cellsOf } from "./StepTable.ts"
import * as StepTable from "./StepTable.ts"

export interface StageOptions<R> {
  readonly plan: Plan
  readonly snapshot: Snapshot
  readonly run: number
  readonly worker: string
  /** Whether this worker still executes the run. */
  readonly executes: Effect.Effect<boolean, RunStoreError>
  readonly concurrency: number
  readonly io: (asset: Any) => Effect.Effect<IoManager, never, R>
  readonly recorder: Recorder
  readonly observer: Observer
}

/** A cell that another worker holds is asked for again after this time. */
const heldRetryMillis = 200

/**
 * A stream is written in a transaction that is open as long as the stream flows, and may read its upstream by further
 * connections: with more of these than the pool can serve, each would wait for the others for ever.
 */
const maxStreams = 4

/** Claims are taken for about this much work ahead: more would keep other processes from it, less would starve ours. */
const claimAheadMillis = 100
const maxClaim = 1000

export const execute = <R>(options: StageOptions<R>): Effect.Effect<void, RunStoreError, R | RunStore> =>
  Effect.scoped(Effect.gen(function*() {
    const { observer, plan, recorder, snapshot } = options
    const store = yield* RunStore
    const table = StepTable.make(plan, snapshot)
    const done = yield* Deferred.make<void>()
    const wake = yield* Queue.sliding<void>(1)
    const granted = yield* Queue.unbounded<StepTable.PlannedStep>()
    const limits = new Map(plan.steps.map(({ assets, computation }) => [
      computation,
      snapshot.graph.assets.get(assets[0]!)?.computation.concurrency ?? Number.POSITIVE_INFINITY
    ]))
    const ready = ReadyQueue.make((computation) => limits.get(computation) ?? Number.POSITIVE_INFINITY)
    let held: Array<number> = []
    let heldDue = 0
    /** Claimed or computing, not yet handed over. */
    let outstanding = 0
    let handedOver = 0
    const leave = (step: StepTable.PlannedStep) => {
      outstanding--
      ready.leave(step.planned.computation)
    }
    const wakeUp = () => void Queue.offerUnsafe(wake, undefined)

    const settle = Settlement.make({
      ...options,
      table,
      ready: (index) => ready.push(index, table.step(index).planned.computation),
      changed: () => {
        if (table.ended() === table.size) Deferred.doneUnsafe(done, Effect.void)
        wakeUp()
      }
    })
    const tries = new Map<number, Settlement.Tries>()
    const settled = (outcome: Committer.Outcome) => {
      const { step } = outcome.computed
      switch (outcome._tag) {
        case "Committed":
          return settle.committed(step, outcome.steps)
        case "Refused":
          return settle.fail(step, outcome.failure, outcome.computed)
        case "Lost":
          held.push(step.index)
          return wakeUp()
      }
    }

    const streams = yield* Semaphore.make(maxStreams)
    const prepared = yield* preparation(options)
    const committer = yield* Committer.make({ ...options, graph: snapshot.graph, event: recorder.event, settled })

    /** Streams are computed while they are written, so they are committed within their attempt; others wait for company. */
    const finish = (result: Compute.Computed): Effect.Effect<Handed, unknown, R | RunStore> =>
      Array.from(result.values.values()).some(Stream.isStream)
        ? streams.withPermits(1)(Effect.map(committer.now(result), (steps) => ({ result, steps })))
        : Effect.succeed({ result, steps: undefined })

    /** Assets that a step reads: their places must fit their definitions too, or old rows would be read with new types. */
    const readBy = (step: StepTable.PlannedStep) =>
      snapshot.graph.upstream(step.planned.assets[0]!).map((edge) => edge.upstream)
        .filter((upstream) => snapshot.cells(upstream).size > 0)

    const work = Effect.gen(function*() {
      const step = yield* Queue.take(granted)
      for (const cell of cellsOf(step)) observer({ _tag: "StepStarted", cell })
      const note = (attempt: Attempt) => {
        const startedAt = tries.get(step.index)?.startedAt ?? attempt.startedAt
        tries.set(step.index, { attempts: attempt.attempt, startedAt })
        recorder.attempt(attempt)
      }
      const exit = yield* Effect.exit(Effect.andThen(
        prepared([...step.planned.assets, ...readBy(step)]),
        Compute.compute(step, { snapshot, io: options.io, observer, note }, finish)
      ))
      leave(step)
      handedOver++
      if (exit._tag === "Success") {
        const { result, steps } = exit.value
        if (steps === undefined) yield* committer.submit(result)
        else settle.committed(step, steps)
      } else if (lost(exit.cause)) held.push(step.index)
      else settle.fail(step, Failure.ofCause(exit.cause), tries.get(step.index))
      tries.delete(step.index)
      wakeUp()
    })

    const claimLoop = Effect.gen(function*() {
      let claimedAt = performance.now()
      let window = options.concurrency * 2
      while (table.ended() < table.size) {
        if (held.length > 0 && performance.now() >= heldDue) {
          for (const index of held) ready.push(index, table.step(index).planned.computation)
          held = []
        }
        const picked = pick(window - outstanding)
        if (picked.length === 0) {
          const wait = Queue.take(wake)
          yield* held.length > 0 ? Effect.timeoutOption(wait, heldRetryMillis) : wait
          continue
        }
        const perMilli = handedOver / Math.max(1, performance.now() - claimedAt)
        window = Math.min(maxClaim, Math.max(options.concurrency * 2, Math.ceil(perMilli * claimAheadMillis)))
        claimedAt = performance.now()
        handedOver = 0
        const cells = picked.flatMap(cellsOf)
        // After a lapse of the lease another process may execute the run: this one is about to end, and claims nothing.
        if (!(yield* patiently(options.executes))) return yield* Effect.never
        const claim = yield* patiently(store.claim(options.run, options.worker, cells))
        // A cancelled run is granted nothing; the run is about to be interrupted.
        if (claim.cancelled) return yield* Effect.never
        yield* take(picked, claim)
      }
    })

    /** Ready steps, as many as there is room for, within the limits of their computations. */
    const pick = (room: number): ReadonlyArray<StepTable.PlannedStep> => {
      const picked: Array<StepTable.PlannedStep> = []
      while (picked.length < room) {
        const index = ready.take()
        if (index === undefined) break
        const step = table.step(index)
        outstanding++
        if (step.reason._tag === "UpstreamPlanned" && isFresh(step)) {
          leave(step)
          settle.unchanged(step, "upstream gave the same data")
        } else picked.push(step)
      }
      return picked
    }
    const isFresh = (step: StepTable.PlannedStep) =>
      step.planned.assets.every((asset) =>
        Staleness.staleness(snapshot, asset, step.point, snapshot.cells(asset).get(step.partition)) === undefined
      )

    /**
     * Starts what was granted; a step is granted when all its cells are. What another run has materialized since the
     * plan is taken over if it is what this one would make: computed by the same code from the same data.
     */
    const take = (picked: ReadonlyArray<StepTable.PlannedStep>, claim: Claimed) =>
      Effect.gen(function*() {
        const back: Array<Cell> = []
        let next = 0
        for (const step of picked) {
          const cells = cellsOf(step)
          const answers = claim.cells.slice(next, next + cells.length)
          next += cells.length
          const giveBack = () => {
            leave(step)
            cells.forEach((cell, i) => {
              if (answers[i]!.granted) back.push(cell)
            })
          }
          if (!answers.every((answer) => answer.granted)) {
            giveBack()
            held.push(step.index)
            heldDue = performance.now() + heldRetryMillis
            continue
          }
          const changed = cells.filter((cell, i) =>
            answers[i]!.version !== snapshot.cells(cell.asset).get(step.partition)?.dataVersion
          )
          cells.forEach((cell, i) => changed.includes(cell) && settle.adopt(cell, answers[i]!))
          if (changed.length > 0 && step.reason._tag !== "Forced" && isFresh(step)) {
            giveBack()
            settle.unchanged(step, "another run materialized it meanwhile")
          } else Queue.offerUnsafe(granted, step)
        }
        if (back.length > 0) yield* patiently(store.release(options.worker, back))
      })
    settle.blocked(plan.blocked)
    if (table.size === 0) return
    settle.release(table.ready.map((index) => ({ index, skip: undefined })))
    yield* Effect.raceAllFirst([
      Deferred.await(done),
      committer.serve,
      Effect.andThen(claimLoop, Deferred.await(done)),
      ...Array.from({ length: Math.min(options.concurrency, table.size) }, () => Effect.forever(work))
    ])
  }))

/** A computed step: still to be committed, or committed with its records. */
interface Handed {
  readonly result: Compute.Computed
  readonly steps: ReadonlyArray<Step> | undefined
}

/** Creates or checks the places of assets, each once a stage; a refusal fails each step before it computes anything. */
const preparation = <R>(options: StageOptions<R>) =>
  Effect.sync(() => {
    const known = new Map<string, Effect.Effect<void, IoError, R>>()
    const prepare = (key: string) =>
      Effect.gen(function*() {
        const asset = options.snapshot.graph.assets.get(key)!
        const io = yield* options.io(asset)
        yield* patiently(io.prepare(storedOf(asset)))
      })
    return (assets: ReadonlyArray<string>) =>
      Effect.forEach(assets, (key) => {
        const found = known.get(key)
        if (found !== undefined) return found
        return Effect.flatMap(Effect.cached(prepare(key)), (cached) => {
          const first = known.get(key) ?? cached
          known.set(key, first)
          return first
        })
      }, { discard: true })
  })

/** Whether a step ended because its cell was taken over by another worker. */
const lost = (cause: Cause.Cause<unknown>): boolean => {
  const error = Cause.squash(cause)
  return error instanceof LeaseLost
}
