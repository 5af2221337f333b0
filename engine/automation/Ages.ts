/** Conditions of age: which records they look at, of which cells they are true, and when time alone changes that. */
import type { Condition } from "../definition/Condition.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import type { Cells, Snapshot } from "../plan/Snapshot.ts"
import type { Subject } from "./Evaluation.ts"
import { inWindows } from "./Windows.ts"

/** The cells whose records tell it, by asset: where a condition is of the last windows alone, no other ones. */
export const wanted = (snapshot: Snapshot, { asset, automation }: Pick<Subject, "asset" | "automation">): Cells => {
  const found = new Map<string, PartitionSet.PartitionSet>()
  const look = (asset: string, condition: Condition, bound: PartitionSet.PartitionSet): void => {
    switch (condition._tag) {
      case "OlderThan":
        return void found.set(asset, PartitionSet.union(found.get(asset) ?? PartitionSet.empty(bound.dimensions), bound))
      case "And": {
        const windows = condition.of.flatMap((part) => inWindows(snapshot, asset, part) ?? [])
        const within = windows.reduce(PartitionSet.intersection, bound)
        return condition.of.forEach((part) => look(asset, part, within))
      }
      case "Or":
        return condition.of.forEach((part) => look(asset, part, bound))
      case "Not":
      case "Newly":
        return look(asset, condition.of, bound)
      case "Since":
        look(asset, condition.of, bound)
        return condition.reset === undefined ? undefined : look(asset, condition.reset, bound)
      case "AnyUpstream":
      case "AllUpstream":
        return snapshot.graph.upstream(asset).forEach(({ upstream }) => look(upstream, condition.of, snapshot.space(upstream).all))
    }
  }
  look(asset, automation.when, snapshot.space(asset).all)
  return found
}

export interface Older {
  readonly cells: PartitionSet.PartitionSet
  /** When time alone may change what is asked for, in milliseconds since 1970. */
  readonly next: number
}

/** The cells whose last materialization is so long ago, of those whose records were read. */
export const olderThan = (snapshot: Snapshot, asset: string, millis: number): Older => {
  const now = snapshot.now.epochMilliseconds
  const { all, everPositionOf } = snapshot.space(asset)
  const points: Array<PartitionSet.Point> = []
  let next = Number.POSITIVE_INFINITY
  for (const [partition, { materializedAt }] of snapshot.cells(asset)) {
    const point = materializedAt === undefined ? undefined : everPositionOf(partition)
    if (materializedAt === undefined || point === undefined) continue
    const due = materializedAt.getTime() + millis
    if (due > now) next = Math.min(next, due)
    else points.push(point)
  }
  // A cell that was asked for and has failed is asked for again in the next span.
  if (points.length > 0) next = Math.min(next, (spanOf(now, millis) + 1) * millis)
  return { cells: PartitionSet.fromPoints(all.dimensions, points), next }
}

/** The spans of a length since 1970, counted. */
export const spanOf = (at: number, millis: number): number => Math.floor(at / millis)
