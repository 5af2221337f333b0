import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { endpoints, find } from "../../../resources/nba/catalogue.ts"
import { queryName, queryOf } from "../../../resources/nba/Parameters.ts"
import * as Season from "../../../resources/nba/Season.ts"
import { fixtures, withoutFixtures } from "../../fixtures.ts"

const about = { id: "0022100001", season: "2024-25", dates: { from: "10/01/2024", to: "01/31/2025" }, versus: "2544" }
const query = (name: string) => queryOf(find(name) ?? { name, parameters: {} }, about)

const at = (text: string) => DateTime.makeUnsafe(text)

describe("parameters", () => {
  it("hold all that an endpoint asks for, and what the catalogue says", () => {
    assert.deepStrictEqual(query("BoxScoreAdvancedV3"), { EndPeriod: 0, EndRange: 0, GameID: "0022100001", RangeType: 0, StartPeriod: 0, StartRange: 0 })
    assert.deepStrictEqual(query("BoxScoreSimilarityScore"), { GameID: "0022100001" })
    assert.deepInclude(query("PlayerDashboardByClutch"), { LastNGames: 30, PlayerID: "0022100001", Season: "2024-25", MeasureType: "Base" })
    assert.deepInclude(query("PlayerDashPtPass"), { TeamID: 0 })
    assert.deepInclude(query("PlayerVsPlayer"), { VsPlayerID: "2544" })
    assert.deepInclude(query("PlayerGameLogs"), { DateFrom: "10/01/2024", DateTo: "01/31/2025", Season: "2024-25", SeasonType: "" })
    assert.deepInclude(query("LeagueGameFinder"), { SeasonType: "Regular Season", GtFG3_PCT: "", Season: "2024-25" })
    assert.deepInclude(query("CommonAllPlayers"), { IsOnlyCurrentSeason: 0 })
    assert.deepStrictEqual(["game_id", "vs_player_id", "season_type_nullable"].map(queryName), ["GameID", "VsPlayerID", "SeasonType"])
  })

  it.runIf(fixtures !== undefined)(`are those that clients of the API send${withoutFixtures}`, () => {
    interface Fact {
      readonly endpoint: string
      readonly parameters: ReadonlyArray<{ readonly query: string; readonly required: boolean; readonly default?: string | number | null }>
    }
    const facts: { readonly endpoints: ReadonlyArray<Fact> } = JSON.parse(readFileSync(join(fixtures ?? "", "nba", "endpoints.json"), "utf8"))
    const own = new Map(endpoints.map((endpoint) => [endpoint.name as string, Object.keys(endpoint.parameters).map(queryName)]))
    let compared = 0
    for (const { endpoint, parameters } of facts.endpoints) {
      const chosen = own.get(endpoint)
      if (chosen === undefined) continue
      compared++
      const asked = query(endpoint)
      for (const { default: standard, query: name, required } of parameters) {
        if (required || name === "Season") assert.property(asked, name, endpoint)
        else if (standard === undefined || standard === null) assert.notProperty(asked, name, endpoint)
        else if (!chosen.includes(name)) assert.strictEqual(String(asked[name]), String(standard), `${endpoint} ${name}`)
      }
      assert.deepStrictEqual(Object.keys(asked).filter((name) => !parameters.some((fact) => fact.query === name)), [], endpoint)
    }
    assert.strictEqual(compared, 41)
  })
})

describe("seasons", () => {
  it("turn in October, by the league's clock", () => {
    assert.strictEqual(Season.current(at("2024-10-01T03:59:00Z")), "2023-24")
    assert.strictEqual(Season.current(at("2024-10-01T04:00:00Z")), "2024-25")
    assert.strictEqual(Season.current(at("2025-02-01T00:00:00Z")), "2024-25")
    assert.strictEqual(Season.named(1999), "1999-00")
    assert.deepStrictEqual(Season.all(at("1948-01-01T00:00:00Z")), ["1946-47", "1947-48"])
    assert.deepStrictEqual([Season.isSeason("1999-00"), Season.isSeason("1999-01"), Season.isSeason("99")], [true, false, false])
  })

  it("have dates up to today, or up to their end", () => {
    assert.deepStrictEqual(Season.dates("2024-25", at("2025-02-01T12:00:00Z")), { from: "10/01/2024", to: "02/01/2025" })
    assert.deepStrictEqual(Season.dates("2020-21", at("2025-02-01T12:00:00Z")), { from: "10/01/2020", to: "09/30/2021" })
  })
})
