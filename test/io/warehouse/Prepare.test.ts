/** The table of an asset: made, made to fit, or refused. */
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Schema, Stream } from "effect"
import { SqlClient } from "effect/sql"
import * as Column from "../../../io/warehouse/Column.ts"
import { Warehouse } from "../../../io/warehouse/Warehouse.ts"
import * as TestDatabase from "../../TestDatabase.ts"
import { one, stored } from "./stored.ts"

layer(Layer.provideMerge(Warehouse.layer, TestDatabase.layer))("The table of an asset", (it) => {
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

  it.effect("makes one table when many make it at once", () =>
    Effect.gen(function*() {
      const warehouse = yield* Warehouse
      const assets = Array.from({ length: 40 }, (_, i) => stored(`race/t${i % 4}`, one(Schema.String), {}, true))
      yield* Effect.forEach(assets, (asset) => warehouse.prepare(asset), { concurrency: "unbounded" })
    }))
})
