/** When a backfill stops by itself: a thousand equal failures are no thousand problems, but one outage. */
import type { MaxFailures } from "../record/Backfill.ts"

/** The reason to stop; undefined: go on. Counts are in cells; a share is one of those planned. */
export const reason = (failed: number, planned: number, max: MaxFailures | null): string | undefined => {
  if (max === null || failed === 0) return undefined
  if (failed < (max.unit === "cells" ? max.amount : planned * max.amount / 100)) return undefined
  const most = max.unit === "cells" ? `${max.amount}` : `${max.amount} % of ${planned}`
  return `${failed} ${failed === 1 ? "cell" : "cells"} failed, which reaches the maximum of ${most}: see what is wrong, then retry the failed ones.`
}
