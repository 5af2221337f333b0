/** Records from files, each sent once to a rate-limited API: what it answered, what failed, and how it went. */
import { Pipeline } from "sluice"
import { everyRecordIsAccountedFor } from "../assets/bulk/checks.ts"
import { chunks } from "../assets/bulk/chunks.ts"
import { recovered } from "../assets/bulk/recovered.ts"
import { anomalies, failed_records, metrics, results } from "../assets/bulk/records.ts"

export const bulk = Pipeline.make("bulk", {
  description: "Files of records → one limited API call for each → results, failed records, metrics and anomalies.",
  assets: [chunks, results, failed_records, metrics, anomalies, recovered],
  checks: [everyRecordIsAccountedFor]
})
