/** Gathers attempts, events, ended steps and calls, and writes them in batches beside the work. */
import { Effect, type Scope, Semaphore } from "effect"
import type { Call } from "../definition/Usage.ts"
import * as Calls from "../record/Calls.ts"
import type { Event } from "../record/Event.ts"
import { patiently } from "./Patience.ts"
import type { Gather } from "../record/CellSets.ts"
import { RunStore, type RunStoreError, type StepEnd } from "../record/RunStore.ts"
import type { Attempt } from "../record/Step.ts"

export interface Recorder {
  readonly attempt: (attempt: Attempt) => void
  readonly event: (event: Event) => void
  readonly end: (step: StepEnd) => void
  /** Calls are kept as sums, and written less often than the rest. */
  readonly call: (call: Call) => void
  /** Writes what is gathered; when it has returned, everything noted before is in the store. */
  readonly flush: Effect.Effect<void, RunStoreError>
}

/** What is gathered is written this often, and when the scope ends. */
const flushEvery = "100 millis"

/** Sums of calls are written at every so many-th of these, and with each flush. */
const callsEvery = 10

export const make = (run: number, worker: string, gather: Gather): Effect.Effect<Recorder, never, RunStore | Scope.Scope> =>
  Effect.gen(function*() {
    const store = yield* RunStore
    const attempts: Array<Attempt> = []
    const events: Array<Event> = []
    const ends: Array<StepEnd> = []
    const calls = Calls.counter()
    // Sums that could not be written are written again, unless newer ones of the same route took their place.
    let unwritten: ReadonlyArray<Calls.Calls> = []
    let turn = 0
    const writeCalls = Effect.suspend(() => {
      const changed = calls.changed()
      const isNewer = (sums: Calls.Calls) => changed.some(({ resource, route }) => resource === sums.resource && route === sums.route)
      unwritten = [...unwritten.filter((sums) => !isNewer(sums)), ...changed]
      if (unwritten.length === 0) return Effect.void
      return Effect.tap(store.recordCalls(run, worker, unwritten), () => Effect.sync(() => void (unwritten = [])))
    })
    // One at a time: else a flush could return while another still writes what was noted before it.
    const lock = Semaphore.makeUnsafe(1)
    const all = Effect.gen(function*() {
      yield* write(attempts, (batch) => store.recordAttempts(run, batch))
      yield* write(ends, (batch) => store.endSteps(run, worker, batch, gather))
      yield* write(events, (batch) => store.recordEvents(run, batch))
    })
    const once = lock.withPermits(1)(all)
    const now = lock.withPermits(1)(Effect.andThen(all, writeCalls))
    const flush = patiently(now)
    yield* Effect.addFinalizer(() => Effect.ignore(flush))
    // What could not be written now is written later; the end of a stage insists.
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(flushEvery), Effect.ignore(Effect.suspend(() => ++turn % callsEvery === 0 ? now : once)))))
    return {
      attempt: (attempt) => void attempts.push(attempt),
      event: (event) => void events.push(event),
      end: (step) => void ends.push(step),
      call: calls.add,
      flush
    }
  })

/** So many records are written by one statement. */
const most = 5000

/** Writes what is gathered; what could not be written stays where it is. */
const write = <A, E, R>(
  gathered: Array<A>,
  record: (batch: ReadonlyArray<A>) => Effect.Effect<void, E, R>
): Effect.Effect<void, E, R> =>
  Effect.suspend(() => {
    if (gathered.length === 0) return Effect.void
    const batch = gathered.slice(0, most)
    return record(batch).pipe(
      Effect.tap(() => Effect.sync(() => void gathered.splice(0, batch.length))),
      Effect.andThen(write(gathered, record))
    )
  })
