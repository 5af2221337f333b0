import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { Asset, AssetGraph, Check, Document, Input, Mapping, Partitions, Pipeline, Rows } from "../../../index.ts"
import { graphOf, plain, Store, Value } from "../assets.ts"

const messageOf = (pipelines: Parameters<typeof AssetGraph.make>[0]) => {
  const result = AssetGraph.make(pipelines)
  return Result.isFailure(result) ? result.failure.message : "no error"
}

describe("AssetGraph", () => {
  it("holds everything that a listed asset reads, upstream first", () => {
    const a = plain("a")
    const b = plain("b", [a])
    const c = plain("c", [b, a])
    assert.deepStrictEqual(Array.from(graphOf(c).assets.keys()), ["a", "b", "c"])
  })

  it("knows both directions", () => {
    const a = plain("a")
    const b = plain("b", [a])
    const graph = graphOf(plain("c", [a, b]))
    assert.deepStrictEqual(graph.downstream("a").map((edge) => edge.downstream).sort(), ["b", "c"])
    assert.deepStrictEqual(graph.upstream("c").map((edge) => edge.upstream), ["a", "b"])
    assert.deepStrictEqual(Array.from(AssetGraph.reach(graph, ["c"], "upstream")).sort(), ["a", "b"])
    assert.deepStrictEqual(Array.from(AssetGraph.reach(graph, ["a"], "downstream", 1)).sort(), ["b", "c"])
  })

  it("refuses two assets with one key and names both places", () => {
    const one = Pipeline.make("one", { assets: [plain("x/a")] })
    const two = Pipeline.make("two", { assets: [plain("x/a")] })
    const message = messageOf([one, two])
    assert.include(message, "\"x/a\"")
    assert.include(message, "pipeline one")
    assert.include(message, "pipeline two")
  })

  it("refuses a cycle and names its path", () => {
    const a: Asset.Any = Asset.make("a", {
      inputs: { c: Input.lazy(() => c) },
      output: Rows.of(Value),
      io: Store,
      run: () => Effect.succeed([])
    })
    const b = plain("b", [a])
    const c = plain("c", [b])
    assert.include(messageOf([Pipeline.make("p", { assets: [a, b, c] })]), "a → c → b → a")
  })

  it("refuses partitions that do not fit, with the input's name", () => {
    const up = Asset.make("up", {
      partitions: Partitions.daily({ start: "2024-01-01", timezone: "Europe/Berlin" }),
      output: Rows.of(Value),
      io: Store,
      run: () => Effect.succeed([])
    })
    const down = Asset.make("down", {
      partitions: Partitions.fixed(["x", "y"]),
      inputs: { days: up },
      output: Rows.of(Value),
      io: Store,
      run: () => Effect.succeed([])
    })
    const message = messageOf([Pipeline.make("p", { assets: [down] })])
    assert.include(message, "down cannot read up as \"days\"")
  })

  it("refuses a bare document input that means several documents", () => {
    const up = Asset.make("up", {
      partitions: Partitions.daily({ start: "2024-01-01" }),
      output: Document.of(Schema.Struct({ n: Schema.Int })),
      io: Store,
      run: () => Effect.succeed({ n: 1 })
    })
    const weekly = Partitions.weekly({ start: "2024-01-01" })
    const make = (input: Asset.Any) =>
      Asset.make("down", { partitions: weekly, inputs: { up: input }, output: Rows.of(Value), io: Store, run: () => Effect.succeed([]) })
    assert.include(messageOf([Pipeline.make("p", { assets: [make(up)] })]), "Input.documents")
  })

  it("refuses a mapping that the partitions cannot have", () => {
    const up = plain("up")
    const down = Asset.make("down", {
      inputs: { up: Input.rows(up, { mapping: Mapping.offset(-1) }) },
      output: Rows.of(Value),
      io: Store,
      run: () => Effect.succeed([])
    })
    assert.include(messageOf([Pipeline.make("p", { assets: [down] })]), "down cannot read up")
  })

  it("takes the source of dynamic partitions into the graph, before those who use them", () => {
    const games = plain("games")
    const game = Partitions.dynamic("game", { from: games, key: (row) => row.value })
    const feed = Asset.make("feed", { partitions: game, output: Rows.of(Value), io: Store, run: () => Effect.succeed([]) })
    const graph = graphOf(feed)
    assert.deepStrictEqual(Array.from(graph.assets.keys()), ["games", "feed"])
    assert.deepStrictEqual(graph.keySources("feed"), [{ set: "game", asset: "games" }])
    assert.deepStrictEqual(graph.dependents("games"), ["feed"])
  })

  it("refuses two checks with one name on one asset, and two pipelines with one name", () => {
    const a = plain("a")
    const check = () => Check.make("fine", { asset: a, run: (rows) => Effect.succeed(Check.none(rows, () => false)) })
    assert.include(messageOf([Pipeline.make("p", { assets: [a], checks: [check(), check()] })]), "\"fine\" of a")
    assert.include(messageOf([Pipeline.make("p", { assets: [a] }), Pipeline.make("p", { assets: [a] })]), "\"p\"")
  })

  it("refuses malformed keys where they are written", () => {
    assert.throws(() => plain("a b"), /"a b" is not valid/)
    assert.throws(() => plain("/a"), /not valid/)
    assert.throws(() => Pipeline.make("p/q", { assets: [] }), /not valid/)
  })

  it("orders a chain of 5,000 assets", () => {
    let last = plain("c0")
    for (let i = 1; i < 5000; i++) last = plain(`c${i}`, [last])
    const keys = Array.from(graphOf(last).assets.keys())
    assert.strictEqual(keys.length, 5000)
    assert.strictEqual(keys[4999], "c4999")
  })
})
