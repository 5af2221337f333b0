/** What every IO manager must do, run against the ones on Postgres and the one in memory. */
import { assert, describe, layer as withLayer } from "@effect/vitest"
import { Effect, Layer, Schema, Stream } from "effect"
import * as Io from "../../engine/definition/Io.ts"
import * as Rows from "../../engine/definition/Rows.ts"
import { prepared, stored } from "./Prepared.ts"
import { seeded } from "./Random.ts"
import { comparable, Everything, everything } from "./Values.ts"

const Game = Schema.Struct({ id: Schema.Int, home: Schema.String, score: Schema.NullOr(Schema.Int) })
const game = (id: number, home = "Oslo", score: number | null = null): typeof Game.Type => ({ id, home, score })

class Player extends Schema.Class<Player>("Player")({ id: Schema.Int, name: Schema.String }) {
  get shout(): string {
    return `${this.name}!`
  }
}

const keyed = Rows.of(Game, { key: ["id"] })

/** What an IO manager does not promise. */
export interface Less {
  /** It replaces partitions as a whole, and a key is unique within one. */
  readonly replacesOnly?: boolean
  /** How often what races or is random is tried, where a write costs a file. Default 200. */
  readonly rounds?: number
}

/** For an IO manager that stores rows. */
export const rows = <IO, E>(name: string, tag: Io.Key<IO>, layer: Layer.Layer<IO, E>, { replacesOnly = false, rounds = 200 }: Less = {}): void => {
  describe(`${name} stores rows`, () => {
    withLayer(layer)((it) => {
      it.effect("replaces the rows of a partition and leaves the others", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, keyed)
          yield* t.io.write([t.cell("b", [game(3), game(4)]), t.cell("a", [game(2), game(1)])])
          const written = yield* t.write("a", [game(9), game(8)])
          assert.strictEqual(written?.rows, 2)
          assert.deepStrictEqual(written?.values, [game(9), game(8)])
          assert.deepStrictEqual(yield* t.load("all"), {
            partitions: ["a", "a", "b", "b"],
            values: [game(8), game(9), game(3), game(4)]
          })
          yield* t.write("a", [])
          assert.deepStrictEqual(yield* t.all, [game(3), game(4)])
        }))

      it.effect("replaces everything of an unpartitioned asset", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, keyed, false)
          yield* t.write("", [game(1), game(2)])
          yield* t.write("", [game(2, "Bergen")])
          assert.deepStrictEqual(yield* t.load([""]), { partitions: [""], values: [game(2, "Bergen")] })
        }))

      it.effect("keeps rows without a key as they were written, repeated ones too", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, Rows.of(Game))
          yield* t.io.write([t.cell("b", [game(3), game(1), game(3)]), t.cell("a", [game(2)])])
          assert.deepStrictEqual(yield* t.all, [game(2), game(3), game(1), game(3)])
        }))

      it.effect("loads partitions in the order asked, and streams the same", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, keyed)
          yield* t.io.write(["a", "b", "c"].map((p, i) => t.cell(p, [game(i * 2 + 1), game(i * 2)])))
          for (const asked of ["all", ["c", "a"], ["b", "nothing", "b"], []] as const) {
            const loaded = yield* t.load(asked)
            const streamed = yield* t.stream(asked)
            assert.deepStrictEqual(streamed.map((e) => e.partition), [...loaded.partitions])
            assert.deepStrictEqual(streamed.map((e) => e.value), [...loaded.values])
          }
          assert.deepStrictEqual((yield* t.load(["c", "a"])).partitions, ["c", "c", "a", "a"])
          assert.deepStrictEqual((yield* t.load(["nothing"])).values, [])
        }))

      if (!replacesOnly) it.effect("upserts by key; of two rows with one key the last is kept", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, Rows.of(Game, { key: ["id"], mode: "upsert" }))
          assert.deepInclude(yield* t.write("a", [game(1), game(2)]), { rows: 2, displaced: [] })
          yield* t.write("b", [game(2, "Bergen", 5), game(3), game(3, "Bodø"), game(0)])
          assert.deepStrictEqual(yield* t.load("all"), {
            partitions: ["a", "b", "b", "b"],
            values: [game(1), game(0), game(2, "Bergen", 5), game(3, "Bodø")]
          })
        }))

      if (!replacesOnly) it.effect("tells the partitions that lose rows to an upsert, of arrays and of streams", () =>
        Effect.gen(function*() {
          const Pair = Schema.Struct({ day: Schema.Date, id: Schema.String, score: Schema.Int })
          const pair = (id: number, score = 0): typeof Pair.Type => ({ day: new Date(id), id: `'${id}"`, score })
          const t = yield* prepared(tag, Rows.of(Pair, { key: ["day", "id"], mode: "upsert" }))
          yield* t.io.write([t.cell("a", [pair(1), pair(2)]), t.cell("b", [pair(3)]), t.cell("c", [pair(4)])])
          const again = yield* t.io.write([t.cell("a", [pair(2), pair(1, 7)]), t.cell("d", [pair(5)])])
          assert.deepStrictEqual(again.map((w) => w.displaced), [[], []])
          const both = yield* t.io.write([t.cell("b", [pair(6), pair(1)]), t.cell("d", [pair(5), pair(4), pair(3)])])
          assert.deepStrictEqual(both.map((w) => w.displaced), [["a"], ["b", "c"]])
          const rows = Stream.fromIterable(Array.from({ length: 12_000 }, (_, i) => pair(i)))
          assert.deepStrictEqual((yield* t.write("e", rows))?.displaced, ["a", "b", "d"])
          assert.deepStrictEqual([...new Set((yield* t.load("all")).partitions)], ["e"])
        }))

      if (!replacesOnly) it.effect("gives no hash where the rows given are not all that is stored", () =>
        Effect.gen(function*() {
          for (const output of [Rows.of(Game, { mode: "append" }), Rows.of(Game, { key: ["id"], mode: "upsert" })]) {
            const t = yield* prepared(tag, output)
            for (const value of [[game(1)], Stream.make(game(1))]) {
              const given = yield* t.write("a", value)
              assert.strictEqual(given?.rows, 1)
              assert.isUndefined(given?.hash)
            }
          }
        }))

      it.effect("property: unequal rows have unequal hashes, wherever their texts are cut", () =>
        Effect.gen(function*() {
          const Cut = Schema.Struct({
            a: Schema.String, b: Schema.String, n: Schema.NullOr(Schema.Int), c: Schema.NullOr(Schema.String)
          })
          type Cut = typeof Cut.Type
          const t = yield* prepared(tag, Rows.of(Cut))
          const random = seeded(11)
          const text = () => Array.from({ length: random.int(0, 3) }, () => random.pick(["1", "2", ":", "\u0001"])).join("")
          const row = (): Cut => ({
            a: text(), b: text(), n: random.pick([null, 0, 1]), c: random.pick([null, "", text()])
          })
          /** The same characters, with the bounds of columns and rows elsewhere. */
          const shifted = (rows: ReadonlyArray<Cut>): ReadonlyArray<Cut> => {
            const all = rows.map((r) => r.a + r.b).join("")
            let at = 0
            const next = (last: boolean) => all.slice(at, at = last ? all.length : Math.min(all.length, at + random.int(0, 4)))
            return rows.map((r, i) => ({ ...r, a: next(false), b: next(i === rows.length - 1) }))
          }
          const rows: Array<ReadonlyArray<Cut>> = [
            [{ a: "1", b: "12", n: null, c: null }],
            [{ a: "11", b: "2", n: null, c: null }]
          ]
          while (rows.length < rounds * 10) {
            const some = Array.from({ length: random.int(1, 3) }, row)
            rows.push(some, shifted(some))
          }
          const written = yield* t.io.write(rows.map((value, i) => t.cell(String(i), value)))
          const contents = new Map<string, string>()
          for (const [i, value] of rows.entries()) {
            const content = JSON.stringify(value)
            const hash = written[i]?.hash ?? ""
            assert.strictEqual(contents.get(hash) ?? content, content)
            contents.set(hash, content)
          }
          assert.strictEqual(contents.size, new Set(rows.map((value) => JSON.stringify(value))).size)
        }))

      if (!replacesOnly) it.effect("keepKnown: a null never overwrites a known figure", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, Rows.of(Game, { key: ["id"], mode: "upsert", keepKnown: true }))
          yield* t.write("a", [game(1, "Oslo", 7), game(2)])
          yield* t.write("a", [game(1, "Bergen", null), game(2, "Oslo", 3), game(3, "Oslo", 4), game(3, "Bodø", null)])
          assert.deepStrictEqual(yield* t.all, [game(1, "Bergen", 7), game(2, "Oslo", 3), game(3, "Bodø", 4)])
        }))

      if (!replacesOnly) it.effect("appends", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, Rows.of(Game, { mode: "append" }))
          yield* t.write("a", [game(2)])
          yield* t.write("a", [game(1), game(2)])
          assert.deepStrictEqual(yield* t.all, [game(2), game(1), game(2)])
        }))

      it.effect("refuses a key that occurs twice, and writes nothing at all", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, keyed)
          yield* t.write("a", [game(1)])
          const other = stored(keyed)
          yield* t.io.prepare(other)
          const twice = yield* Effect.flip(t.io.write([
            { asset: other, partition: "a", value: [game(1)] },
            t.cell("a", [game(5)]),
            t.cell("b", [game(7), game(6), game(7)])
          ]))
          assert.strictEqual(twice.partition, "b")
          assert.strictEqual(twice.asset, t.asset.key)
          assert.match(twice.message, /two rows with the key \(id\) = \(7\)/)
          if (!replacesOnly) {
            const across = yield* Effect.flip(t.io.write([t.cell("b", [game(8)]), t.cell("c", [game(8)])]))
            assert.match(across.message, /\(id\) = \(8\)/)
            const elsewhere = yield* Effect.flip(t.write("b", [game(1)]))
            assert.match(elsewhere.message, /\(id\)\s?=\s?\(1\)/)
            assert.isFalse(elsewhere.transient)
          }
          assert.deepStrictEqual(yield* t.all, [game(1)])
          assert.deepStrictEqual((yield* t.io.load({ asset: other, partitions: "all" })).values, [])
        }))

      it.effect("tells the row that does not match the schema, and writes nothing", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, keyed)
          yield* t.write("a", [game(1)])
          const bad = { id: 2, home: 5, score: null }
          const error = yield* Effect.flip(t.io.write([t.cell("a", [game(3)]), t.cell("b", [game(4), bad])]))
          assert.strictEqual(error.partition, "b")
          assert.include(error.message, `Row 2 of ${t.asset.key}, partition b`)
          assert.include(error.message, "home")
          for (const value of [[null], [3], [{}], "rows", 5, null, undefined, { objects: 3 }]) {
            yield* Effect.flip(t.write("a", value))
          }
          assert.deepStrictEqual(yield* t.all, [game(1)])
        }))

      it.effect("takes an array, a table and a stream, and gives the same hash for the same rows", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, keyed)
          const values = Array.from({ length: 300 }, (_, i) => game(i))
          const hashes = yield* Effect.forEach(
            [values, { objects: () => values }, Stream.fromIterable(values)],
            (value) => Effect.map(t.write("a", value), (w) => [w?.rows, w?.hash])
          )
          assert.isString(hashes[0]?.[1])
          assert.deepStrictEqual(hashes[1], hashes[0])
          assert.deepStrictEqual(hashes[2], hashes[0])
          assert.deepStrictEqual(yield* t.all, values)
          const changed = yield* t.write("a", [...values.slice(1), game(0, "Oslo", 0)])
          assert.notStrictEqual(changed?.hash, hashes[0]?.[1])
        }))

      it.effect("leaves what is stored when a stream fails on its way", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, keyed)
          yield* t.write("a", [game(1)])
          const rows = Stream.fromIterable(Array.from({ length: 25_000 }, (_, i) => game(i + 10)))
          const failed = yield* Effect.flip(t.write("a", Stream.concat(rows, Stream.fail(new Error("the line went dead")))))
          assert.include(failed.message, "the line went dead")
          const bad = yield* Effect.flip(t.write("a", Stream.concat(rows, Stream.succeed({ id: "x" }))))
          assert.include(bad.message, "Row 25001")
          assert.deepStrictEqual(yield* t.all, [game(1)])
        }))

      it.effect("gives back instances of a class, and takes plain rows for it", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, Rows.of(Player, { key: ["id"] }))
          yield* t.write("a", [new Player({ id: 1, name: "Ada" })])
          const [ada] = yield* t.all
          assert.isTrue(ada instanceof Player)
          assert.strictEqual(ada instanceof Player ? ada.shout : "", "Ada!")
          yield* t.write("a", [{ id: 2, name: "Bo" }])
        }))

      it.effect("holds values and partition keys that look like SQL", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, keyed)
          const nasty = ["'; drop schema public cascade; --", "\"a\"", "{a,b}", "\\", "💥", "a b", "%", "$1"]
          yield* t.io.write(nasty.map((text, i) => t.cell(text, [game(i, text)])))
          for (const [i, text] of nasty.entries()) {
            assert.deepStrictEqual((yield* t.load([text])).values, [game(i, text)])
          }
        }))

      it.effect("fails with what to run when nothing was ever stored", () =>
        Effect.gen(function*() {
          const io = yield* tag
          const asset = stored(keyed)
          for (const reading of [io.load({ asset, partitions: "all" }), Stream.runDrain(io.stream({ asset, partitions: ["a"] }))]) {
            const error = yield* Effect.flip(Effect.asVoid(reading))
            assert.include(error.message, `${asset.key} was never materialized`)
            assert.include(error.message, `run \`sluice materialize ${asset.key}`)
          }
        }))

      it.effect("property: every value of every column type survives the round trip", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, Rows.of(Everything, { key: ["id"] }))
          for (let seed = 1; seed <= 20; seed++) {
            const random = seeded(seed)
            const given = Array.from({ length: 50 }, (_, id) => everything(random, id))
            yield* t.write("p", given)
            const loaded = yield* t.all
            const streamed = yield* t.stream(["p"])
            for (const [i, row] of given.entries()) {
              assert.deepStrictEqual(comparable(loaded[i]), comparable(row), `seed ${seed}, row ${i}`)
              assert.deepStrictEqual(comparable(streamed[i]?.value), comparable(row), `seed ${seed}, row ${i}, streamed`)
            }
          }
        }))

      it.effect("two writers at once replace one partition: no deadlock, nothing doubled, nothing lost", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, Rows.of(Game))
          const ids = Array.from({ length: 40 }, (_, i) => i)
          const writer = (home: string, order: ReadonlyArray<number>) =>
            t.io.write([t.cell("shared", order.map((id) => game(id, home))), t.cell(home, [game(1, home)])])
          for (let round = 0; round < rounds; round++) {
            yield* Effect.all([writer("Oslo", ids), writer("Bergen", ids.toReversed())], { concurrency: 2 })
          }
          assert.strictEqual((yield* t.load(["shared"])).values.length, 40)
          assert.strictEqual((yield* t.all).length, 42)
        }), 120_000)

      if (!replacesOnly) it.effect("two writers at once upsert the same rows of two assets in opposite orders: no deadlock", () =>
        Effect.gen(function*() {
          const output = Rows.of(Game, { key: ["id"], mode: "upsert" })
          const a = yield* prepared(tag, output)
          const b = yield* prepared(tag, output)
          const ids = Array.from({ length: 300 }, (_, i) => i)
          const cells = (order: ReadonlyArray<number>, home: string) =>
            [a, b].map((t) => t.cell(home, order.map((id) => game(id, home))))
          for (let round = 0; round < rounds; round++) {
            yield* Effect.all([
              a.io.write(cells(ids, "Oslo")),
              a.io.write(cells(ids.toReversed(), "Bergen").toReversed())
            ], { concurrency: 2 })
          }
          const left = yield* b.load("all")
          assert.strictEqual(left.values.length, 300)
          // One of the two came last, with all of its rows.
          assert.strictEqual(new Set(left.partitions).size, 1)
        }), 120_000)
    })
  })
}

export { documents } from "./IoDocuments.ts"
export { frames } from "./IoFrames.ts"
export { partial } from "./IoPartial.ts"
