/** Workers, runs and their records in memory. */
import { Clock, Effect } from "effect"
import { unplanned } from "../../engine/record/BackfillStore.ts"
import * as Calls from "../../engine/record/Calls.ts"
import * as CheckSummary from "../../engine/record/CheckSummary.ts"
import type { RunSummary } from "../../engine/record/Run.ts"
import type { RunStore } from "../../engine/record/RunStore.ts"
import type { Step } from "../../engine/record/Step.ts"
import { noSuchRun, unavailable, unregistered } from "../Refusals.ts"
import { countsOf, end, executes, type Holder, isAlive, isLost, isMember, join, type RunRecord, type State } from "./State.ts"

const byEnd = (left: Step, right: Step): number => left.finishedAt.getTime() - right.finishedAt.getTime()

/** The worker that joined last. A run begins with one. */
const lastOf = (run: RunRecord): Holder => run.members.at(-1)!.worker

const summaryOf = (run: RunRecord, now: number): RunSummary => {
  const worker = lastOf(run)
  return {
    id: run.id,
    state: run.state,
    lost: isLost(run, now),
    cancelRequested: run.cancelRequested,
    request: run.request,
    worker: `${worker.host}:${worker.pid}`,
    workerId: worker.id,
    startedAt: run.startedAt,
    finishedAt: run.finishedAt,
    ...countsOf(run)
  }
}

export const make = (state: State) => {
  const recordOf = (run: number) => {
    const record = state.runs[run - 1]
    return record === undefined ? Effect.fail(noSuchRun(run)) : Effect.succeed(record)
  }

  const startWorker: RunStore["Service"]["startWorker"] = (worker) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const expiresAt = now + worker.leaseMillis
      const known = state.workers.get(worker.id)
      if (known === undefined) state.workers.set(worker.id, { ...worker, expiresAt, stopped: false })
      else Object.assign(known, worker, { expiresAt })
    })

  const heartbeat: RunStore["Service"]["heartbeat"] = (id) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const worker = state.workers.get(id)
      if (worker === undefined) return false
      const live = isAlive(worker, now)
      worker.expiresAt = now + worker.leaseMillis
      return live
    })

  const stopWorker: RunStore["Service"]["stopWorker"] = (id) =>
    Effect.sync(() => {
      const worker = state.workers.get(id)
      if (worker !== undefined) worker.stopped = true
      state.workers.delete(id)
    })

  const createRun: RunStore["Service"]["createRun"] = Effect.fn("RunStore.createRun")(function*(request, id) {
    const startedAt = new Date(yield* Clock.currentTimeMillis)
    const worker = state.workers.get(id)
    if (worker === undefined) return yield* unregistered(id)
    return state.runs.push({
      id: state.runs.length + 1,
      state: "running",
      cancelRequested: false,
      request,
      members: [{ worker, joinedAt: startedAt, leftAt: null, running: 0 }],
      backfill: request.backfill && {
        name: request.backfill.name, paused: false, round: 1, later: [unplanned], stopReason: null,
        retryOf: null, stoppedBefore: null, changes: [], lots: []
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
  })

  const resumeRun: RunStore["Service"]["resumeRun"] = Effect.fn("RunStore.resumeRun")(function*(run, id) {
    const now = yield* Clock.currentTimeMillis
    const record = state.runs[run - 1]
    const worker = state.workers.get(id)
    if (record === undefined) return yield* unavailable(run, "absent")
    if (record.state === "succeeded") return yield* unavailable(run, "succeeded")
    if (record.state === "running" && !isLost(record, now)) return yield* unavailable(run, "alive")
    if (worker === undefined) return yield* unregistered(id)
    Object.assign(record, { state: "running", cancelRequested: false, finishedAt: null, ended: undefined })
    for (const member of record.members) member.leftAt ??= new Date(now)
    join(record, worker, new Date(now))
    return record.request
  })

  const finishRun: RunStore["Service"]["finishRun"] = (run, worker, ended) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const record = state.runs[run - 1]
      if (record === undefined || !isMember(record, worker) || ![ended, "running"].includes(record.state)) return false
      end(state, record, ended, now)
      return true
    })

  const cancelRun: RunStore["Service"]["cancelRun"] = Effect.fn("RunStore.cancelRun")(function*(run) {
    const now = yield* Clock.currentTimeMillis
    const record = state.runs[run - 1]
    if (record === undefined) return yield* unavailable(run, "absent")
    if (record.state !== "running" && record.state !== "cancelled") return yield* unavailable(run, "ended")
    record.cancelRequested = true
    if (!isLost(record, now)) return
    const stopped = (record.backfill?.stopReason ?? null) !== null
    end(state, record, stopped ? "failed" : "cancelled", now)
  })

  const steps: RunStore["Service"]["steps"] = (run, options = {}) =>
    Effect.sync(() => {
      const all = [...state.runs[run - 1]?.steps.values() ?? []]
      const { limit = all.length, states } = options
      return all.filter((step) => states === undefined || states.includes(step.state)).sort(byEnd).slice(0, limit)
    })

  const materializations: RunStore["Service"]["materializations"] = ({ asset, partition }, { limit }) =>
    Effect.sync(() =>
      state.runs
        .flatMap((run) => [...run?.steps.values() ?? []].map((step) => ({ ...step, run: run!.id })))
        .filter((step) => step.asset === asset && step.partition === partition && step.state === "materialized")
        .sort((left, right) => byEnd(right, left) || right.run - left.run)
        .slice(0, limit)
    )

  return {
    startWorker,
    heartbeat,
    stopWorker,
    createRun,
    resumeRun,
    finishRun,
    cancelRun,
    steps,
    materializations,
    executes: (run, worker) =>
      Effect.sync(() => {
        const record = state.runs[run - 1]
        return record !== undefined && executes(record, worker)
      }),
    cancelRequested: (run) => Effect.sync(() => state.runs[run - 1]?.cancelRequested === true),
    runs: ({ limit }) =>
      Effect.map(Clock.currentTimeMillis, (now) =>
        state.runs.filter((run) => run !== undefined).toReversed().slice(0, limit).map((record) => summaryOf(record, now))),
    run: (run) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const record = state.runs[run - 1]
        return record === undefined ? Effect.fail(unavailable(run, "absent")) : Effect.succeed(summaryOf(record, now))
      }),
    recordAttempts: (run, attempts) => Effect.map(recordOf(run), (record) => void record.attempts.push(...attempts)),
    recordEvents: (run, events) => Effect.map(recordOf(run), (record) => void record.events.push(...events)),
    recordChecks: (run, results) =>
      run === null
        ? Effect.void
        : Effect.map(recordOf(run), (record) => void record.checks.push(...results)),
    recordCalls: (run, worker, calls) =>
      Effect.map(recordOf(run), (record) => {
        for (const one of calls) record.calls.set(JSON.stringify([worker, one.resource, one.route]), one)
      }),
    calls: (run) => Effect.sync(() => Calls.merge([...state.runs[run - 1]?.calls.values() ?? []])),
    attempts: (run) => Effect.sync(() => [...state.runs[run - 1]?.attempts ?? []]),
    checks: (run) => Effect.sync(() => [...state.runs[run - 1]?.checks ?? []]),
    checkSummaries: (run) => Effect.sync(() => CheckSummary.of(state.runs[run - 1]?.checks ?? [])),
    unchecked: (run, asset, check) =>
      Effect.sync(() => {
        const { checks = [], steps = new Map<string, Step>() } = state.runs[run - 1] ?? {}
        return [...steps.values()]
          .filter((step) => step.asset === asset && step.state === "materialized")
          .filter((step) => !checks.some((result) =>
            result.asset === asset && result.check === check && result.partition === step.partition && result.at >= step.finishedAt))
          .map((step) => step.partition)
      }),
    events: (run) => Effect.sync(() => [...state.runs[run - 1]?.events ?? []])
  } satisfies Partial<RunStore["Service"]>
}
