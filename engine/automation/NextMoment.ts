/** The next moment at which time alone may change what automation asks for: a cron expression is due or a window ends. */
import { partsOf } from "../definition/Condition.ts"
import { type AssetGraph, neighbours } from "../graph/AssetGraph.ts"
import * as Partitions from "../partition/Partitions.ts"
import * as Evaluation from "./Evaluation.ts"

/** In milliseconds since 1970; infinite: there is none. */
export const after = (graph: AssetGraph, at: number): number => {
  let next = Number.POSITIVE_INFINITY
  const seen = new Set<string>()
  for (const { asset, automation } of Evaluation.automated(graph)) {
    for (const { cron } of partsOf(automation.when, "Cron")) next = Math.min(next, cron.moments(at + 1).next().value?.instant ?? next)
    for (const one of [asset, ...neighbours(graph, asset, "upstream")]) seen.add(one)
  }
  for (const asset of seen) {
    for (const { partitions: own } of Partitions.dimensionsOf(graph.assets.get(asset)?.partitions ?? Partitions.none)) {
      if (own._tag !== "TimeWindows") continue
      const { calendar } = own
      next = Math.min(next, calendar.startOf(calendar.positionAt(at) + 1))
    }
  }
  return next
}
