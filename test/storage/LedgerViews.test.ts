/** The documented views, with the rows of real backfills. */
import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { BackfillStore } from "../../engine/record/BackfillStore.ts"
import { RunStore } from "../../engine/record/RunStore.ts"
import * as PostgresRunStore from "../../storage/PostgresRunStore.ts"
import { begun, cells, end, games, materialize, stats } from "../conformance/backfill-store/Records.ts"
import { request, worker } from "../conformance/RunStore.ts"
import * as TestDatabase from "../TestDatabase.ts"

const layer = Layer.provideMerge(PostgresRunStore.layer, TestDatabase.layerMigrated)

const test = <A, E>(title: string, effect: Effect.Effect<A, E, Layer.Success<typeof layer>>) =>
  it.live(title, () => Effect.asVoid(Effect.provide(effect, layer)))

/** A backfill on two nodes: games 0 to 9 done, game 10 failed, the stats of 10 skipped, 11 waits for another try. */
const filled = Effect.gen(function*() {
  const { id, runs, store } = yield* begun
  const sql = yield* PgClient.PgClient
  yield* store.join(id, "two")
  yield* materialize(id, "one", games, 0, 4)
  yield* materialize(id, "two", games, 5, 9)
  yield* end(id, "two", "failed", games, 10, 10)
  yield* end(id, "one", "skipped", stats, 10, 10)
  yield* store.endLots(id, "one", [], [cells(stats, 0, 9)])
  const failed = (partition: string, attempt: number, nextTryAt: Date | null) => ({
    asset: games, partition, attempt, startedAt: new Date(0), finishedAt: new Date(1_000), error: "ApiError",
    message: "503", transient: true, nextTryAt
  })
  const soon = new Date(Date.now() + 3_600_000)
  yield* runs.recordAttempts(id, [
    failed("10", 1, new Date(2_000)), failed("10", 2, null), failed("11", 1, soon)
  ])
  return { id, runs, store, sql, soon }
})

const exampleOf = (view: string) =>
  Effect.gen(function*() {
    const sql = yield* PgClient.PgClient
    const [row] = yield* sql<{ readonly comment: string }>`
      select obj_description(('sluice.' || ${view}::text)::regclass, 'pg_class') as comment
    `
    const example = /Example: (.*;)/.exec(row?.comment ?? "")?.[1]
    assert.isDefined(example, `${view} has no example`)
    return { example: example!, rows: yield* sql.unsafe(example!) }
  })

describe("the views of the ledger", () => {
  test("tell what was processed, when, where, how long, with how many rows, and what failed", Effect.gen(function*() {
    const { id, sql } = yield* filled
    const rows = yield* sql`
      select asset, partition, state, backfill, node, pid, extract(epoch from duration)::float8 as seconds,
        rows::integer, attempts, reason, error_class, transient, error, next_try_at
      from sluice.ledger where run = ${id} and partition in ('0', '9', '10') order by partition, asset
    `
    const common = { attempts: 1, backfill: "season", next_try_at: null, pid: 42, reason: "missing", seconds: 1.5 }
    const fine = { error: null, error_class: null, transient: null }
    assert.deepStrictEqual(rows.map((row) => ({ ...row })), [
      { ...common, ...fine, asset: games, partition: "0", state: "materialized", node: "one.local", rows: 3 },
      { ...common, ...fine, asset: stats, partition: "10", state: "skipped", node: "one.local", rows: null },
      {
        ...common, asset: games, partition: "10", state: "failed", node: "two.local", rows: null,
        error: "the league's API said 503", error_class: "ApiError", transient: true
      },
      { ...common, ...fine, asset: games, partition: "9", state: "materialized", node: "two.local", rows: 3 }
    ])
    assert.deepStrictEqual((yield* exampleOf("ledger")).rows, [])
  }))

  test("tell of a failed cell that is tried again when the next try is", Effect.gen(function*() {
    const { id, runs, soon, sql, store } = yield* filled
    yield* store.retryFailed(id)
    yield* runs.recordAttempts(id, [{
      asset: games, partition: "10", attempt: 1, startedAt: new Date(0), finishedAt: new Date(1), error: "ApiError",
      message: "503", transient: true, nextTryAt: soon
    }])
    const rows = yield* sql`select partition, next_try_at from sluice.ledger where next_try_at is not null`
    assert.deepStrictEqual(rows.map((row) => ({ ...row })), [{ partition: "10", next_try_at: soon }])
  }))

  test("list the tries that are to come", Effect.gen(function*() {
    const { id, soon, sql } = yield* filled
    const { rows } = yield* exampleOf("retries")
    assert.deepStrictEqual(rows.map((row) => ({ ...row })), [
      { asset: games, partition: "11", message: "503", next_try_at: soon }
    ])
    const all = yield* sql`
      select partition, attempt, run, error_class, transient from sluice.retries order by partition
    `
    assert.deepStrictEqual(all.map((row) => ({ ...row })), [
      { partition: "10", attempt: 1, run: id, error_class: "ApiError", transient: true },
      { partition: "11", attempt: 1, run: id, error_class: "ApiError", transient: true }
    ])
  }))

  test("show how backfills and runs stand", Effect.gen(function*() {
    const { id, runs, sql, store } = yield* filled
    const counts = { materialized: 10, unchanged: 10, failed: 1, skipped: 1, remaining: 178, planned: 200 }
    const progress = Effect.map(
      sql`
        select name, state, selection, stop_reason, planned::integer, materialized::integer, unchanged::integer,
          failed::integer, skipped::integer, remaining::integer, finished_at is null as "isOpen"
        from sluice.backfill_states where backfill = ${id}
      `,
      (rows) => rows.map((row) => ({ ...row }))[0]
    )
    const common = { ...counts, name: "season", selection: "nhl/*" }
    assert.deepStrictEqual(yield* progress, { ...common, state: "running", isOpen: true, stop_reason: null })
    yield* store.pause(id)
    assert.deepStrictEqual(yield* progress, { ...common, state: "paused", isOpen: true, stop_reason: null })
    const states = Effect.map(
      sql`select run, state, is_backfill, name, host from sluice.run_states order by run`,
      (rows) => rows.map((row) => ({ ...row }))
    )
    const run = yield* runs.createRun(request, "two")
    assert.deepStrictEqual(yield* states, [
      { run: id, state: "paused", is_backfill: true, name: "season", host: "two.local" },
      { run, state: "running", is_backfill: false, name: null, host: "two.local" }
    ])
    assert.lengthOf((yield* exampleOf("run_states")).rows, 2)
    assert.lengthOf((yield* exampleOf("backfill_states")).rows, 1)
    yield* runs.stopWorker("one")
    assert.strictEqual((yield* states)[0]?.["state"], "paused")
    yield* runs.stopWorker("two")
    assert.deepStrictEqual((yield* states).map((row) => row["state"]), ["lost", "lost"])
    yield* runs.startWorker(worker("three"))
    yield* store.join(id, "three")
    yield* store.stop(id, "10 % failed")
    yield* store.finish(id, "three", "failed")
    assert.deepStrictEqual(yield* progress, { ...common, state: "failed", isOpen: false, stop_reason: "10 % failed" })
    assert.deepStrictEqual((yield* states)[0], {
      run: id, state: "failed", is_backfill: true, name: "season", host: "three.local"
    })
  }))

  test("tell of ordinary runs too, which are no backfills", Effect.gen(function*() {
    const store = yield* RunStore
    yield* store.startWorker(worker("one"))
    const run = yield* store.createRun(request, "one")
    yield* materialize(run, "one", "nhl/live_feed", 0, 29)
    const sql = yield* PgClient.PgClient
    const { rows } = yield* exampleOf("ledger")
    assert.lengthOf(rows, 20)
    assert.hasAllKeys(rows[0], ["partition", "state", "finished_at", "node", "duration", "rows", "error"])
    assert.deepStrictEqual(yield* (yield* BackfillStore).backfills({ limit: 5 }), [])
    assert.deepStrictEqual(yield* sql`select * from sluice.backfill_states`, [])
    assert.lengthOf(yield* sql`select from sluice.ledger where backfill is not null`, 0)
  }))
})
