import { assert, describe, it } from "@effect/vitest"
import { closest, didYouMean, partitionApart } from "../../engine/Suggestion.ts"

describe("Suggestion", () => {
  const keys = ["nhl/games", "nhl/game_stats", "nhl/top_scorers", "salad/orders", "salad/customers"]

  for (const [word, expected] of [
    ["nhl/gmaes", ["nhl/games"]],
    ["NHL/Games", ["nhl/games"]],
    ["nhl/games", ["nhl/games"]],
    ["orders", ["salad/orders"]],
    ["nhl/game_stat", ["nhl/game_stats"]],
    ["nhl", ["nhl/games", "nhl/game_stats", "nhl/top_scorers"]],
    ["weather", []],
    ["", []]
  ] as const) {
    it(`finds ${JSON.stringify(expected)} for "${word}"`, () => {
      assert.deepStrictEqual(closest(word, keys).slice(0, Math.max(1, expected.length)), [...expected])
    })
  }

  it("counts a swap as one edit, and allows one edit in short words", () => {
    assert.deepStrictEqual(closest("nrth", ["north", "south"]), ["north"])
    assert.deepStrictEqual(closest("ab", ["ba", "cd"]), ["ba"])
  })

  it("gives the nearest first, no more than wanted, each once", () => {
    assert.deepStrictEqual(closest("item1", ["item22", "item2", "item1x", "item3", "item2"], 2), ["item2", "item1x"])
  })

  it("makes a sentence", () => {
    assert.strictEqual(didYouMean("nrth", ["north", "south"]), " Did you mean \"north\"?")
    assert.strictEqual(didYouMean("item1", ["item2", "item3"]), " Did you mean \"item2\" or \"item3\"?")
    assert.strictEqual(didYouMean("item1", ["item2", "item3", "item4"]), " Did you mean \"item2\", \"item3\" or \"item4\"?")
    assert.strictEqual(didYouMean("weather", ["north"]), "")
  })

  it("takes a cell that stands in the place of its asset apart", () => {
    const assets = new Set(keys)
    assert.strictEqual(
      partitionApart("nhl/games@2024-01-01", assets),
      " Write nhl/games alone; its partition is an option, --partition, where the command takes one."
    )
    for (const word of ["nhl/game@x", "@x", "nhl/games"]) assert.strictEqual(partitionApart(word, assets), "")
  })
})
