import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Asset, Check, Document, Partitions, Pipeline, Rows } from "../../../index.ts"
import { Store, Value } from "../assets.ts"

const make = (key: string) => Asset.make(key, { output: Rows.of(Value), io: Store, run: () => Effect.succeed([]) })

describe("Definitions", () => {
  it("an asset key is words in groups; anything else is refused with a sentence", () => {
    assert.strictEqual(make("nhl/raw/games").group, "nhl/raw")
    assert.strictEqual(make("games").group, "default")
    for (const key of ["", "/games", "nhl/", "a//b", "a b", "a@b", "ä", "a.b", "*"]) {
      assert.throws(() => make(key), `Asset key "${key}" is not valid`)
    }
  })

  it("several assets of one computation have keys of their own, and know it", () => {
    const many = Asset.makeMany("api/game", {
      partitions: Partitions.fixed(["a"]),
      concurrency: 2,
      outputs: {
        rows: { output: Rows.of(Value), io: Store, description: "the rows" },
        body: { output: Document.of(Schema.String), io: Store, group: "raw" }
      },
      run: (_, key) => Effect.succeed({ rows: [], body: key })
    })
    assert.deepStrictEqual([many.rows.key, many.body.key], ["api/game/rows", "api/game/body"])
    assert.deepStrictEqual([many.rows.group, many.body.group], ["api/game", "raw"])
    assert.strictEqual(many.rows.computation, many.body.computation)
    assert.deepStrictEqual(many.rows.computation.outputs(), many)
    const named = Asset.makeMany("api/all", {
      outputs: { teams: { key: "api/teams", output: Rows.of(Value), io: Store } },
      run: () => Effect.succeed({ teams: [] })
    })
    assert.deepStrictEqual([named.teams.key, named.teams.group, named.teams.computation.key], ["api/teams", "api", "api/all"])
    assert.isTrue(Asset.isAsset(many.rows))
    assert.isFalse(Asset.isAsset({ _tag: "Check" }))
  })

  it("rows refuse options that contradict each other", () => {
    assert.throws(() => Rows.of(Value, { mode: "upsert" }), "needs a key")
    assert.throws(() => Rows.of(Value, { keepKnown: true }), "keepKnown needs mode \"upsert\"")
    assert.deepStrictEqual(Rows.columns(Rows.of(Schema.Struct({ b: Schema.Int, a: Schema.String }))), ["b", "a"])
    class Game extends Schema.Class<Game>("Game")({ id: Schema.Int, at: Schema.Date }) {}
    assert.deepStrictEqual(Rows.columns(Rows.of(Game)), ["id", "at"])
  })

  it("a pipeline has a name without groups", () => {
    assert.throws(() => Pipeline.make("a/b", { assets: [] }), "Pipeline name \"a/b\" is not valid")
    assert.deepStrictEqual(Pipeline.make("nhl", { assets: [] }).checks, [])
  })

  it("checks count what contradicts them and show a few", () => {
    const rows = Array.from({ length: 9 }, (_, n) => ({ n, odd: n % 2 === 1 }))
    const none = Check.none(rows, (row) => row.odd)
    assert.deepStrictEqual([none.passed, none.message, none.examples.length], [false, "4 of 9 rows", 3])
    assert.deepStrictEqual(Check.every(rows, () => true), { passed: true, message: "none of 9 rows", examples: [] })
    assert.isTrue(Check.unique(rows, "n").passed)
    assert.deepStrictEqual(Check.unique(rows, "odd").message, "7 of 9 rows")
    assert.isTrue(Check.none([], () => true).passed)
    const check = Check.make("c", { asset: make("a"), run: () => Effect.succeed(none) })
    assert.deepStrictEqual([check.severity, check.over], ["error", "cell"])
  })
})
