/** The cells that an automation asks for, as the requests of runs. */
import { DateTime } from "effect"
import * as PartitionKey from "../partition/PartitionKey.ts"
import * as Partitions from "../partition/Partitions.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import type { PartitionSpace } from "../partition/PartitionSpace.ts"
import { siblings, type Snapshot } from "../plan/Snapshot.ts"
import type { AutomationAsk } from "../record/AutomationStore.ts"
import { RunRequest } from "../record/Run.ts"
import type { Evaluated } from "./Evaluation.ts"

/** Steps that run at once, as in runs of schedules. */
const concurrency = 8

/** What is asked for, in a run or two: cells that are fresh have to be forced. */
export const asksOf = (snapshot: Snapshot, asset: string, { asked, fresh }: Evaluated): ReadonlyArray<AutomationAsk> => {
  const space = snapshot.space(asset)
  const selection = siblings(snapshot.graph, asset).join(" ")
  const numbering = Partitions.numbering(space.partitions)
  const request = { selection, concurrency, at: DateTime.toDateUtc(snapshot.now), askedBy: { kind: "automation", name: asset } } as const
  const of = (cells: PartitionSet.PartitionSet, force: boolean): ReadonlyArray<AutomationAsk> =>
    PartitionSet.isEmpty(cells)
      ? []
      : [{
        cells: { asset, numbering, cells },
        request: new RunRequest({ ...request, partitions: expressionOf(space, cells), force })
      }]
  return [...of(PartitionSet.difference(asked, fresh), false), ...of(fresh, true)]
}

/** A partition expression that means just these cells; null: the one of an asset without partitions. */
export const expressionOf = (space: PartitionSpace, cells: PartitionSet.PartitionSet): string | null => {
  const [only] = space.dimensions
  if (only === undefined) return null
  // Only positions of windows and fixed keys follow each other for ever.
  if (space.dimensions.length === 1 && only.partitions._tag !== "Dynamic") {
    return PartitionSet.ranges(cells).map(({ from, to }) =>
      from === to ? PartitionKey.literal(only.keyAt(from)) : `${PartitionKey.literal(only.keyAt(from))}..${PartitionKey.literal(only.keyAt(to))}`
    ).join(",")
  }
  const points = PartitionSet.points(cells).map((point) => space.dimensions.map((dimension, i) => PartitionKey.literal(dimension.keyAt(point[i]!))).join("|"))
  return Array.from(points).join(",")
}
