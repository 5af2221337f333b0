/** What every IO manager that stores sets of frames must do. */
import { assert, describe, layer as withLayer } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import * as Frames from "../../engine/definition/Frames.ts"
import type * as Io from "../../engine/definition/Io.ts"
import { prepared, stored } from "./Prepared.ts"
import { seeded } from "./Random.ts"

type Value = Frames.Frame["rows"][number][number]

export const frame = (name: string, columns: ReadonlyArray<string>, ...rows: ReadonlyArray<ReadonlyArray<Value>>): Frames.Frame => ({
  name, columns, rows
})

const players = (...ids: ReadonlyArray<number>) =>
  frame("PlayerStats", ["gameId", "PLAYER_ID", "note"], ...ids.map((id) => [`00${id}`, id, id % 2 === 0 ? null : `n${id}`]))
const teams = (id: number) => frame("TeamStats", ["TEAM_ID", "pace"], [id, id + 0.5], [id + 1, 99.25])
const empty = frame("Officials", ["OFFICIAL_ID", "name"])

/** For an IO manager that stores sets of frames. */
export const frames = <IO, E>(name: string, tag: Io.Key<IO>, layer: Layer.Layer<IO, E>): void => {
  describe(`${name} stores sets of frames`, () => {
    withLayer(layer)((it) => {
      it.effect("keeps one set a cell, with its order, its headers and its empty frames; the last one written stays", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, Frames.of())
          const first = [players(3, 1, 2), empty, teams(7)]
          const [b] = yield* t.io.write([t.cell("b", first), t.cell("a", []), t.cell("c", [frame("Bare", [])])])
          assert.deepStrictEqual(b?.values, [first])
          assert.deepStrictEqual(yield* t.load("all"), { partitions: ["a", "b", "c"], values: [[], first, [frame("Bare", [])]] })
          assert.strictEqual((yield* t.write("b", first))?.hash, b?.hash)
          const second = [teams(8), frame("More", ["x"], [true])]
          assert.notStrictEqual((yield* t.write("b", second))?.hash, b?.hash)
          assert.deepStrictEqual((yield* t.load(["b", "a", "b"])).values, [second, []])
          assert.deepStrictEqual(yield* t.stream(["b"]), [{ partition: "b", value: second }])
          yield* t.write("b", [])
          assert.deepStrictEqual((yield* t.load(["b"])).values, [[]])
        }))

      it.effect("fails for a cell that is not there, and keeps unpartitioned assets", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, Frames.of(), false)
          const missing = yield* Effect.flip(t.load([""]))
          assert.include(missing.message, `${t.asset.key} was never materialized`)
          yield* t.write("", [teams(1)])
          assert.deepStrictEqual((yield* t.load([""])).values, [[teams(1)]])
          yield* Effect.flip(Effect.asVoid(Stream.runDrain(t.io.stream({ asset: stored(Frames.of()), partitions: ["x"] }))))
        }))

      it.effect("refuses what is no set of frames, and writes nothing", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, Frames.of())
          for (const value of [null, 3, [3], [{ name: "x" }], [{ name: "x", columns: [1], rows: [] }], [{ name: 1, columns: [], rows: [] }]]) {
            const error = yield* Effect.flip(t.io.write([t.cell("a", [teams(1)]), t.cell("b", value)]))
            assert.strictEqual(error.partition, "b")
            assert.include(error.message, "cannot be stored")
          }
          assert.deepStrictEqual(yield* t.all, [])
        }))

      it.effect("loads and streams more cells than it reads at once", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, Frames.of())
          const keys = Array.from({ length: 230 }, (_, i) => String(i).padStart(4, "0"))
          yield* t.io.write(keys.toReversed().map((key) => t.cell(key, [players(Number(key))])))
          assert.deepStrictEqual((yield* t.load("all")).partitions, keys)
          const asked = keys.toReversed()
          assert.deepStrictEqual((yield* t.stream(asked)).map(({ value }) => value), asked.map((key) => [players(Number(key))]))
        }))

      it.effect("property: any texts, numbers and nested values come back; names that look like SQL harm nothing", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, Frames.of())
          const random = seeded(5)
          const text = () => random.pick(["", "007", "'; drop table x; --", "{a,b}", "\\", "💥", "null", "1e5", "\"", "a\nb"])
          const sets = Array.from({ length: 40 }, (_, i) => [frame(
            `set ${i % 4} "; --`,
            ["an id", "\"n\"", "$1", "half", "is", "nested"],
            ...Array.from({ length: 5 }, () => [
              text(), random.int(-5, 5), random.pick([null, text()]), random.int(0, 99) + 0.5, random.pick([true, false, null]),
              random.pick([null, { b: [1, { a: text() }] }, [text(), 2]])
            ])
          )])
          yield* t.io.write(sets.map((set, i) => t.cell(`p${String(i).padStart(3, "0")}`, set)))
          assert.deepStrictEqual(yield* t.all, sets)
        }))

      it.effect("two writers at once on the same cells: no deadlock, nothing doubled", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, Frames.of())
          const cells = (id: number) => Array.from({ length: 10 }, (_, i) => t.cell(`p${i}`, [players(id), teams(id)]))
          for (let round = 0; round < 25; round++) {
            yield* Effect.all([t.io.write(cells(1)), t.io.write(cells(2).toReversed())], { concurrency: 2 })
          }
          const all = yield* t.all
          assert.strictEqual(all.length, 10)
          assert.strictEqual(new Set(all.map((value) => JSON.stringify(value))).size, 1)
        }), 60_000)
    })
  })
}
