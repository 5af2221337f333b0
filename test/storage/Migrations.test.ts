import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Redacted } from "effect"
import { RunStore } from "../../engine/record/RunStore.ts"
import * as Migrations from "../../storage/Migrations.ts"
import * as PostgresRunStore from "../../storage/PostgresRunStore.ts"
import * as TestDatabase from "../TestDatabase.ts"

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
