/** Backfills that fibers share, in memory. Nothing waits here, so that each method is at once what a transaction is. */
import { Clock, Effect } from "effect"
import type { BackfillStore, BackfillSummary, Look, Lot, Since } from "../../engine/record/BackfillStore.ts"
import type { AssetSet } from "../../engine/record/CellSets.ts"
import { cellName } from "../../engine/record/Step.ts"
import { countsOf, retriedOf, sizeOf, timedCells, totalsOf } from "../BackfillProgress.ts"
import { before, retriedKinds, retryOf } from "../BackfillRetry.ts"
import { noBackfill, unregistered } from "../Refusals.ts"
import {
  type BackfillRecord, executes, isAlive, isLost, isMember, join as joinRun, type RunRecord, type State
} from "./State.ts"

interface Backfill extends RunRecord {
  readonly backfill: BackfillRecord
}

const isBackfill = (run: RunRecord): run is Backfill => run.backfill !== undefined

const stateOf = (run: Backfill): BackfillSummary["state"] =>
  run.state === "running" && run.backfill.paused ? "paused" : run.state

const summaryOf = (run: Backfill, now: number): BackfillSummary => ({
  id: run.id,
  name: run.backfill.name,
  state: stateOf(run),
  lost: isLost(run, now),
  cancelRequested: run.cancelRequested,
  request: run.request,
  startedAt: run.startedAt,
  finishedAt: run.finishedAt,
  stopReason: run.backfill.stopReason,
  retrying: run.backfill.retryOf === null ? null : sizeOf(retriedOf(run.backfill.changes)),
  ...totalsOf(countsOf(run.backfill.changes)),
  participants: run.members.map(({ joinedAt, leftAt, running, worker }) => ({
    worker: worker.id, host: worker.host, pid: worker.pid, alive: isAlive(worker, now), joinedAt, leftAt, running
  }))
})

/** A backfill that ended, or whose processes are all gone, is running again. */
const reopen = (run: Backfill): void => {
  Object.assign(run, { state: "running", cancelRequested: false, finishedAt: null })
  Object.assign(run.backfill, { paused: false, stopReason: null })
}

const liveLots = ({ backfill, members }: Backfill, now: number): ReadonlyArray<Lot> =>
  backfill.lots.filter((lot) =>
    members.some(({ leftAt, worker }) => leftAt === null && worker.id === lot.worker && isAlive(worker, now)))

/** All open cells are to be done again, and not only those of a retry. */
const widen = ({ backfill }: Backfill): void => {
  Object.assign(backfill, { retryOf: null, stoppedBefore: null })
  backfill.changes = backfill.changes.filter(({ kind }) => kind !== "retried")
}

const lookAt = (run: Backfill, since: Since, now: number): Look => {
  const { changes, later, round } = run.backfill
  return {
    changes: since?.round === round ? changes.slice(Number(since.horizon)) : [...changes],
    horizon: String(changes.length),
    round,
    lots: liveLots(run, now),
    sharers: run.members.filter(({ leftAt, worker }) => leftAt === null && isAlive(worker, now)).length,
    later,
    retrying: run.backfill.retryOf !== null,
    state: stateOf(run),
    cancelRequested: run.cancelRequested
  }
}

const sameLater = (left: BackfillRecord["later"], right: BackfillRecord["later"]): boolean =>
  left.length === right.length &&
  left.every(({ asset, source }, place) => asset === right[place]?.asset && source === right[place].source)

export const make = (state: State): BackfillStore["Service"] => {
  let lastLot = 0

  /** The backfill and the moment. */
  const find = Effect.fnUntraced(function*(id: number) {
    const now = yield* Clock.currentTimeMillis
    const run = state.runs[id - 1]
    if (run === undefined) return yield* noBackfill(id, "absent")
    return isBackfill(run) ? { run, now } : yield* noBackfill(id, "run")
  })

  /** For methods that have nothing to say about a backfill that does not exist. */
  const change = <A>(id: number, absent: A, effect: (run: Backfill, now: number) => A): Effect.Effect<A> =>
    find(id).pipe(
      Effect.map(({ now, run }) => effect(run, now)),
      Effect.catchTag("RunUnavailable", () => Effect.succeed(absent))
    )

  const record = (run: Backfill, kind: "planned" | "unchanged", sets: ReadonlyArray<AssetSet>): void => {
    run.backfill.changes.push(...sets.map((set) => ({ ...set, kind })))
  }

  const create: BackfillStore["Service"]["create"] = Effect.fn("BackfillStore.create")(
    function*(request, planned, later, id) {
      const startedAt = new Date(yield* Clock.currentTimeMillis)
      const worker = state.workers.get(id)
      if (worker === undefined) return yield* unregistered(id)
      const changes = planned.map((set) => ({ ...set, kind: "planned" as const }))
      return state.runs.push({
        id: state.runs.length + 1,
        state: "running",
        cancelRequested: false,
        request,
        members: [{ worker, joinedAt: startedAt, leftAt: null, running: 0 }],
        backfill: {
          name: request.backfill?.name ?? null, paused: false, round: 1, later, stopReason: null,
          retryOf: null, stoppedBefore: null, changes, lots: []
        },
        startedAt,
        finishedAt: null,
        ended: undefined,
        steps: new Map(),
        attempts: [],
        checks: [],
        events: [],
        calls: new Map()
      })
    }
  )

  const join: BackfillStore["Service"]["join"] = Effect.fn("BackfillStore.join")(function*(id, worker, openOnly = false) {
    const { now, run } = yield* find(id)
    const lost = isLost(run, now)
    if (run.state === "succeeded") return yield* noBackfill(id, "succeeded")
    if (openOnly && run.state !== "running") return yield* noBackfill(id, "ended")
    if (run.state === "running" && run.cancelRequested && !lost) return yield* noBackfill(id, "stopping")
    const holder = state.workers.get(worker)
    if (holder === undefined) return yield* unregistered(worker)
    // A retry whose processes are gone is still one.
    if (run.backfill.retryOf !== null && (run.state !== "running" || run.cancelRequested)) widen(run)
    if (run.state !== "running" || lost) reopen(run)
    joinRun(run, holder, new Date(now))
    run.backfill.lots = run.backfill.lots.filter((lot) => lot.worker !== worker)
    return summaryOf(run, now)
  })

  const leave: BackfillStore["Service"]["leave"] = (id, worker) =>
    change(id, undefined, (run, now) => {
      for (const member of run.members) {
        if (member.worker.id !== worker || member.leftAt !== null) continue
        Object.assign(member, { leftAt: new Date(now), running: 0 })
      }
      run.backfill.lots = run.backfill.lots.filter((lot) => lot.worker !== worker)
    })

  const setPaused = Effect.fnUntraced(function*(id: number, paused: boolean) {
    const { run } = yield* find(id)
    if (run.state === "succeeded") return yield* noBackfill(id, "succeeded")
    if (run.state !== "running") return yield* noBackfill(id, "ended")
    if (run.cancelRequested) return yield* noBackfill(id, "stopping")
    run.backfill.paused = paused
  })

  const stop: BackfillStore["Service"]["stop"] = (id, reason) =>
    change(id, undefined, (run, now) => {
      // Whoever was first says why: another participant, or the user who cancels it.
      if (run.state !== "running" || run.cancelRequested) return
      run.cancelRequested = true
      run.backfill.stopReason = reason
      if (isLost(run, now)) Object.assign(run, { state: "failed", finishedAt: new Date(now) })
    })

  const retryFailed: BackfillStore["Service"]["retryFailed"] = Effect.fn("BackfillStore.retryFailed")(function*(id, gone = []) {
    const { now, run } = yield* find(id)
    const { backfill } = run
    const cancelling = run.state === "running" && run.cancelRequested
    const isThere = ({ leftAt, worker }: Backfill["members"][number]) =>
      leftAt === null && isAlive(worker, now) && !gone.includes(worker.id)
    const lost = run.state === "running" && !run.members.some(isThere)
    if (cancelling && !lost) return yield* noBackfill(id, "stopping")
    if (run.state === "running" && backfill.paused && !cancelling) return yield* noBackfill(id, "paused")
    const { failed, leaves, retried, skipped } = retryOf(backfill.changes)
    if (failed + skipped === 0) return yield* noBackfill(id, "nothing to retry")
    const goesOn = run.state === "running" && !cancelling && !lost
    const isAll = goesOn ? backfill.retryOf === null : !leaves && backfill.later.length === 0
    const settled = backfill.changes.filter(({ kind }) => !retriedKinds.includes(kind))
    backfill.changes = isAll ? settled : [...settled, ...retried]
    backfill.round++
    if (!goesOn) {
      const again = before({ ...backfill, state: run.state, cancelling })
      reopen(run)
      Object.assign(backfill, { retryOf: isAll ? null : again.state, stoppedBefore: isAll ? null : again.stopReason })
    }
    return { failed, skipped }
  })

  const take: BackfillStore["Service"]["take"] = Effect.fn("BackfillStore.take")(function*(id, worker, since, choose) {
    const { now, run } = yield* find(id)
    const { backfill } = run
    backfill.lots = [...liveLots(run, now)]
    const chosen = choose(lookAt(run, since, now))
    if (!isMember(run, worker)) return []
    const taken = chosen.map((set): Lot => ({ ...set, number: ++lastLot, worker }))
    backfill.lots.push(...taken)
    return taken
  })

  const extend: BackfillStore["Service"]["extend"] = (id, before, planned, later) =>
    change(id, false, (run) => {
      if (!sameLater(run.backfill.later, before)) return false
      run.backfill.later = later
      record(run, "planned", planned)
      return true
    })

  const finish: BackfillStore["Service"]["finish"] = (id, worker, ended, round) =>
    change(id, false, (run, now) => {
      if (!executes(run, worker)) return false
      const others = run.members.some((member) =>
        member.leftAt === null && member.worker.id !== worker && isAlive(member.worker, now))
      if (round === undefined ? others : run.backfill.round !== round) return false
      const again = round === undefined ? null : run.backfill.retryOf
      Object.assign(run, { state: again ?? ended, finishedAt: new Date(now) })
      if (again !== null) run.backfill.stopReason = run.backfill.stoppedBefore
      run.backfill.lots = []
      return true
    })

  // By the keys, as in Postgres, where no index leads from an asset to its last steps.
  const timings: BackfillStore["Service"]["timings"] = (assets) =>
    Effect.sync(() =>
      new Map(assets.flatMap((asset) => {
        const partitions = [...state.cells.get(asset)?.keys() ?? []].sort().reverse()
        const times = partitions.flatMap((partition): ReadonlyArray<number> => {
          const run = state.cells.get(asset)?.get(partition)?.stored?.materializedBy
          const step = run === undefined ? undefined : state.runs[run - 1]?.steps.get(cellName({ asset, partition }))
          return step?.state === "materialized" ? [step.finishedAt.getTime() - step.startedAt.getTime()] : []
        }).slice(0, timedCells)
        const millis = times.reduce((sum, time) => sum + time, 0) / times.length
        return times.length === 0 ? [] : [[asset, { millis, steps: times.length }] as const]
      }))
    )

  return {
    create,
    join,
    leave,
    pause: (id) => setPaused(id, true),
    unpause: (id) => setPaused(id, false),
    stop,
    retryFailed,
    look: (id, since) => Effect.map(find(id), ({ now, run }) => lookAt(run, since, now)),
    take,
    endLots: (id, worker, lots, unchanged) =>
      change(id, undefined, (run) => {
        record(run, "unchanged", unchanged)
        run.backfill.lots = run.backfill.lots.filter((lot) => lot.worker !== worker || !lots.includes(lot.number))
      }),
    extend,
    finish,
    report: (id, worker, running) =>
      change(id, undefined, (run) => {
        const member = run.members.find((member) => member.leftAt === null && member.worker.id === worker)
        if (member !== undefined) member.running = running
      }),
    backfills: ({ limit }) =>
      Effect.map(Clock.currentTimeMillis, (now) =>
        state.runs.filter((run) => run !== undefined).filter(isBackfill).toReversed().slice(0, limit).map((run) => summaryOf(run, now))),
    backfill: (id) => Effect.map(find(id), ({ now, run }) => summaryOf(run, now)),
    counts: (id) => change(id, [], (run) => [...countsOf(run.backfill.changes)]),
    timings
  }
}
