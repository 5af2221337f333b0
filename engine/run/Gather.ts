/** Cells as sets of positions, for the log of states: the engine knows the positions, the store only the keys. */
import * as Partitions from "../partition/Partitions.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import type { Snapshot } from "../plan/Snapshot.ts"
import type { Gather } from "../record/CellSets.ts"

/**
 * By the partitions of this snapshot; a key that it does not know is left out, and found when the sets are made anew.
 * `known` spares reading keys of several dimensions, which took 2 µs each.
 */
export const of = (
  snapshot: Snapshot,
  known: (asset: string, partition: string) => PartitionSet.Point | undefined = () => undefined
): Gather =>
(cells) =>
  Array.from(Map.groupBy(cells, (cell) => cell.asset), ([asset, members]) => {
    const { all, everPositionOf, partitions } = snapshot.space(asset)
    const points = members.flatMap(({ partition }) => {
      const point = known(asset, partition) ?? everPositionOf(partition)
      return point === undefined ? [] : [point]
    })
    return { asset, numbering: Partitions.numbering(partitions), cells: PartitionSet.fromPoints(all.dimensions, points) }
  })
