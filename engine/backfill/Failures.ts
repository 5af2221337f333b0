/** When a backfill stops by itself: a thousand equal failures are no thousand problems, but one outage. */
import type { MaxFailures } from "../record/Backfill.ts"
import type { AssetCounts } from "./Ledger.ts"

/** The reason to stop; undefined: go on. A share is one of the planned cells. */
export const reason = (assets: ReadonlyArray<AssetCounts>, max: MaxFailures | null): string | undefined => {
  if (max === null) return undefined
  const failed = assets.reduce((sum, asset) => sum + asset.failed, 0)
  const planned = assets.reduce((sum, asset) => sum + asset.planned, 0)
  const limit = max.unit === "cells" ? max.amount : planned * max.amount / 100
  if (failed === 0 || failed < limit) return undefined
  const share = max.unit === "cells" ? `${max.amount}` : `${max.amount} % of ${planned}`
  return `${failed} cells failed, which reaches the maximum of ${share}: see what is wrong, then retry the failed ones.`
}
