/** What frames become in Postgres: names, types that widen, and several writers at once. */
import { assert, describe, it } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Context, Effect, Layer, Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Document from "../../../engine/definition/Document.ts"
import { type Frame, type Frames, of } from "../../../engine/definition/Frames.ts"
import type { Stored } from "../../../engine/definition/Io.ts"
import * as Kind from "../../../io/tables/Kind.ts"
import * as Name from "../../../io/tables/Name.ts"
import { Tables } from "../../../io/tables/Tables.ts"
import { frame } from "../../conformance/IoFrames.ts"
import * as TestDatabase from "../../TestDatabase.ts"

const output = of({ schema: "public", prefix: "nba_boxscore", indexes: ["gameid", "teamid"] })
const asset: Stored = { key: "nba/boxscore", output, partitioned: true }

const withFrames = (frames: Frames, key = "nba/boxscore"): Stored => ({ key, output: frames, partitioned: true })

const live = Layer.provideMerge(Tables.layer, TestDatabase.layer)

const prepared = Effect.gen(function*() {
  const io = yield* Tables
  const sql = yield* SqlClient.SqlClient
  yield* io.prepare(asset)
  const write = (partition: string, ...frames: ReadonlyArray<Frame>) => io.write([{ asset, partition, value: frames }])
  const types = (table: string) =>
    Effect.map(
      sql.unsafe<{ readonly name: string; readonly type: string }>(
        `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
where attrelid = $1::regclass and attnum > 2 and not attisdropped order by attnum`,
        [table]
      ),
      (rows) => Object.fromEntries(rows.map(({ name, type }) => [name, type]))
    )
  const load = (...partitions: ReadonlyArray<string>) =>
    Effect.map(io.load({ asset, partitions }), ({ values }) => values)
  return { io, sql, write, types, load }
})

/** The IO manager of another process on the same database, with a pool and knowledge of its own. */
const another = Effect.gen(function*() {
  const client = PgClient.layerFrom(PgClient.make({ url: Redacted.make(yield* TestDatabase.url) }))
  return Context.get(yield* Layer.build(Layer.provide(Layer.fresh(Tables.layer), client)), Tables)
})

describe("names", () => {
  it("are letters and digits in lower case; equal ones and nameless ones are numbered", () => {
    assert.deepStrictEqual(Name.columns(["GAME_ID", "gameId", "FG%", "", "%", "Größe"]), ["gameid", "gameid_2", "fg", "column4", "column5", "größe"])
    assert.deepStrictEqual(Name.tables("nba_x", ["Shot_Chart_Detail", "ShotChartDetail", "--"]), [
      "nba_x_shotchartdetail", "nba_x_shotchartdetail_2", "nba_x_frame3"
    ])
  })

  it("of more than 63 bytes end in a hash of themselves", () => {
    const long = ["A", "B"].map((end) => `ClosestDefender10ftPlusShooting${"ß".repeat(20)}${end}`)
    const [a = "", b = ""] = Name.tables("nba_playerdashboardbyshootingsplits", long)
    assert.isAtMost(Buffer.byteLength(a), 63)
    assert.notStrictEqual(a, b)
    assert.deepStrictEqual([b, a], Name.tables("nba_playerdashboardbyshootingsplits", long.toReversed()))
    const [first = "", second = ""] = Name.columns([long[0] ?? "", long[0] ?? ""].map((name) => name + name))
    assert.isAtMost(Buffer.byteLength(second), 63)
    assert.notStrictEqual(first, second)
  })
})

describe("tables of frames", () => {
  it.effect("are named by prefix and frame, with indexes where they have the columns", () =>
    Effect.gen(function*() {
      const { sql, types, write } = yield* prepared
      yield* write("0022100001", frame("PlayerStats", ["gameId", "PERSON_ID", "minutes", "%", "all"], ["0022100001", 12, "19:09", 0.5, null]))
      assert.deepStrictEqual(yield* types("nba_boxscore_playerstats"), {
        gameid: "text", personid: "bigint", minutes: "text", column4: "double precision", all: "text"
      })
      assert.deepStrictEqual(yield* sql`select _partition, _row, gameid, personid::int4, column4 from nba_boxscore_playerstats`, [
        { _partition: "0022100001", _row: 0, gameid: "0022100001", personid: 12, column4: 0.5 }
      ])
      yield* write("0022100002", frame("PlayerStats", ["teamId"], [3]))
      const indexes = yield* sql<{ readonly indexdef: string }>`select indexdef from pg_indexes where tablename = 'nba_boxscore_playerstats'`
      const columns = indexes.map(({ indexdef }) => indexdef.replace(/^.*\((.*)\)$/, "$1")).sort()
      assert.deepStrictEqual(columns, ["_partition, _row", "gameid", "teamid"])
    }).pipe(Effect.provide(live)))

  it.effect("widen: nulls to anything, whole numbers to broken ones, what fits nowhere else to text; no row is lost", () =>
    Effect.gen(function*() {
      const { load, types, write } = yield* prepared
      const columns = ["later", "n", "mixed", "json", "flag"]
      yield* write("a", frame("Stats", columns, [null, 1, 5, { a: [1] }, true]))
      yield* write("b", frame("Stats", columns, [7, 2.5, "x", null, null]))
      yield* write("c", frame("Stats", [...columns, "new"], ["007", null, true, "plain", 1, 2 ** 53]))
      assert.deepStrictEqual(yield* types("nba_boxscore_stats"), {
        later: "text", n: "double precision", mixed: "text", json: "text", flag: "text", new: "double precision"
      })
      assert.deepStrictEqual(yield* load("a", "b", "c"), [
        [frame("Stats", columns, [null, 1, "5", `{"a": [1]}`, "true"])],
        [frame("Stats", columns, ["7", 2.5, "x", null, null])],
        [frame("Stats", [...columns, "new"], ["007", null, "true", "plain", "1", 2 ** 53])]
      ])
      // The same values in another order give the same texts.
      const mixed = [{ bb: [1, { c: 2 }], a: "x" }, 0.5, "text", true, 1e21]
      yield* write("f", ...mixed.map((value, i) => frame(`Mixed${i}`, ["x"], [value])))
      yield* write("g", ...mixed.map((_, i) => frame(`Mixed${i}`, ["x"], ...mixed.map((value) => [value]))))
      const texts = mixed.map(Kind.wire)
      assert.deepStrictEqual(yield* load("f"), [texts.map((text, i) => frame(`Mixed${i}`, ["x"], [text]))])
      assert.deepStrictEqual(yield* load("g"), [texts.map((_, i) => frame(`Mixed${i}`, ["x"], ...texts.map((text) => [text])))])
      yield* write("d", frame("Nulls", ["x"], [null]))
      yield* write("e", frame("Nulls", ["x"], [4]))
      assert.deepStrictEqual(yield* types("nba_boxscore_nulls"), { x: "bigint" })
    }).pipe(Effect.provide(live)))

  it.effect("hold nothing of a cell of which one frame cannot be stored, nor what a cell held before", () =>
    Effect.gen(function*() {
      const { io, sql, write } = yield* prepared
      yield* write("a", frame("One", ["x"], [1]), frame("Two", ["y"], [2]))
      const nul = yield* Effect.flip(write("b", frame("One", ["x"], [3]), frame("Two", ["y"], ["a\0b"])))
      assert.include(nul.message, `row 1 of "Two" has a NUL character in "y"`)
      // Refused by Postgres after the first frame has been written.
      yield* sql`alter table nba_boxscore_two add check (y <> 5)`
      const error = yield* Effect.flip(write("b", frame("One", ["x"], [3]), frame("Two", ["y"], [5])))
      assert.strictEqual(error.partition, "b")
      assert.deepStrictEqual(yield* sql`select x::int4 from nba_boxscore_one`, [{ x: 1 }])
      assert.deepStrictEqual((yield* io.load({ asset, partitions: "all" })).partitions, ["a"])
      yield* write("a", frame("One", ["x"], [4]))
      assert.deepStrictEqual(yield* sql`select x::int4 from nba_boxscore_one`, [{ x: 4 }])
      assert.deepStrictEqual(yield* sql`select from nba_boxscore_two`, [])
    }).pipe(Effect.provide(live)))

  it.effect("are not taken from anybody else", () =>
    Effect.gen(function*() {
      const { io, sql, write } = yield* prepared
      yield* sql`create table nba_boxscore_mine (x int)`
      const foreign = yield* Effect.flip(write("a", frame("Mine", ["x"], [1])))
      assert.include(foreign.message, "was not made by Sluice")
      yield* write("a", frame("Own", ["x"], [1]))
      const thief = withFrames(output, "nba/other")
      const theft = yield* Effect.flip(io.write([{ asset: thief, partition: "a", value: [frame("Own", ["x"], [1])] }]))
      assert.include(theft.message, "is another asset's")
      for (const refused of [withFrames(of({ schema: "sluice" })), { ...asset, output: Document.of(Schema.Json) }]) {
        yield* Effect.flip(io.validate?.(refused) ?? Effect.void)
      }
    }).pipe(Effect.provide(live)))

  it.live("can be changed within a transaction that has written to them, by a pool of one connection too", () =>
    Effect.gen(function*() {
      const { load, sql, write } = yield* prepared
      yield* sql.withTransaction(Effect.andThen(write("a", frame("S", ["x"], [1])), write("b", frame("S", ["x"], ["text"]))))
      assert.deepStrictEqual(yield* load("a", "b"), [[frame("S", ["x"], ["1"])], [frame("S", ["x"], ["text"])]])
    }).pipe(Effect.provide(Layer.provideMerge(Tables.layer, TestDatabase.layerWith({ connections: 1 })))), 20_000)

  it.effect("may be made by several processes at once, and each sees what the others have widened", () =>
    Effect.gen(function*() {
      const { io, types } = yield* prepared
      const other = yield* another
      const values = [1, "x", 2.5, null, true, "007"]
      const cells = (who: string, from: number) =>
        values.map((_, i) => ({
          asset,
          partition: `${who}${i}`,
          value: [frame("Raced", ["a", "b", `c${(i + from) % 3}`], [values[(i + from) % 6] ?? null, i, values[i] ?? null])]
        }))
      const each = (manager: typeof io, who: string, from: number) =>
        Effect.forEach(cells(who, from), (cell) => manager.write([cell]), { concurrency: 3, discard: true })
      yield* Effect.all([each(io, "a", 0), each(other, "b", 3), each(io, "c", 1), each(other, "d", 5)], { concurrency: 4 })
      const loaded = yield* io.load({ asset, partitions: "all" })
      assert.strictEqual(loaded.values.length, 24)
      assert.deepInclude(yield* types("nba_boxscore_raced"), { a: "text", b: "bigint" })
      // This one learned the table while it was narrower.
      yield* io.write([{ asset, partition: "n", value: [frame("Narrow", ["x"], [1])] }])
      yield* other.write([{ asset, partition: "o", value: [frame("Narrow", ["x"], [{ y: 1 }])] }])
      yield* io.write([{ asset, partition: "p", value: [frame("Narrow", ["x"], [2])] }])
      assert.deepStrictEqual((yield* other.load({ asset, partitions: ["n", "p"] })).values, [[frame("Narrow", ["x"], ["1"])], [frame("Narrow", ["x"], ["2"])]])
    }).pipe(Effect.provide(live)), 30_000)
})
