/** Dead letters beside checkpoints: after a SIGKILL in the middle each bad record is in its table once, and each good one. */
import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { Executor, RunRequest, Warehouse } from "../../../index.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import * as TestDatabase from "../../TestDatabase.ts"
import { graphOf, isBad, lineOf } from "./orders.ts"
import { timing } from "./timing.ts"

const own = path.join(import.meta.dirname, "..", "..", "..", "node_modules", ".bin", "node")
const node = existsSync(own) ? own : process.execPath

const lines = Array.from({ length: 4000 }, (_, i) => i + 1)

const database = Layer.mergeAll(PostgresRunStore.layer, Warehouse.layer).pipe(Layer.provideMerge(TestDatabase.layerMigrated))

const written = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = mkdtempSync(path.join(tmpdir(), "sluice-dead-letters-"))
    const file = path.join(folder, "orders.ndjson")
    writeFileSync(file, lines.map((line) => `${lineOf(line)}\n`).join(""))
    return { file, folder }
  }),
  ({ folder }) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

describe("dead letters and checkpoints", () => {
  it.live("killed in the middle and resumed: every bad record is rejected once, every good one imported once", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const { file } = yield* written
      const child = yield* Effect.acquireRelease(
        Effect.map(TestDatabase.url, (url) =>
          spawn(node, [path.join(import.meta.dirname, "program.ts"), file], { env: { ...process.env, DATABASE_URL: url }, stdio: ["ignore", "ignore", "inherit"] })),
        (child) => Effect.sync(() => child.kill("SIGKILL"))
      )
      const counted = sql<{ readonly records: number; readonly imported: number; readonly rejected: number }>`
        select records::int4, (rows ->> 'orders/imported')::int4 as imported, (rows ->> 'orders/rejected')::int4 as rejected from sluice.checkpoints`
      yield* Effect.repeat(Effect.andThen(Effect.sleep("5 millis"), Effect.orElseSucceed(counted, () => [])), {
        until: ([at]) => (at?.records ?? 0) >= 900 || child.exitCode !== null
      })
      child.kill("SIGKILL")
      yield* Effect.callback<void>((resume) => void child.once("close", () => resume(Effect.void)))
      // A commit may have been on its way.
      yield* Effect.sleep("50 millis")
      const [at] = yield* counted
      assert.isTrue(at!.records >= 900 && at!.records < 4000)
      // What is put aside is what the position says, of both kinds.
      assert.deepStrictEqual(at, {
        records: at!.records,
        imported: lines.slice(0, at!.records).filter((line) => !isBad(line)).length,
        rejected: lines.slice(0, at!.records).filter(isBad).length
      })

      let again = 0
      const graph = yield* Effect.fromResult(graphOf(file, Effect.sync(() => again++)))
      const report = yield* Executor.start(graph, new RunRequest({ selection: "*", partitions: null, force: false, concurrency: 1 }))
      assert.include(report, { state: "succeeded", materialized: 2 })
      assert.strictEqual(again, 4000 - at!.records)
      const imported = yield* sql<{ readonly id: number }>`select id from orders.imported order by id`
      assert.deepStrictEqual(imported.map(({ id }) => id), lines.filter((line) => !isBad(line)))
      const rejected = yield* sql<{ readonly line: bigint; readonly raw: string; readonly reason: string }>`select line, raw, reason from orders.rejected order by line`
      assert.deepStrictEqual(
        rejected.map(({ line, raw }) => [Number(line), raw]),
        lines.filter(isBad).map((line) => [line, lineOf(line).slice(0, 20)])
      )
    }).pipe(Effect.provide(database), Effect.provideService(Lease.Timing, timing)), 60_000)
})
