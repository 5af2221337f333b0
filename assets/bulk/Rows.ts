/** The rows of the bulk pipeline's tables. */
import { Schema } from "effect"
import { Column } from "sluice"

/** A record that the API has processed, and what it answered. */
export const Result = Schema.Struct({
  idempotency_key: Schema.String,
  chunk: Schema.String,
  record_id: Schema.String,
  answer: Schema.Json,
  tries: Schema.Int,
  response_ms: Schema.Finite,
  processed_at: Schema.Date
})
export type Result = typeof Result.Type

/**
 * A record that was not processed:
 * - `unreadable`: what stands in the file is no record;
 * - `no id`: it cannot be told from others;
 * - `refused`: the API says that it never will be processed;
 * - `unanswered`: every try failed, though the API was up.
 */
export const FailedRecord = Schema.Struct({
  idempotency_key: Schema.String,
  chunk: Schema.String,
  kind: Schema.Literals(["unreadable", "no id", "refused", "unanswered"]),
  record_id: Schema.NullOr(Schema.String),
  file: Schema.String,
  /** Where it stands: lines from 1, bytes and rows from 0; of Parquet there are rows alone. */
  line: Schema.NullOr(Column.BigInteger),
  byte: Schema.NullOr(Column.BigInteger),
  row: Schema.NullOr(Column.BigInteger),
  reason: Schema.String,
  tries: Schema.Int,
  /** As it stands in the file, or as JSON. */
  raw: Schema.String,
  failed_at: Schema.Date
})
export type FailedRecord = typeof FailedRecord.Type

/** A batch: BATCH_SIZE records that follow each other, or the last ones of a file. */
export const Batch = Schema.Struct({
  chunk: Schema.String,
  batch: Schema.Int,
  records: Schema.Int,
  processed: Schema.Int,
  failed: Schema.Int,
  retries: Schema.Int,
  /** From when its first record was begun to when its last one had ended: batches overlap. */
  seconds: Schema.Finite,
  /** Of all that its process did then, over a second at least. */
  records_per_second: Schema.Finite,
  error_rate: Schema.Finite,
  mean_ms: Schema.Finite,
  p50_ms: Schema.Finite,
  p90_ms: Schema.Finite,
  p99_ms: Schema.Finite,
  max_ms: Schema.Finite,
  /** Of a core, since the batch before it was counted. */
  cpu_percent: Schema.Finite,
  rss_mb: Schema.Finite,
  breaker: Schema.Literals(["Closed", "Open", "HalfOpen"]),
  breaker_trips: Schema.Int,
  ended_at: Schema.Date
})
export type Batch = typeof Batch.Type

/** A batch that is unusual, held against those that its process had before. */
export const Anomaly = Schema.Struct({
  chunk: Schema.String,
  batch: Schema.Int,
  kind: Schema.Literals(["latency", "errors", "throughput"]),
  /** In milliseconds, as a share, or in records a second. */
  value: Schema.Finite,
  usual: Schema.Finite,
  reason: Schema.String,
  seen_at: Schema.Date
})
export type Anomaly = typeof Anomaly.Type

/** A failed record that was sent once more. */
export const Recovered = Schema.Struct({
  idempotency_key: Schema.String,
  chunk: Schema.String,
  record_id: Schema.String,
  state: Schema.Literals(["processed", "failed"]),
  answer: Schema.NullOr(Schema.Json),
  reason: Schema.NullOr(Schema.String),
  tries: Schema.Int,
  response_ms: Schema.Finite,
  ended_at: Schema.Date
})
export type Recovered = typeof Recovered.Type
