/**
 * One process that executes a backfill, alone or beside others: takes lots of ready cells, executes each as an ordinary
 * plan, tells what became of them, and looks at what others did. It ends with the backfill, or when it is interrupted.
 */
import { type DateTime, Deferred, Effect, Queue, Semaphore } from "effect"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import * as Partitions from "../partition/Partitions.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import type { BackfillOptions } from "../record/Backfill.ts"
import { BackfillStore, type Look, type Lot, type Since } from "../record/BackfillStore.ts"
import type { AssetSet, Gather } from "../record/CellSets.ts"
import * as CheckSummary from "../record/CheckSummary.ts"
import type { RunRequest, RunState } from "../record/Run.ts"
import { RunStore } from "../record/RunStore.ts"
import * as GatherOf from "../run/Gather.ts"
import * as IoManagers from "../run/IoManagers.ts"
import * as Lease from "../run/Lease.ts"
import type { Observer } from "../run/Observer.ts"
import { patiently } from "../run/Patience.ts"
import * as Recorder from "../run/Recorder.ts"
import * as Stage from "../run/Stage.ts"
import * as Failures from "./Failures.ts"
import * as Ledger from "./Ledger.ts"
import * as LotRun from "./LotRun.ts"
import * as Lots from "./Lots.ts"
import * as OwnLots from "./OwnLots.ts"
import * as Planning from "./Planning.ts"

/** How a backfill stands, as one of its participants sees it. */
export interface Progress {
  readonly id: number
  readonly state: Look["state"]
  readonly assets: ReadonlyArray<Ledger.AssetCounts>
  /** Steps of this process that are under way, by asset. */
  readonly running: ReadonlyMap<string, number>
  /** More cells will be planned, once their keys are known. */
  readonly isOpen: boolean
}

export interface ParticipantOptions<R> {
  readonly graph: AssetGraph<R>
  readonly id: number
  readonly request: RunRequest
  readonly options: BackfillOptions
  readonly lease: Lease.Lease
  /** It begins with this participant. */
  readonly started: boolean
  /** The moment the backfill was started, which says what "latest" and "the last 30 days" mean. */
  readonly now: DateTime.Utc
  readonly concurrency: number
  readonly observer: Observer
  readonly progress: (progress: Progress) => void
}

/** Why a participant ends: the backfill has ended, is being cancelled, or is not this process's any more. */
export type Ending = Exclude<RunState, "running"> | "cancelling" | "taken over"

/** How often a process looks at what others did, and whether the backfill was paused or cancelled. */
const lookMillis = 250
/** One that has nothing to do looks so soon at first. */
const soonMillis = 20
/** A million cells committed one by one are a million rows of the log, which one reader folds in 13 s. */
const foldMillis = 30_000
/** New keys are planned at most so often, while the asset that gives them is still at work. */
const planMillis = 1000

export const execute = <R>(participant: ParticipantOptions<R>) =>
  Effect.scoped(Effect.gen(function*() {
    const { graph, id, lease, options, request } = participant
    const { worker } = lease
    const backfills = yield* BackfillStore
    const store = yield* RunStore
    const io = IoManagers.find(yield* Effect.context<R>())
    let snapshot = yield* patiently(Planning.load(graph, request, participant.now))
    let gather: Gather = GatherOf.of(snapshot)
    const recorder = yield* Recorder.make(id, worker, (cells) => gather(cells))
    const ledger = Ledger.make(snapshot)
    const ended = yield* Deferred.make<Ending>()
    const wake = yield* Queue.sliding<void>(1)
    let since: Since = null
    let last: Look | undefined
    let stopping = false
    /** Cells that failed before this process took part, and those that failed here. */
    let failedBefore = 0
    let failures = 0
    const alarm = yield* Queue.sliding<void>(1)

    /** Whether more is planned, of keys that the snapshot does not know: it has no names for these cells. */
    const absorb = (look: Look): boolean => {
      const planned = look.changes.filter(({ kind }) => kind === "planned").map(({ asset }) => asset)
      const known = planned.map((asset) => PartitionSet.size(ledger.of(asset, "planned")))
      ledger.absorb(look)
      if (since !== null && since.round !== look.round) failedBefore = failures = 0
      since = { horizon: look.horizon, round: look.round }
      last = look
      return planned.some((asset, i) => {
        const cells = ledger.of(asset, "planned")
        return PartitionSet.size(cells) > known[i]! && !PartitionSet.isEmpty(PartitionSet.difference(cells, snapshot.space(asset).all))
      })
    }
    // One at a time: an answer that is overtaken by a later one would tell of lots that are gone.
    const alone = Semaphore.makeUnsafe(1).withPermits(1)

    const observer: Observer = (observation) => {
      if (observation._tag === "StepFailed") {
        failures++
        if (options.maxFailures !== null && !stopping && tooMany() !== undefined) Queue.offerUnsafe(alarm, undefined)
      }
      participant.observer(observation)
    }
    const own = yield* OwnLots.make({
      run: id,
      lease,
      concurrency: participant.concurrency,
      options,
      shared: yield* Stage.share(participant.concurrency),
      io,
      recorder,
      observer,
      broken: ledger.broken,
      ended: () => void Queue.offerUnsafe(wake, undefined)
    })

    /** Another participant has planned more, perhaps of keys that are new: positions are looked up anew. */
    const resolve = Effect.gen(function*() {
      snapshot = yield* patiently(Planning.load(graph, request, participant.now))
      gather = GatherOf.of(snapshot)
      ledger.resolve(snapshot)
    })

    const look = alone(Effect.gen(function*() {
      const found = yield* patiently(backfills.look(id, since))
      if (absorb(found)) yield* resolve
      return found
    }))

    /** Downstream first: what is begun is finished before more is begun. */
    const choose = (): ReadonlyArray<AssetSet> => {
      const chosen: Array<AssetSet> = []
      const { concurrency } = participant
      const sharers = last?.sharers ?? 1
      const most = Lots.size(own.perSecond(), concurrency)
      let room = sharers > 1 ? Math.min(most, Lots.share(ledger.doable(), sharers, own.backlog(), concurrency)) : most
      for (const asset of ledger.computations().toReversed()) {
        if (room <= 0) break
        const { batch: inOne, concurrency: limit } = graph.assets.get(asset)!.computation
        // A computation with a limit of its own is in one lot at a time, which holds the limit.
        const isOpen = (lot: Lot) => lot.asset === asset && own.isOpen(lot)
        if (limit !== undefined && (own.isAtWork(asset) || last?.lots.some(isOpen))) continue
        const ready = ledger.ready(asset)
        if (PartitionSet.isEmpty(ready)) continue
        const space = snapshot.space(asset)
        const batch = options.batch ?? inOne ?? 1
        const cells = Lots.cut(space, ready, batch > 1 ? Math.max(room, batch * concurrency) : room, options.order)
        room -= PartitionSet.size(cells)
        chosen.push({ asset, numbering: Partitions.numbering(space.partitions), cells })
      }
      return chosen
    }

    const feed = Effect.gen(function*() {
      const enough = Math.max(participant.concurrency, own.perSecond() * lookMillis / 1000 * 2)
      const askedAt = performance.now()
      const heldSince = lease.heldSince()
      // While the process was frozen its lots went to others; it begins anew when its lease holds again.
      if (!Number.isFinite(heldSince)) return false
      yield* own.giveUpBefore(heldSince)
      if (stopping || last?.state !== "running" || own.backlog() >= enough) return false
      let isBehind = false
      const taken = yield* alone(Effect.gen(function*() {
        const taken = yield* patiently(backfills.take(id, worker, since, (found) => {
          isBehind = absorb(found) || isBehind
          return found.state === "running" && !found.cancelRequested && !isBehind ? choose() : []
        }))
        if (isBehind) yield* resolve
        return taken
      }))
      // It was stopped meanwhile; its lots go when it leaves.
      if (stopping) return false
      // Lots that were recorded by a try whose answer was lost are this process's all the same.
      for (const lot of [...own.lost(last.lots), ...taken]) yield* own.start(lot, snapshot, askedAt)
      return isBehind || taken.length > 0
    })
    let idleMillis = soonMillis
    // With nothing to do, others will soon have ended what cells here wait for; or else, each time, a little later.
    const feeding = Effect.forever(Effect.flatMap(feed, (more) => {
      if (more) return Effect.void
      idleMillis = own.backlog() > 0 ? soonMillis : Math.min(lookMillis, 2 * idleMillis)
      return Effect.timeoutOption(Queue.take(wake), own.backlog() > 0 ? lookMillis : idleMillis)
    }))

    let plannedAt = 0
    /** Plans the cells of keys that are known by now; with the source at its end, all that is left. */
    const planMore = Effect.gen(function*() {
      const began = performance.now()
      plannedAt = began
      const next = yield* Planning.next(graph, request, ledger, participant.now)
      if (next !== undefined) yield* patiently(backfills.extend(id, ledger.later(), next.planned, next.later))
      // Long plans are made seldom.
      plannedAt = performance.now() + 10 * (performance.now() - began)
      return next !== undefined
    })

    const conclude = ({ retrying, round }: Look) => Effect.gen(function*() {
      if (retrying) {
        // It is not done, and so its checks are not: it is again what it was before.
        recorder.event({ type: "run_finished", at: new Date(), message: "what had failed was tried again" })
        yield* recorder.flush
        return void (yield* patiently(backfills.finish(id, worker, "failed", round)))
      }
      if (ledger.later().length > 0) {
        yield* planMore
        return
      }
      // Over the whole asset at the end, and what a process that was killed has materialized but not checked.
      const planned = graph.checks.filter((one) => !PartitionSet.isEmpty(ledger.of(one.asset.key, "materialized")))
      for (const one of planned) {
        const left = one.over === "asset" ? [""] : yield* patiently(store.unchecked(id, one.asset.key, one.name))
        yield* LotRun.check(graph, [one], new Map([[one.asset.key, left]]), { io, run: id, recorder, observer })
      }
      const broken = (yield* patiently(store.checkSummaries(id))).some(CheckSummary.isError) ||
        ledger.counts().some((asset) => asset.failed + asset.skipped > 0)
      const state = broken ? "failed" : "succeeded"
      recorder.event({ type: "run_finished", at: new Date(), message: state })
      yield* recorder.flush
      yield* patiently(backfills.finish(id, worker, state, round))
    })

    /** Of several participants, the one that joined first plans what is next and ends the backfill. */
    const isFirst = Effect.map(patiently(backfills.backfill(id)), ({ participants }) =>
      participants.filter((one) => one.alive && one.leftAt === null)
        .toSorted((a, b) => a.joinedAt.getTime() - b.joinedAt.getTime() || (a.worker < b.worker ? -1 : 1))[0]?.worker === worker)

    const tooMany = () => {
      const counts = ledger.counts()
      const planned = counts.reduce((sum, asset) => sum + asset.planned, 0)
      const recorded = counts.reduce((sum, asset) => sum + asset.failed, 0)
      // Own failures are known before they are recorded.
      return Failures.reason(Math.max(recorded, failedBefore + failures), planned, options.maxFailures)
    }

    const watch = Effect.gen(function*() {
      const found = yield* look
      participant.progress({
        id,
        state: found.state,
        assets: ledger.counts(),
        running: own.running,
        isOpen: found.later.length > 0
      })
      if (found.state !== "running" && found.state !== "paused") return yield* Deferred.succeed(ended, found.state)
      if (!(yield* patiently(lease.executes(id)))) return yield* Deferred.succeed(ended, "taken over")
      if (found.cancelRequested) return yield* Deferred.succeed(ended, "cancelling")
      const reason = stopping ? undefined : tooMany()
      if (reason !== undefined) {
        stopping = true
        // More fail until what is under way is interrupted: the reason tells them all.
        yield* own.clear
        const all = tooMany() ?? reason
        recorder.event({ type: "run_stopped", at: new Date(), message: all })
        yield* patiently(backfills.stop(id, all))
        return yield* Deferred.succeed(ended, "cancelling")
      }
      if (found.state === "paused") return
      if (ledger.isDone() && found.lots.length === 0) {
        if (yield* isFirst) yield* conclude(found)
      } else if (found.later.length > 0 && !found.retrying && performance.now() - plannedAt > planMillis && (yield* isFirst)) yield* planMore
    })
    // The log of states is folded by who reads it: while nobody does, the backfill itself, now and then.
    const folding = Effect.forever(Effect.andThen(
      Effect.sleep(foldMillis),
      Effect.ignore(Planning.load(graph, request, participant.now))
    ))
    let reportedAt = 0
    const watching = Effect.forever(Effect.gen(function*() {
      yield* watch
      if (performance.now() - reportedAt > 1000) {
        reportedAt = performance.now()
        yield* Effect.ignore(backfills.report(id, worker, Array.from(own.running.values()).reduce((sum, n) => sum + n, 0)))
      }
      yield* Effect.timeoutOption(Queue.take(alarm), ledger.isDone() ? lookMillis / 5 : lookMillis)
    }))

    recorder.event({
      type: participant.started ? "run_started" : "run_resumed",
      at: new Date(),
      message: `${request.selection}, in ${yield* Lease.Node}:${process.pid}`
    })
    yield* look
    failedBefore = ledger.counts().reduce((sum, asset) => sum + asset.failed, 0)
    yield* Effect.raceAllFirst([Deferred.await(ended), feeding, watching, folding, own.failure])
    // What is under way is interrupted before the process takes part no more.
    yield* own.clear
    yield* Effect.ignore(recorder.flush)
    return yield* Deferred.await(ended)
  }))
