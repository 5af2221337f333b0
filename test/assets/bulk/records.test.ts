/** The records of files of every format, sent to a stand-in API: each once, the bad ones with their place and reason. */
import { assert, describe, it } from "@effect/vitest"
import { type Duration, Effect, Stream } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { Asset, ObjectStore } from "sluice"
import { chunks } from "../../../assets/bulk/chunks.ts"
import * as Meter from "../../../assets/bulk/Meter.ts"
import { anomalies, failed_records, metrics, results } from "../../../assets/bulk/records.ts"
import * as Sample from "../../../pipelines/bulk/Sample.ts"
import * as SampleFile from "../../../pipelines/bulk/SampleFile.ts"
import { simulated } from "../../resources/bulk/api.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "sluice-bulk-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const write = Effect.fnUntraced(function*(file: string, format: SampleFile.Name, records: number, errorRate = 0.1) {
  const drawn = Sample.draw(records, errorRate, 7, SampleFile.flawsOf(format))
  writeFileSync(file, Buffer.concat(yield* Stream.runCollect(SampleFile.bytes(format, drawn))))
})

/** What the chunks give together. */
const computeAll = Effect.gen(function*() {
  const listed = yield* Asset.compute(chunks, {})
  const parts = yield* Effect.forEach(listed, ({ key }) =>
    Effect.all({
      good: Asset.compute(results, {}, key),
      bad: Asset.compute(failed_records, {}, key),
      batches: Asset.compute(metrics, {}, key)
    }))
  return {
    count: listed.length,
    good: parts.flatMap(({ good }) => good),
    bad: parts.flatMap(({ bad }) => bad),
    batches: parts.flatMap(({ batches }) => batches)
  }
})

describe("the records of a file", () => {
  for (const format of SampleFile.formats) {
    it.live(`${format}: each is sent once, and the bad ones are told`, () =>
      Effect.gen(function*() {
        const file = path.join(yield* temporary, `records.${format}`)
        yield* write(file, format, 500)
        yield* simulated({ errorRate: 0.02 }, { BULK_INPUT: file, RETRY_BASE: "0.001", CHUNK_SIZE: "16" }, (simulator) =>
          Effect.gen(function*() {
            const { bad, batches, count, good } = yield* computeAll
            // A JSON array cannot be cut, and Parquet of this size has one row group.
            if (format === "csv" || format === "ndjson") assert.isAtLeast(count, 2)
            assert.strictEqual(good.length, 450)
            assert.deepStrictEqual(new Set(good.map((row) => row.idempotency_key)), new Set(simulator.ledger.keys()))
            assert.strictEqual(bad.length, 50)
            assert.strictEqual(new Set([...good, ...bad].map((row) => row.idempotency_key)).size, 500)
            for (const { byte, kind, reason, row } of bad) {
              assert.isNotNull(format === "parquet" ? row : byte)
              assert.match(reason, { "unreadable": /expected|no JSON/, "no id": /RECORD_ID/, "refused": /422/, "unanswered": /503/ }[kind])
            }
            const sum = (of: (row: typeof batches[number]) => number) => batches.reduce((total, row) => total + of(row), 0)
            assert.deepStrictEqual([sum((row) => row.records), sum((row) => row.processed), sum((row) => row.failed)], [500, 450, 50])
          }).pipe(Effect.provide(ObjectStore.layer({ root: "/" }))))
      }))
  }

  it.live("has the same idempotency keys with every size of its chunks", () =>
    Effect.gen(function*() {
      const file = path.join(yield* temporary, "records.csv")
      yield* write(file, "csv", 300, 0)
      const keys = (chunkSize: string) =>
        simulated({}, { BULK_INPUT: file, CHUNK_SIZE: chunkSize }, () =>
          Effect.map(computeAll, ({ count, good }) => ({ count, keys: good.map((row) => row.idempotency_key).toSorted() }))
            .pipe(Effect.provide(ObjectStore.layer({ root: "/" }))))
      const [whole, cut] = [yield* keys("8192"), yield* keys("2")]
      assert.strictEqual(whole.count, 1)
      assert.isAtLeast(cut.count, 5)
      assert.deepStrictEqual(cut.keys, whole.keys)
    }))

  it.live("is the same whether a call takes one record or several", () =>
    Effect.gen(function*() {
      const file = path.join(yield* temporary, "records.ndjson")
      yield* write(file, "ndjson", 300)
      const rows = (settings: Readonly<Record<string, string>>) =>
        simulated({ errorRate: 0.02, atomic: true }, { BULK_INPUT: file, RETRY_BASE: "0.001", ...settings }, (simulator) =>
          Effect.map(computeAll, ({ bad, good }) => ({
            good: good.map(({ answer, idempotency_key, record_id }) => ({ answer, idempotency_key, record_id })),
            bad: bad.map(({ idempotency_key, kind, line, raw, record_id }) => ({ idempotency_key, kind, line, raw, record_id })),
            most: simulator.seen(1000).mostRecords
          })).pipe(Effect.provide(ObjectStore.layer({ root: "/" }))))
      const { most: one, ...alone } = yield* rows({})
      const { most, ...together } = yield* rows({ RECORDS_PER_CALL: "16" })
      assert.deepStrictEqual([one, most], [1, 16])
      assert.deepStrictEqual(together, alone)
    }))

  it.live("shows a spike of the response times as an anomaly", () =>
    Effect.gen(function*() {
      const file = path.join(yield* temporary, "records.csv")
      yield* write(file, "csv", 1000, 0)
      // Slowly, so that a busy machine is not what is slow.
      const settings = { BULK_INPUT: file, BATCH_SIZE: "100", RATE_LIMIT_CALLS: "30", RATE_LIMIT_PERIOD: "0.1" }
      yield* simulated({ latency: "4 millis" }, settings, (simulator) =>
        Effect.gen(function*() {
          const at = (processed: number, latency: Duration.Input) =>
            Effect.repeat(Effect.sleep("2 millis"), { until: () => simulator.ledger.processed() >= processed }).pipe(
              Effect.andThen(Effect.sync(() => simulator.setLatency(latency)))
            )
          const [key = ""] = (yield* Asset.compute(chunks, {})).map(({ key }) => key)
          yield* Effect.forkChild(Effect.andThen(at(505, "800 millis"), at(590, "4 millis")))
          const found = (yield* Asset.compute(anomalies, {}, key)).find(({ kind }) => kind === "latency")
          assert.include([5, 6], found?.batch)
          assert.isAtLeast(found!.value, 3 * found!.usual)
          assert.match(found!.reason, /^answers take \d/)
        }).pipe(Effect.provideService(Meter.ProcessMeter, Meter.make()), Effect.provide(ObjectStore.layer({ root: "/" }))))
    }))
})
