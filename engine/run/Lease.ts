/** This process as a worker: announced while a scope is open, its lease renewed, told when its run is to end. */
import { Context, Deferred, Duration, Effect, Schedule, type Scope } from "effect"
import { randomUUID } from "node:crypto"
import { Node } from "../Machine.ts"
import { RunStore, type RunStoreError } from "../record/RunStore.ts"

/** The times of a lease; tests that kill and freeze processes set shorter ones. */
export class Timing extends Context.Reference<{
  /** After so long without a sign of life a worker is held for lost, and its cells go to others. Default 6 s. */
  readonly lease: Duration.Duration
  /** Three missed heartbeats end a lease: one may be late through a busy event loop, the network. Default 2 s. */
  readonly heartbeat: Duration.Duration
  /** How soon a cancel from another process stops this one. Default 0.5 s. */
  readonly cancelPoll: Duration.Duration
}>("sluice/engine/run/Lease/Timing", {
  defaultValue: () => ({
    lease: Duration.seconds(6),
    heartbeat: Duration.seconds(2),
    cancelPoll: Duration.millis(500)
  })
}) {}

export { Node }

export interface Lease {
  readonly worker: string
  /**
   * Whether this worker still executes the run. False when the lease ended (the process was frozen, or away from the
   * database) and another process has resumed the run meanwhile. Asks the store only after a lapse.
   */
  readonly executes: (run: number) => Effect.Effect<boolean, RunStoreError>
  /**
   * Since when, by `performance.now()`, the lease has held without a gap; infinite while it does not. What was claimed
   * before, others may have taken over.
   */
  readonly heldSince: () => number
}

/** Announces a worker; the scope's end gives its claims back. */
export const acquire: Effect.Effect<Lease, RunStoreError, RunStore | Scope.Scope> = Effect.gen(function*() {
  const store = yield* RunStore
  const timing = yield* Timing
  const worker = randomUUID()
  const host = yield* Node
  const leaseMillis = Duration.toMillis(timing.lease)
  let renewed = performance.now()
  let since = renewed
  let lapsed = false
  yield* Effect.acquireRelease(
    store.startWorker({ id: worker, host, pid: process.pid, leaseMillis }),
    // The claims of a worker that cannot say goodbye end with its lease.
    () => Effect.ignore(Effect.timeout(store.stopWorker(worker), "5 seconds"))
  )
  const beat = Effect.suspend(() => {
    // The lease runs from when the store was asked, not from when its answer came: the process may freeze in between.
    const asked = performance.now()
    return Effect.tap(store.heartbeat(worker), (live) =>
      Effect.sync(() => {
        renewed = asked
        if (live) return
        // What was claimed while the answer was on its way may have reached the store before the lease was renewed.
        since = performance.now()
        lapsed = true
      }))
  })
  yield* beat.pipe(
    // One that waits for a connection longer than the lease lasts is no sign of life.
    Effect.timeout(timing.lease),
    // A database that is away for a moment must not end the run; the fence protects the data meanwhile.
    Effect.ignore,
    Effect.repeat(Schedule.spaced(timing.heartbeat)),
    Effect.forkScoped
  )
  const executes = (run: number) =>
    Effect.suspend(() => {
      if (!lapsed && performance.now() - renewed < leaseMillis) return Effect.succeed(true)
      return store.executes(run, worker).pipe(
        Effect.tap((own) =>
          Effect.sync(() => {
            lapsed = !own
          })
        )
      )
    })
  const heldSince = () => performance.now() - renewed < leaseMillis ? since : Number.POSITIVE_INFINITY
  return { worker, executes, heldSince }
})

/** Whether a worker, `host:pid`, was a process of this machine (`node`) that is gone: its lease will not be renewed. */
export const isGone = (worker: string, node: string): boolean => {
  const [, host, pid] = /^(.*):(\d+)$/.exec(worker) ?? []
  if (host !== node || pid === undefined) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH"
  }
}

/** Why a run shall end before its work is done. */
export type Ending = "cancelled" | "taken over"

/** Completes when somebody asks for the end of the run, or when another process has taken it over. */
export const ending = (
  run: number,
  lease: Lease
): Effect.Effect<Deferred.Deferred<Ending>, never, RunStore | Scope.Scope> =>
  Effect.gen(function*() {
    const store = yield* RunStore
    const { cancelPoll } = yield* Timing
    const signal = yield* Deferred.make<Ending>()
    const look = Effect.gen(function*() {
      // First, since a run that was taken over may have been cancelled in its new place.
      if (!(yield* lease.executes(run))) yield* Deferred.succeed(signal, "taken over")
      else if (yield* store.cancelRequested(run)) yield* Deferred.succeed(signal, "cancelled")
    })
    yield* Effect.ignore(look).pipe(Effect.repeat(Schedule.spaced(cancelPoll)), Effect.forkScoped)
    return signal
  })
