/** The old shape, of statsapi.web.nhl.com (withdrawn in November 2023): the schedule and the live feed of a game. */
import { Result, Schema } from "effect"
import { type Boxscore, hasHits, known, type PlayerLine, points, sweater, type TeamLine } from "./Boxscore.ts"
import { CalendarDate, decoder, maybe, Text, unexpected, Whole } from "./Decode.ts"
import type { NhlApiError } from "./NhlApiError.ts"
import { type GameState, type GameType, type ScheduledGame, score } from "./ScheduledGame.ts"

const Status = Schema.Struct({
  abstractGameState: Schema.String,
  detailedState: maybe(Schema.String)
})

const ScheduleSide = Schema.Struct({
  score: maybe(Whole),
  team: Schema.Struct({ id: maybe(Whole), name: maybe(Schema.String) })
})

const Schedule = Schema.Struct({
  dates: Schema.Array(Schema.Struct({
    date: CalendarDate,
    games: Schema.Array(Schema.Struct({
      gamePk: Whole,
      gameType: Schema.String,
      season: Text,
      gameDate: Schema.DateFromString,
      status: Status,
      teams: Schema.Struct({ away: ScheduleSide, home: ScheduleSide }),
      venue: maybe(Schema.Struct({ name: maybe(Schema.String) }))
    }))
  }))
})

const Position = Schema.Struct({ code: maybe(Schema.String) })

const SkaterStats = Schema.Struct({
  assists: Whole,
  goals: Whole,
  hits: Schema.optionalKey(Whole),
  penaltyMinutes: Whole
})

const GoalieStats = Schema.Struct({ assists: Whole, goals: Whole, pim: Whole })

const BoxscorePlayer = Schema.Struct({
  person: Schema.Struct({ id: Whole, fullName: maybe(Schema.String) }),
  jerseyNumber: maybe(Text),
  position: maybe(Position),
  stats: Schema.Struct({
    skaterStats: Schema.optionalKey(SkaterStats),
    goalieStats: Schema.optionalKey(GoalieStats)
  })
})
type BoxscorePlayer = typeof BoxscorePlayer.Type

const BoxscoreSide = Schema.Struct({
  team: Schema.Struct({ id: Whole, name: maybe(Schema.String) }),
  players: Schema.Record(Schema.String, BoxscorePlayer)
})

const LinescoreSide = Schema.Struct({ goals: maybe(Whole) })

const PlayerRecord = Schema.Struct({
  fullName: maybe(Schema.String),
  currentAge: maybe(Whole),
  primaryNumber: maybe(Text),
  primaryPosition: maybe(Position)
})
type PlayerRecord = typeof PlayerRecord.Type

const Feed = Schema.Struct({
  gamePk: Whole,
  gameData: Schema.Struct({ status: Status, players: Schema.Record(Schema.String, PlayerRecord) }),
  liveData: Schema.Struct({
    linescore: maybe(Schema.Struct({
      hasShootout: maybe(Schema.Boolean),
      teams: maybe(Schema.Struct({ away: LinescoreSide, home: LinescoreSide }))
    })),
    boxscore: Schema.Struct({ teams: Schema.Struct({ away: BoxscoreSide, home: BoxscoreSide }) })
  })
})

const decodeSchedule = decoder("statsapi", Schedule)
const decodeFeed = decoder("statsapi", Feed)

const gameTypes: Readonly<Record<string, GameType>> = {
  PR: "preseason",
  R: "regular",
  P: "playoff",
  A: "all-star",
  WA: "all-star"
}

/** The detailed state decides first: the old API calls a postponed game Preview, and some cancelled ones Final. */
export const stateOf = (status: typeof Status.Type): GameState => {
  const detail = (status.detailedState ?? "").toLowerCase()
  if (detail.includes("postponed") || detail.includes("suspended")) return "postponed"
  if (detail.includes("cancel")) return "cancelled"
  if (status.abstractGameState === "Live") return "live"
  return status.abstractGameState === "Final" ? "final" : "scheduled"
}

/** All games of a schedule body, each with the day it is listed under. */
export const schedule = (body: unknown, subject: string): Result.Result<ReadonlyArray<ScheduledGame>, NhlApiError> =>
  Result.map(decodeSchedule(body, subject), ({ dates }) =>
    dates.flatMap(({ date, games }) =>
      games.map((game): ScheduledGame => {
        const state = stateOf(game.status)
        const { away, home } = game.teams
        return {
          game_id: game.gamePk,
          season: game.season,
          game_type: gameTypes[game.gameType] ?? "other",
          game_date: date,
          starts_at: game.gameDate,
          state,
          away_team_id: away.team.id ?? null,
          away_team_name: known(away.team.name),
          home_team_id: home.team.id ?? null,
          home_team_name: known(home.team.name),
          away_score: score(state, away.score),
          home_score: score(state, home.score),
          venue: known(game.venue?.name)
        }
      })
    ))

const figures = ({ goalieStats, skaterStats }: BoxscorePlayer["stats"]) => {
  const stats = skaterStats ?? goalieStats
  return {
    assists: stats?.assists ?? null,
    goals: stats?.goals ?? null,
    hits: skaterStats?.hits ?? null,
    points: points(stats?.goals ?? null, stats?.assists ?? null),
    penaltyMinutes: skaterStats?.penaltyMinutes ?? goalieStats?.pim ?? null
  }
}

const line = (player: BoxscorePlayer, record: PlayerRecord | undefined): PlayerLine => ({
  id: player.person.id,
  name: known(player.person.fullName) ?? known(record?.fullName),
  age: record?.currentAge ?? null,
  number: sweater(player.jerseyNumber) ?? sweater(record?.primaryNumber),
  position: known(player.position?.code) ?? known(record?.primaryPosition?.code),
  ...figures(player.stats)
})

/**
 * The figures of a feed body. Fails if a field that is read is missing, if the body is of another game, and if a
 * final game has no players: such a body is incomplete.
 */
export const boxscore = (body: unknown, gameId: number): Result.Result<Boxscore, NhlApiError> => {
  const subject = `game ${gameId}`
  return Result.flatMap(decodeFeed(body, subject), ({ gameData, gamePk, liveData }) => {
    if (gamePk !== gameId) {
      return Result.fail(unexpected("statsapi", subject, ["gamePk"], `is ${gamePk}, which is another game`))
    }
    const { away, home } = liveData.boxscore.teams
    for (const [name, side] of [["away", away], ["home", home]] as const) {
      const path = ["liveData", "boxscore", "teams", name, "players"]
      const players = Object.entries(side.players)
      if (players.length === 0 && stateOf(gameData.status) === "final") {
        return Result.fail(unexpected("statsapi", subject, path, "is empty although the game is final"))
      }
      for (const [key, { stats: { skaterStats } }] of players) {
        if (skaterStats !== undefined && skaterStats.hits === undefined && hasHits(gameId)) {
          const hits = [...path, key, "stats", "skaterStats", "hits"]
          return Result.fail(unexpected("statsapi", subject, hits, "is missing"))
        }
      }
    }
    const { linescore } = liveData
    const team = (side: typeof away, score: number | null | undefined): TeamLine => ({
      id: side.team.id,
      name: known(side.team.name),
      score: score ?? null,
      players: Object.values(side.players).map((player) => line(player, gameData.players[`ID${player.person.id}`]))
    })
    return Result.succeed({
      gameId,
      shootout: linescore?.hasShootout ?? false,
      away: team(away, linescore?.teams?.away.goals),
      home: team(home, linescore?.teams?.home.goals)
    })
  })
}
