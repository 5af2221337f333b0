/** The records of files of every format, sent to a stand-in API: each once, the bad ones with their place and reason. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { Asset, ObjectStore } from "sluice"
import { chunks } from "../../../assets/bulk/chunks.ts"
import { failed_records, metrics, results } from "../../../assets/bulk/records.ts"
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

describe("the records of a file", () => {
  for (const format of SampleFile.formats) {
    it.live(`${format}: each is sent once, and the bad ones are told`, () =>
      Effect.gen(function*() {
        const file = path.join(yield* temporary, `records.${format}`)
        yield* write(file, format, 1000)
        yield* simulated({ errorRate: 0.02 }, { BULK_INPUT: file, RETRY_BASE: "0.001" }, (simulator) =>
          Effect.gen(function*() {
            const [listed] = yield* Asset.compute(chunks, {})
            const chunk = listed!.chunk
            const good = yield* Asset.compute(results, {}, chunk)
            assert.strictEqual(good.length, 900)
            assert.deepStrictEqual(new Set(good.map((row) => row.idempotency_key)), new Set(simulator.ledger.keys()))
            assert.strictEqual(simulator.seen(1000).repeated, 0)
            const bad = yield* Asset.compute(failed_records, {}, chunk)
            assert.strictEqual(bad.length, 100)
            assert.strictEqual(new Set([...good, ...bad].map((row) => row.idempotency_key)).size, 1000)
            for (const { byte, kind, reason, row } of bad) {
              assert.isNotNull(format === "parquet" ? row : byte)
              assert.match(reason, { "unreadable": /expected|no JSON/, "no id": /RECORD_ID/, "refused": /422/, "unanswered": /503/ }[kind])
            }
            const batches = yield* Asset.compute(metrics, {}, chunk)
            const sum = (of: (row: typeof batches[number]) => number) => batches.reduce((total, row) => total + of(row), 0)
            assert.deepStrictEqual([sum((row) => row.records), sum((row) => row.processed), sum((row) => row.failed)], [1000, 900, 100])
          }).pipe(Effect.provide(ObjectStore.layer({ root: "/" }))))
      }))
  }
})
