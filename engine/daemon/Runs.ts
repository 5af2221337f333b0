/** The runs that a daemon executes: a bounded number at once, and at its end their running steps are finished. */
import { Cause, Deferred, Effect, FiberSet, Option, Semaphore } from "effect"
import { RunStore } from "../record/RunStore.ts"
import { cellName } from "../record/Step.ts"
import * as Freed from "../run/Freed.ts"
import type { Observation as RunObservation, Observer } from "../run/Observer.ts"
import { Starting } from "../run/Starting.ts"
import * as Work from "../run/Work.ts"
import type { Report } from "./Executing.ts"
import type { By, Watcher } from "./Observation.ts"

export interface Execution<E, R> {
  readonly by: By
  readonly run: number
  readonly execute: (observer: Observer) => Effect.Effect<Report, E, R>
  /** It could not be executed at all. */
  readonly failed: (error: E) => Effect.Effect<void, never, R>
}

export interface Runs<E, R> {
  /** Executes a run beside all others, once there is a place for it. */
  readonly add: (execution: Execution<E, R>) => Effect.Effect<void, never, R>
  /** Whether the run is executed here, or waits to be. */
  readonly has: (run: number) => boolean
  /** No step starts any more. Waits until the running ones have ended, up to a time; gives the runs that are left to others. */
  readonly stop: (graceMillis: number) => Effect.Effect<ReadonlyArray<number>>
}

/** Runs that have nothing left but to say so get this long. */
const endsWithin = "1 second"

export const make = Effect.fnUntraced(function*<E, R>(options: {
  readonly most: number
  readonly watcher: Watcher
  /** A run has ended, however. */
  readonly ended: () => void
}) {
  const fibers = yield* FiberSet.make<void>()
  const places = yield* Semaphore.make(options.most)
  const idle = yield* Deferred.make<void>()
  const streams = yield* Work.makeStreams
  const { freed, store } = Freed.make(yield* RunStore)
  const open = new Set<number>()
  const running = new Set<string>()
  let stopping = false

  const observerOf = (run: number): Observer => (observation) => {
    const step = stepOf(run, observation)
    if (step === undefined) return
    if (observation._tag === "StepStarted") running.add(step)
    else running.delete(step)
    if (stopping && running.size === 0) Deferred.doneUnsafe(idle, Effect.void)
  }

  const starting = Effect.suspend(() => stopping ? Effect.never : Effect.void)

  const add = ({ by, execute, failed, run }: Execution<E, R>) =>
    Effect.suspend(() => {
      open.add(run)
      return Effect.suspend(() => execute(observerOf(run))).pipe(
        Effect.provideService(Starting, starting),
        Effect.provideService(Work.Streams, streams),
        Effect.provideService(RunStore, store),
        Effect.provideService(Freed.Freed, freed),
        Effect.map(({ millis, state }) => {
          open.delete(run)
          options.watcher({ _tag: "Ended", ...by, run, state, millis })
        }),
        Effect.catchCause((cause) => {
          // It stays among the open ones: they are told as left.
          if (Cause.hasInterruptsOnly(cause)) return Effect.void
          open.delete(run)
          const error = Cause.findErrorOption(cause)
          return Option.isSome(error)
            ? failed(error.value)
            : Effect.sync(() => options.watcher({ _tag: "Broken", ...by, run, message: Cause.pretty(cause) }))
        }),
        places.withPermits(1),
        Effect.ensuring(Effect.sync(options.ended)),
        FiberSet.run(fibers),
        Effect.asVoid
      )
    })

  const stop = (graceMillis: number) =>
    Effect.gen(function*() {
      stopping = true
      options.watcher({ _tag: "Stopping", runs: open.size, steps: running.size })
      if (running.size > 0) yield* Effect.timeoutOption(Deferred.await(idle), graceMillis)
      yield* Effect.timeoutOption(FiberSet.awaitEmpty(fibers), running.size > 0 || open.size === 0 ? 0 : endsWithin)
      yield* FiberSet.clear(fibers)
      return [...open].sort((left, right) => left - right)
    })

  const runs: Runs<E, R> = { add, has: (run) => open.has(run), stop }
  return runs
})

const stepOf = (run: number, observation: RunObservation): string | undefined => {
  switch (observation._tag) {
    case "StepStarted":
    case "StepMaterialized":
    case "StepUnchanged":
    case "StepFailed":
    case "StepSkipped":
      return `${run} ${cellName(observation.cell)}`
    default:
      return undefined
  }
}
