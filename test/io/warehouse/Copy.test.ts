import { assert, layer } from "@effect/vitest"
import { BigDecimal, DateTime, Deferred, Effect, Fiber, Layer, Schema, Stream } from "effect"
import { SqlClient } from "effect/sql"
import type { Stored } from "../../../engine/definition/Io.ts"
import * as Rows from "../../../engine/definition/Rows.ts"
import * as Column from "../../../io/warehouse/Column.ts"
import * as CopyIn from "../../../io/warehouse/CopyIn.ts"
import { chunkRows } from "../../../io/warehouse/Insert.ts"
import * as Transaction from "../../../io/warehouse/Transaction.ts"
import { Warehouse } from "../../../io/warehouse/Warehouse.ts"
import * as TestDatabase from "../../TestDatabase.ts"

/** Every type of column that COPY takes. */
const Wide = Schema.Struct({
  id: Schema.Int, big: Column.BigInteger, huge: Schema.BigInt, x: Schema.NullOr(Schema.Number), money: Schema.BigDecimal,
  price: Column.Numeric, name: Schema.NullOr(Schema.String), ok: Schema.Boolean, at: Schema.Date,
  utc: Schema.DateTimeUtcFromString, day: Column.Date, side: Schema.Literals(["home", "away"]), body: Schema.Json
})

const pick = <A>(values: readonly [A, ...Array<A>], i: number): A => values[i % values.length] ?? values[0]

const wide = (id: number): typeof Wide.Type => ({
  id: id - 500,
  big: pick([0, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 32, -(2 ** 32) - 1], id),
  huge: pick([0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)], id),
  x: pick([0.1, -0, Number.NaN, Infinity, 5e-324, null], id),
  money: pick([BigDecimal.fromStringUnsafe("0"), BigDecimal.fromStringUnsafe("-12345678901234567890.0001"), BigDecimal.fromStringUnsafe("1e-30")], id),
  price: pick(["12.50", "-0.001", "0", "100000000000000000000"], id),
  name: pick(["", "short", "a text of ASCII that is longer than a short one", "山田太郎 🎉", null, "é", "\\N\t\n\""], id),
  ok: id % 2 === 0,
  at: new Date(pick([0, -62135596800000, 253402300799999, 1_700_000_000_123, -1], id)),
  utc: DateTime.makeUnsafe(id * 86_400_001),
  day: pick(["0001-01-01", "2000-02-29", "9999-12-31"], id),
  side: pick(["home", "away"], id),
  body: pick<Schema.Json>([{ a: [1, "é"] }, null, [], "text", 1.5], id)
})

const size = chunkRows + 2345

const stored = (key: string, schema: Rows.Rows<unknown>["schema"], options: Rows.Options<never> = {}, partitioned = false): Stored => ({
  key,
  output: { ...Rows.of(Schema.Unknown, {}), schema, ...options },
  partitioned
})

const Id = Schema.Struct({ id: Schema.Int, text: Schema.String })
const ids = (from: number, to: number) => Stream.map(Stream.range(from, to), (id) => ({ id, text: `row ${id}` }))

layer(Layer.provideMerge(Warehouse.layer, TestDatabase.layer))("Warehouse copies long streams", (it) => {
  it.effect("stores values of every type as inserts do", () =>
    Effect.gen(function*() {
      const warehouse = yield* Warehouse
      const sql = yield* SqlClient.SqlClient
      assert.isDefined(yield* Transaction.run(sql, CopyIn.ofTransaction(sql)))
      const [copied, inserted] = [stored("copy/long", Wide, { key: ["id"] }, true), stored("copy/short", Wide, { key: ["id"] }, true)]
      yield* warehouse.prepare(copied)
      yield* warehouse.prepare(inserted)
      const rows = Array.from({ length: size }, (_, id) => wide(id))
      const [written] = yield* warehouse.write([{ asset: copied, partition: "p", value: Stream.fromIterable(rows) }])
      yield* warehouse.write([{ asset: inserted, partition: "p", value: rows }])
      const differ = yield* sql`
        select (select count(*) from copy.long) as rows,
          (select count(*) from (select c::text from copy.long c except all select i::text from copy.short i) d) as differ`
      assert.deepStrictEqual([written?.rows, differ], [size, [{ rows: BigInt(size), differ: 0n }]])
      const [again] = yield* warehouse.write([{ asset: copied, partition: "p", value: Stream.rechunk(Stream.fromIterable(rows), 77) }])
      assert.strictEqual(again?.hash, written?.hash)
      const [other] = yield* warehouse.write([{
        asset: copied, partition: "p", value: Stream.fromIterable([...rows.slice(0, -1), { ...wide(size - 1), name: "another" }])
      }])
      assert.notStrictEqual(other?.hash, written?.hash)
    }))

  it.effect("keeps the order of rows without a key, also where one is larger than a frame", () =>
    Effect.gen(function*() {
      const warehouse = yield* Warehouse
      const asset = stored("copy/ordered", Id, { mode: "append" })
      yield* warehouse.prepare(asset)
      const large = { id: -1, text: "é".repeat(700_000) }
      yield* warehouse.write([{ asset, partition: "", value: Stream.concat(Stream.concat(ids(1, size), Stream.succeed(large)), ids(size + 1, size + 5)) }])
      const { values } = yield* warehouse.load({ asset, partitions: "all" })
      const expected = [...Array.from({ length: size }, (_, i) => i + 1), -1, ...Array.from({ length: 5 }, (_, i) => size + 1 + i)]
      assert.deepStrictEqual(values.map((row) => Reflect.get(Object(row), "id")), expected)
      assert.deepStrictEqual(values[size], large)
    }))

  it.effect("takes all back where a row is refused by us, by the server or by its source, and says which", () =>
    Effect.gen(function*() {
      const warehouse = yield* Warehouse
      const sql = yield* SqlClient.SqlClient
      const asset = stored("copy/refused", Id, { key: ["id"] })
      yield* warehouse.prepare(asset)
      yield* warehouse.write([{ asset, partition: "", value: [{ id: 7, text: "before" }] }])
      const tries: ReadonlyArray<readonly [Stream.Stream<unknown, Error>, RegExp]> = [
        [Stream.succeed({ id: 1.5, text: "x" }), new RegExp(`^Row ${size + 1} of copy/refused cannot be stored: column "id" holds 1.5`)],
        [Stream.succeed("x"), new RegExp(`^Row ${size + 1} of copy/refused is "x", which is no row`)],
        [ids(1, 1), /^copy\/refused cannot be written: Key \(id\)=\(1\) already exists/],
        [Stream.fail(new Error("the line went dead")), /the line went dead/],
        // The server refuses a key while the source is silent.
        [Stream.concat(ids(1, size), Stream.never), /already exists/]
      ]
      for (const [end, message] of tries) {
        // In one transaction with what comes after: the connection is as it was.
        const { error, seen } = yield* sql.withTransaction(Effect.gen(function*() {
          const failed = yield* Effect.flip(warehouse.write([{ asset, partition: "", value: Stream.concat(ids(1, size), end) }]))
          return { error: failed, seen: yield* sql`select id from copy.refused` }
        }))
        assert.match(error.message, message)
        assert.deepStrictEqual(seen, [{ id: 7 }])
      }
    }))

  it.effect("leaves nothing where it is interrupted, and gives the connection back", () =>
    Effect.gen(function*() {
      const warehouse = yield* Warehouse
      const sql = yield* SqlClient.SqlClient
      const asset = stored("copy/interrupted", Id, { key: ["id"] })
      yield* warehouse.prepare(asset)
      const reached = yield* Deferred.make<void>()
      const waiting = Stream.concat(ids(1, size), Stream.fromEffect(Effect.andThen(Deferred.succeed(reached, undefined), Effect.never)))
      const fiber = yield* Effect.forkChild(warehouse.write([{ asset, partition: "", value: waiting }]))
      yield* Deferred.await(reached)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* sql`select id from copy.interrupted`, [])
      // A worker of autovacuum may be at work there, and is nobody's connection.
      const busy = yield* sql`
        select state, query from pg_stat_activity
        where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid() and backend_type = 'client backend'`
      assert.deepStrictEqual(busy, [])
      const [written] = yield* warehouse.write([{ asset, partition: "", value: ids(1, size) }])
      assert.strictEqual(written?.rows, size)
    }))
})
