/** The present shape, of api-web.nhle.com: schedule weeks, score days, boxscores and the play-by-play's roster. */
import { Result, Schema } from "effect"
import { type Boxscore, hasHits, known, type PlayerLine, points, sweater, type TeamLine } from "./Boxscore.ts"
import { CalendarDate, decoder, maybe, Text, unexpected, Whole } from "./Decode.ts"
import type { NhlApiError } from "./NhlApiError.ts"
import { fullName } from "./teamNames.ts"
import { type GameState, type GameType, type ScheduledGame, score } from "./ScheduledGame.ts"

/** Names come by language; `default` is the English one. */
const Localised = Schema.Struct({ default: maybe(Schema.String) })

/** Score days name a team by `name`, schedule weeks and boxscores by place and common name; in 2023 by place alone. */
const TeamName = {
  placeName: maybe(Localised),
  commonName: maybe(Localised),
  name: maybe(Localised),
  abbrev: maybe(Schema.String)
}

const ScheduleTeam = Schema.Struct({ ...TeamName, id: maybe(Whole), score: maybe(Whole) })

const State = { gameState: Schema.String, gameScheduleState: maybe(Schema.String) }

const Game = Schema.Struct({
  id: Whole,
  season: Text,
  gameType: Whole,
  /** Its own day, in score days, which may hold games of the day before or after. */
  gameDate: maybe(CalendarDate),
  /** Unknown for some postponed games. */
  startTimeUTC: maybe(Schema.DateFromString),
  ...State,
  venue: maybe(Localised),
  awayTeam: ScheduleTeam,
  homeTeam: ScheduleTeam
})

const Week = Schema.Struct({
  gameWeek: Schema.Array(Schema.Struct({ date: CalendarDate, games: Schema.Array(Game) }))
})

const ScoreDay = Schema.Struct({ currentDate: CalendarDate, games: Schema.Array(Game) })

const Player = {
  playerId: Whole,
  sweaterNumber: maybe(Text),
  name: maybe(Localised),
  position: maybe(Schema.String)
}

const Skater = Schema.Struct({
  ...Player,
  goals: Whole,
  assists: Whole,
  points: maybe(Whole),
  hits: Schema.optionalKey(Whole),
  pim: Whole
})

/** The API leaves out what it does not count for goalies; recorded bodies have `pim` alone. */
const Goalie = Schema.Struct({
  ...Player,
  goals: maybe(Whole),
  assists: maybe(Whole),
  points: maybe(Whole),
  pim: maybe(Whole)
})

const Lines = Schema.Struct({
  forwards: Schema.Array(Skater),
  defense: Schema.Array(Skater),
  goalies: Schema.Array(Goalie)
})

const ByTeam = Schema.Struct({ awayTeam: Lines, homeTeam: Lines })

const BoxscoreTeam = Schema.Struct({ ...TeamName, id: Whole, score: maybe(Whole) })

const Period = Schema.Struct({ periodType: maybe(Schema.String) })

const RosterSpots = Schema.Array(Schema.Struct({
  playerId: Whole,
  firstName: maybe(Localised),
  lastName: maybe(Localised)
}))

const BoxscoreBody = Schema.Struct({
  id: Whole,
  ...State,
  awayTeam: BoxscoreTeam,
  homeTeam: BoxscoreTeam,
  periodDescriptor: maybe(Period),
  gameOutcome: maybe(Schema.Struct({ lastPeriodType: maybe(Schema.String) })),
  playerByGameStats: Schema.optionalKey(ByTeam),
  // Where the figures stood in the season 2023-24.
  boxscore: Schema.optionalKey(Schema.Struct({ playerByGameStats: Schema.optionalKey(ByTeam) })),
  // Not the API's: put there by the client from the play-by-play.
  rosterSpots: Schema.optionalKey(RosterSpots)
})

const decodeWeek = decoder("api-web", Week)
const decodeScoreDay = decoder("api-web", ScoreDay)
const decodeBoxscore = decoder("api-web", BoxscoreBody)
const decodeRoster = decoder("api-web", Schema.Struct({ rosterSpots: RosterSpots }))

const gameTypes: Readonly<Record<number, GameType>> = { 1: "preseason", 2: "regular", 3: "playoff", 4: "all-star" }

const gameStates: Readonly<Record<string, GameState>> = {
  FUT: "scheduled",
  PRE: "scheduled",
  LIVE: "live",
  CRIT: "live",
  OVER: "final",
  FINAL: "final",
  OFF: "final"
}

const scheduleStates: Readonly<Record<string, GameState>> = {
  PPD: "postponed",
  SUSP: "postponed",
  CNCL: "cancelled"
}

/** The schedule state decides first: a postponed game keeps its gameState. */
export const stateOf = (game: { readonly gameState: string; readonly gameScheduleState?: string | null }): GameState =>
  scheduleStates[game.gameScheduleState ?? "OK"] ?? gameStates[game.gameState] ?? "scheduled"

/** "Vancouver Canucks"; "Utah Hockey Club", whose common name repeats the place, stays as it is. */
const teamName = (team: Schema.Struct<typeof TeamName>["Type"]): string | null => {
  const place = known(team.placeName?.default)
  const common = known(team.commonName?.default) ?? known(team.name?.default)
  if (place === null || common === null) {
    const abbrev = known(team.abbrev)
    return fullName(abbrev, common ?? place) ?? common ?? place ?? abbrev
  }
  return common.startsWith(place) ? common : `${place} ${common}`
}

const scheduled = (date: string) => (game: typeof Game.Type): ScheduledGame => {
  const state = stateOf(game)
  return {
    game_id: game.id,
    season: game.season,
    game_type: gameTypes[game.gameType] ?? "other",
    game_date: date,
    starts_at: game.startTimeUTC ?? null,
    state,
    away_team_id: game.awayTeam.id ?? null,
    away_team_name: teamName(game.awayTeam),
    home_team_id: game.homeTeam.id ?? null,
    home_team_name: teamName(game.homeTeam),
    away_score: score(state, game.awayTeam.score),
    home_score: score(state, game.homeTeam.score),
    venue: known(game.venue?.default)
  }
}

/** All games of a schedule week, each with the day it is listed under. */
export const week = (body: unknown, subject: string): Result.Result<ReadonlyArray<ScheduledGame>, NhlApiError> =>
  Result.map(decodeWeek(body, subject), ({ gameWeek }) =>
    gameWeek.flatMap(({ date, games }) => games.map(scheduled(date))))

/** The games of a score day. */
export const scoreDay = (body: unknown, subject: string): Result.Result<ReadonlyArray<ScheduledGame>, NhlApiError> =>
  Result.map(decodeScoreDay(body, subject), ({ currentDate, games }) => 
    games.map((game) => scheduled(game.gameDate ?? currentDate)(game)))

/** The `rosterSpots` of a play-by-play body, after their check, to be kept beside a boxscore. */
export const rosterSpots = (body: unknown, subject: string): Result.Result<typeof RosterSpots.Type, NhlApiError> =>
  Result.map(decodeRoster(body, subject), (roster) => roster.rosterSpots)

const line = (player: typeof Skater.Type | typeof Goalie.Type, names: ReadonlyMap<number, string>): PlayerLine => {
  const goals = player.goals ?? null
  const assists = player.assists ?? null
  return {
    id: player.playerId,
    name: names.get(player.playerId) ?? known(player.name?.default),
    age: null,
    number: sweater(player.sweaterNumber),
    position: known(player.position),
    assists,
    goals,
    hits: "hits" in player ? player.hits ?? null : null,
    points: player.points ?? points(goals, assists),
    penaltyMinutes: player.pim ?? null
  }
}

/**
 * The figures of a boxscore body. Fails if a field that is read is missing, if the body is of another game, and if
 * a game that has begun has no figures, or a final one no players: such a body is incomplete. A game that has not
 * begun gives teams without players.
 */
export const boxscore = (body: unknown, gameId: number): Result.Result<Boxscore, NhlApiError> => {
  const subject = `game ${gameId}`
  return Result.flatMap(decodeBoxscore(body, subject), (game) => {
    const fail = (path: ReadonlyArray<PropertyKey>, problem: string) =>
      Result.fail(unexpected("api-web", subject, path, problem))
    if (game.id !== gameId) return fail(["id"], `is ${game.id}, which is another game`)
    const state = stateOf(game)
    const stats = game.playerByGameStats ?? game.boxscore?.playerByGameStats
    if (stats === undefined && (state === "live" || state === "final")) {
      return fail(["playerByGameStats"], `is missing although the game is ${state}`)
    }
    const names = new Map<number, string>()
    for (const spot of game.rosterSpots ?? []) {
      const name = known(`${spot.firstName?.default ?? ""} ${spot.lastName?.default ?? ""}`)
      if (name !== null) names.set(spot.playerId, name)
    }
    const place = game.playerByGameStats === undefined ? ["boxscore", "playerByGameStats"] : ["playerByGameStats"]
    for (const side of ["awayTeam", "homeTeam"] as const) {
      const lines = stats?.[side]
      if (lines === undefined) continue
      if (state === "final" && lines.forwards.length + lines.defense.length + lines.goalies.length === 0) {
        return fail([...place, side], "has no players although the game is final")
      }
      for (const row of ["forwards", "defense"] as const) {
        const without = hasHits(gameId) ? lines[row].findIndex((skater) => skater.hits === undefined) : -1
        if (without >= 0) return fail([...place, side, row, without, "hits"], "is missing")
      }
    }
    const team = (side: "awayTeam" | "homeTeam"): TeamLine => {
      const lines = stats?.[side]
      const players = lines === undefined ? [] : [...lines.forwards, ...lines.defense, ...lines.goalies]
      return {
        id: game[side].id,
        name: teamName(game[side]),
        score: score(state, game[side].score),
        players: players.map((player) => line(player, names))
      }
    }
    return Result.succeed({
      gameId,
      shootout: game.periodDescriptor?.periodType === "SO" || game.gameOutcome?.lastPeriodType === "SO",
      away: team("awayTeam"),
      home: team("homeTeam")
    })
  })
}
