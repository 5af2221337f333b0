/** The lots that this process executes, each as an ordinary plan: what is left of them, and what is under way. */
import { Deferred, Effect, FiberSet } from "effect"
import * as PartitionSet from "../partition/PartitionSet.ts"
import { siblings, type Snapshot } from "../plan/Snapshot.ts"
import { BackfillStore, type Lot } from "../record/BackfillStore.ts"
import type { RunStoreError } from "../record/RunStore.ts"
import type { Cell } from "../record/Step.ts"
import type { Lease } from "../run/Lease.ts"
import type { Observation, Observer } from "../run/Observer.ts"
import { patiently } from "../run/Patience.ts"
import * as LotRun from "./LotRun.ts"
import * as Rate from "./Rate.ts"

export interface OwnLotsOptions<R> extends Omit<LotRun.LotOptions<R>, "executes" | "heldSince" | "worker"> {
  readonly lease: Lease
  /** Called whenever a cell or a lot has ended: there may be room for more. */
  readonly ended: () => void
}

interface OwnLot {
  readonly asset: string
  /** When it was asked for, by `performance.now()`. */
  readonly askedAt: number
  /** Interrupts it and gives its claims back. */
  readonly giveUp: Effect.Effect<void>
}

/** The cell that an observation tells the beginning or the end of. */
const cellOf = (observation: Observation): Cell | undefined =>
  "cell" in observation && observation._tag !== "AttemptFailed" ? observation.cell : undefined

export const make = Effect.fnUntraced(function*<R>(options: OwnLotsOptions<R>) {
  const { lease, run } = options
  const { worker } = lease
  const backfills = yield* BackfillStore
  const fibers = yield* FiberSet.make<void, RunStoreError>()
  const own = new Map<number, OwnLot>()
  const done = new Set<number>()
  const running = new Map<string, number>()
  const rate = Rate.make()
  let backlog = 0

  const execution = (lot: Lot, snapshot: Snapshot, askedAt: number, givenUp: Deferred.Deferred<void>) => {
    const [first] = siblings(snapshot.graph, lot.asset)
    const computing = new Map<string, string>()
    let left = PartitionSet.size(lot.cells)
    backlog += left
    const count = (asset: string, by: number) => running.set(asset, Math.max(0, (running.get(asset) ?? 0) + by))
    const observer: Observer = (observation) => {
      const cell = cellOf(observation)
      if (cell !== undefined) {
        const { asset, partition } = cell
        const name = `${asset}\n${partition}`
        if (observation._tag === "StepStarted") {
          computing.set(name, asset)
          count(asset, 1)
        } else {
          if (computing.delete(name)) count(asset, -1)
          if (asset === first) {
            left--
            backlog--
            rate.count()
            options.ended()
          }
        }
      }
      options.observer(observation)
    }
    const executed = LotRun.execute(snapshot, lot, {
      ...options,
      worker,
      heldSince: lease.heldSince,
      // A lot that was taken before a gap of the lease is another's by now: it claims nothing more.
      executes: Effect.suspend(() => askedAt < lease.heldSince() ? Effect.succeed(false) : lease.executes(run)),
      observer
    })
    return Effect.raceFirst(executed, Effect.as(Deferred.await(givenUp), undefined)).pipe(
      Effect.flatMap((unchanged) => patiently(backfills.endLots(run, worker, [lot.number], unchanged ?? []))),
      Effect.ensuring(Effect.sync(() => {
        own.delete(lot.number)
        done.add(lot.number)
        backlog -= left
        for (const asset of computing.values()) count(asset, -1)
        options.ended()
      }))
    )
  }

  /** Begins to execute a lot that was asked for at `askedAt`, by `performance.now()`. */
  const start = Effect.fnUntraced(function*(lot: Lot, snapshot: Snapshot, askedAt: number) {
    const givenUp = yield* Deferred.make<void>()
    const ended = yield* Deferred.make<void>()
    const giveUp = Effect.andThen(Deferred.succeed(givenUp, undefined), Deferred.await(ended))
    own.set(lot.number, { asset: lot.asset, askedAt, giveUp })
    yield* FiberSet.run(
      fibers,
      Effect.ensuring(execution(lot, snapshot, askedAt, givenUp), Deferred.succeed(ended, undefined))
    )
  })

  /** Whether a recorded lot is this process's, and not done. */
  const isOpen = (lot: Lot) => lot.worker === worker && !done.has(lot.number)
  const underWay: ReadonlyMap<string, number> = running

  return {
    start,
    /** Gives up the lots that were asked for before a moment: their cells are others', since the lease had ended for a while. */
    giveUpBefore: (moment: number) =>
      Effect.forEach([...own.values()].filter(({ askedAt }) => askedAt < moment), ({ giveUp }) => giveUp, { discard: true }),
    isOpen,
    /** Lots recorded for this process that it knows nothing of: their taking was answered to nobody. */
    lost: (recorded: ReadonlyArray<Lot>) => recorded.filter((lot) => isOpen(lot) && !own.has(lot.number)),
    isAtWork: (asset: string) => [...own.values()].some((lot) => lot.asset === asset),
    /** Cells of its lots that have not ended. */
    backlog: () => backlog,
    /** Steps that are under way, by asset. */
    running: underWay,
    perSecond: rate.perSecond,
    /** Fails with the first lot that fails. */
    failure: FiberSet.join(fibers),
    /** Interrupts them all. */
    clear: FiberSet.clear(fibers)
  }
})
