/** Records in the order of their file, counted by batches: a row of figures at the end of each. */
import { Effect, Stream } from "effect"
import type { Checkpoint } from "sluice"
import { RecordApi } from "../../resources/bulk/RecordApi.ts"
import type { Delivered } from "./Delivery.ts"
import * as Latencies from "./Latencies.ts"
import { ProcessMeter } from "./Meter.ts"
import type { Anomaly, Batch, FailedRecord, Result } from "./Rows.ts"

/** How far a file is done. What the open batch has so far is part of it, so that no record is counted twice or never. */
export interface Position {
  /** So many records are done, good or bad. */
  readonly records: number
  /** Of those of the batch that is open: */
  readonly processed: number
  readonly failed: number
  readonly retries: number
  /** Its number. Missing in positions that are stored since before it was a part of them. */
  readonly batch?: number
}

export const begin: Position = { records: 0, processed: 0, failed: 0, retries: 0, batch: 0 }

export interface Rows {
  readonly results: ReadonlyArray<Result>
  readonly failed_records: ReadonlyArray<FailedRecord>
  readonly metrics: ReadonlyArray<Batch>
  readonly anomalies: ReadonlyArray<Anomaly>
}

const none: ReadonlyArray<never> = []

const megabyte = 1024 * 1024

/** Of no record. */
const noSpan = { from: Number.POSITIVE_INFINITY, until: Number.NEGATIVE_INFINITY }

/** Adds the batches to the records of a file; they go on where `from` says. */
export const of = <E, R>(
  chunk: string,
  size: number,
  from: Position,
  delivered: Stream.Stream<Delivered, E, R>
): Stream.Stream<Checkpoint.Done<Rows, Position>, E, R | RecordApi> =>
  Stream.unwrap(Effect.gen(function*() {
    const api = yield* RecordApi
    const meter = yield* ProcessMeter
    // The size of batches may be another one than before: those that are counted keep their numbers.
    let position = { ...from, batch: from.batch ?? Math.floor(from.records / size) }
    let latencies = Latencies.make()
    let span = noSpan
    let cpu = { at: performance.now(), used: process.cpuUsage() }
    const ended = () => meter.counts.processed + meter.counts.failed
    if (meter.underWay() === 0) meter.throughput.begin(performance.now(), ended())

    /** Closes the open batch; gives its figures, and what is unusual about them. */
    const close = Effect.gen(function*() {
      const breaker = yield* api.breaker
      const now = performance.now()
      const used = process.cpuUsage(cpu.used)
      const { batch, failed, processed, records, retries } = position
      const count = processed + failed
      const figures = { meanMillis: latencies.mean(), errorRate: failed / count, recordsPerSecond: meter.throughput.at(now, ended()) }
      // The last records of a file are few, and a batch that was begun by another process says nothing of its time.
      const anomaly = count === size ? meter.anomalies.judge(figures) : undefined
      const row: Batch = {
        chunk,
        batch,
        records: count,
        processed,
        failed,
        retries,
        seconds: Math.max(0, span.until - span.from) / 1000,
        records_per_second: figures.recordsPerSecond,
        error_rate: figures.errorRate,
        mean_ms: figures.meanMillis,
        p50_ms: latencies.quantile(0.5),
        p90_ms: latencies.quantile(0.9),
        p99_ms: latencies.quantile(0.99),
        max_ms: latencies.max(),
        cpu_percent: (used.user + used.system) / 10 / Math.max(1, now - cpu.at),
        rss_mb: process.memoryUsage.rss() / megabyte,
        breaker: breaker.state,
        breaker_trips: breaker.trips,
        ended_at: new Date()
      }
      position = { records, processed: 0, failed: 0, retries: 0, batch: batch + 1 }
      latencies = Latencies.make()
      span = noSpan
      cpu = { at: now, used: process.cpuUsage() }
      if (anomaly === undefined) return { metrics: [row], anomalies: none }
      meter.counts.anomalies++
      yield* Effect.logWarning(`Anomaly in batch ${row.batch} of ${chunk}: ${anomaly.reason}.`)
      return { metrics: [row], anomalies: [{ chunk, batch: row.batch, ...anomaly, seen_at: row.ended_at }] }
    })

    const add = ({ begunAt, endedAt, failed, result, tries, way }: Delivered): Rows => {
      position = {
        batch: position.batch,
        records: position.records + 1,
        processed: position.processed + (result === undefined ? 0 : 1),
        failed: position.failed + (failed === undefined ? 0 : 1),
        retries: position.retries + Math.max(0, tries - 1)
      }
      span = { from: Math.min(span.from, begunAt), until: Math.max(span.until, endedAt) }
      if (way !== undefined) latencies.add(way.millis)
      return { results: result === undefined ? none : [result], failed_records: failed === undefined ? none : [failed], metrics: none, anomalies: none }
    }

    const addAll = Effect.fnUntraced(function*(some: ReadonlyArray<Delivered>) {
      const all: Array<Checkpoint.Done<Rows, Position>> = []
      for (const one of some) {
        const rows = add(one)
        all.push(position.processed + position.failed >= size ? { rows: { ...rows, ...yield* close }, position } : { rows, position })
      }
      return all
    })

    const last = Stream.suspend((): Stream.Stream<Checkpoint.Done<Rows, Position>> =>
      position.processed + position.failed === 0
        ? Stream.empty
        : Stream.fromEffect(Effect.map(close, (closed) => ({ rows: { results: none, failed_records: none, ...closed }, position })))
    )
    return Stream.concat(Stream.flattenIterable(Stream.mapEffect(Stream.chunks(delivered), addAll)), last)
  }))
