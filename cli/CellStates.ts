/** The cells of an asset by state: fresh, stale, failed or missing, with the reason in the plan's own words. */
import { Effect } from "effect"
import * as PartitionSet from "../engine/partition/PartitionSet.ts"
import * as Comparison from "../engine/plan/Comparison.ts"
import * as Snapshot from "../engine/plan/Snapshot.ts"
import { classify, describe, doubtful, staleness, stateOf } from "../engine/plan/Staleness.ts"
import type { CellState } from "../engine/record/Backfill.ts"
import type { StoredCell } from "../engine/record/RunStore.ts"
import { fault } from "./terminal/Text.ts"

export type State = CellState

/** The cells that share a state and a reason. */
export interface Class {
  readonly state: State
  /** Undefined for fresh and missing cells. */
  readonly reason: string | undefined
  readonly cells: PartitionSet.PartitionSet
}

export interface CellStates {
  readonly total: number
  readonly classes: ReadonlyArray<Class>
  readonly lastMaterialized: Date | undefined
}

const order: ReadonlyArray<State> = ["failed", "stale", "missing", "fresh"]

/** What a cell is. The reason of a failed one is its error. */
export const ofCell = (
  snapshot: Snapshot.Snapshot,
  asset: string,
  point: PartitionSet.Point,
  cell: StoredCell | undefined
): { readonly state: State; readonly reason: string | undefined } => {
  const reason = staleness(snapshot, asset, point, cell)
  if (reason === undefined) return { state: "fresh", reason: undefined }
  if (reason._tag === "Missing") return { state: "missing", reason: undefined }
  if (reason._tag === "Failed") return { state: "failed", reason: typeof cell?.error === "string" ? fault(cell.error) : undefined }
  return { state: "stale", reason: describe(reason) }
}

/** The snapshot with what `of` needs to tell the fresh cells of these assets from the stale ones. */
export const detail = (snapshot: Snapshot.Snapshot, assets: Iterable<string>) => {
  const chosen = Array.from(assets)
  const wanted = (known: Snapshot.Snapshot) =>
    new Map(chosen.map((asset) => [asset, doubtful(known, asset, known.space(asset).all)]))
  return Effect.flatMap(Comparison.make(snapshot, wanted(snapshot)), (compared) => Snapshot.detail(compared, wanted(compared)))
}

/**
 * Sorts all cells of an asset, by sets; with `records: false` stale cells count as fresh when only their upstream has
 * changed. Failed cells are told apart by their errors where their records were read.
 */
export const of = (
  snapshot: Snapshot.Snapshot,
  asset: string,
  options: { readonly records: boolean } = { records: true }
): CellStates => {
  const { all } = snapshot.space(asset)
  const unfresh = classify(snapshot, asset, all, options)
  const fresh = PartitionSet.difference(all, PartitionSet.unionAll(all.dimensions, unfresh.map(({ cells }) => cells)))
  const found = unfresh.flatMap(({ cells, reason }): ReadonlyArray<Class> => {
    const state = stateOf(reason)
    if (state === "failed") return byError(snapshot, asset, cells)
    return [{ state, reason: state === "missing" ? undefined : describe(reason), cells }]
  })
  if (!PartitionSet.isEmpty(fresh)) found.push({ state: "fresh", reason: undefined, cells: fresh })
  found.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || PartitionSet.size(b.cells) - PartitionSet.size(a.cells))
  return { total: PartitionSet.size(all), classes: found, lastMaterialized: snapshot.sets(asset).lastMaterialized }
}

const byError = (snapshot: Snapshot.Snapshot, asset: string, failed: PartitionSet.PartitionSet): ReadonlyArray<Class> => {
  const { keyAt } = snapshot.space(asset)
  const records = snapshot.cells(asset)
  const errors = new Map<string, Array<PartitionSet.Point>>()
  for (const point of PartitionSet.points(PartitionSet.intersection(failed, snapshot.detailed(asset)))) {
    const error = records.get(keyAt(point))?.error
    if (typeof error !== "string") continue
    const text = fault(error)
    const known = errors.get(text)
    if (known === undefined) errors.set(text, [point])
    else known.push(point)
  }
  const classes = Array.from(errors, ([reason, points]): Class => ({
    state: "failed", reason, cells: PartitionSet.fromPoints(failed.dimensions, points)
  }))
  const others = PartitionSet.difference(failed, PartitionSet.unionAll(failed.dimensions, classes.map(({ cells }) => cells)))
  return PartitionSet.isEmpty(others) ? classes : [...classes, { state: "failed", reason: undefined, cells: others }]
}

/** The number of cells in a state. */
export const count = (states: CellStates, state: State): number =>
  states.classes.reduce((sum, entry) => sum + (entry.state === state ? PartitionSet.size(entry.cells) : 0), 0)
