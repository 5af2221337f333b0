/** Which row of a history of odds stands for its market. */
import { assert, describe, it } from "@effect/vitest"
import * as Odds from "../../../resources/football/Odds.ts"

/** Rows newest first, as the vendor sends them; `x` is a sealed one. */
const rows = (...minutes: ReadonlyArray<number | string>) =>
  minutes.map((minute, i) => [1000 + i, String(minute).replace("x", ""), "1.5", "3.2", "4.1", 2, String(minute).endsWith("x") ? 1 : 0, "0-0"])

describe("Odds.pickRow", () => {
  const cases: ReadonlyArray<[what: string, minutes: ReadonlyArray<number | string>, picked: string | undefined]> = [
    ["the newest in the window", [30, 8, 6, 4, 2, ""], "6"],
    ["the window's first minute counts", [30, 9, 2, 1], "2"],
    ["else the nearest before minute 10", [30, 9, 7, 1], "7"],
    ["of two that are as near the newer one", [7, 1], "7"],
    ["minute 1 rather than 8", [8, 1, 0], "1"],
    ["minute 10 is too late", [40, 10], undefined],
    ["before the match there is no minute", ["", ""], undefined],
    ["a sealed row has no odds", ["5x", "8"], "8"],
    ["nothing of nothing", [], undefined]
  ]
  for (const [what, minutes, picked] of cases) {
    it(what, () => assert.strictEqual(Odds.pickRow(rows(...minutes))?.[1], picked))
  }

  it("numbers as numbers and as text, and rows that are none", () => {
    assert.strictEqual(Odds.pickRow([null, "x", [1, 4, 1, 1, 1, 1, 0, ""]])?.[1], 4)
  })
})

describe("Odds.pick", () => {
  const market = (minute: number, home = "2.00") => [[1, String(minute), home, "3.00", "4.00", 2, 0, "1-0"]]

  it("prefers BET365, then goes by number, each market by itself", () => {
    const picks = Odds.pick("m", {
      "22": { eu: market(3, "1.22"), asia: market(3), cr: market(4) },
      "3": { eu: market(3, "1.33"), asia: market(3), bs: market(40) },
      "2": { eu: market(3, "1.02") }
    })
    assert.deepStrictEqual(
      picks.map(({ company_id, home, market }) => [market, company_id, home]),
      [["asia", "3", 2], ["eu", "2", 1.02], ["cr", "22", 2]]
    )
    assert.deepInclude(picks[1], { match_id: "m", minute: 3, line: 3, away: 4, score: "1-0", _mock: false })
  })

  it("takes another company where BET365 has no row that is early enough", () => {
    const [pick] = Odds.pick("m", { "2": { eu: market(55) }, "136": { eu: market(5, "1.36") } })
    assert.deepInclude(pick, { company_id: "136", home: 1.36 })
  })

  it("finds nothing in a list, in nothing and in what is neither", () => {
    for (const results of [[], null, undefined, "none", 3, {}, { "2": null }, { "2": { eu: "x" } }]) {
      assert.deepStrictEqual(Odds.pick("m", results), [])
    }
  })
})

it("American odds of decimal ones", () => {
  const cases: ReadonlyArray<[number | null, number | null]> = [[2.5, 150], [1.5, -200], [2, 100], [1.01, -10000], [1, null], [0, null], [null, null]]
  for (const [decimal, american] of cases) assert.strictEqual(Odds.american(decimal), american)
})
