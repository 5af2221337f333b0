import { assert, layer } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Deferred, Effect, Fiber, Layer, Redacted, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { SqlClient } from "effect/sql"
import type { Stored } from "../../../engine/definition/Io.ts"
import * as Rows from "../../../engine/definition/Rows.ts"
import * as Column from "../../../io/warehouse/Column.ts"
import { Warehouse } from "../../../io/warehouse/Warehouse.ts"
import { heap } from "../../heap.ts"
import * as TestDatabase from "../../TestDatabase.ts"

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

const stored = (key: string, schema: Rows.Rows<unknown>["schema"], options: Rows.Options<never> = {}, partitioned = false): Stored => ({
  key,
  output: { ...Rows.of(Schema.Unknown, {}), schema, ...options },
  partitioned
})

const one = (value: Schema.Codec<unknown, unknown>) => Schema.Struct({ v: value })

layer(Live)("Warehouse", (it) => {
  it.effect("makes a table with the columns of the schema", () =>
    Effect.gen(function*() {
      const warehouse = yield* Warehouse
      const sql = yield* SqlClient.SqlClient
      const asset = stored(
        "nba/tables/players",
        Schema.Struct({
          id: Schema.Int, big: Column.BigInteger, huge: Schema.BigInt, x: Schema.Number, money: Schema.BigDecimal,
          price: Column.Numeric, name: Schema.String, ok: Schema.Boolean, at: Schema.Date,
          utc: Schema.DateTimeUtcFromString, day: Column.Date, side: Schema.Literals(["home", "away"]),
          tags: Schema.Array(Schema.String), sizes: Schema.optionalKey(Schema.Array(Schema.BigInt)),
          body: Schema.NullOr(Schema.Json), parts: Schema.Array(Schema.Struct({ a: Schema.Int }))
        }),
        { key: ["id"], indexes: [["name", "day"]] },
        true
      )
      yield* warehouse.prepare(asset)
      const columns = yield* sql`
        select column_name || ' ' || format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then '!' else '' end as c
        from information_schema.columns join pg_attribute a
          on a.attrelid = '"nba_tables"."players"'::regclass and a.attname = column_name
        where table_schema = 'nba_tables' and table_name = 'players' order by ordinal_position`
      assert.deepStrictEqual(columns.map((row) => row["c"]), [
        "_partition text!", "id integer!", "big bigint!", "huge bigint!", "x double precision!", "money numeric!",
        "price numeric!", "name text!", "ok boolean!", "at timestamp with time zone!", "utc timestamp with time zone!",
        "day date!", "side text!", "tags text[]!", "sizes bigint[]", "body jsonb", "parts jsonb!"
      ])
      const indexes = yield* sql`select indexdef from pg_indexes where schemaname = 'nba_tables' order by indexdef`
      const definitions = indexes.map((row) => String(row["indexdef"])).join("\n")
      assert.match(definitions, /UNIQUE INDEX \w+ ON nba_tables\.players USING btree \(id\)/)
      assert.match(definitions, /\(name, day\)/)
      assert.match(definitions, /\(_partition\)/)
      const refused = yield* Effect.flip(sql`insert into nba_tables.players (side) values ('left')`)
      assert.isDefined(refused)
      yield* warehouse.prepare(asset)
    }))

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

  it.effect("refuses assets that cannot be stored before anything runs", () =>
    Effect.gen(function*() {
      const warehouse = yield* Warehouse
      const ok = one(Schema.String)
      const cases = [
        [stored("sluice/t", ok), /reserved; rename the asset's group/],
        [stored("pg_x/t", ok), /reserved/],
        [stored(`g/${"t".repeat(64)}`, ok), /64 bytes.*set `table`/],
        [stored(`${"g".repeat(64)}/t`, ok), /shorten the asset's group/],
        [stored("g/t", Schema.Struct({ ["é".repeat(32)]: Schema.Int })), /64 bytes/],
        [stored("g/t", Schema.Struct({ _partition: Schema.Int })), /reserved name/],
        [stored("g/t", Schema.Struct({ ctid: Schema.Int })), /reserved name/],
        [stored("g/t", Schema.Struct({})), /without columns/],
        [stored("g/t", Schema.Record(Schema.String, Schema.Int)), /Schema\.Struct or Schema\.Class/],
        [stored("g/t", Schema.Union([ok, one(Schema.Int)])), /Schema\.Struct or Schema\.Class/],
        [stored("g/t", one(Schema.NullOr(Schema.Int)), { key: ["v"] as never }), /nullable column "v" in its key/],
        [stored("g/t", ok, { key: ["w"] as never }), /"w" in its key/],
        [stored("g/t", ok, { indexes: [["w"]] as never }), /"w" in its index/]
      ] as const
      for (const [asset, expected] of cases) {
        const error = yield* Effect.flip(warehouse.validate?.(asset) ?? Effect.void)
        assert.match(error.message, expected)
      }
    }))

  it.effect("evolves a table where nothing can be lost, and says what to do where something would be", () =>
    Effect.gen(function*() {
      const warehouse = yield* Warehouse
      const base = { id: Schema.Int, side: Schema.Literals(["home"]) }
      const at = (fields: Schema.Struct.Fields, options: object = {}, partitioned = false) =>
        // Seam: fields of a test table, none of which needs a service.
        stored("evolve/games", Schema.Struct(fields) as never, { key: ["id"], ...options } as never, partitioned)
      const first = at(base)
      yield* warehouse.prepare(first)
      yield* warehouse.write([{ asset: first, partition: "", value: [{ id: 1, side: "home" }] }])
      const grown = at({ ...base, side: Schema.Literals(["home", "away"]), score: Schema.NullOr(Schema.Int) }, { indexes: [["score"]] })
      // Asked beforehand: it can be made to fit, and is not touched by that.
      yield* warehouse.fits!(grown)
      yield* warehouse.fits!(first)
      // Nor is it by a read: what the new column has is null.
      const nulls = [{ id: 1, side: "home", score: null }]
      assert.deepStrictEqual((yield* warehouse.load({ asset: grown, partitions: "all" })).values, nulls)
      const streamed = yield* Stream.runCollect(warehouse.stream({ asset: grown, partitions: "all" }))
      assert.deepStrictEqual(streamed.map(({ value }) => value), nulls)
      const strict = at({ ...base, extra: Schema.Int })
      assert.match((yield* Effect.flip(warehouse.load({ asset: strict, partitions: "all" }))).message, /extra/)
      yield* warehouse.prepare(grown)
      assert.deepStrictEqual((yield* warehouse.load({ asset: grown, partitions: "all" })).values, [{ id: 1, side: "home", score: null }])
      yield* warehouse.write([{ asset: grown, partition: "", value: [{ id: 2, side: "away", score: null }] }])
      // The old definition, of a process that was not restarted, still writes.
      yield* warehouse.prepare(at({ id: Schema.Int, side: Schema.NullOr(Schema.Literals(["home", "away"])) }))
      const refusals = [
        [at(base), /holds values that the schema's literals no longer list/],
        [at({ ...base, side: Schema.String, score: Schema.String }), /column "score" of "evolve"\."games" is integer, and text in the schema; change the schema back.*drop table "evolve"\."games"/],
        [at({ ...base, side: Schema.String, score: Schema.Int }), /"score" is never null in the schema, but .* has rows without it/],
        [at({ ...base, side: Schema.String, extra: Schema.Int }), /"extra" is never null in the schema/],
        [at({ id: Schema.Int, side: Schema.String }, { key: [] }), /has lost its key/],
        [at({ id: Schema.Int, side: Schema.String }, { key: ["id", "side"] }), /the key of .* is \(id\), and \(id, side\)/],
        [at({ id: Schema.Int, side: Schema.String }, {}, true), /is partitioned now/]
      ] as const
      for (const [asset, expected] of refusals) {
        const error = yield* Effect.flip(warehouse.prepare(asset))
        assert.match(error.message, expected)
        assert.strictEqual((yield* Effect.flip(warehouse.fits!(asset))).message, error.message)
      }
      // Its column is not null any more, and no null stands in it.
      yield* warehouse.fits!(at({ ...base, side: Schema.Literals(["home", "away"]) }))
      assert.strictEqual((yield* warehouse.load({ asset: grown, partitions: "all" })).values.length, 1)
      const required = stored("evolve/required", Schema.Struct({ a: Schema.Int, b: Schema.Int }))
      yield* warehouse.prepare(required)
      const without = yield* Effect.flip(warehouse.prepare(stored("evolve/required", Schema.Struct({ a: Schema.Int }))))
      assert.match(without.message, /"b" of .* is never null, and the schema has it no more; `alter table .* drop column "b"`/)
    }))

  it.effect("refuses a table that is another asset's or nobody's", () =>
    Effect.gen(function*() {
      const warehouse = yield* Warehouse
      const sql = yield* SqlClient.SqlClient
      yield* warehouse.prepare(stored("a/b/t", one(Schema.Int)))
      const other = yield* Effect.flip(warehouse.prepare(stored("a_b/t", one(Schema.Int))))
      assert.match(other.message, /would be stored in "a_b"\."t", which already stores a\/b\/t; name another `table`/)
      yield* sql`create table public.mine (v integer not null)`
      const mine = yield* Effect.flip(warehouse.prepare(stored("mine", one(Schema.Int))))
      assert.match(mine.message, /was not made by Sluice/)
      yield* warehouse.prepare(stored("a_b/t", one(Schema.Int), { table: "another" }))
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

  it.effect("makes one table when many make it at once", () =>
    Effect.gen(function*() {
      const warehouse = yield* Warehouse
      const assets = Array.from({ length: 40 }, (_, i) => stored(`race/t${i % 4}`, one(Schema.String), {}, true))
      yield* Effect.forEach(assets, (asset) => warehouse.prepare(asset), { concurrency: "unbounded" })
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
