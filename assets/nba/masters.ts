/** The master tables: the league's games, players and teams, and a partition for each of them. */
import { DateTime, Effect, Result } from "effect"
import { ApiError, Asset, Partitions, Rows, Warehouse } from "sluice"
import { Unexpected } from "../../resources/api/ApiError.ts"
import * as MasterRow from "../../resources/nba/MasterRow.ts"
import { type Answer, NbaApi } from "../../resources/nba/NbaApi.ts"
import * as Season from "../../resources/nba/Season.ts"

/** A partition a season, "1946-47" and so on, up to the one that is on as this is loaded. */
export const season = Partitions.fixed(Season.all(DateTime.nowUnsafe()))

/** Where the league's tables are. */
export const inSchema = "public"

const rowsOf = <A>(subject: string, { url }: Answer, rows: Result.Result<A, string>): Effect.Effect<A, ApiError> =>
  Effect.mapError(Effect.fromResult(rows), (problem) =>
    new ApiError({ api: "nba", route: "stats", subject, url, reason: new Unexpected({ path: "resultSets", problem }), tries: 1 }))

export const games = Asset.make("nba/games", {
  description: "The games of a season, of whatever kind, that have begun.",
  kinds: ["api", "postgres"],
  partitions: season,
  output: Rows.of(MasterRow.Game, { key: ["gameid"], table: "nba_games", inSchema, indexes: [["season"]] }),
  io: Warehouse,
  run: Effect.fnUntraced(function*(_, season) {
    const api = yield* NbaApi
    const answer = yield* api.ask({ endpoint: { name: "LeagueGameFinder", parameters: {} }, season })
    return yield* rowsOf(`the games of ${season}`, answer, MasterRow.games(answer.frames, season))
  })
})

export const players = Asset.make("nba/players", {
  description: "All players that the league ever had.",
  kinds: ["api", "postgres"],
  output: Rows.of(MasterRow.Player, { key: ["playerid"], table: "nba_players", inSchema }),
  io: Warehouse,
  run: Effect.fnUntraced(function*() {
    const api = yield* NbaApi
    const answer = yield* api.ask({ endpoint: { name: "CommonAllPlayers", parameters: {} } })
    return yield* rowsOf("all players", answer, MasterRow.players(answer.frames))
  })
})

export const teams = Asset.make("nba/teams", {
  description: "The teams that players belong to now.",
  kinds: ["postgres"],
  inputs: { players },
  output: Rows.of(MasterRow.Team, { key: ["teamid"], table: "nba_teams", inSchema }),
  io: Warehouse,
  run: ({ players }) => Effect.succeed(MasterRow.teams(players))
})

export const game = Partitions.dynamic("nba/game", { from: games, key: (row) => row.gameid })
export const player = Partitions.dynamic("nba/player", { from: players, key: (row) => row.playerid })
export const team = Partitions.dynamic("nba/team", { from: teams, key: (row) => row.teamid })
