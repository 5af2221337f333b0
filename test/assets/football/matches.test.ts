/** Step 2 and step 7 by themselves: what the answers of a cycle are merged to, also where some are missing. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Asset } from "sluice"
import { Frame } from "sluice/frame"
import { board } from "../../../assets/football/board.ts"
import { counted, type Match, milesAnHour } from "../../../assets/football/Match.ts"
import { matches } from "../../../assets/football/matches.ts"
import type { LiveMatch } from "../../../resources/football/LiveMatch.ts"
import type { MatchDetails } from "../../../resources/football/MatchDetails.ts"
import type { OddsPick } from "../../../resources/football/Odds.ts"
import type { Competition, Country, Team } from "../../../resources/football/Reference.ts"

const asked = { updated_at: null, fetched_at: new Date(0), _mock: false }

const live = (match_id: string, more: Partial<LiveMatch> = {}): LiveMatch => ({
  match_id, status_id: 2, kickoff: new Date("2025-06-08T01:00:00Z"), home_scores: [1, 0, 0, 2, -1, 0, 0], away_scores: [0, 0, 1, 0, 4, 0, 0],
  incidents: [{ type: 1, time: 12 }], stats: [], _mock: false, ...more
})

const details = (match_id: string, more: Partial<MatchDetails> = {}): MatchDetails => ({
  match_id, season_id: "s", competition_id: "c1", home_team_id: "t1", away_team_id: "t2", status_id: 2, kickoff: null, venue_id: "v",
  referee_id: null, neutral: true, note: null, home_scores: null, away_scores: null, home_position: "3", away_position: null,
  coverage: { lineup: 1, mlive: "0" }, round: { round_num: 7, stage_id: "g" },
  environment: { weather: 13, temperature: "18°C", wind: "5.0m/s", humidity: "61%", pressure: "760mmHg" }, updated_at: null, _mock: false, ...more
})

const odds = (match_id: string, market: OddsPick["market"], home: number): OddsPick =>
  ({ match_id, market, company_id: "2", minute: 3, at: null, home, line: 0.5, away: 3, score: null, raw: [], _mock: false })

const team = (team_id: string, name: string, country_id: string | null): Team =>
  ({ team_id, name, short_name: null, country_id, competition_id: null, logo: `${team_id}.png`, national: false, ...asked })

const columns = {
  live: ["match_id", "status_id", "kickoff", "home_scores", "away_scores", "incidents", "stats", "_mock"],
  details: Object.keys(details("x")),
  odds: Object.keys(odds("x", "eu", 1)),
  teams: Object.keys(team("x", "x", null)),
  competitions: ["competition_id", "name", "short_name", "country_id", "category_id", "logo", "type", "season_id", ...Object.keys(asked)],
  countries: ["country_id", "name", "category_id", "logo", ...Object.keys(asked)]
}

interface Answers {
  readonly live: ReadonlyArray<LiveMatch>
  readonly details?: ReadonlyArray<MatchDetails>
  readonly odds?: ReadonlyArray<OddsPick>
  readonly teams?: ReadonlyArray<Team>
  readonly competitions?: ReadonlyArray<Competition>
  readonly countries?: ReadonlyArray<Country>
}

const merge = (answers: Answers) =>
  Asset.compute(matches, {
    live: Frame.fromRows(answers.live, columns.live),
    details: Frame.fromRows(answers.details ?? [], columns.details),
    odds: Frame.fromRows(answers.odds ?? [], columns.odds),
    teams: Frame.fromRows(answers.teams ?? [], columns.teams),
    competitions: Frame.fromRows(answers.competitions ?? [], columns.competitions),
    countries: Frame.fromRows(answers.countries ?? [], columns.countries)
  })

describe("football/matches", () => {
  it.effect("merges all that is known of a match", () =>
    Effect.gen(function*() {
      const [match, ...more] = yield* merge({
        live: [live("m")],
        details: [details("m")],
        odds: [odds("m", "eu", 2.1), odds("m", "asia", 0.9), odds("other", "bs", 7)],
        teams: [team("t1", "Alders", "x"), team("t2", "Birches", null)],
        competitions: [{ competition_id: "c1", name: "Cup", short_name: null, country_id: "x", category_id: null, logo: "c.png", type: 2, season_id: null, ...asked }],
        countries: [{ country_id: "x", name: "Xland", category_id: null, logo: null, ...asked }]
      })
      assert.deepStrictEqual(more, [])
      assert.deepInclude(match, {
        status: "first half", home_team: "Alders", home_country: "Xland", home_logo: "t1.png", home_position: "3",
        away_team: "Birches", away_country: null, competition: "Cup", competition_country: "Xland", competition_logo: "c.png",
        home_score: 1, away_score: 0, away_red: 1, home_yellow: 2, home_corners: null, away_corners: 4,
        round: 7, stage_id: "g", neutral: true, covers_lineup: true, covers_live: false,
        odds_home: 2.1, odds_draw: 0.5, odds_away: 3, spread_home: 0.9, total_over: null, corners_over: null,
        weather: "fog", temperature_c: 18, wind_mph: 11.2, humidity_percent: 61, pressure: "760mmHg",
        start_time: new Date("2025-06-08T01:00:00Z"), _mock: false
      })
      assert.deepStrictEqual(match?.events, [{ type: 1, time: 12 }])
    }))

  it.effect("a match whose other requests failed is there, with what the live list says", () =>
    Effect.gen(function*() {
      const [match] = yield* merge({ live: [live("m")] })
      assert.deepInclude(match, { match_id: "m", home_score: 1, home_team: null, competition: null, odds_home: null, neutral: false })
    }))

  it.effect("what the live list lacks comes from the details", () =>
    Effect.gen(function*() {
      const [match] = yield* merge({
        live: [live("m", { status_id: null, kickoff: null, home_scores: null })],
        details: [details("m", { status_id: 4, kickoff: new Date(1000), home_scores: [3, 0, 0, 0, 0, 0, 0] })]
      })
      assert.deepInclude(match, { status: "second half", home_score: 3, start_time: new Date(1000) })
    }))

  it.effect("no matches", () => Effect.map(merge({ live: [] }), (rows) => assert.deepStrictEqual(rows, [])))

  it("scores that are not counted, and wind in all units", () => {
    assert.deepStrictEqual([counted([2, -1], 0), counted([2, -1], 1), counted([2], 4), counted(null, 0)], [2, null, null, null])
    assert.deepStrictEqual(["5.0m/s", "10 km/h", "7mph", "", null, "calm"].map(milesAnHour), [11.2, 6.2, 7, null, null, null])
  })
})

describe("football/board", () => {
  it.effect("has the states 2 to 7, by country, competition, status and start", () =>
    Effect.gen(function*() {
      const [first] = yield* merge({ live: [live("m")], details: [details("m")] })
      const row = (match_id: string, status_id: number | null, competition: string | null, competition_country: string | null): Match =>
        ({ ...first!, match_id, status_id, competition, competition_country })
      const rows = yield* Asset.compute(board, {
        matches: Frame.fromRows([
          row("a", 1, "A", "A"), row("b", 4, "B", "B"), row("c", 2, "B", "B"), row("d", 7, null, null), row("e", 8, "A", "A"),
          row("f", 3, "A", "B"), row("g", null, "A", "A"), row("h", 6, "C", "A"), row("i", 13, "A", "A"), row("j", 2, "B", "B")
        ])
      })
      assert.deepStrictEqual(rows.map(({ match_id }) => match_id), ["h", "f", "c", "j", "b", "d"])
      assert.deepStrictEqual(rows.map(({ place }) => place), [1, 2, 3, 4, 5, 6])
    }))
})
