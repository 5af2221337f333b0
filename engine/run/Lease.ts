/** This process as a worker: announced while a scope is open, its lease renewed, told when its run is cancelled. */
import { Deferred, Duration, Effect, Schedule, type Scope } from "effect"
import { randomUUID } from "node:crypto"
import { hostname } from "node:os"
import { RunStore, type RunStoreError } from "./RunStore.ts"

/** After so long without a sign of life a worker is held for lost, and its cells go to others. */
export const leaseTime = Duration.seconds(6)

/** Three missed heartbeats end a lease: one may be late through a busy event loop, a garbage collection, the network. */
const heartbeatEvery = Duration.seconds(2)

/** How soon a cancel from another process stops this one. */
const cancelPollEvery = Duration.millis(500)

export interface Lease {
  readonly worker: string
}

/** Announces a worker; the scope's end gives its claims back. */
export const acquire: Effect.Effect<Lease, RunStoreError, RunStore | Scope.Scope> = Effect.gen(function*() {
  const store = yield* RunStore
  const worker = randomUUID()
  yield* Effect.acquireRelease(
    store.startWorker({ id: worker, host: hostname(), pid: process.pid, leaseMillis: Duration.toMillis(leaseTime) }),
    // The claims of a worker that cannot say goodbye end with its lease.
    () => Effect.ignore(Effect.timeout(store.stopWorker(worker), "5 seconds"))
  )
  yield* store.heartbeat(worker).pipe(
    // A database that is away for a moment must not end the run; the fence protects the data meanwhile.
    Effect.ignore,
    Effect.repeat(Schedule.spaced(heartbeatEvery)),
    Effect.forkScoped
  )
  return { worker }
})

/** Completes when somebody asks for the end of the run. */
export const cancelled = (run: number): Effect.Effect<Deferred.Deferred<void>, never, RunStore | Scope.Scope> =>
  Effect.gen(function*() {
    const store = yield* RunStore
    const signal = yield* Deferred.make<void>()
    yield* store.cancelRequested(run).pipe(
      Effect.orElseSucceed(() => false),
      Effect.flatMap((asked) => asked ? Deferred.succeed(signal, undefined) : Effect.void),
      Effect.repeat(Schedule.spaced(cancelPollEvery)),
      Effect.forkScoped
    )
    return signal
  })
