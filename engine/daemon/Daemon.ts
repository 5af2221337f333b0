/**
 * The daemon: starts the runs that schedules, sensors and automation ask for and executes them, beside any number of others on the same
 * database. It sleeps until the next tick by the database's clock; the clock of the machine is never asked.
 */
import { Effect, Queue, type Scope } from "effect"
import * as Evaluation from "../automation/Evaluation.ts"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import type { AutomationStore } from "../record/AutomationStore.ts"
import type { BackfillStore } from "../record/BackfillStore.ts"
import type { Hook } from "../hook/Hook.ts"
import type { HookStore } from "../record/HookStore.ts"
import type { RetentionStore } from "../record/RetentionStore.ts"
import { RunStore, type RunStoreError } from "../record/RunStore.ts"
import type { SensorStore } from "../record/SensorStore.ts"
import { type Decided, TickStore } from "../record/TickStore.ts"
import * as Lease from "../run/Lease.ts"
import type { Observer } from "../run/Observer.ts"
import type { Moment } from "../schedule/Cron.ts"
import type { Schedule } from "../schedule/Schedule.ts"
import type { Sensor } from "../sensor/Sensor.ts"
import * as Ask from "./Ask.ts"
import * as Automations from "./Automations.ts"
import { type Asking, choose } from "./Choice.ts"
import * as Executing from "./Executing.ts"
import * as Forgetting from "./Forgetting.ts"
import * as Hooks from "./Hooks.ts"
import { monotonicMillis } from "./Monotonic.ts"
import type { Looked, Watcher } from "./Observation.ts"
import * as Runs from "./Runs.ts"
import * as Sensing from "./Sensing.ts"

export type { Observation } from "./Observation.ts"

export interface Options<in out R = never> {
  /** What it observes beside its schedules. */
  readonly sensors?: ReadonlyArray<Sensor<R>>
  /** Whether it evaluates what assets ask for by themselves. Default true. */
  readonly automation?: boolean
  /** Whom it tells of the ends of runs, of all that there are. */
  readonly hooks?: ReadonlyArray<Hook<R>>
  /** What is forgotten when it is old. Default: nothing. */
  readonly retention?: Forgetting.Kept | undefined
  /** Completes when the daemon shall end. */
  readonly stop: Effect.Effect<void>
  /** How long running steps may take to end then, in milliseconds. Default 30 s. */
  readonly graceMillis?: number
  /** Runs that this process executes at once; others wait. Default 4. */
  readonly runs?: number
  readonly watcher?: Watcher
  readonly looked?: Looked
}

/** How often it looks, at the least: for schedules that were started or stopped, and for runs whose daemon is gone. */
const lookMillis = 2000

/** A database that cannot be asked is asked again after this time. */
const againMillis = 1000

/** What it records in, and reads. */
export type Stores = RunStore | BackfillStore | TickStore | AutomationStore | SensorStore | HookStore | RetentionStore

/** Runs until `stop` completes; gives the runs that it leaves to others, which go on with them or to which they are lost. */
export const run = <R>(
  graph: AssetGraph<R>,
  schedules: ReadonlyArray<Schedule>,
  options: Options<R | SensorStore>
): Effect.Effect<ReadonlyArray<number>, RunStoreError, R | Stores> =>
  Effect.scoped(Effect.gen(function*() {
    const store = yield* TickStore
    const watcher = options.watcher ?? (() => {})
    const lease = yield* Lease.acquire
    const awake = yield* Queue.sliding<void>(1)
    const runs = yield* Runs.make<Executing.ExecutionError, R | RunStore | BackfillStore | TickStore | AutomationStore | SensorStore>({
      most: options.runs ?? 4,
      watcher,
      ended: () => void Queue.offerUnsafe(awake, undefined)
    })
    yield* store.announce(schedules)
    const { automation = true, hooks = [], looked = () => {}, sensors = [] } = options
    const told = yield* Hooks.make({ graph, hooks, lease, watcher, looked })
    watcher({ _tag: "Up", schedules: schedules.length, sensors: sensors.length, automations: automation ? Evaluation.automated(graph).length : 0, hooks: hooks.length })
    const serving = { graph, schedules, sensors, lease, runs, watcher, looked, awake }
    yield* Effect.raceAllFirst([serve(serving), automation ? Automations.serve(serving) : Effect.never, Sensing.serve(serving), told.serve, Forgetting.serve(options.retention, watcher), options.stop])
    const left = yield* runs.stop(options.graceMillis ?? 30_000)
    yield* told.finish
    watcher({ _tag: "Stopped", left })
    return left
  })).pipe(Effect.withSpan("Daemon.run"))

interface Serving<R> {
  readonly graph: AssetGraph<R>
  readonly schedules: ReadonlyArray<Schedule>
  readonly lease: Lease.Lease
  readonly runs: Runs.Runs<Executing.ExecutionError, R | RunStore | BackfillStore | TickStore | AutomationStore | SensorStore>
  readonly watcher: Watcher
  readonly looked: Looked
  readonly awake: Queue.Queue<void>
}

/**
 * When a schedule that stands so has something to decide next. To find it out anew at each look took three quarters of
 * what an idle daemon did: 11 ms of a second with 200 schedules, 2.5 with this.
 */
type Known = Map<string, { readonly standing: string; readonly next: number }>

const serve = <R>(serving: Serving<R>): Effect.Effect<never, never, R | RunStore | BackfillStore | TickStore | AutomationStore | SensorStore | Scope.Scope> => {
  const { awake, looked, watcher } = serving
  const known: Known = new Map()
  const refused = new Set<number>()
  let lookedAt = Number.NEGATIVE_INFINITY
  let inTrouble = false
  const look = Effect.gen(function*() {
    const began = yield* monotonicMillis
    if (began - lookedAt >= lookMillis) {
      yield* adopt(serving, refused)
      lookedAt = began
    }
    const millis = yield* decide(serving, known)
    if (inTrouble) watcher({ _tag: "Recovered" })
    inTrouble = false
    return millis
  }).pipe(Effect.catch((error) =>
    Effect.sync(() => {
      if (!inTrouble) watcher({ _tag: "Trouble", message: error.message })
      inTrouble = true
      return againMillis
    })
  ))
  return Effect.forever(Effect.flatMap(look, (millis) => {
    looked("schedules", millis)
    return Effect.raceFirst(Queue.take(awake), Effect.sleep(millis))
  }))
}

/** Decides upon all ticks that are due; gives for how long there is nothing to decide, in milliseconds. */
const decide = Effect.fnUntraced(function*<R>(serving: Serving<R>, known: Known) {
  const { graph, lease, schedules } = serving
  const store = yield* TickStore
  const asked = yield* monotonicMillis
  const { now, standings } = yield* store.standings(schedules.map(({ name }) => name))
  const ready: Array<{ readonly schedule: Schedule; readonly ask: Asking; readonly due: number }> = []
  let next = now + lookMillis
  for (const schedule of schedules) {
    const ask = (moment: Moment) => Ask.decisionOf(graph, schedule, moment)
    const standing = standings.get(schedule.name)
    if (standing === undefined) continue
    const before = known.get(schedule.name)
    const as = JSON.stringify({ ...standing, now: 0 })
    if (before !== undefined && before.standing === as && now < before.next) {
      next = Math.min(next, before.next)
      continue
    }
    const choice = choose(schedule, standing, ask)
    const [first] = choice.decisions
    if (first === undefined) known.set(schedule.name, { standing: as, next: choice.next })
    else ready.push({ schedule, ask, due: first.due })
    next = Math.min(next, choice.next)
  }
  // What is due longest comes first: where a machine cannot keep up, the last of the list would never have their turn.
  for (const { ask, schedule } of ready.sort((a, b) => a.due - b.due)) {
    // Once more, while nobody else decides: another daemon may have been first.
    const decided = yield* store.decide(schedule.name, lease.worker, (standing) => choose(schedule, standing, ask).decisions)
    yield* Effect.forEach(decided, (one) => carryOut(serving, schedule.name, one, now), { discard: true })
  }
  // Counted from before the question: rather a little early, which is asked once more, than late.
  return Math.max(0, Math.ceil(next - now - ((yield* monotonicMillis) - asked)))
})

const carryOut = <R>(serving: Serving<R>, schedule: string, { decision, run }: Decided, now: number) => {
  const { graph, lease, runs, watcher } = serving
  const { due } = decision
  if (decision._tag === "Wait") return Effect.sync(() => watcher({ _tag: "Waits", schedule, due }))
  if (decision._tag !== "Start" || run === undefined) {
    const reason = "reason" in decision ? decision.reason : ""
    return Effect.sync(() => watcher({ _tag: decision._tag === "Skip" ? "Skipped" : "Failed", schedule, due, reason }))
  }
  watcher({ _tag: "Started", schedule, due, run, lagMillis: now - due })
  return runs.add({
    by: { schedule },
    run,
    execute: (observer) => Executing.begin(graph, run, lease, observer),
    failed: (error) => noteFailure(serving, schedule, run, error)
  })
}

/**
 * Goes on with the runs of daemons that are gone, of which the first daemon to take one has it; and with those of this one
 * that it does not know of, because the answer to their tick was lost.
 */
const adopt = Effect.fnUntraced(function*<R>(serving: Serving<R>, refused: Set<number>) {
  const { graph, lease, runs, schedules, watcher } = serving
  const store = yield* TickStore
  for (const { own, run, schedule } of yield* store.open(schedules.map(({ name }) => name), lease.worker)) {
    if (refused.has(run) || runs.has(run)) continue
    yield* runs.add({
      by: { schedule },
      run,
      execute: (observer) => {
        const adopting: Observer = (observation) => {
          if (observation._tag === "RunStarted") watcher({ _tag: "Adopted", schedule, run })
          observer(observation)
        }
        return own ? Executing.begin(graph, run, lease, adopting) : Executing.resume(graph, run, adopting)
      },
      failed: (error) =>
        Effect.suspend(() => {
          // What this deployment cannot execute now it cannot execute later; a database that is away comes back.
          if (error._tag !== "RunStoreError" && error._tag !== "RunUnavailable") refused.add(run)
          return noteFailure(serving, schedule, run, error)
        })
    })
  }
})

/** A run that another process has taken over is no failure. */
const noteFailure = <R>({ watcher }: Serving<R>, schedule: string, run: number, error: Executing.ExecutionError) =>
  Effect.gen(function*() {
    if (error._tag === "RunUnavailable") return
    watcher({ _tag: "Broken", schedule, run, message: error.message })
    if (error._tag !== "RunStoreError") yield* Effect.ignore((yield* TickStore).fail(run, error.message))
  })
