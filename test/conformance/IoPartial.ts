/** What an IO manager must do that keeps rows of cells which are not whole yet. */
import { assert, describe, layer as withLayer } from "@effect/vitest"
import { Effect, type Layer, Schema } from "effect"
import type * as Io from "../../engine/definition/Io.ts"
import * as Rows from "../../engine/definition/Rows.ts"
import { prepared } from "./Prepared.ts"
import { seeded } from "./Random.ts"
import { comparable, Everything, everything } from "./Values.ts"

const Game = Schema.Struct({ id: Schema.Int, home: Schema.String, score: Schema.NullOr(Schema.Int) })
const game = (id: number, home = "Oslo", score: number | null = null): typeof Game.Type => ({ id, home, score })
const keyed = Rows.of(Game, { key: ["id"] })

const setUp = Effect.fnUntraced(function*<IO>(tag: Io.Key<IO>, output: Rows.Rows<unknown>, partitioned = true) {
  const t = yield* prepared(tag, output, partitioned)
  const { partial } = t.io
  if (partial === undefined) return assert.fail("it keeps no rows of cells that are not whole")
  yield* partial.prepare(t.asset)
  return {
    ...t,
    partial,
    add: (partition: string, value: ReadonlyArray<unknown>) => partial.add([t.cell(partition, value)]),
    count: (partition: string) => partial.count({ asset: t.asset, partition }),
    finish: (partition: string, rows: number, listed = false) =>
      Effect.map(t.io.write([{ ...t.cell(partition, []), partial: rows, listed }]), ([written]) => written)
  }
})

export const partial = <IO, E>(name: string, tag: Io.Key<IO>, layer: Layer.Layer<IO, E>): void => {
  describe(`${name} keeps rows of cells that are not whole`, () => {
    withLayer(layer)((it) => {
      it.effect("no reader sees them; at the end they replace what was there, and it is as if they were written at once", () =>
        Effect.gen(function*() {
          const t = yield* setUp(tag, keyed)
          yield* t.io.write([t.cell("a", [game(1), game(2)]), t.cell("b", [game(5)])])
          yield* t.add("a", [game(2, "Bergen"), game(3)])
          yield* t.add("a", [game(9)])
          assert.deepStrictEqual(yield* t.all, [game(1), game(2), game(5)])
          assert.deepStrictEqual([yield* t.count("a"), yield* t.count("b")], [3, 0])
          const written = yield* t.finish("a", 3, true)
          assert.deepInclude(written, { rows: 3, displaced: [] })
          assert.deepStrictEqual(written?.values, [game(2, "Bergen"), game(3), game(9)])
          assert.deepStrictEqual(yield* t.all, [game(2, "Bergen"), game(3), game(9), game(5)])
          assert.strictEqual(yield* t.count("a"), 0)
        }))

      it.effect("equal content has an equal hash, however it was cut; the order counts where there is no key", () =>
        Effect.gen(function*() {
          const hashOf = (output: Rows.Rows<unknown>, parts: ReadonlyArray<ReadonlyArray<unknown>>) =>
            Effect.gen(function*() {
              const t = yield* setUp(tag, output)
              for (const part of parts) yield* t.add("a", part)
              return (yield* t.finish("a", parts.flat().length))?.hash
            })
          const first = yield* hashOf(keyed, [[game(1), game(2)], [game(3)]])
          assert.isString(first)
          assert.strictEqual(yield* hashOf(keyed, [[game(1)], [game(2), game(3)]]), first)
          assert.notStrictEqual(yield* hashOf(keyed, [[game(1), game(2), game(4)]]), first)
          const ordered = yield* hashOf(Rows.of(Game), [[game(1), game(2)]])
          assert.strictEqual(yield* hashOf(Rows.of(Game), [[game(1)], [game(2)]]), ordered)
          assert.notStrictEqual(yield* hashOf(Rows.of(Game), [[game(2), game(1)]]), ordered)
          assert.isUndefined(yield* hashOf(Rows.of(Game, { mode: "append" }), [[game(2)]]))
        }))

      it.effect("appends and upserts as its mode says, and tells who loses rows", () =>
        Effect.gen(function*() {
          const log = yield* setUp(tag, Rows.of(Game, { mode: "append" }))
          yield* log.write("a", [game(1)])
          yield* log.add("a", [game(1), game(1)])
          yield* log.finish("a", 2)
          assert.deepStrictEqual(yield* log.all, [game(1), game(1), game(1)])
          const t = yield* setUp(tag, Rows.of(Game, { key: ["id"], mode: "upsert", keepKnown: true }))
          yield* t.io.write([t.cell("a", [game(1, "Oslo", 7), game(2)]), t.cell("c", [game(4)])])
          yield* t.add("b", [game(1, "Bodø"), game(4), game(6, "Oslo", 1)])
          yield* t.add("b", [game(6, "Voss")])
          assert.deepStrictEqual((yield* t.finish("b", 4))?.displaced, ["a", "c"])
          assert.deepStrictEqual(yield* t.load("all"), {
            partitions: ["a", "b", "b", "b"],
            values: [game(2), game(1, "Bodø", 7), game(4), game(6, "Voss", 1)]
          })
        }))

      it.effect("discards them, and refuses to end a cell whose rows are gone", () =>
        Effect.gen(function*() {
          const t = yield* setUp(tag, keyed)
          yield* t.write("a", [game(1)])
          yield* t.add("a", [game(2), game(3)])
          yield* t.add("b", [game(4)])
          yield* t.partial.discard({ asset: t.asset, partition: "a" })
          assert.deepStrictEqual([yield* t.count("a"), yield* t.count("b")], [0, 1])
          yield* t.add("a", [game(5)])
          const error = yield* Effect.flip(t.finish("a", 3))
          assert.match(error.message, /partition a had 3 rows put aside .*now has 1: materialize it again/)
          assert.deepStrictEqual(yield* t.all, [game(1)])
        }))

      it.effect("of all kinds of values, of an unpartitioned asset", () =>
        Effect.gen(function*() {
          const t = yield* setUp(tag, Rows.of(Everything), false)
          const random = seeded(5)
          const given = Array.from({ length: 20 }, (_, id) => everything(random, id))
          yield* t.add("", given.slice(0, 7))
          yield* t.add("", given.slice(7))
          yield* t.finish("", given.length)
          assert.deepStrictEqual((yield* t.load([""])).values.map(comparable), given.map(comparable))
        }))

      it.effect("says which row is wrong, counted over all of them, and adds none", () =>
        Effect.gen(function*() {
          const t = yield* setUp(tag, keyed)
          yield* t.add("a", [game(1)])
          const wrong = [game(2), { ...game(3), home: 7 }]
          const error = yield* Effect.flip(t.partial.add([{ ...t.cell("a", wrong), partial: 1 }]))
          assert.match(error.message, /Row 3 of .*partition a/)
          assert.strictEqual(yield* t.count("a"), 1)
        }))
    })
  })
}
