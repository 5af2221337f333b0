/** What each endpoint must be asked with: the API answers 400 or 500 where a parameter is missing, even an empty one. */
import type { Endpoint, Source } from "./catalogue.ts"

export type Query = Readonly<Record<string, string | number>>

/** Stands for the season that is asked about. */
const season = "{season}"

const range: Query = { EndPeriod: 0, EndRange: 0, RangeType: 0, StartPeriod: 0, StartRange: 0 }

/** Parameters that are sent empty: no restriction. */
const empty = (...names: ReadonlyArray<string>): Query => Object.fromEntries(names.map((name) => [name, ""]))

const filters = empty("DateFrom", "DateTo", "Location", "Outcome", "SeasonSegment", "VsConference", "VsDivision")
const counts: Query = { LastNGames: 0, LeagueID: "00", Month: 0, OpponentTeamID: 0, PerMode: "Totals" }
const ofSeason: Query = { Season: season, SeasonType: "Regular Season" }
const adjusted: Query = { MeasureType: "Base", PaceAdjust: "N", PlusMinus: "N", Rank: "N" }

const versus: Query = { ...filters, ...counts, ...ofSeason, ...adjusted, GameSegment: "", Period: 0 }
const dashboard: Query = { ...versus, PORound: "", ShotClockRange: "" }
const passes: Query = { ...filters, ...counts, ...ofSeason }
const tracked: Query = { ...passes, GameSegment: "", Period: 0 }
const logs: Query = {
  ...filters,
  ...empty(
    "GameSegment", "LastNGames", "Month", "PORound", "PerMode", "Period", "PlayerID", "SeasonType", "ShotClockRange", "TeamID"
  ),
  LeagueID: "00",
  Season: season
}
const statistics = [
  "AST", "BLK", "DD", "DREB", "FG3A", "FG3M", "FG3_PCT", "FGA", "FGM", "FG_PCT", "FTA", "FTM", "FT_PCT", "MINUTES", "OREB",
  "PF", "PTS", "REB", "STL", "TD", "TOV"
]
const finder: Query = {
  ...filters,
  ...empty(
    "Conference", "Division", "DraftNumber", "DraftRound", "DraftTeamID", "DraftYear", "GameID", "PORound", "PlayerID",
    "RookieYear", "SeasonType", "StarterBench", "TeamID", "VsTeamID", "YearsExperience",
    ...["Eq", "Gt", "Lt"].flatMap((test) => statistics.map((name) => `${test}${name}`))
  ),
  LeagueID: "00",
  PlayerOrTeam: "T",
  Season: season
}
const bio: Query = {
  ...filters,
  ...ofSeason,
  ...empty(
    "College", "Conference", "Country", "Division", "DraftPick", "DraftYear", "GameScope", "GameSegment", "Height",
    "LastNGames", "Month", "OpponentTeamID", "PORound", "Period", "PlayerExperience", "PlayerPosition", "ShotClockRange",
    "StarterBench", "TeamID", "Weight"
  ),
  LeagueID: "00",
  PerMode: "Totals"
}

const each = (names: ReadonlyArray<string>, query: Query) => names.map((name) => [name, query] as const)

/** By endpoint; those that are not here are asked with the parameters of the catalogue alone. */
const fixed: ReadonlyMap<string, Query> = new Map([
  ...each(
    ["Advanced", "FourFactors", "Misc", "Scoring", "Traditional", "Usage"].flatMap((of) => [`BoxScore${of}V2`, `BoxScore${of}V3`]),
    range
  ),
  ...each(["GameRotation", "CommonPlayerInfo"], { LeagueID: "00" }),
  ...each(["PlayByPlayV3"], { EndPeriod: 0, StartPeriod: 0 }),
  ...each(["PlayerGameLog"], { ...ofSeason, ...empty("DateFrom", "DateTo"), LeagueID: "00" }),
  ...each(
    ["GameSplits", "GeneralSplits", "ShootingSplits", "TeamPerformance", "YearOverYear", "Clutch", "LastNGames"].map((by) =>
      `PlayerDashboardBy${by}`
    ),
    dashboard
  ),
  ...each(["PlayerNextNGames"], { ...ofSeason, LeagueID: "00", NumberOfGames: 2_147_483_647 }),
  ...each(["PlayerVsPlayer"], versus),
  ...each(["PlayerDashPtPass"], passes),
  ...each(["PlayerDashPtReb", "PlayerDashPtShotDefend", "PlayerDashPtShots"], tracked),
  ...each(["CommonTeamRoster"], { LeagueID: "00", Season: season }),
  ...each(["PlayerCareerStats"], { LeagueID: "00", PerMode: "Totals" }),
  ...each(["PlayerGameLogs", "TeamGameLogs"], logs),
  ...each(["LeagueDashPlayerBioStats"], bio),
  ...each(["LeagueGameFinder"], finder),
  ...each(["CommonAllPlayers"], { IsOnlyCurrentSeason: 0, LeagueID: "00", Season: season })
])

/** Words that are written in capitals in queries. */
const capitals = new Set(["id", "ast"])

/** `vs_player_id` → `VsPlayerID`, `season_nullable` → `Season`, `last_n_games` → `LastNGames`. */
export const queryName = (parameter: string): string =>
  parameter.replace(/_nullable$/, "").split("_")
    .map((word) => capitals.has(word) ? word.toUpperCase() : word.charAt(0).toUpperCase() + word.slice(1)).join("")

/** What a call is about. */
export interface About {
  /** The id of a game, a player or a team. */
  readonly id: string
  readonly season: string
  readonly dates: { readonly from: string; readonly to: string }
  /** The player to compare with. */
  readonly versus: string
}

/** Of endpoints that need a team beside the player: all teams that he played for. */
const allTeams = 0

const valueOf = (parameter: string, source: Source, about: About): string | number => {
  if ("value" in source) return source.value
  switch (source.from) {
    case "game":
    case "player":
    case "team":
      return about.id
    case "current_season":
      return about.season
    case "date_range":
      return /from/.test(parameter) ? about.dates.from : about.dates.to
    case "dynamic":
      return /team/.test(parameter) ? allTeams : about.versus
  }
}

/** The query of a call: all that the endpoint asks for, in the order of the names. */
export const queryOf = ({ name, parameters }: Pick<Endpoint, "name" | "parameters">, about: About): Query => {
  const query: Record<string, string | number> = { ...fixed.get(name) }
  for (const [parameter, source] of Object.entries(parameters)) query[queryName(parameter)] = valueOf(parameter, source, about)
  for (const [parameter, value] of Object.entries(query)) if (value === season) query[parameter] = about.season
  return Object.fromEntries(Object.entries(query).sort(([a], [b]) => a < b ? -1 : 1))
}
