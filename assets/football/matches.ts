/** Step 2: the answers of a cycle merged into one flat row a match. No request is made here. */
import { Clock, Effect } from "effect"
import { Asset, Input, Rows, Warehouse } from "sluice"
import type { Frame } from "sluice/frame"
import * as Field from "../../resources/football/Field.ts"
import type { LiveMatch } from "../../resources/football/LiveMatch.ts"
import type { MatchDetails } from "../../resources/football/MatchDetails.ts"
import type { Market, OddsPick } from "../../resources/football/Odds.ts"
import type { Competition, Country, Team } from "../../resources/football/Reference.ts"
import { weatherOf, wordOf } from "../../resources/football/Status.ts"
import { enrichment } from "./enrichment.ts"
import { live } from "./live.ts"
import { counted, Match, milesAnHour } from "./Match.ts"

export interface Answers {
  readonly live: Frame<LiveMatch>
  readonly details: Frame<MatchDetails>
  readonly odds: Frame<OddsPick>
  readonly teams: Frame<Team>
  readonly competitions: Frame<Competition>
  readonly countries: Frame<Country>
}

/** One row for each live match, also where other requests of the cycle have failed. */
export const merged = ({ competitions, countries, details, live, odds, teams }: Answers, fetched_at: Date): ReadonlyArray<Match> => {
  const named = teams.select("team_id", "name", "logo", "country_id")
    .join(countries.select("country_id", "name").rename({ name: "country" }), "country_id", "left")
  const leagues = competitions.select("competition_id", "name", "logo", "country_id")
    .join(countries.select("country_id", "name").rename({ name: "competition_country" }), "country_id", "left")
    .select("competition_id", "name", "logo", "competition_country")
    .rename({ name: "competition", logo: "competition_logo" })
  const home = named.select("team_id", "name", "logo", "country")
    .rename({ team_id: "home_team_id", name: "home_team", logo: "home_logo", country: "home_country" })
  const away = named.select("team_id", "name", "logo", "country")
    .rename({ team_id: "away_team_id", name: "away_team", logo: "away_logo", country: "away_country" })
  const market = (wanted: Market) =>
    odds.filter((row) => row.market === wanted).select("match_id", "home", "line", "away")
  const table = live
    .join(details, "match_id", "left", { suffix: "_details" })
    .join(home, "home_team_id", "left")
    .join(away, "away_team_id", "left")
    .join(leagues, "competition_id", "left")
    .join(market("eu").rename({ home: "odds_home", line: "odds_draw", away: "odds_away" }), "match_id", "left")
    .join(market("asia").rename({ home: "spread_home", line: "spread_line", away: "spread_away" }), "match_id", "left")
    .join(market("bs").rename({ home: "total_over", line: "total_line", away: "total_under" }), "match_id", "left")
    .join(market("cr").rename({ home: "corners_over", line: "corners_line", away: "corners_under" }), "match_id", "left")
  return table.rows().map((row): Match => {
    // The live list is newer than the details, but may lack what they have.
    const status_id = row.status_id ?? row.status_id_details
    const [homeScores, awayScores] = [row.home_scores ?? row.home_scores_details, row.away_scores ?? row.away_scores_details]
    const environment = row.environment
    return {
      match_id: row.match_id,
      status_id,
      status: wordOf(status_id),
      start_time: row.kickoff ?? row.kickoff_details,
      competition_id: row.competition_id,
      competition: row.competition,
      competition_country: row.competition_country,
      competition_logo: row.competition_logo,
      home_team_id: row.home_team_id,
      home_team: row.home_team,
      home_country: row.home_country,
      home_logo: row.home_logo,
      home_position: row.home_position,
      home_score: counted(homeScores, 0),
      home_half_time: counted(homeScores, 1),
      home_red: counted(homeScores, 2),
      home_yellow: counted(homeScores, 3),
      home_corners: counted(homeScores, 4),
      away_team_id: row.away_team_id,
      away_team: row.away_team,
      away_country: row.away_country,
      away_logo: row.away_logo,
      away_position: row.away_position,
      away_score: counted(awayScores, 0),
      away_half_time: counted(awayScores, 1),
      away_red: counted(awayScores, 2),
      away_yellow: counted(awayScores, 3),
      away_corners: counted(awayScores, 4),
      round: Field.whole(row.round?.["round_num"]),
      stage_id: Field.text(row.round?.["stage_id"]),
      venue_id: row.venue_id,
      referee_id: row.referee_id,
      neutral: row.neutral ?? false,
      covers_lineup: Field.flag(row.coverage?.["lineup"]),
      covers_live: Field.flag(row.coverage?.["mlive"]),
      odds_home: row.odds_home,
      odds_draw: row.odds_draw,
      odds_away: row.odds_away,
      spread_home: row.spread_home,
      spread_line: row.spread_line,
      spread_away: row.spread_away,
      total_over: row.total_over,
      total_line: row.total_line,
      total_under: row.total_under,
      corners_over: row.corners_over,
      corners_line: row.corners_line,
      corners_under: row.corners_under,
      weather: weatherOf(Field.whole(environment?.["weather"])),
      temperature_c: Field.number(environment?.["temperature"]),
      wind_mph: milesAnHour(environment?.["wind"]),
      humidity_percent: Field.number(environment?.["humidity"]),
      pressure: Field.text(environment?.["pressure"]),
      events: row.incidents,
      fetched_at,
      _mock: row._mock
    }
  })
}

const merging = Asset.makeMany("football/merging", {
  inputs: {
    live: Input.table(live),
    details: Input.table(enrichment.details),
    odds: Input.table(enrichment.odds),
    teams: Input.table(enrichment.teams),
    competitions: Input.table(enrichment.competitions),
    countries: Input.table(enrichment.countries)
  },
  outputs: {
    matches: {
      key: "football/matches",
      description: "The live matches of the last cycle, flat: teams, competition, score, odds, weather, events.",
      kinds: ["arquero", "postgres"],
      output: Rows.of(Match, { key: ["match_id"] }),
      io: Warehouse
    },
    history: {
      key: "football/match_history",
      description: "The matches of all cycles: one row for each match and cycle.",
      kinds: ["arquero", "postgres"],
      output: Rows.of(Match, { mode: "append", indexes: [["match_id", "fetched_at"], ["fetched_at"]] }),
      io: Warehouse
    }
  },
  run: (answers) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const rows = merged(answers, new Date(now))
      return { matches: rows, history: rows }
    })
})

export const { history: matchHistory, matches } = merging
