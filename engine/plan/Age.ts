/** Whether an asset is as young as it says that it has to be: a pure function of what is stored. */
import type { Freshness } from "../definition/Freshness.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import { dayMillis } from "../partition/Zone.ts"
import type { Snapshot } from "./Snapshot.ts"

/** Times in milliseconds since 1970. */
export interface Age {
  /** From when its age is counted; undefined: nothing is stored. */
  readonly dataOf: number | undefined
  /** How young it has to be: now, or since the last deadline. Undefined: there was no deadline yet. */
  readonly from: number | undefined
  readonly isTooOld: boolean
  /** The last one; undefined: there was none yet, or there are none. */
  readonly deadline: number | undefined
}

/** Where nothing is stored its age may be counted `since` a moment; without one it is too old. */
export const of = (snapshot: Snapshot, asset: string, freshness: Freshness, since = Number.NEGATIVE_INFINITY): Age => {
  const now = snapshot.now.epochMilliseconds
  const dataOf = dataTime(snapshot, asset)
  const deadline = freshness.deadlines === undefined ? undefined : lastTick(freshness.deadlines.cron, now)
  const asked = freshness.deadlines === undefined ? now : deadline
  const from = asked === undefined ? undefined : asked - freshness.withinMillis
  return { dataOf, from, isTooOld: from !== undefined && (dataOf ?? since) < from, deadline }
}

/** When time alone may make it too old; infinite: it is, and has no further deadline. */
export const nextChange = ({ dataOf, isTooOld }: Age, { deadlines, withinMillis }: Freshness, now: number, since: number): number => {
  if (deadlines === undefined) return isTooOld ? Number.POSITIVE_INFINITY : (dataOf ?? since) + withinMillis + 1
  for (const { instant } of deadlines.cron.moments(now + 1)) return instant
  return Number.POSITIVE_INFINITY
}

/** The end of the newest window that is stored; without windows, the last materialization. */
const dataTime = (snapshot: Snapshot, asset: string): number | undefined => {
  const { dimensions } = snapshot.space(asset)
  const place = dimensions.findIndex(({ partitions }) => partitions._tag === "TimeWindows")
  const partitions = dimensions[place]?.partitions
  if (partitions?._tag !== "TimeWindows") return snapshot.sets(asset).lastMaterialized?.getTime()
  const newest = PartitionSet.lastPoint(PartitionSet.project(snapshot.materialized(asset), [place]))?.[0]
  return newest === undefined ? undefined : partitions.calendar.startOf(newest + 1)
}

/** A date comes again after eight years at the latest. */
const horizonMillis = 9 * 366 * dayMillis

/** The last moment up to `now` at which an expression is due. */
const lastTick = (cron: NonNullable<Freshness["deadlines"]>["cron"], now: number): number | undefined => {
  for (let span = 60_000; span < 8 * horizonMillis; span *= 8) {
    let last: number | undefined
    for (const { instant } of cron.moments(now - Math.min(span, horizonMillis))) {
      if (instant > now) break
      last = instant
    }
    if (last !== undefined) return last
  }
  return undefined
}
