/** Every record of a chunk sent to the API once: results, failed records, the figures of each batch, and what is unusual about them. */
import { Cause, Effect, Schema, Stream } from "effect"
import { Asset, Checkpoint, Rows, Warehouse } from "sluice"
import { RecordApi } from "../../resources/bulk/RecordApi.ts"
import * as Settings from "../../resources/bulk/Settings.ts"
import * as Batches from "./Batches.ts"
import { chunk, fileOf } from "./chunks.ts"
import * as Delivery from "./Delivery.ts"
import * as Element from "./Element.ts"
import { ProcessMeter } from "./Meter.ts"
import * as Row from "./Rows.ts"

const Position = Schema.Struct({ records: Schema.Int, processed: Schema.Int, failed: Schema.Int, retries: Schema.Int, batch: Schema.optionalKey(Schema.Int) })

/** As the settings have it, when a chunk begins: batches are committed as they are counted. */
const batchSize = (): number => /^[1-9]\d{0,5}$/.test(process.env["BATCH_SIZE"] ?? "") ? Number(process.env["BATCH_SIZE"]) : 1000

export const { anomalies, failed_records, metrics, results } = Asset.makeMany("bulk", {
  partitions: chunk,
  outputs: {
    results: {
      description: "A record that the API has processed, with its answer.",
      kinds: ["api", "postgres"],
      output: Rows.of(Row.Result, { key: ["chunk", "idempotency_key"], indexes: [["record_id"]] }),
      io: Warehouse
    },
    failed_records: {
      description: "A record that was not processed: where it stands, why, and as it is.",
      kinds: ["postgres"],
      output: Rows.of(Row.FailedRecord, { key: ["chunk", "idempotency_key"], indexes: [["kind"]] }),
      io: Warehouse
    },
    metrics: {
      description: "A batch of records: throughput, response times, errors, resources, the breaker.",
      kinds: ["postgres"],
      output: Rows.of(Row.Batch, { key: ["chunk", "batch"] }),
      io: Warehouse
    },
    anomalies: {
      description: "A batch that is unusual: slow answers, many failures, little throughput.",
      kinds: ["postgres"],
      output: Rows.of(Row.Anomaly, { key: ["chunk", "batch"] }),
      // No record is sent again for a figure about how it was sent.
      byProduct: true,
      io: Warehouse
    }
  },
  checkpoint: {
    position: Position,
    get every() {
      return batchSize()
    }
  },
  run: Effect.fnUntraced(function*(_, chunk: string, from) {
    const api = yield* RecordApi
    const settings = yield* api.settings
    const file = fileOf(chunk)
    const deliver = yield* Delivery.make(chunk, file)
    const position = from ?? Batches.begin
    // Those that wait for their next try take nobody's place.
    const most = Math.min(settings.queue, Settings.recordsInFlight(settings) * 2)
    const window = (yield* ProcessMeter).window(most)
    const delivered = Stream.unwrap(Effect.map(Effect.acquireRelease(Effect.sync(window.share), ({ end }) => Effect.sync(end)), (share) => {
      const deliverWithin = (element: Element.Element) =>
        Effect.suspend(() => {
          share.enter()
          return Effect.map(deliver(element), (delivered) => {
            share.leave(delivered.way)
            return delivered
          })
        })
      return Checkpoint.mapEffect(Element.elements(chunk, position.records), deliverWithin, {
        concurrency: share.size,
        ahead: settings.queue,
        position: ({ number }) => number
      })
    }))
    return Batches.of(chunk, settings.batchSize, position, Stream.map(delivered, ({ rows }) => rows)).pipe(
      // A run keeps the sentence of an error; the log has its trace too.
      Stream.tapCause((cause) => Cause.hasInterruptsOnly(cause) ? Effect.void : Effect.logError(`Chunk ${chunk} cannot be read or sent to its end.`, cause))
    )
  })
})
