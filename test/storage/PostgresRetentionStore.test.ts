import { PgClient } from "@effect/sql-pg"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { BackfillStore } from "../../engine/record/BackfillStore.ts"
import { RetentionStore } from "../../engine/record/RetentionStore.ts"
import { RunStore } from "../../engine/record/RunStore.ts"
import { retentionStoreConformance } from "../conformance/RetentionStore.ts"
import type { Cell } from "../../engine/record/Step.ts"
import { backfillRequest, cellsOf, commitOf, computed, request, worker } from "../conformance/RunStore.ts"
import { layer } from "./Server.ts"

retentionStoreConformance("PostgresRunStore", layer)

it.live("forgets a backfill of more steps than go at once with all that is its own, and nothing of one that is paused", () =>
  Effect.gen(function*() {
    const sql = yield* PgClient.PgClient
    const runs = yield* RunStore
    const backfills = yield* BackfillStore
    const { forget } = yield* RetentionStore
    yield* runs.startWorker(worker("one"))
    const steps = (run: number, count: number) =>
      // As a batch ends its steps: many in one moment.
      sql`
        insert into sluice.steps (started_at, finished_at, run, attempts, state, asset, partition, reason, code_version)
        select now(), now() + (n / 7000) * interval '1 ms', ${run}, 1, 'materialized', 'a', n::text, 'missing', ''
        from generate_series(1, ${count}::integer) as n
      `
    const ended = yield* backfills.create(backfillRequest, [], [], "one")
    const paused = yield* backfills.create(backfillRequest, [], [], "one")
    yield* steps(ended, 25_000)
    yield* steps(paused, 10)
    yield* backfills.pause(paused)
    yield* backfills.finish(ended, "one", "succeeded")
    yield* Effect.sleep("5 millis")
    const found = yield* forget({ olderThanMillis: 0, keys: [], dryRun: false })
    assert.deepStrictEqual(found.filter(({ rows }) => rows > 0).map(({ kind, rows }) => [kind, rows]), [
      ["runs", 1], ["backfills", 1], ["steps", 25_000]
    ])
    assert.isAbove(found.find(({ kind }) => kind === "steps")!.bytes, 1_000_000)
    assert.deepStrictEqual((yield* backfills.backfills({ limit: 9 })).map(({ id, state }) => [id, state]), [[paused, "paused"]])
    assert.strictEqual((yield* runs.steps(paused)).length, 10)
  }).pipe(Effect.provide(layer)))

it.live("forgets workers that ended long ago, but for those that a run, a step or a claim names", () =>
  Effect.gen(function*() {
    const sql = yield* PgClient.PgClient
    const runs = yield* RunStore
    const { forget } = yield* RetentionStore
    const [a, b] = cellsOf("nhl/games", 0, 2) as [Cell, Cell]
    const named = ["idle", "alive", "ran", "holds", "stepped"]
    for (const id of named) yield* runs.startWorker(worker(id))
    const ran = yield* runs.createRun(request, "ran")
    const held = yield* runs.createRun(request, "holds")
    yield* runs.claim(held, "holds", [a])
    const stepped = yield* runs.createRun(request, "stepped")
    yield* runs.claim(stepped, "stepped", [b])
    yield* runs.commit(commitOf(stepped, "stepped", [computed(b)]))
    yield* sql`delete from sluice.run_workers where run <> ${ran}`
    for (const id of named.filter((id) => id !== "alive")) yield* runs.stopWorker(id)
    yield* sql`update sluice.workers set stopped_at = stopped_at - interval '3 days'`
    const workers = Effect.map(sql<{ readonly id: string }>`select id from sluice.workers order by number`, (all) => all.map(({ id }) => id))
    const day = { olderThanMillis: 24 * 3_600_000, keys: [] }
    const found = (yield* forget({ ...day, dryRun: true })).find(({ kind }) => kind === "workers")
    assert.strictEqual(found?.rows, 1)
    yield* forget({ ...day, dryRun: false })
    assert.deepStrictEqual(yield* workers, named.slice(1))
  }).pipe(Effect.provide(layer)))
