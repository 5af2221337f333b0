/**
 * Executes one plan: claims ready steps, computes them on a bounded number of fibers, hands them to the group commit
 * and releases what waited for them.
 */
import { Deferred, Effect } from "effect"
import type { Any } from "../definition/Asset.ts"
import type { IoManager } from "../definition/Io.ts"
import { type Notice, Notices } from "../definition/Notice.ts"
import { Usage } from "../definition/Usage.ts"
import type { Plan } from "../plan/Plan.ts"
import type { Snapshot } from "../plan/Snapshot.ts"
import type { Order } from "../record/Backfill.ts"
import type { RunStore, RunStoreError } from "../record/RunStore.ts"
import type { Group } from "./BatchCompute.ts"
import * as Claims from "./Claims.ts"
import * as Committer from "./Committer.ts"
import * as Gather from "./Gather.ts"
import type { Observer } from "./Observer.ts"
import type { Recorder } from "./Recorder.ts"
import * as Settlement from "./Settlement.ts"
import * as Slots from "./Slots.ts"
import { Starting } from "./Starting.ts"
import * as StepTable from "./StepTable.ts"
import * as Work from "./Work.ts"
import type { Shared } from "./Work.ts"

export interface StageOptions<R> {
  readonly plan: Plan
  readonly snapshot: Snapshot
  readonly run: number
  readonly worker: string
  /** Whether this worker still executes the run. */
  readonly executes: Effect.Effect<boolean, RunStoreError>
  /** Since when this worker's claims are its own, see `Lease`. Default: always. */
  readonly heldSince?: () => number
  /** So many groups are computed at once: a step, or as many steps of a batch computation as it takes together. */
  readonly concurrency: number
  /** In place of the batch size of every batch computation, be it smaller or larger. Default: their own. */
  readonly batch?: number
  /** Which partitions start first. Default: the oldest. */
  readonly order?: Order
  /** Limits that several stages at once keep together, in place of limits of their own. */
  readonly shared?: Shared & { readonly place: Slots.Place }
  readonly io: (asset: Any) => Effect.Effect<IoManager, never, R>
  readonly recorder: Recorder
  readonly observer: Observer
}

export { share, type Shared } from "./Work.ts"

export const execute = <R>(options: StageOptions<R>): Effect.Effect<void, RunStoreError, R | RunStore> =>
  Effect.scoped(Effect.gen(function*() {
    const { plan, recorder, snapshot } = options
    const planned = StepTable.make(plan, snapshot)
    const shared = options.shared ?? (yield* Work.share(options.concurrency))
    // Alone, a stage has as many fibers as slots.
    const turn = options.shared === undefined ? Slots.alone : yield* shared.slots.join(options.shared.place, planned.size)
    const table: StepTable.StepTable = {
      ...planned,
      end: (index, broken) => {
        turn.begun(index)
        claims.ended(index)
        return planned.end(index, broken)
      }
    }
    const done = yield* Deferred.make<void>()
    const claims: Claims.Claims = yield* Claims.make({
      ...options,
      table,
      batch: options.batch,
      heldSince: options.heldSince ?? (() => 0),
      refused: turn.begun,
      paused: turn.paused
    })
    const settle = Settlement.make({
      ...options,
      table,
      ready: claims.ready,
      changed: () => {
        if (table.ended() === table.size) Deferred.doneUnsafe(done, Effect.void)
        claims.wake()
      }
    })
    const settled = (outcome: Committer.Outcome) => {
      const { step } = outcome.computed
      switch (outcome._tag) {
        case "Committed":
          return settle.committed(step, outcome.steps)
        case "Refused":
          return settle.fail(step, outcome.failure, outcome.computed)
        case "Lost":
          return claims.hold(step)
      }
    }
    const committer = yield* Committer.make({
      ...options,
      graph: snapshot.graph,
      gather: Gather.of(snapshot, table.pointOf),
      event: recorder.event,
      settled
    })
    const work = Work.make({ ...options, claims, settle, committer, shared })
    const starting = yield* Starting
    const start = (group: Group) =>
      Effect.suspend(() => {
        for (const { index } of group) turn.begun(index)
        return group.every(claims.isHeld) ? work(group) : Effect.sync(() => claims.askAgain(group))
      })

    settle.blocked(plan.blocked)
    if (table.size === 0) return
    settle.release(inOrder(table, snapshot, options.order).map((index) => ({ index, skip: undefined })))
    yield* Effect.raceAllFirst([
      Deferred.await(done),
      committer.serve,
      Effect.andThen(claims.serve(settle), Deferred.await(done)),
      ...Array.from({ length: Math.min(options.concurrency, table.size) }, () =>
        Effect.forever(Effect.flatMap(claims.take, (group) => turn.within(Effect.andThen(starting, start(group))))))
    ])
  })).pipe(
    Effect.provideService(Usage, options.recorder.call),
    Effect.provideService(Notices, (notice) => noticed(notice, options))
  )

/** What a resource tells of itself is a part of the run's story. */
const noticed = (notice: Notice, { observer, recorder }: Pick<StageOptions<never>, "observer" | "recorder">): void => {
  recorder.event({ type: notice.type, at: new Date(), message: notice.message })
  observer({ _tag: "Noticed", notice })
}

/** The ready steps in an order of time: by the time dimension, else by position. */
const inOrder = (table: StepTable.StepTable, snapshot: Snapshot, order: Order | undefined): ReadonlyArray<number> => {
  const ready = order === "newest" ? table.ready.toReversed() : table.ready
  const [first] = ready
  if (order === undefined || first === undefined) return ready
  const { dimensions } = snapshot.space(table.step(first).planned.assets[0]!)
  const time = dimensions.findIndex(({ partitions }) => partitions._tag === "TimeWindows")
  // Positions are in the order of their first dimension.
  if (time <= 0) return ready
  const sign = order === "newest" ? -1 : 1
  const place = (index: number) => table.step(index).point[time]!
  return ready.toSorted((a, b) => sign * (place(a) - place(b)))
}
