/** The catalogue against the recorded facts, and its look-ups. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Catalogue from "../../../resources/nba/catalogue.ts"
import { fixtures, withoutFixtures } from "../../fixtures.ts"

interface Entry {
  readonly endpoint: string
  readonly category: string
  readonly priority: string
  readonly frequency: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly note?: string
}

/** A source in the words of the recorded catalogue. */
const word = (source: Catalogue.Source): unknown =>
  "value" in source
    ? source.value
    : { game: "from_mastergames", player: "from_masterplayers", team: "from_masterteams", current_season: "current_season", date_range: "dynamic_date_range", dynamic: "dynamic" }[source.from]

describe("nba catalogue", () => {
  it.skipIf(fixtures === undefined)(`has what the recorded one has${withoutFixtures}`, () => {
    const recorded: ReadonlyArray<Entry> = JSON.parse(readFileSync(join(fixtures ?? "", "nba/catalogue.json"), "utf8"))
    const own = Catalogue.endpoints.map(({ name, category, priority, frequency, parameters }): Entry => ({
      endpoint: name, category, priority, frequency,
      parameters: Object.fromEntries(Object.entries(parameters).map(([key, source]) => [key, word(source)]))
    }))
    const sorted = (entries: ReadonlyArray<Entry>) =>
      entries.map((entry): Entry => ({ ...entry, note: "" })).toSorted((a, b) => a.endpoint < b.endpoint ? -1 : 1)
    assert.deepStrictEqual(sorted(own), sorted(recorded))
  })

  it("is of 43 endpoints, each named once, in the order of category and priority", () => {
    assert.strictEqual(new Set(Catalogue.endpoints.map(({ name }) => name.toLowerCase())).size, 43)
    const place = ({ category, priority }: Catalogue.Endpoint) =>
      Catalogue.categories.indexOf(category) * 10 + Catalogue.priorities.indexOf(priority)
    const places = Catalogue.endpoints.map(place)
    assert.deepStrictEqual(places, places.toSorted((a, b) => a - b))
  })

  it("finds by name in any case, and suggests what is near", () => {
    assert.strictEqual(Catalogue.find("boxscoreadvancedv3")?.name, "BoxScoreAdvancedV3")
    assert.strictEqual(Catalogue.find("BoxScoreAdvanced"), undefined)
    assert.match(Catalogue.suggestion("BoxScoreAdvanced"), /Did you mean "BoxScoreAdvancedV[23]"/)
    assert.strictEqual(Catalogue.suggestion("Weather"), "")
  })

  it("selects by category and priority", () => {
    const names = (by: Parameters<typeof Catalogue.select>[0]) => Catalogue.select(by).map(({ name }) => name)
    assert.strictEqual(names({}).length, 43)
    assert.deepStrictEqual(names({ category: "player_based", priority: "high" }), [
      "CommonPlayerInfo", "PlayerCareerStats", "PlayerDashboardByClutch", "PlayerDashboardByShootingSplits", "PlayerGameLog"
    ])
    assert.deepStrictEqual(Catalogue.categories.map((category) => names({ category }).length), [22, 16, 1, 4])
  })

  it("knows of which ids an endpoint is asked", () => {
    const of = (name: string) => Catalogue.keyOf(Catalogue.find(name)!)
    assert.deepStrictEqual(of("PlayByPlayV3"), { parameter: "game_id", from: "game" })
    assert.deepStrictEqual(of("PlayerVsPlayer"), { parameter: "player_id", from: "player" })
    assert.deepStrictEqual(of("CommonTeamRoster"), { parameter: "team_id", from: "team" })
    assert.strictEqual(of("TeamGameLogs"), undefined)
  })
})
