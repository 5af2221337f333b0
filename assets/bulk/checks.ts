/** What must be true of the figures of batches. */
import { Effect } from "effect"
import { Check } from "sluice"
import { metrics } from "./records.ts"

export const everyRecordIsAccountedFor = Check.make("processed and failed records make those that were read", {
  asset: metrics,
  severity: "error",
  run: (rows) => Effect.succeed(Check.none(rows, ({ failed, processed, records }) => processed + failed !== records))
})
