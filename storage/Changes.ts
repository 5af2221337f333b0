/** What becomes of cells, as changes of sets: what both run stores log, and the sets that cells add up to. */
import * as PartitionSet from "../engine/partition/PartitionSet.ts"
import { type AssetSet, basisOf, type CellSets, type Gather, type Numbering } from "../engine/record/CellSets.ts"
import type { CellCommit, StepEnd } from "../engine/record/RunStore.ts"
import type { Cell } from "../engine/record/Step.ts"

/** Cells of one asset that ended alike. */
export interface Change extends AssetSet {
  readonly kind: "materialized" | "failed" | "skipped"
  /** Of materialized cells; see `CellSets.basisOf`. */
  readonly basis: string | null
  /** When the last of them ended. */
  readonly at: Date
}

type Ended = Cell & { readonly finishedAt: Date }

const changes = (
  kind: Change["kind"],
  basis: string | null,
  cells: ReadonlyArray<Ended>,
  gather: Gather
): ReadonlyArray<Change> => {
  if (cells.length === 0) return []
  let at = cells[0]!.finishedAt
  for (const { finishedAt } of cells) if (finishedAt > at) at = finishedAt
  return gather(cells)
    .filter((set) => !PartitionSet.isEmpty(set.cells))
    .map(({ asset, cells, numbering }) => ({ asset, numbering, cells, kind, basis, at }))
}

/** One change an asset and basis. */
export const ofCommit = (cells: ReadonlyArray<CellCommit>, gather: Gather): ReadonlyArray<Change> =>
  Array.from(
    Map.groupBy(cells, (cell) => basisOf(cell.codeVersion, cell.inputs, cell.windows)),
    ([basis, cells]) => changes("materialized", basis, cells, gather)
  ).flat()

/** One change an asset and state. */
export const ofEnds = (ends: ReadonlyArray<StepEnd>, gather: Gather): ReadonlyArray<Change> =>
  Array.from(Map.groupBy(ends, (end) => end.state), ([state, cells]) => changes(state, null, cells, gather)).flat()

/** What is known of a stored cell. */
export interface Known {
  readonly partition: string
  /** Undefined: it was never materialized. */
  readonly basis: string | undefined
  readonly failed: boolean
  readonly materializedAt: Date | undefined
}

/** Gathers the cells of an asset one by one, for the sets that they add up to. */
export const gathering = (numbering: Numbering) => {
  const failed: Array<PartitionSet.Point> = []
  const points = new Map<string, Array<PartitionSet.Point>>()
  let strays = false
  let lastMaterialized: Date | undefined
  const add = ({ basis, failed: isFailed, materializedAt, partition }: Known): void => {
    const point = numbering.pointOf(partition)
    if (basis !== undefined) {
      if (materializedAt !== undefined && (lastMaterialized === undefined || materializedAt > lastMaterialized)) {
        lastMaterialized = materializedAt
      }
      if (point === undefined) strays = true
      else {
        const alike = points.get(basis)
        if (alike === undefined) points.set(basis, [point])
        else alike.push(point)
      }
    }
    if (isFailed && point !== undefined) failed.push(point)
  }
  const sets = (): CellSets => {
    const { dimensions } = numbering
    const byBasis = new Map(Array.from(points, ([basis, points]) => [basis, PartitionSet.fromPoints(dimensions, points)]))
    return {
      materialized: PartitionSet.unionAll(dimensions, Array.from(byBasis.values())),
      failed: PartitionSet.fromPoints(dimensions, failed),
      byBasis,
      strays,
      lastMaterialized
    }
  }
  return { add, sets }
}
