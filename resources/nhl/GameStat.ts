/** A player's figures in a game: a row of `game_stats`, read from either shape of the API. */
import { Result, Schema } from "effect"
import * as ApiWeb from "./ApiWeb.ts"
import type { Boxscore, TeamLine } from "./Boxscore.ts"
import type { GameFeed } from "./GameFeed.ts"
import type { NhlApiError } from "./NhlApiError.ts"
import * as StatsApi from "./StatsApi.ts"

export const GameStat = Schema.Struct({
  game_id: Schema.Int,
  // A number in every body of both APIs; as text, a join with rosters or other numeric tables needs a cast.
  player_id: Schema.Int,
  player_name: Schema.NullOr(Schema.String),
  team_id: Schema.NullOr(Schema.Int),
  team_name: Schema.NullOr(Schema.String),
  /** In years at the time of the request; the new API does not send it. */
  player_age: Schema.NullOr(Schema.Int),
  player_number: Schema.NullOr(Schema.Int),
  /** C, L, R, D or G; null if neither the game nor the player's record says. */
  player_position: Schema.NullOr(Schema.String),
  assists: Schema.NullOr(Schema.Int),
  goals: Schema.NullOr(Schema.Int),
  /** Null for goalies, whose hits are not counted. */
  hits: Schema.NullOr(Schema.Int),
  points: Schema.NullOr(Schema.Int),
  penalty_minutes: Schema.NullOr(Schema.Int),
  opponent_team_id: Schema.NullOr(Schema.Int),
  opponent_team_name: Schema.NullOr(Schema.String)
})
export type GameStat = typeof GameStat.Type

const rowsOf = (gameId: number, team: TeamLine, opponent: TeamLine): ReadonlyArray<GameStat> =>
  team.players.map((player) => ({
    game_id: gameId,
    player_id: player.id,
    player_name: player.name,
    team_id: team.id,
    team_name: team.name,
    player_age: player.age,
    player_number: player.number,
    player_position: player.position,
    assists: player.assists,
    goals: player.goals,
    hits: player.hits,
    points: player.points,
    penalty_minutes: player.penaltyMinutes,
    opponent_team_id: opponent.id,
    opponent_team_name: opponent.name
  }))

const rows = ({ away, gameId, home }: Boxscore): ReadonlyArray<GameStat> => {
  // A body that names a player twice would break an upsert of all its rows: the first mention counts.
  const byPlayer = new Map<number, GameStat>()
  for (const row of [...rowsOf(gameId, away, home), ...rowsOf(gameId, home, away)]) {
    if (!byPlayer.has(row.player_id)) byPlayer.set(row.player_id, row)
  }
  return [...byPlayer.values()]
}

/** The figures of a game by team, from either shape. Fails with `Unexpected`, which names the path in the body. */
export const boxscore = (feed: GameFeed): Result.Result<Boxscore, NhlApiError> =>
  feed.shape === "statsapi" ? StatsApi.boxscore(feed.body, feed.game_id) : ApiWeb.boxscore(feed.body, feed.game_id)

/**
 * One row for every player of the game, goalies and scratched players included, away team first. A scratched
 * player's figures are null, not 0. A game that has not begun may have no rows. Fails as `boxscore` does.
 */
export const flatten = (feed: GameFeed): Result.Result<ReadonlyArray<GameStat>, NhlApiError> =>
  Result.map(boxscore(feed), rows)
