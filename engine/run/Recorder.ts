/** Gathers attempts, events and ended steps, and writes them in batches beside the work. */
import { Effect, type Scope } from "effect"
import type { Event } from "./Event.ts"
import { RunStore, type RunStoreError, type StepEnd } from "./RunStore.ts"
import type { Attempt } from "./Step.ts"

export interface Recorder {
  readonly attempt: (attempt: Attempt) => void
  readonly event: (event: Event) => void
  readonly end: (step: StepEnd) => void
  readonly flush: Effect.Effect<void, RunStoreError>
}

/** What is gathered is written this often, and when the scope ends. */
const flushEvery = "100 millis"

export const make = (run: number, worker: string): Effect.Effect<Recorder, never, RunStore | Scope.Scope> =>
  Effect.gen(function*() {
    const store = yield* RunStore
    let attempts: Array<Attempt> = []
    let events: Array<Event> = []
    let ends: Array<StepEnd> = []
    const flush = Effect.suspend(() => {
      const batch = { attempts, events, ends }
      attempts = []
      events = []
      ends = []
      return Effect.all([
        batch.attempts.length === 0 ? Effect.void : store.recordAttempts(run, batch.attempts),
        batch.ends.length === 0 ? Effect.void : store.endSteps(run, worker, batch.ends),
        batch.events.length === 0 ? Effect.void : store.recordEvents(run, batch.events)
      ], { discard: true })
    })
    yield* Effect.addFinalizer(() => Effect.ignore(flush))
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(flushEvery), Effect.orDie(flush))))
    return {
      attempt: (attempt) => void attempts.push(attempt),
      event: (event) => void events.push(event),
      end: (step) => void ends.push(step),
      flush
    }
  })
