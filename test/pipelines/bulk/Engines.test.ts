/** One process or several: of random inputs the same results, failed records and figures. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Deferred, Effect, Layer, Logger, Result, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { AssetGraph, Backfill, Executor, ObjectStore, Warehouse } from "sluice"
import { MemoryLimitStore } from "sluice/testing"
import { bulk } from "../../../pipelines/bulk.ts"
import * as Request from "../../../pipelines/bulk/Request.ts"
import * as Sample from "../../../pipelines/bulk/Sample.ts"
import * as SampleFile from "../../../pipelines/bulk/SampleFile.ts"
import { RecordApi } from "../../../resources/bulk/RecordApi.ts"
import * as Simulator from "../../../simulators/bulk/Simulator.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import * as TestDatabase from "../../TestDatabase.ts"

const graph = Result.getOrThrow(AssetGraph.make([bulk]))

/** Files of one to four formats, of any size, cut and counted in any way. */
const draw = Effect.fnUntraced(function*(folder: string, seed: number) {
  const next = Sample.random(seed)
  const upTo = (n: number) => 1 + Math.floor(next() * n)
  for (let i = upTo(4); i > 0; i--) {
    const format = SampleFile.formats[upTo(4) - 1]!
    const drawn = Sample.draw(upTo(250), next() * 0.3, seed * 10 + i, SampleFile.flawsOf(format))
    writeFileSync(path.join(folder, `part-${i}.${format}`), Buffer.concat(yield* Stream.runCollect(SampleFile.bytes(format, drawn))))
  }
  return { CHUNK_SIZE: String(upTo(12)), BATCH_SIZE: String(upTo(90)), RECORDS_PER_CALL: String(upTo(2) === 1 ? 1 : upTo(20)), MAX_WORKERS: String(upTo(6)) }
})

/** All that does not depend on time, in every column. */
const stored = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const of = (statement: string) => sql.unsafe<Readonly<Record<string, unknown>>>(statement)
  return {
    results: yield* of("select idempotency_key, chunk, record_id, answer, tries from bulk.results order by 1"),
    failed: yield* of("select idempotency_key, chunk, kind, record_id, file, line, byte, row, split_part(reason, ' at http', 1) as reason, tries, raw from bulk.failed_records order by 1"),
    metrics: yield* of("select chunk, batch, records, processed, failed, retries, error_rate from bulk.metrics order by 1, 2")
  }
})

/** So many processes, each with an API resource of its own, on a fresh database. */
const run = (settings: Readonly<Record<string, string>>, processes: number) =>
  Effect.gen(function*() {
    yield* Executor.start(graph, Request.listing)
    const started = yield* Deferred.make<number>()
    const start = Backfill.start(graph, Request.sending(false, "bulk"), {
      observer: (seen) => {
        if (seen._tag === "RunStarted") Deferred.doneUnsafe(started, Effect.succeed(seen.run))
      }
    })
    const others = Array.from({ length: processes - 1 }, () =>
      Effect.flatMap(Deferred.await(started), (id) => Effect.ignore(Backfill.join(graph, id))).pipe(Effect.provide(Layer.fresh(api))))
    yield* Effect.all([start, ...others], { concurrency: "unbounded" })
    return yield* stored
  }).pipe(
    Effect.provide(Layer.mergeAll(api, ObjectStore.layer({ root: "/" }), Warehouse.layer, PostgresRunStore.layer).pipe(Layer.provideMerge(TestDatabase.layerMigrated))),
    Effect.provide(Layer.merge(ConfigProvider.layer(ConfigProvider.fromUnknown(settings)), Logger.layer([])))
  )

const api = Layer.provide(RecordApi.layer, MemoryLimitStore.layer)

describe("the engines of sluice bulk", () => {
  for (const seed of [1, 2, 3]) {
    it.live(`give the same rows from input ${seed}`, () =>
      Effect.gen(function*() {
        const folder = yield* Effect.acquireRelease(
          Effect.sync(() => mkdtempSync(path.join(tmpdir(), "sluice-engines-"))),
          (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
        )
        const settings = { BULK_INPUT: `${folder}/`, ...yield* draw(folder, seed) }
        const { url } = yield* Simulator.make()
        const local = yield* run({ ...settings, API_ENDPOINT: url }, 1)
        const partitioned = yield* run({ ...settings, API_ENDPOINT: url }, 3)
        assert.isAbove(local.results.length + local.failed.length, 0)
        assert.deepStrictEqual(partitioned, local)
      }))
  }
})
