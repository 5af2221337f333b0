/** The endpoints of the NBA's statistics that are collected: what each is asked for, how often, and how much it matters. */
import { didYouMean } from "../../engine/Suggestion.ts"

export const categories = ["game_based", "player_based", "team_based", "league_based"] as const
/** What an endpoint is asked about: one game, one player, one team, or the league as a whole. */
export type Category = (typeof categories)[number]

export const priorities = ["high", "medium", "low"] as const
export type Priority = (typeof priorities)[number]

/** When it is worth asking again. */
export type Frequency = "after_game_completion" | "weekly" | "on_demand"

/** Where the value of a parameter comes from. */
export type Source =
  /** The ids of a master table, one call for each: `nba/game`, `nba/player`, `nba/team`. */
  | { readonly from: "game" | "player" | "team" }
  /** The season that is on, like "2024-25"; it turns in October. */
  | { readonly from: "current_season" }
  /** A date of a range that the asset chooses. */
  | { readonly from: "date_range" }
  /** A value that depends on the other ones: a team of the player, a player to compare with. */
  | { readonly from: "dynamic" }
  /** The same value in every call. */
  | { readonly value: string | number }

export interface Endpoint<out Name extends string = string> {
  /** As the league spells it: `BoxScoreAdvancedV3`. */
  readonly name: Name
  readonly category: Category
  readonly priority: Priority
  readonly frequency: Frequency
  /** By the names that clients of the API use: `game_id`, `season_nullable`. */
  readonly parameters: Readonly<Record<string, Source>>
}

const game: Source = { from: "game" }
const player: Source = { from: "player" }
const team: Source = { from: "team" }
const season: Source = { from: "current_season" }
const dateRange: Source = { from: "date_range" }
const dynamic: Source = { from: "dynamic" }

const many = <const Names extends ReadonlyArray<string>>(
  names: Names,
  rest: Omit<Endpoint, "name">
): ReadonlyArray<Endpoint<Names[number]>> => names.map((name) => ({ name, ...rest }))

const ofGames = <const Names extends ReadonlyArray<string>>(priority: Priority, ...names: Names) =>
  many(names, { category: "game_based", priority, frequency: "after_game_completion", parameters: { game_id: game } })

const ofPlayers = <const Names extends ReadonlyArray<string>>(priority: Priority, ...names: Names) =>
  many(names, { category: "player_based", priority, frequency: "weekly", parameters: { player_id: player } })

const ofPlayersAnd = <const Name extends string>(
  priority: Priority,
  name: Name,
  more: Endpoint["parameters"],
  frequency: Frequency = "weekly"
): Endpoint<Name> => ({ name, category: "player_based", priority, frequency, parameters: { player_id: player, ...more } })

const ofLeague = <const Name extends string>(
  priority: Priority,
  name: Name,
  parameters: Endpoint["parameters"]
): Endpoint<Name> => ({ name, category: "league_based", priority, frequency: "weekly", parameters })

/** All of them, by category and within it by priority. */
export const endpoints = [
  ...ofGames(
    "high",
    "BoxScoreAdvancedV3",
    "BoxScoreFourFactorsV3",
    "BoxScoreMiscV3",
    "BoxScorePlayerTrackV3",
    "BoxScoreScoringV3",
    "BoxScoreSummaryV2",
    "BoxScoreTraditionalV3",
    "BoxScoreUsageV3",
    "PlayByPlayV3"
  ),
  ...ofGames(
    "medium",
    "BoxScoreAdvancedV2",
    "BoxScoreDefensiveV2",
    "BoxScoreFourFactorsV2",
    "BoxScoreMatchupsV3",
    "BoxScoreMiscV2",
    "BoxScorePlayerTrackV2",
    "BoxScoreScoringV2",
    "BoxScoreTraditionalV2",
    "BoxScoreUsageV2",
    "GameRotation"
  ),
  ...ofGames("low", "BoxScoreHustleV2", "BoxScoreSimilarityScore", "HustleStatsBoxScore"),
  ...ofPlayers("high", "CommonPlayerInfo", "PlayerCareerStats"),
  ofPlayersAnd("high", "PlayerDashboardByClutch", { last_n_games: { value: 30 } }),
  ...ofPlayers("high", "PlayerDashboardByShootingSplits", "PlayerGameLog"),
  ofPlayersAnd("medium", "PlayerDashPtPass", { team_id: dynamic }),
  ofPlayersAnd("medium", "PlayerDashPtReb", { team_id: dynamic }),
  ofPlayersAnd("medium", "PlayerDashPtShots", { team_id: dynamic }),
  ...ofPlayers(
    "medium",
    "PlayerDashboardByGameSplits",
    "PlayerDashboardByGeneralSplits",
    "PlayerDashboardByLastNGames",
    "PlayerDashboardByTeamPerformance",
    "PlayerDashboardByYearOverYear"
  ),
  ofPlayersAnd("low", "PlayerDashPtShotDefend", { team_id: dynamic }),
  ...ofPlayers("low", "PlayerNextNGames"),
  ofPlayersAnd("low", "PlayerVsPlayer", { vs_player_id: dynamic }, "on_demand"),
  ...many(["CommonTeamRoster"], { category: "team_based", priority: "high", frequency: "weekly", parameters: { team_id: team } }),
  ofLeague("high", "LeagueDashPlayerBioStats", { season }),
  ofLeague("high", "PlayerGameLogs", {
    date_from_nullable: dateRange,
    date_to_nullable: dateRange,
    season_nullable: season
  }),
  ofLeague("high", "TeamGameLogs", { season_nullable: season }),
  ofLeague("medium", "LeagueGameFinder", {
    league_id_nullable: { value: "00" },
    season_nullable: season,
    season_type_nullable: { value: "Regular Season" }
  })
]

export type EndpointName = (typeof endpoints)[number]["name"]

const byName: ReadonlyMap<string, Endpoint<EndpointName>> = new Map(
  endpoints.map((endpoint) => [endpoint.name.toLowerCase(), endpoint])
)

/** The endpoint of a name, in whatever case; undefined: there is none. */
export const find = (name: string): Endpoint<EndpointName> | undefined => byName.get(name.trim().toLowerCase())

/** ` Did you mean "BoxScoreAdvancedV3"?` for a name that `find` does not know; empty when nothing is near. */
export const suggestion = (name: string): string => didYouMean(name, endpoints.map((endpoint) => endpoint.name))

/** Those of a category and a priority, in the order of the catalogue; undefined: all. */
export const select = (by: {
  readonly category?: Category | undefined
  readonly priority?: Priority | undefined
}): ReadonlyArray<Endpoint<EndpointName>> =>
  endpoints.filter(({ category, priority }) =>
    (by.category === undefined || category === by.category) && (by.priority === undefined || priority === by.priority))

/** The id of which an endpoint is asked, one call for each; undefined: it is asked about the league. */
export const keyOf = ({ parameters }: Endpoint): { readonly parameter: string; readonly from: "game" | "player" | "team" } | undefined => {
  for (const [parameter, source] of Object.entries(parameters)) {
    if ("from" in source && (source.from === "game" || source.from === "player" || source.from === "team")) {
      return { parameter, from: source.from }
    }
  }
  return undefined
}
