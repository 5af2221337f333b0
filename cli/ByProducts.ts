/** What is told of by-products that are missing: nothing is computed for them alone. */
import * as PartitionSet from "../engine/partition/PartitionSet.ts"
import { mainSiblings, type Snapshot } from "../engine/plan/Snapshot.ts"
import * as Text from "./terminal/Text.ts"

/** Why a cell of the asset that is missing is not planned; undefined: it is. */
export const reason = (snapshot: Snapshot, asset: string): string | undefined =>
  snapshot.graph.assets.get(asset)?.byProduct === true ? `comes by the way with ${mainSiblings(snapshot.graph, asset).join(", ")}` : undefined

/** A sentence for each of the assets that lacks some. */
export const lacking = (snapshot: Snapshot, assets: ReadonlyArray<string>): ReadonlyArray<string> =>
  assets.flatMap((asset) => {
    const why = reason(snapshot, asset)
    const missing = PartitionSet.size(PartitionSet.difference(snapshot.space(asset).all, snapshot.materialized(asset)))
    if (why === undefined || missing === 0) return []
    return [`${asset}: ${Text.plural(missing, "cell")} ${missing === 1 ? "is" : "are"} missing; it ${why}, or with --force.`]
  })
