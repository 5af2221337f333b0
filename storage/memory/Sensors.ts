/** Sensors and what they have asked for in memory. Nothing waits here, so that each method is at once what a transaction is. */
import { Clock, Effect, Stream } from "effect"
import { sensorFailures } from "../../engine/record/Happening.ts"
import type { Recorded, RequestRecord, SensorStore } from "../../engine/record/SensorStore.ts"
import { unregistered } from "../Refusals.ts"
import * as Runs from "./Runs.ts"
import { executes, type HeldSensor, isAlive, isLost, note, type State } from "./State.ts"

const states = { Start: "started", Skip: "skipped", Fail: "failed" } as const
const well = { failures: 0, error: undefined, failedAt: undefined }

export const make = (state: State): SensorStore["Service"] => {
  const { createRun } = Runs.make(state)

  const known = Effect.fnUntraced(function*(name: string) {
    const sensor = state.sensors.get(name) ?? {
      running: true, since: yield* Clock.currentTimeMillis, cursor: null, observer: undefined, epoch: 0, failing: false, ...well, requests: new Map()
    }
    state.sensors.set(name, sensor)
    return sensor
  })

  const heldBy = (name: string, epoch: number, worker: string): HeldSensor | undefined => {
    const sensor = state.sensors.get(name)
    const observer = sensor?.observer
    return observer?.id === worker && !observer.stopped && sensor?.epoch === epoch && sensor.running ? sensor : undefined
  }

  const record: SensorStore["Service"]["record"] = Effect.fn("SensorStore.record")(function*({ epoch, name }, worker, { cursor, requests }) {
    const at = yield* Clock.currentTimeMillis
    const sensor = heldBy(name, epoch, worker)
    if (sensor === undefined) return undefined
    if (!state.workers.has(worker)) return yield* unregistered(worker)
    const recorded: Array<Recorded> = []
    for (const request of new Map(requests.map((request) => [request.key, request])).values()) {
      const { key } = request
      const before = sensor.requests.get(key)
      if (before !== undefined && (before.state !== "failed" || before.run !== undefined)) continue
      const run = request._tag === "Start" ? yield* createRun(request.request, worker) : undefined
      sensor.requests.set(key, { state: states[request._tag], at, run, reason: "reason" in request ? request.reason : undefined })
      recorded.push({ key, run })
    }
    if (sensor.failing) note(state, { state: "sensor works", at: new Date(at), name })
    Object.assign(sensor, { cursor, failing: false, ...well })
    return recorded
  })

  const recordOf = (sensor: string, key: string, now: number): RequestRecord => {
    const { at, reason = null, run = null, state: request } = state.sensors.get(sensor)!.requests.get(key)!
    const record = run === null ? undefined : state.runs[run - 1]
    const runState = record === undefined ? null : isLost(record, now) ? "lost" : record.state
    return { sensor, key, state: request, at: new Date(at), run, runState, reason }
  }

  return {
    announce: (names) => Effect.forEach(names, known, { discard: true }),
    setRunning: Effect.fnUntraced(function*(name, running) {
      const sensor = yield* known(name)
      if (sensor.running === running) return
      const since = yield* Clock.currentTimeMillis
      Object.assign(sensor, { running, since, observer: undefined, epoch: sensor.epoch + 1, ...well })
    }),
    setCursor: Effect.fnUntraced(function*(name, cursor) {
      const sensor = yield* known(name)
      Object.assign(sensor, { cursor, epoch: sensor.epoch + 1, ...well })
    }),
    hold: (names, worker) =>
      Effect.map(Clock.currentTimeMillis, (now) =>
        names.flatMap((name) => {
          const sensor = state.sensors.get(name)
          const holder = state.workers.get(worker)
          if (sensor === undefined || !sensor.running || holder === undefined || holder.stopped) return []
          if (sensor.observer === undefined || !isAlive(sensor.observer, now)) {
            sensor.observer = holder
            sensor.epoch++
          }
          return sensor.observer === holder ? [{ name, epoch: sensor.epoch, cursor: sensor.cursor, failures: sensor.failures }] : []
        })),
    record,
    failed: ({ epoch, name }, worker, error) =>
      Effect.map(Clock.currentTimeMillis, (failedAt) => {
        const sensor = heldBy(name, epoch, worker)
        if (sensor === undefined) return
        Object.assign(sensor, { failures: sensor.failures + 1, error, failedAt })
        if (sensor.failures < sensorFailures) return
        sensor.failing = true
        note(state, { state: "sensor failed", at: new Date(failedAt), name, reason: error })
      }),
    sensors: Effect.map(Clock.currentTimeMillis, (now) =>
      [...state.sensors].map(([name, { cursor, error = null, failedAt, failures, observer, running, since }]) => ({
        name,
        running,
        since: new Date(since),
        cursor,
        failures,
        error,
        failedAt: failedAt === undefined ? null : new Date(failedAt),
        observer: observer !== undefined && isAlive(observer, now) ? `${observer.host}:${observer.pid}` : null
      })).sort((left, right) => left.name < right.name ? -1 : 1)),
    open: (names, worker) =>
      Effect.map(Clock.currentTimeMillis, (now) =>
        names.flatMap((sensor) =>
          [...state.sensors.get(sensor)?.requests.values() ?? []].flatMap(({ run }) => {
            const record = run === undefined ? undefined : state.runs[run - 1]
            if (record === undefined || record.cancelRequested) return []
            const own = executes(record, worker)
            return own || isLost(record, now) ? [{ sensor, run: record.id, own }] : []
          })
        )),
    failRun: (run, reason) =>
      Effect.sync(() => {
        for (const { requests } of state.sensors.values()) {
          for (const request of requests.values()) if (request.run === run) Object.assign(request, { state: "failed", reason })
        }
      }),
    requests: (sensor, { limit }) =>
      Effect.map(Clock.currentTimeMillis, (now) =>
        [...state.sensors.get(sensor)?.requests.keys() ?? []].reverse().slice(0, limit).map((key) => recordOf(sensor, key, now))),
    ended: ({ pipelines, since, states }) =>
      Effect.map(Clock.currentTimeMillis, (now) => ({
        cursor: String(now),
        runs: since === null ? [] : state.runs.flatMap((record) => {
          // Records of old runs may have been removed.
          if (record === undefined) return []
          const { finishedAt, id, request, state: run } = record
          return run !== "running" && finishedAt !== null && finishedAt.getTime() >= Number(since) &&
            states.includes(run) && pipelines.includes(request.selection)
            ? [{ id, pipeline: request.selection, partitions: request.partitions, state: run, finishedAt }]
            : []
        })
      })),
    // Whoever observes looks now and then.
    ends: Stream.never
  }
}
