/** The cells of an asset by state: fresh, stale, failed or missing, with the reason in the plan's own words. */
import * as PartitionSet from "../engine/partition/PartitionSet.ts"
import type { Snapshot } from "../engine/plan/Snapshot.ts"
import { describe, staleness } from "../engine/plan/Staleness.ts"
import type { StoredCell } from "../engine/record/RunStore.ts"
import { fault } from "./terminal/Text.ts"

export type State = "fresh" | "stale" | "failed" | "missing"

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
  snapshot: Snapshot,
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

/** Sorts all cells of an asset. Cells of which nothing is recorded are told by sets and not looked at one by one. */
export const of = (snapshot: Snapshot, asset: string): CellStates => {
  const { all, positionOf } = snapshot.space(asset)
  const classes = new Map<string, { state: State; reason: string | undefined; points: Array<PartitionSet.Point> }>()
  const recorded: Array<PartitionSet.Point> = []
  let lastMaterialized: Date | undefined
  for (const [key, cell] of snapshot.cells(asset)) {
    const position = positionOf(key)
    if (position._tag === "Failure") continue
    const point = position.success
    recorded.push(point)
    const { materializedAt } = cell
    if (materializedAt !== undefined && (lastMaterialized === undefined || materializedAt > lastMaterialized)) {
      lastMaterialized = materializedAt
    }
    const { reason, state } = ofCell(snapshot, asset, point, cell)
    const name = `${state}\n${reason ?? ""}`
    const known = classes.get(name)
    if (known === undefined) classes.set(name, { state, reason, points: [point] })
    else known.points.push(point)
  }
  const unseen = PartitionSet.difference(all, PartitionSet.fromPoints(all.dimensions, recorded))
  const found: Array<Class> = Array.from(classes.values(), ({ points, reason, state }) => ({
    state,
    reason,
    cells: PartitionSet.fromPoints(all.dimensions, points)
  }))
  if (!PartitionSet.isEmpty(unseen)) found.push({ state: "missing", reason: undefined, cells: unseen })
  found.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || PartitionSet.size(b.cells) - PartitionSet.size(a.cells))
  return { total: PartitionSet.size(all), classes: found, lastMaterialized }
}

/** The number of cells in a state. */
export const count = (states: CellStates, state: State): number =>
  states.classes.reduce((sum, entry) => sum + (entry.state === state ? PartitionSet.size(entry.cells) : 0), 0)
