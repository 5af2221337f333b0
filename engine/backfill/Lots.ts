/** Cuts lots from what is ready: in the order asked for, and no more than a process does in a moment. */
import * as PartitionSet from "../partition/PartitionSet.ts"
import type { PartitionSpace } from "../partition/PartitionSpace.ts"
import type { Order } from "../record/Backfill.ts"

/** A process takes about so much work at a time: long enough to hide the look at the database, short enough to share. */
const lotMillis = 2000
/** The records of a lot's cells are in memory together. */
export const maxLot = 5000

/** How many cells to take, from the cells that ended a second lately; nobody knows at first. */
export const size = (perSecond: number, concurrency: number): number =>
  Math.min(maxLot, Math.max(concurrency * 2, Math.ceil(perSecond * lotMillis / 1000)))

/**
 * How many more cells a process may take beside others: its part of what can be done now, so that nobody has a backlog
 * of seconds while others have nothing. `doable` are the cells that are ready or in somebody's lot.
 */
export const share = (doable: number, sharers: number, backlog: number, concurrency: number): number =>
  Math.max(concurrency, Math.ceil(doable / Math.max(1, sharers))) - backlog

/** The first `n` cells of a set in an order of time: by the time dimension, else by the order in which keys were added. */
export const cut = (
  space: PartitionSpace,
  cells: PartitionSet.PartitionSet,
  n: number,
  order: Order
): PartitionSet.PartitionSet => {
  const time = space.dimensions.findIndex((dimension) => dimension.partitions._tag === "TimeWindows")
  const take = order === "newest" ? PartitionSet.takeLast : PartitionSet.take
  if (time <= 0 || PartitionSet.size(cells) <= n) return take(cells, n)
  // Time is not the first dimension: position by position of time, until there are enough.
  const others = space.dimensions.map((_, i) => PartitionSet.project(cells, [i]))
  let taken = PartitionSet.empty(cells.dimensions)
  let left = n
  for (const [position] of PartitionSet.points(others[time]!, { order: order === "newest" ? "descending" : "ascending" })) {
    const slab = PartitionSet.product(others.with(time, PartitionSet.range(position!, position!)))
    const own = PartitionSet.intersection(cells, slab)
    taken = PartitionSet.union(taken, take(own, left))
    left = n - PartitionSet.size(taken)
    if (left <= 0) break
  }
  return taken
}
