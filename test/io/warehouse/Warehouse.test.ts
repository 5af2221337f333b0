import { assert, layer } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Deferred, Effect, Fiber, Layer, Redacted, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { SqlClient } from "effect/sql"
import * as Column from "../../../io/warehouse/Column.ts"
import { Warehouse } from "../../../io/warehouse/Warehouse.ts"
import { heap } from "../../heap.ts"
import * as TestDatabase from "../../TestDatabase.ts"
import { one, stored } from "./stored.ts"

const Live = Layer.provideMerge(Warehouse.layer, TestDatabase.layer)

/** A server that ends a transaction which idles for 200 ms. */
const Impatient = Layer.provideMerge(
  Layer.fresh(Warehouse.layer),
  PgClient.layerFrom(Effect.flatMap(TestDatabase.url, (url) =>
    PgClient.make({
      url: Redacted.make(url),
      startupParameters: { idle_in_transaction_session_timeout: "200" }
    })))
).pipe(Layer.provide(TestDatabase.layer))

/** A server that takes helpers for every question. */
const Helpful = Layer.provideMerge(
  Layer.fresh(Warehouse.layer),
  PgClient.layerFrom(Effect.flatMap(TestDatabase.url, (url) =>
    PgClient.make({
      url: Redacted.make(url),
      // What it has counted is told by each connection for itself.
      maxConnections: 1,
      startupParameters: { min_parallel_table_scan_size: "0", parallel_setup_cost: "0", parallel_tuple_cost: "0" }
    })))
).pipe(Layer.provide(TestDatabase.layer))

layer(Live)("Warehouse", (it) => {
  it.effect("refuses values that their column cannot hold, each with a sentence", () =>
    Effect.gen(function*() {
      const warehouse = yield* Warehouse
      const cases = [
        [Schema.Int, 2147483648, /does not fit integer; use Column\.BigInteger/],
        [Schema.Int, 1.5, /expected an integer/],
        [Schema.Finite, NaN, /expected a finite number/],
        [Schema.BigInt, 2n ** 63n, /does not fit bigint/],
        [Column.BigInteger, 2 ** 60, /expected an integer of at most/],
        [Column.Numeric, "1e5", /expected a decimal/],
        [Column.Numeric, "-0", /expected a decimal/],
        [Column.Date, "2023-02-29", /expected a date/],
        [Column.Date, "0000-01-01", /expected a date/],
        [Schema.String, "a\0b", /NUL character/],
        [Schema.String, "\ud800", /surrogate/],
        [Schema.String, null, /null is not allowed/],
        [Schema.NullOr(Schema.String), undefined, /a value is required/],
        [Schema.Date, new Date(NaN), /an invalid Date/],
        [Schema.Date, new Date("-000001-01-01T00:00:00Z"), /outside the years/],
        [Schema.Literals(["a", "b"]), "c", /"c"/],
        [Schema.String.check(Schema.isMinLength(3)), "ab", /at least 3/],
        [Schema.Array(Schema.Int), [1, "x"], /expected an integer/],
        [Schema.Json, { a: "\0" }, /jsonb cannot hold a NUL/],
        [Schema.Json, { a: undefined }, /expected/],
        [Schema.Struct({ a: Schema.Struct({ b: Schema.Int }) }), { a: { b: "x".repeat(500) } }, /\["a"\]\["b"\]/]
      ] as const
      for (const [i, [schema, value, expected]] of cases.entries()) {
        const asset = stored(`refused/t${i}`, one(schema))
        yield* warehouse.prepare(asset)
        const error = yield* Effect.flip(warehouse.write([{ asset, partition: "", value: [{ v: value }] }]))
        assert.match(error.message, expected)
        assert.match(error.message, new RegExp(`^Row 1 of refused/t${i} cannot be stored: column "v" holds .*\\.$`))
        assert.isBelow(error.message.length, 300)
        assert.isFalse(error.transient)
      }
      const asset = stored("refused/plain", one(Schema.String))
      yield* warehouse.prepare(asset)
      const backslashes = stored("refused/backslashes", one(Schema.Json))
      yield* warehouse.prepare(backslashes)
      yield* warehouse.write([{ asset: backslashes, partition: "", value: [{ v: "\\u0000 \\ud800" }] }])
      assert.deepStrictEqual((yield* warehouse.load({ asset: backslashes, partitions: "all" })).values, [{ v: "\\u0000 \\ud800" }])
    }))

  it.effect("quotes whatever is a name", () =>
    Effect.gen(function*() {
      const warehouse = yield* Warehouse
      const sql = yield* SqlClient.SqlClient
      const asset = stored(
        "group/t",
        Schema.Struct({ "id\"; drop schema public cascade; --": Schema.Int, "Ünï 💥 '$1": Schema.Literals(["'", "\\'"]) }),
        { table: "t\"; drop table x; --", key: ["id\"; drop schema public cascade; --"] as never },
        true
      )
      yield* warehouse.prepare(asset)
      const row = { "id\"; drop schema public cascade; --": 1, "Ünï 💥 '$1": "\\'" }
      yield* warehouse.write([{ asset, partition: "p", value: [row] }])
      assert.deepStrictEqual((yield* warehouse.load({ asset, partitions: ["p"] })).values, [row])
      assert.deepStrictEqual(yield* Stream.runCollect(warehouse.stream({ asset, partitions: "all" })), [{ partition: "p", value: row }])
      assert.strictEqual((yield* sql`select 1 from pg_tables where schemaname = 'group'`).length, 1)
    }))

  it.effect("writes near and far timestamps by turns, which travel differently", () =>
    Effect.gen(function*() {
      const warehouse = yield* Warehouse
      const asset = stored("times/t", one(Schema.Date), { mode: "append" } as never)
      yield* warehouse.prepare(asset)
      const values = ["2024-01-01T00:00:00.001Z", "9999-12-31T23:59:59.999Z", "1999-01-01T00:00:00.003Z"]
        .map((time) => ({ v: new Date(time) }))
      for (const value of values) yield* warehouse.write([{ asset, partition: "", value: [value] }])
      assert.deepStrictEqual((yield* warehouse.load({ asset, partitions: "all" })).values, values)
    }))

  it.effect("joins the transaction that it is called in", () =>
    Effect.gen(function*() {
      const warehouse = yield* Warehouse
      const sql = yield* SqlClient.SqlClient
      const asset = stored("joined/t", one(Schema.Int))
      yield* warehouse.prepare(asset)
      const writing = warehouse.write([{ asset, partition: "", value: [{ v: 1 }] }])
      yield* Effect.flip(sql.withTransaction(Effect.andThen(writing, Effect.fail("later"))))
      assert.deepStrictEqual((yield* warehouse.load({ asset, partitions: "all" })).values, [])
      // A refused write leaves the transaction around it usable.
      const bad = Effect.ignore(warehouse.write([{ asset, partition: "", value: [{ v: "x" }] }]))
      yield* sql.withTransaction(Effect.andThen(bad, writing))
      assert.deepStrictEqual((yield* warehouse.load({ asset, partitions: "all" })).values, [{ v: 1 }])
    }))

  it.effect("writes a stream that reads the warehouse itself, inside a transaction", () =>
    Effect.gen(function*() {
      const warehouse = yield* Warehouse
      const sql = yield* SqlClient.SqlClient
      const from = stored("copied/from", one(Schema.Int))
      const to = stored("copied/to", one(Schema.Int))
      yield* warehouse.prepare(from)
      yield* warehouse.prepare(to)
      const values = Array.from({ length: 30_000 }, (_, v) => ({ v }))
      yield* warehouse.write([{ asset: from, partition: "", value: values }])
      const stream = Stream.map(warehouse.stream({ asset: from, partitions: "all" }), (e) => e.value)
      const [written] = yield* sql.withTransaction(warehouse.write([{ asset: to, partition: "", value: stream }]))
      assert.strictEqual(written?.rows, 30_000)
      assert.deepStrictEqual((yield* warehouse.load({ asset: to, partitions: "all" })).values, values)
    }))

  it.effect("waits for a slow stream however short a transaction may idle, and for nothing else", () =>
    Effect.gen(function*() {
      const warehouse = yield* Warehouse
      const sql = yield* SqlClient.SqlClient
      const asset = stored("slow/t", one(Schema.Int))
      yield* warehouse.prepare(asset)
      const slow = Stream.concat(
        Stream.make({ v: 1 }),
        Stream.fromEffect(Effect.delay(Effect.succeed({ v: 2 }), "600 millis"))
      )
      const limit = Effect.map(
        sql<{ readonly limit: string }>`select current_setting('idle_in_transaction_session_timeout') as limit`,
        (rows) => rows[0]?.limit
      )
      const writing = warehouse.write([{ asset, partition: "", value: slow }])
      const [[written], after] = yield* sql.withTransaction(Effect.all([writing, limit]))
      assert.strictEqual(written?.rows, 2)
      assert.strictEqual(after, "200ms")
      assert.deepStrictEqual((yield* warehouse.load({ asset, partitions: "all" })).values, [{ v: 1 }, { v: 2 }])
    }).pipe(TestClock.withLive, Effect.provide(Impatient)))

  it.effect("knows whom an upsert takes a row from even where it came in unseen", () =>
    Effect.gen(function*() {
      const warehouse = yield* Warehouse
      const sql = yield* SqlClient.SqlClient
      const asset = stored("raced/t", one(Schema.Int), { key: ["v"] as never, mode: "upsert" } as never, true)
      yield* warehouse.prepare(asset)
      const write = (partition: string) => warehouse.write([{ asset, partition, value: [{ v: 1 }] }])
      const wrote = yield* Deferred.make<void>()
      const ready = yield* Deferred.make<void>()
      const first = yield* Effect.forkChild(sql.withTransaction(
        Effect.andThen(write("a"), Effect.andThen(Deferred.succeed(wrote, undefined), Deferred.await(ready)))
      ))
      yield* Deferred.await(wrote)
      const second = yield* Effect.forkChild(write("b"))
      const waits = sql`select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
      while ((yield* waits).length === 0) yield* Effect.yieldNow
      yield* Deferred.succeed(ready, undefined)
      yield* Fiber.join(first)
      assert.deepStrictEqual((yield* Fiber.join(second))[0]?.displaced, ["a"])
    }))

  it.effect("streams more than it holds in memory", () =>
    Effect.gen(function*() {
      const warehouse = yield* Warehouse
      const asset = stored("wide/t", Schema.Struct({ id: Schema.Int, text: Schema.String }), { key: ["id"] as never })
      yield* warehouse.prepare(asset)
      // 400 MB in all, of which a hundredth or so is held at a time.
      const text = "x".repeat(4000)
      const start = heap()
      let most = 0
      const watched = (id: number) => {
        if (id % 5000 === 0) most = Math.max(most, heap() - start)
      }
      const rows = Stream.map(Stream.range(1, 100_000), (id) => {
        watched(id)
        return { id, text: text + id }
      })
      const [written] = yield* warehouse.write([{ asset, partition: "", value: rows }])
      assert.strictEqual(written?.rows, 100_000)
      assert.isBelow(most, 100_000_000)
      most = 0
      const count = yield* Stream.runFold(warehouse.stream({ asset, partitions: "all" }), () => 0, (n) => {
        watched(n)
        return n + 1
      })
      assert.strictEqual(count, 100_000)
      assert.isBelow(most, 100_000_000)
      const [first] = yield* Stream.runCollect(Stream.take(warehouse.stream({ asset, partitions: "all" }), 1))
      assert.deepStrictEqual(first?.value, { id: 1, text: `${text}1` })
    }))

  it.effect("tells a value stored by others that does not fit the schema", () =>
    Effect.gen(function*() {
      const warehouse = yield* Warehouse
      const sql = yield* SqlClient.SqlClient
      const asset = stored("foreign/t", Schema.Struct({ n: Column.BigInteger, b: Schema.Struct({ a: Schema.Int }) }))
      yield* warehouse.prepare(asset)
      yield* sql`insert into foreign.t (n, b) values (9007199254740993, '{"a":1}')`.pipe(Effect.catch(() =>
        sql`insert into "foreign".t (n, b) values (9007199254740993, '{"a":1}')`))
      const error = yield* Effect.flip(warehouse.load({ asset, partitions: "all" }))
      assert.match(error.message, /does not fit a JavaScript number exactly/)
      yield* sql`update "foreign".t set n = 1, b = '{"a":"x"}'`
      const json = yield* Effect.flip(Stream.runDrain(warehouse.stream({ asset, partitions: "all" })))
      assert.match(json.message, /does not fit the schema: .*\["a"\]; .*`sluice materialize foreign\/t --force`\.$/)
    }))

  it.effect("says of a lost connection that another try may succeed", () =>
    Effect.gen(function*() {
      const warehouse = yield* Warehouse
      const sql = yield* SqlClient.SqlClient
      const asset = stored("lost/t", one(Schema.Int))
      yield* warehouse.prepare(asset)
      yield* warehouse.write([{ asset, partition: "", value: [{ v: 1 }] }])
      const kill = sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()`
      const rows = Stream.fromIterable(Array.from({ length: 20_000 }, (_, v) => ({ v })))
      const killing = Stream.concat(rows, Stream.drain(Stream.fromEffect(kill)))
      const error = yield* Effect.flip(warehouse.write([{ asset, partition: "", value: Stream.concat(killing, rows) }]))
      assert.match(error.message, /^Postgres could not write lost\/t: /)
      assert.isTrue(error.transient)
      assert.deepStrictEqual((yield* warehouse.load({ asset, partitions: "all" })).values, [{ v: 1 }])
    }))
})

layer(Helpful)("Warehouse on a server that takes helpers", (it) => {
  it.effect("moves rows that were put aside with one core: the others are for those who compute", () =>
    Effect.gen(function*() {
      const warehouse = yield* Warehouse
      const sql = yield* SqlClient.SqlClient
      // A question that takes none itself; the server counts those of a connection when that has nothing to do.
      const found = sql`set local max_parallel_workers_per_gather = 0`.pipe(
        Effect.andThen(sql<{ readonly n: number }>`
          select parallel_workers_to_launch::float8 as n from pg_stat_database where datname = current_database()`),
        sql.withTransaction
      )
      const helpers = Effect.andThen(sql`select pg_stat_force_next_flush()`, Effect.map(found, ([of]) => of?.n ?? Number.NaN))
      const asset = stored("aside/t", one(Schema.Int), { key: ["v"] }, true)
      yield* warehouse.prepare(asset)
      const { partial } = warehouse
      assert.isDefined(partial)
      yield* partial.prepare(asset)
      const rows = Array.from({ length: 5000 }, (_, v) => ({ v }))
      yield* partial.add([{ asset, partition: "p", value: rows, partial: 0 }])
      const before = yield* helpers
      const [written] = yield* warehouse.write([{ asset, partition: "p", value: [], partial: rows.length }])
      assert.deepStrictEqual([written?.rows, yield* helpers], [rows.length, before])
      yield* sql`select count(*) from aside.t`
      assert.isAbove(yield* helpers, before)
    }))
})
