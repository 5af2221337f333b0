/** Figures added up: each team in each game, and each team and player over all games. */
import { Effect, Schema } from "effect"
import { Aggregate, Asset, desc, Input, Rows, Warehouse } from "sluice"
import { boxscore } from "../../resources/nhl/GameStat.ts"
import { liveFeed, gameStats } from "./gameStats.ts"
import { game } from "./games.ts"

export const TeamGame = Schema.Struct({
  game_id: Schema.Int,
  team_id: Schema.Int,
  team_name: Schema.NullOr(Schema.String),
  /** As on the score board. */
  score: Schema.NullOr(Schema.Int),
  shootout: Schema.Boolean,
  players: Schema.Int,
  goals: Schema.Int,
  assists: Schema.Int,
  hits: Schema.Int,
  penalty_minutes: Schema.Int
})

const total = <Row>(rows: ReadonlyArray<Row>, figure: (row: Row) => number | null) =>
  rows.reduce((sum, row) => sum + (figure(row) ?? 0), 0)

export const teamGames = Asset.make("nhl/team_games", {
  description: "The figures of both teams of a game, added up over their players, beside the score.",
  kinds: ["postgres"],
  partitions: game,
  inputs: { feed: liveFeed },
  output: Rows.of(TeamGame, { key: ["game_id", "team_id"] }),
  io: Warehouse,
  run: Effect.fnUntraced(function*({ feed }) {
    if (feed === null) return []
    const { away, gameId, home, shootout } = yield* Effect.fromResult(boxscore(feed))
    return [away, home].map(({ id, name, players, score }) => ({
      game_id: gameId,
      team_id: id,
      team_name: name,
      score,
      shootout,
      players: players.length,
      goals: total(players, (player) => player.goals),
      assists: total(players, (player) => player.assists),
      hits: total(players, (player) => player.hits),
      penalty_minutes: total(players, (player) => player.penaltyMinutes)
    }))
  })
})

export const TeamTotal = Schema.Struct({
  team_id: Schema.Int,
  team_name: Schema.NullOr(Schema.String),
  games: Schema.Int,
  goals: Schema.Int,
  assists: Schema.Int,
  hits: Schema.Int,
  penalty_minutes: Schema.Int
})

export const teamTotals = Asset.make("nhl/team_totals", {
  description: "Each team over all games.",
  kinds: ["arquero", "postgres"],
  inputs: { games: Input.table(teamGames) },
  output: Rows.of(TeamTotal, { key: ["team_id"] }),
  io: Warehouse,
  run: ({ games }) =>
    Effect.succeed(
      games.groupby("team_id").rollup({
        team_name: Aggregate.any("team_name"),
        games: Aggregate.count(),
        goals: Aggregate.sum("goals"),
        assists: Aggregate.sum("assists"),
        hits: Aggregate.sum("hits"),
        penalty_minutes: Aggregate.sum("penalty_minutes")
      })
    )
})

export const PlayerTotal = Schema.Struct({
  player_id: Schema.Int,
  player_name: Schema.NullOr(Schema.String),
  team_name: Schema.NullOr(Schema.String),
  games: Schema.Int,
  goals: Schema.Int,
  assists: Schema.Int,
  points: Schema.Int,
  hits: Schema.Int,
  penalty_minutes: Schema.Int
})

export const playerTotals = Asset.make("nhl/player_totals", {
  description: "Each player over all games he was dressed for.",
  kinds: ["arquero", "postgres"],
  inputs: { stats: Input.table(gameStats) },
  output: Rows.of(PlayerTotal, { key: ["player_id"] }),
  io: Warehouse,
  run: ({ stats }) =>
    Effect.succeed(
      stats
        // A scratched player has no figures at all.
        .filter((row) => row.goals !== null || row.penalty_minutes !== null)
        .groupby("player_id")
        .rollup({
          player_name: Aggregate.any("player_name"),
          team_name: Aggregate.any("team_name"),
          games: Aggregate.count(),
          goals: Aggregate.sum("goals"),
          assists: Aggregate.sum("assists"),
          points: Aggregate.sum("points"),
          hits: Aggregate.sum("hits"),
          penalty_minutes: Aggregate.sum("penalty_minutes")
        })
    )
})

export const TopScorer = Schema.Struct({ rank: Schema.Int, ...PlayerTotal.fields })

export const topScorers = Asset.make("nhl/top_scorers", {
  description: "The 20 players with the most points; of two with as many, the one with more goals, then in fewer games.",
  kinds: ["arquero", "postgres"],
  inputs: { players: Input.table(playerTotals) },
  output: Rows.of(TopScorer, { key: ["rank"] }),
  io: Warehouse,
  run: ({ players }) => {
    const best = players.orderby(desc("points"), desc("goals"), "games", "player_id").limit(20)
    return Effect.succeed(best.rows().map((player, i) => ({ rank: i + 1, ...player })))
  }
})
