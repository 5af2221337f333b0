/** The sensors that a daemon observes: those that no other one does. What they ask for is recorded with how far they have seen. */
import { Duration, Effect, FiberMap, Schedule, type Schema, type Scope, Stream } from "effect"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import type { BackfillStore } from "../record/BackfillStore.ts"
import type { RunStore, RunStoreError } from "../record/RunStore.ts"
import { type Hold, type Recorded, type Request, SensorStore } from "../record/SensorStore.ts"
import type { TickStore } from "../record/TickStore.ts"
import type * as Lease from "../run/Lease.ts"
import type { ObservationFailed, Reported, Sensor } from "../sensor/Sensor.ts"
import * as Ask from "./Ask.ts"
import * as Executing from "./Executing.ts"
import type { Looked, Watcher } from "./Observation.ts"
import type * as Runs from "./Runs.ts"

type Services<R> = R | RunStore | BackfillStore | TickStore | SensorStore

export interface Sensing<R> {
  readonly graph: AssetGraph<R>
  readonly sensors: ReadonlyArray<Sensor<R | SensorStore>>
  readonly lease: Lease.Lease
  readonly runs: Runs.Runs<Executing.ExecutionError, Services<R>>
  readonly watcher: Watcher
  readonly looked: Looked
}

/** How often it looks for sensors to take, for those that were stopped or set, and for runs whose daemon is gone. */
const lookMillis = 2000

/** A sensor that failed is tried again after a second, then two, four, up to this. */
const mostPatience = Duration.minutes(5)

const patience = (failures: number): Duration.Duration =>
  Duration.min(Duration.seconds(2 ** Math.min(failures, 10)), mostPatience)

/** Observes until it is interrupted. */
export const serve = Effect.fnUntraced(function*<R>(sensing: Sensing<R>): Effect.fn.Return<void, never, Services<R> | Scope.Scope> {
  const { lease, looked, sensors } = sensing
  if (sensors.length === 0) return yield* Effect.never
  const store = yield* SensorStore
  const names = sensors.map(({ name }) => name)
  const byName = new Map(sensors.map((sensor) => [sensor.name, sensor]))
  const fibers = yield* FiberMap.make<string, void>()
  const epochs = new Map<string, number>()
  const adopting = adoption(sensing, names)
  const look = Effect.gen(function*() {
    const holds = new Map((yield* store.hold(names, lease.worker)).map((hold) => [hold.name, hold]))
    for (const name of epochs.keys()) {
      if (holds.has(name)) continue
      epochs.delete(name)
      yield* FiberMap.remove(fibers, name)
    }
    for (const hold of holds.values()) {
      if (epochs.get(hold.name) === hold.epoch) continue
      epochs.set(hold.name, hold.epoch)
      yield* FiberMap.run(fibers, hold.name, observing(sensing, byName.get(hold.name)!, hold))
    }
    yield* adopting
  })
  const announced = store.announce(names).pipe(Effect.retry(Schedule.spaced(lookMillis)))
  // What keeps the daemon from its database is told by its other half.
  const again = Effect.flatMap(Effect.ignore(look), () => {
    looked("sensors", lookMillis)
    return Effect.sleep(lookMillis)
  })
  return yield* Effect.andThen(Effect.ignore(announced), Effect.forever(again))
})

/** Observes a sensor for as long as this worker holds it. */
const observing = Effect.fnUntraced(function*<R>(sensing: Sensing<R>, sensor: Sensor<R | SensorStore>, hold: Hold) {
  const { graph, lease, watcher } = sensing
  const { name } = sensor
  const store = yield* SensorStore
  let cursor: Schema.Json = hold.cursor
  let failures = hold.failures
  let open: ReadonlyArray<number> = []
  watcher({ _tag: "Observes", sensor: name })
  if (failures > 0) yield* Effect.sleep(patience(failures))

  const room = Effect.gen(function*() {
    for (;;) {
      open = open.filter(sensing.runs.has)
      if (open.length < sensor.openRuns) return
      yield* Effect.sleep(500)
    }
  })
  /** Gives false when another has the sensor. */
  const record = Effect.fnUntraced(function*({ asked, cursor: next }: Reported) {
    // A look that shows nothing new costs no transaction.
    if (asked.length === 0 && failures === 0 && JSON.stringify(next) === JSON.stringify(cursor)) return true
    yield* room
    const requests = asked.map((one) => Ask.ofSensor(graph, sensor, one))
    // Once more where the answer was lost: a key that is there already stays as it is.
    const recorded = yield* patiently(store.record(hold, lease.worker, { cursor: next, requests }))
    if (recorded === undefined) return false
    cursor = next
    failures = 0
    open = [...open, ...recorded.flatMap(({ run }) => run ?? [])]
    yield* Effect.forEach(recorded, (one) => carryOut(sensing, name, one, requests), { discard: true })
    return true
  })
  const fail = Effect.fnUntraced(function*(error: ObservationFailed | RunStoreError) {
    watcher({ _tag: "SensorFailed", sensor: name, message: error.message, againMillis: Duration.toMillis(patience(failures)) })
    yield* Effect.ignore(store.failed(hold, lease.worker, error.message))
    yield* Effect.sleep(patience(failures))
    failures++
  })
  const observed = Effect.suspend(() => Stream.runForEachWhile(sensor.observe(cursor), record))
  // Where there is no room, what would be observed now is old when there is.
  const once = Effect.andThen(room, observed).pipe(
    // A defect of the user's code is a failure of the sensor, and not of the daemon.
    Effect.catchDefect((defect) => Effect.fail({ message: defect instanceof Error ? defect.message : String(defect) } as ObservationFailed)),
    Effect.matchEffect({ onFailure: fail, onSuccess: () => Effect.sleep(sensor.everyMillis) })
  )
  yield* Effect.forever(once)
})

/** A database that is away for a moment comes back; what was observed is kept meanwhile. */
const patiently = <A, R>(effect: Effect.Effect<A, RunStoreError, R>) =>
  Effect.retry(effect, { while: ({ transient }) => transient, schedule: Schedule.spaced("1 second") })

const carryOut = <R>(sensing: Sensing<R>, sensor: string, { key, run }: Recorded, requests: ReadonlyArray<Request>) =>
  Effect.suspend(() => {
    if (run !== undefined) {
      sensing.watcher({ _tag: "Requested", sensor, key, run })
      return execute(sensing, sensor, run)
    }
    const request = requests.find((one) => one.key === key)
    sensing.watcher({ _tag: "Requested", sensor, key, reason: request !== undefined && "reason" in request ? request.reason : "" })
    return Effect.void
  })

const execute = <R>(sensing: Sensing<R>, sensor: string, run: number) => {
  const { graph, lease, runs } = sensing
  // The look for open runs may have found it first.
  if (runs.has(run)) return Effect.void
  return runs.add({
    by: { sensor },
    run,
    execute: (observer) => Executing.begin(graph, run, lease, observer),
    failed: (error) => noteFailure(sensing, sensor, run, error)
  })
}

/**
 * Goes on with the runs of daemons that are gone, of which the first daemon to take one has it; and with those of this one
 * that two looks in a row find and that it does not execute, because the answer to their request was lost.
 */
const adoption = <R>(sensing: Sensing<R>, names: ReadonlyArray<string>) => {
  const { graph, lease, runs, watcher } = sensing
  const refused = new Set<number>()
  let unknown: ReadonlySet<number> = new Set()
  return Effect.gen(function*() {
    const store = yield* SensorStore
    const open = (yield* store.open(names, lease.worker)).filter(({ run }) => !refused.has(run) && !runs.has(run))
    const before = unknown
    unknown = new Set(open.flatMap(({ own, run }) => own ? [run] : []))
    for (const { own, run, sensor } of open) {
      if (own) {
        if (before.has(run)) yield* execute(sensing, sensor, run)
        continue
      }
      yield* runs.add({
        by: { sensor },
        run,
        execute: (observer) =>
          Executing.resume(graph, run, (observation) => {
            if (observation._tag === "RunStarted") watcher({ _tag: "Adopted", sensor, run })
            observer(observation)
          }),
        failed: (error) =>
          Effect.suspend(() => {
            // What this deployment cannot execute now it cannot execute later; a database that is away comes back.
            if (error._tag !== "RunStoreError" && error._tag !== "RunUnavailable") refused.add(run)
            return noteFailure(sensing, sensor, run, error)
          })
      })
    }
  })
}

/** A run that another process has taken over is no failure. */
const noteFailure = <R>({ watcher }: Sensing<R>, sensor: string, run: number, error: Executing.ExecutionError) =>
  Effect.gen(function*() {
    if (error._tag === "RunUnavailable") return
    watcher({ _tag: "Broken", sensor, run, message: error.message })
    if (error._tag !== "RunStoreError") yield* Effect.ignore((yield* SensorStore).failRun(run, error.message))
  })
