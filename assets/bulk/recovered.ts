/** Failed records sent once more, with the same idempotency keys: those that the API takes now are recovered. */
import { Clock, Context, Effect, Schema } from "effect"
import { Asset, Rows, Warehouse } from "sluice"
import { RecordApi } from "../../resources/bulk/RecordApi.ts"
import * as Settings from "../../resources/bulk/Settings.ts"
import { chunk } from "./chunks.ts"
import { ProcessMeter } from "./Meter.ts"
import { failed_records } from "./records.ts"
import { type FailedRecord, Recovered } from "./Rows.ts"

const fromJson = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Json))

/** What stands in the file as no record, or without an id, will not be another one at the next try. */
const canBeSent = ({ kind, record_id }: FailedRecord): boolean => record_id !== null && (kind === "refused" || kind === "unanswered")

/**
 * What records came to at earlier tries, by key: those that were processed are not sent once more. By default nothing is
 * known, and an API that knows idempotency keys does nothing twice all the same.
 */
export class Before extends Context.Reference<ReadonlyMap<string, Recovered>>("assets/bulk/RecoveredBefore", {
  defaultValue: () => new Map()
}) {}

export const recovered = Asset.make("bulk/recovered", {
  description: "Failed records that were sent once more, and what became of them.",
  kinds: ["api", "postgres"],
  partitions: chunk,
  inputs: { failed: failed_records },
  output: Rows.of(Recovered, { key: ["chunk", "idempotency_key"] }),
  io: Warehouse,
  run: Effect.fnUntraced(function*({ failed }) {
    const api = yield* RecordApi
    const meter = yield* ProcessMeter
    const send = yield* api.process
    const before = yield* Before
    const concurrency = Settings.recordsInFlight(yield* api.settings)
    const all = yield* Effect.forEach(failed.filter(canBeSent), (row) =>
      Effect.gen(function*() {
        const { chunk, idempotency_key, raw } = row
        const last = before.get(idempotency_key)
        // A chunk is stored as a whole: at an early end with what its records came to so far.
        // It may have failed once more since then, in a run with --force.
        const isRecovered = last?.state === "processed" && last.ended_at >= row.failed_at
        if (isRecovered || meter.isStopped()) return last
        const record_id = row.record_id ?? ""
        const record = yield* fromJson(raw)
        const outcome = yield* meter.sending(send({ id: record_id, key: idempotency_key, record }))
        const ended: Recovered = {
          idempotency_key,
          chunk,
          record_id,
          state: outcome._tag === "Processed" ? "processed" : "failed",
          answer: outcome._tag === "Processed" ? outcome.answer : null,
          reason: outcome._tag === "Processed" ? null : outcome.error.message,
          tries: outcome.tries,
          response_ms: outcome.millis,
          ended_at: new Date(yield* Clock.currentTimeMillis)
        }
        return ended
      }), { concurrency })
    return all.filter((row) => row !== undefined)
  })
})
