/** A round: all automations of a graph evaluated at one moment, upstream first, with what they have to know read as they go. */
import { Effect, Schema } from "effect"
import * as PartitionSet from "../partition/PartitionSet.ts"
import * as Comparison from "../plan/Comparison.ts"
import * as Snapshot from "../plan/Snapshot.ts"
import type { State } from "../record/AutomationState.ts"
import type { RunStore, RunStoreError } from "../record/RunStore.ts"
import * as Ages from "./Ages.ts"
import * as Evaluation from "./Evaluation.ts"
import type { Moment } from "./Truth.ts"

/** Code of the user's threw, such as a mapping. */
export class Unevaluated extends Schema.TaggedError<Unevaluated>()("Unevaluated", { asset: Schema.String, reason: Schema.String }) {
  override get message(): string {
    return `The automation of ${this.asset} cannot be evaluated, because its code throws: ${this.reason}`
  }
}

/** How the records of cells get into a snapshot. */
export interface Reading<E, R> {
  /** Those that tell fresh cells from stale ones; `wanted` says of a snapshot which of them it lacks. */
  readonly stale: (
    snapshot: Snapshot.Snapshot,
    wanted: (known: Snapshot.Snapshot) => Snapshot.Cells
  ) => Effect.Effect<Snapshot.Snapshot, E, R>
  /** Those of these cells. */
  readonly own: (snapshot: Snapshot.Snapshot, cells: Snapshot.Cells) => Effect.Effect<Snapshot.Snapshot, E, R>
  /** Those of the upstream cells that these read. */
  readonly read: (snapshot: Snapshot.Snapshot, cells: Snapshot.Cells) => Effect.Effect<Snapshot.Snapshot, E, R>
}

export const fromStore: Reading<RunStoreError, RunStore> = {
  stale: (snapshot, wanted) =>
    Effect.flatMap(Comparison.make(snapshot, wanted(snapshot)), (compared) => Snapshot.detail(compared, wanted(compared))),
  own: Snapshot.detailOwn,
  read: Snapshot.detailUpstream
}

/** Of snapshots that have all records. */
export const known: Reading<never, never> = { stale: Effect.succeed, own: Effect.succeed, read: Effect.succeed }

export interface Options<E, R> {
  readonly snapshot: Snapshot.Snapshot
  /** What the round before left, by asset. */
  readonly states: ReadonlyMap<string, State>
  /** Cells asked for in runs that have not ended, by asset. */
  readonly open: Snapshot.Cells
  /** Cells that any run computes now or that a backfill has before it, by asset. */
  readonly claimed: Snapshot.Cells
  readonly reading: Reading<E, R>
  /** Assets whose automation is not evaluated. Default: none. */
  readonly stopped?: ReadonlySet<string>
}

/**
 * What becomes of each asset with automation; a computation of several assets stands under the first of them. Code of the
 * user's that throws is the trouble of its own asset: that is among the broken ones.
 */
export const evaluate = Effect.fnUntraced(function*<E, R>({ claimed, open, reading, snapshot: given, states, stopped = new Set() }: Options<E, R>) {
  const subjects = Evaluation.automated(given.graph).filter(({ asset }) => !stopped.has(asset))
  let snapshot = given
  const asked = new Map<string, PartitionSet.PartitionSet>()
  const evaluated = new Map<string, Evaluation.Evaluated>()
  const broken = new Map<string, Unevaluated>()
  const of = (cells: Snapshot.Cells, asset: string) => cells.get(asset) ?? PartitionSet.empty(snapshot.space(asset).all.dimensions)
  const moment = (): Moment => ({
    snapshot,
    asked: (asset) => of(asked, asset),
    underway: (asset) =>
      PartitionSet.unionAll(snapshot.space(asset).all.dimensions, [of(claimed, asset), of(open, asset), of(asked, asset)])
  })
  const readStale = Effect.fnUntraced(function*(some: typeof subjects) {
    snapshot = yield* reading.stale(snapshot, (known) => new Map(some.flatMap((one) => [...Evaluation.wanted(known, one)])))
  })
  const judge = Effect.fnUntraced(function*({ asset, automation }: typeof subjects[number]) {
    const subject = { asset, automation, before: states.get(asset), open: of(open, asset) }
    snapshot = yield* reading.own(snapshot, Ages.wanted(snapshot, subject))
    const judged = Evaluation.judge(moment(), subject)
    snapshot = yield* reading.read(snapshot, new Map([[asset, judged.looked]]))
    const found = Evaluation.settle(moment(), subject, judged)
    evaluated.set(asset, found)
    for (const output of Snapshot.siblings(snapshot.graph, asset)) asked.set(output, found.asked)
  })
  const alone = (asset: string, effect: Effect.Effect<void, E, R>) =>
    Effect.catchDefect(effect, (defect) =>
      Effect.sync(() => void broken.set(asset, new Unevaluated({ asset, reason: defect instanceof Error ? defect.message : String(defect) }))))
  // One question for all of them, if none throws.
  yield* Effect.catchDefect(readStale(subjects), () => Effect.forEach(subjects, (one) => alone(one.asset, readStale([one])), { discard: true }))
  for (const one of subjects) if (!broken.has(one.asset)) yield* alone(one.asset, judge(one))
  return { evaluated, broken, snapshot }
})
