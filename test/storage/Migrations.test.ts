import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Redacted } from "effect"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import { BackfillStore } from "../../engine/record/BackfillStore.ts"
import { RunStore } from "../../engine/record/RunStore.ts"
import * as Migrations from "../../storage/Migrations.ts"
import * as PostgresRunStore from "../../storage/PostgresRunStore.ts"
import { backfillRequest, cellsOf, commitOf, computed, ended, gather, numbered, worker } from "../conformance/RunStore.ts"
import * as TestDatabase from "../TestDatabase.ts"
import { layer } from "./Server.ts"

const migration = (number: number, statements: string): Migrations.Migration => ({ number, name: "test", statements })

const versions = Effect.gen(function*() {
  const sql = yield* PgClient.PgClient
  return (yield* sql<{ number: number }>`select number from sluice.migrations order by number`).map((row) => row.number)
})

describe("Migrations", () => {
  it.live("are applied once when eight start at the same moment", () =>
    Effect.gen(function*() {
      const url = Redacted.make(yield* TestDatabase.url)
      const started = yield* Effect.all(
        Array.from({ length: 8 }, () =>
          Effect.exit(Effect.asVoid(RunStore).pipe(
            Effect.provide(Layer.provide(PostgresRunStore.layer, PgClient.layer({ url, maxConnections: 1 })))
          ))),
        { concurrency: "unbounded" }
      )
      assert.isTrue(started.every(Exit.isSuccess), String(started.find(Exit.isFailure)))
      assert.deepStrictEqual(yield* versions, (yield* Migrations.current).map(({ number }) => number))
    }).pipe(Effect.provide(TestDatabase.layer)))

  it.live("are numbered without gaps", () =>
    Effect.gen(function*() {
      const numbers = (yield* Migrations.current).map(({ number }) => number)
      assert.isAbove(numbers.length, 0)
      assert.deepStrictEqual(numbers, numbers.map((_, place) => place + 1))
    }))

  it.live("refuse a database that a newer version has migrated, in one sentence", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      yield* Migrations.run(sql, yield* Migrations.current)
      yield* sql`insert into sluice.migrations (number, name) values (9999, 'tomorrow')`
      const error = yield* Effect.flip(Effect.scoped(Layer.build(PostgresRunStore.layer)))
      assert.strictEqual(error._tag, "SchemaTooNew")
      assert.match(error.message, /version 9999.*update Sluice/)
    }).pipe(Effect.provide(TestDatabase.layer)))

  it.live("are all or nothing, and go on where they stopped", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const one = "create table sluice.one (id int); create view sluice.ones as select id from sluice.one;"
      const first = migration(1, one)
      const second = migration(2, "create table sluice.two (id int);")
      yield* Migrations.run(sql, [first])
      const broken = [first, second, migration(3, "create tabel sluice.three;")]
      const error = yield* Effect.flip(Migrations.run(sql, broken))
      assert.match(error.message, /apply the migration test.*syntax error/)
      assert.deepStrictEqual(yield* versions, [1])
      const tables = yield* sql`select to_regclass('sluice.two') as two, to_regclass('sluice.ones') as ones`
      assert.isNull(tables[0]?.["two"])
      assert.isNotNull(tables[0]?.["ones"])
      yield* Migrations.run(sql, [first, second])
      assert.deepStrictEqual(yield* versions, [1, 2])
    }).pipe(Effect.provide(TestDatabase.layer)))

  it.live("bring a database of version 5 with all it holds to the present one", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const all = yield* Migrations.current
      yield* Migrations.run(sql, all.slice(0, 5))
      yield* sql.unsafe(`do $$ begin
        insert into sluice.workers (id, host, pid, lease, expires_at, stopped_at) values
          ('gone', 'a.local', 1, '6 s', now() - interval '1 day', now() - interval '1 day'),
          ('lost', 'b.local', 2, '6 s', now() - interval '1 hour', null),
          ('live', 'c.local', 3, '1 day', now() + interval '1 day', null);
        insert into sluice.runs (state, request, worker, started_at, finished_at, materialized, failed, skipped)
        select
          state::sluice.run_state, '{"selection": "nhl/*", "partitions": null, "force": false, "concurrency": 8}', worker,
          now() - interval '1 day', case when state <> 'running' then now() end,
          case when state <> 'running' then 1 end, case when state <> 'running' then 0 end,
          case when state <> 'running' then 0 end
        from (values ('succeeded', 1), ('running', 2), ('running', 3)) as run (state, worker);
        insert into sluice.cells (asset, partition, data_version, materialized_at, materialized_by, code_version, failed, error)
        select 'nhl/games', i::text, nextval('sluice.data_version'), now(), 1, 'v1', false, null
        from generate_series(0, 99) as i;
        update sluice.cells set failed = true, error = '503' where partition = '7';
        insert into sluice.steps (
          started_at, finished_at, rows, data_version, run, worker, attempts, state, asset, partition, reason, code_version, error
        ) values
          (now(), now(), 3, 1, 1, 1, 1, 'materialized', 'nhl/games', '0', 'missing', 'v1', null),
          (now(), now(), null, null, 3, 3, 2, 'failed', 'nhl/games', '7', 'missing', 'v1', '503');
        insert into sluice.attempts (run, attempt, started_at, finished_at, asset, partition, error, message)
        values (3, 1, now(), now(), 'nhl/games', '7', 'ApiError', '503');
        insert into sluice.partition_keys (partition_set, key, by_hand)
        select case when i % 3 = 0 then 'city' else 'game' end, 'k' || i, i % 4 <> 0
        from generate_series(1, 30) as i;
        insert into sluice.partition_key_sources (partition_set, source, key) values ('game', '0', 'k4');
      end $$`)
      yield* Migrations.run(sql, all)

      const { backfills, runs, store } = yield* Effect.gen(function*() {
        const store = yield* RunStore
        const runs = yield* store.runs({ limit: 9 })
        return { store, runs, backfills: yield* (yield* BackfillStore).backfills({ limit: 9 }) }
      }).pipe(Effect.provide(PostgresRunStore.layer))
      assert.deepStrictEqual(backfills, [])
      assert.deepStrictEqual(
        runs.map(({ lost, materialized, state, worker }) => [state, lost, worker, materialized]),
        [["running", false, "c.local:3", 0], ["running", true, "b.local:2", 0], ["succeeded", false, "a.local:1", 1]]
      )
      assert.isTrue(yield* store.executes(3, "live"))
      assert.strictEqual((yield* store.claim(3, "live", [{ asset: "nhl/games", partition: "7" }])).cells[0]?.granted, true)
      yield* store.resumeRun(2, "live")
      const [failed] = yield* store.steps(3)
      assert.deepInclude(failed, { error: "503", errorClass: null, transient: null })
      assert.deepInclude((yield* store.attempts(3))[0], { transient: false, nextTryAt: null })

      const sets = yield* store.dynamicKeys(["game", "city"])
      const game = Array.from({ length: 30 }, (_, i) => i + 1).filter((i) => i % 3 > 0)
      assert.deepStrictEqual(
        sets.get("game"),
        game.map((i, position) => ({
          key: `k${i}`, position, live: i % 4 !== 0 || i === 4, sources: i === 4 ? ["0"] : []
        }))
      )
      assert.deepStrictEqual(sets.get("city")?.map(({ position }) => position), Array.from({ length: 10 }, (_, i) => i))
      yield* store.addKeys("city", ["k3", "new"])
      assert.deepInclude((yield* store.dynamicKeys(["city"])).get("city")?.at(-1), { key: "new", position: 10 })

      const states = (yield* store.cellSets(new Map([["nhl/games", numbered]]))).get("nhl/games")
      assert.deepStrictEqual(states?.materialized, PartitionSet.range(0, 99))
      assert.deepStrictEqual(states?.failed, PartitionSet.range(7, 7))

      const seen = yield* sql<{ run: number; state: string; host: string; isBackfill: boolean }>`
        select run, state, host, is_backfill as "isBackfill" from sluice.run_states order by run
      `
      assert.deepStrictEqual(seen, [
        { run: 1, state: "succeeded", host: "a.local", isBackfill: false },
        { run: 2, state: "running", host: "c.local", isBackfill: false },
        { run: 3, state: "running", host: "c.local", isBackfill: false }
      ])
      const ledger = yield* sql`select partition, state, node, error from sluice.ledger order by partition`
      assert.deepStrictEqual(ledger, [
        { partition: "0", state: "materialized", node: "a.local", error: null },
        { partition: "7", state: "failed", node: "c.local", error: "503" }
      ])
      assert.deepStrictEqual(yield* sql`select * from sluice.retries`, [])
      assert.deepStrictEqual(yield* sql`select * from sluice.backfill_states`, [])
    }).pipe(Effect.provide(TestDatabase.layer)))

  it.live("show what is recorded in the views", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const store = yield* RunStore
      const backfills = yield* BackfillStore
      const soon = new Date(Date.now() + 60_000)
      yield* store.startWorker(worker("one"))
      const run = yield* backfills.create(backfillRequest, gather(cellsOf("nhl/games", 0, 10)), [], "one")
      const cells = cellsOf("nhl/games", 0, 3)
      yield* store.claim(run, "one", cells)
      yield* store.commit(commitOf(run, "one", cells.slice(0, 2).map((cell) => computed(cell))))
      yield* store.recordAttempts(run, [{
        ...cells[2]!, attempt: 1, startedAt: new Date(0), finishedAt: new Date(1), error: "ApiError", message: "503",
        transient: true, nextTryAt: soon
      }])
      yield* store.endSteps(run, "one", [ended(cells[2]!, "failed")], gather)
      assert.deepStrictEqual(
        yield* sql`select partition, state, backfill, node, error_class, transient, next_try_at from sluice.ledger order by 1`,
        ["0", "1", "2"].map((partition) => ({
          partition, backfill: "all of it", node: "one.local",
          ...partition === "2"
            ? { state: "failed", error_class: "ApiError", transient: true, next_try_at: soon }
            : { state: "materialized", error_class: null, transient: null, next_try_at: null }
        }))
      )
      const [retry] = yield* sql`select * from sluice.retries`
      assert.deepInclude(retry, { partition: "2", error_class: "ApiError", transient: true, next_try_at: soon })
      yield* backfills.pause(run)
      const [state] = yield* sql`
        select state, planned::int, materialized::int, failed::int, remaining::int from sluice.backfill_states
      `
      assert.deepStrictEqual(state, { state: "paused", planned: 10, materialized: 2, failed: 1, remaining: 7 })
    }).pipe(Effect.provide(layer)))

  it.live("leave a comment on every table and view, whose examples run", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      yield* Migrations.run(sql, yield* Migrations.current)
      const relations = yield* sql<{ name: string; comment: string | null }>`
        select c.relname as name, obj_description(c.oid, 'pg_class') as comment
        from pg_class as c
        where c.relnamespace = 'sluice'::regnamespace and c.relkind in ('r', 'v')
      `
      assert.isAbove(relations.length, 10)
      assert.deepStrictEqual(relations.filter(({ comment }) => comment === null).map(({ name }) => name), [])
      const examples = relations.flatMap(({ comment }) => /Example: (.*;)/.exec(comment ?? "")?.[1] ?? [])
      assert.isAbove(examples.length, 2)
      for (const example of examples) yield* sql.unsafe(example)
    }).pipe(Effect.provide(TestDatabase.layer)))
})
