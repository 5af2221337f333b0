/** Sets of partitions in keys: `2023-03-01..2023-03-31, 2023-04-02 and 12 more`. */
import * as PartitionSet from "../engine/partition/PartitionSet.ts"
import type { PartitionSpace } from "../engine/partition/PartitionSpace.ts"

/** The first pieces of a set as keys and ranges of keys; what is left out is counted. Empty for the unpartitioned cell. */
export const describe = (space: PartitionSpace, set: PartitionSet.PartitionSet, most = 3): string => {
  if (set.dimensions === 0 || PartitionSet.isEmpty(set)) return ""
  const pieces: Array<string> = []
  let told = 0
  // Only time windows and fixed lists have an order in which a range says anything.
  if (set.dimensions === 1 && space.partitions._tag !== "Dynamic") {
    for (const { from, to } of PartitionSet.ranges(set)) {
      if (pieces.length === most) break
      const first = space.keyAt([from])
      pieces.push(to === from ? first : to === from + 1 ? `${first}, ${space.keyAt([to])}` : `${first}..${space.keyAt([to])}`)
      told += to - from + 1
    }
  } else {
    for (const point of PartitionSet.points(set)) {
      if (pieces.length === most) break
      pieces.push(space.keyAt(point))
      told++
    }
  }
  const left = PartitionSet.size(set) - told
  return pieces.join(", ") + (left > 0 ? ` and ${left} more` : "")
}
