/**
 * What another run has materialized since the plan is taken over if it is what this one would make: computed by the same
 * code from the same data. Equal content keeps its data version, so it is not asked what has changed since, but whether
 * a step whose cells were granted is fresh by now.
 */
import { Effect } from "effect"
import type { Snapshot } from "../plan/Snapshot.ts"
import * as Staleness from "../plan/Staleness.ts"
import type { ClaimedCell, RunStore, RunStoreError } from "../record/RunStore.ts"
import type { Cell } from "../record/Step.ts"
import { patiently } from "./Patience.ts"
import type { Settlement } from "./Settlement.ts"
import { cellsOf, type PlannedStep } from "./StepTable.ts"

/** A step that was asked for, and what the store answered of each of its cells. */
export interface Answered {
  readonly step: PlannedStep
  readonly answers: ReadonlyArray<ClaimedCell>
}

/** A step is granted when all its cells are. */
export const isGranted = ({ answers }: Answered): boolean => answers.every(({ granted }) => granted)

/**
 * Whether this run has materialized it, by another process: one whose lease was over for a moment can commit until its
 * cells are claimed.
 */
export const isDone = ({ answers }: Answered): boolean => answers.every(({ done }) => done)

export const isFresh = (snapshot: Snapshot, { partition, planned, point }: PlannedStep): boolean =>
  planned.assets.every((asset) =>
    Staleness.staleness(snapshot, asset, point, snapshot.cells(asset).get(partition)) === undefined
  )

/** Whether a granted step need not be computed any more. Once is what was asked for, also where it is forced. */
export const isMade = (snapshot: Snapshot, one: Answered): boolean =>
  (one.step.reason._tag !== "Forced" || isDone(one)) && isFresh(snapshot, one.step)

/**
 * Takes note of what is stored of granted steps; it stays so while their claims hold. The answers do not tell everything,
 * such as whether a cell has failed: of steps that are made as far as they tell, the records are read.
 */
export const learn = (
  snapshot: Snapshot,
  store: RunStore["Service"],
  settle: Settlement,
  granted: ReadonlyArray<Answered>
): Effect.Effect<void, RunStoreError> => {
  for (const { answers, step } of granted) {
    cellsOf(step).forEach((cell, i) => answers[i]!.version !== undefined && settle.adopt(cell, answers[i]!))
  }
  return read(snapshot, store, granted.filter((one) => isMade(snapshot, one)).flatMap(({ step }) => cellsOf(step)))
}

const read = Effect.fnUntraced(function*(snapshot: Snapshot, store: RunStore["Service"], cells: ReadonlyArray<Cell>) {
  if (cells.length === 0) return
  const byAsset = Map.groupBy(cells, ({ asset }) => asset)
  const wanted = new Map(Array.from(byAsset, ([asset, own]) => [asset, own.map(({ partition }) => partition)]))
  const stored = yield* patiently(store.cells(wanted))
  for (const { asset, partition } of cells) {
    const record = stored.get(asset)?.get(partition)
    if (record !== undefined) snapshot.update(asset, partition, record)
  }
})
