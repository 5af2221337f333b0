/** The cells in the last windows, as conditions name them. */
import type { Condition } from "../definition/Condition.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import type { Snapshot } from "../plan/Snapshot.ts"

/** Those of which a condition on windows is true; undefined: it is another condition. */
export const inWindows = (snapshot: Snapshot, asset: string, condition: Condition): PartitionSet.PartitionSet | undefined => {
  switch (condition._tag) {
    case "LastPartitions":
      return lastOf(snapshot, asset, condition.count)
    case "LastTime":
      return within(snapshot, asset, snapshot.now.epochMilliseconds - condition.millis)
    default:
      return undefined
  }
}

/** The cells in the last windows, or without windows those of the keys that were added last. */
const lastOf = (snapshot: Snapshot, asset: string, count: number): PartitionSet.PartitionSet => {
  const { all, dimensions } = snapshot.space(asset)
  const time = dimensions.findIndex(({ partitions }) => partitions._tag === "TimeWindows")
  const chosen = time < 0 ? 0 : time
  const boxes = dimensions.map((dimension, i) => i === chosen ? PartitionSet.takeLast(dimension.all, count) : dimension.all)
  return PartitionSet.intersection(PartitionSet.product(boxes), all)
}

/** The cells in windows that have ended since an instant, or not yet; all where there are no windows. */
const within = (snapshot: Snapshot, asset: string, from: number): PartitionSet.PartitionSet => {
  const { all, dimensions } = snapshot.space(asset)
  const boxes = dimensions.map((dimension) => {
    const { partitions } = dimension
    if (partitions._tag !== "TimeWindows") return dimension.all
    const positions: Array<number> = []
    for (const [position] of PartitionSet.points(dimension.all, { order: "descending" })) {
      if (partitions.calendar.startOf(position! + 1) <= from) break
      positions.push(position!)
    }
    return PartitionSet.fromPositions(positions)
  })
  return PartitionSet.intersection(PartitionSet.product(boxes), all)
}
