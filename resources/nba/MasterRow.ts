/** The rows of the master tables: the games, players and teams that the other endpoints are asked about. */
import { Result, Schema } from "effect"
import type { Frame, FrameSet } from "../../engine/definition/Frames.ts"

export const Game = Schema.Struct({
  /** Ten digits, with leading zeros: the kind of the game, the year of its season, its number. */
  gameid: Schema.String,
  season: Schema.String,
  gamedate: Schema.NullOr(Schema.String),
  matchup: Schema.NullOr(Schema.String),
  hometeamid: Schema.NullOr(Schema.String),
  awayteamid: Schema.NullOr(Schema.String)
})
export type Game = typeof Game.Type

export const Player = Schema.Struct({
  playerid: Schema.String,
  playername: Schema.NullOr(Schema.String),
  /** Whether he belongs to a team now. */
  active: Schema.Boolean,
  fromyear: Schema.NullOr(Schema.String),
  toyear: Schema.NullOr(Schema.String),
  teamid: Schema.NullOr(Schema.String),
  teamcity: Schema.NullOr(Schema.String),
  teamname: Schema.NullOr(Schema.String),
  teamabbreviation: Schema.NullOr(Schema.String)
})
export type Player = typeof Player.Type

export const Team = Schema.Struct({
  teamid: Schema.String,
  teamcity: Schema.NullOr(Schema.String),
  teamname: Schema.NullOr(Schema.String),
  teamabbreviation: Schema.NullOr(Schema.String)
})
export type Team = typeof Team.Type

/** Gives the text of a column of a row, null where there is none; ids are numbers in some answers, texts in others. */
type Read = (column: string) => string | null

/** The rows of the first frame that has all of these columns. */
const rowsWith = (frames: FrameSet, ...columns: ReadonlyArray<string>): Result.Result<ReadonlyArray<Read>, string> => {
  const found: Frame | undefined = frames.find((frame) => columns.every((column) => frame.columns.includes(column)))
  if (found === undefined) {
    return frames.every(({ rows }) => rows.length === 0)
      ? Result.succeed([])
      : Result.fail(`has no data set with the columns ${columns.join(", ")}`)
  }
  const places = new Map(found.columns.map((column, i) => [column, i]))
  return Result.succeed(found.rows.map((row) => (column) => {
    const value = row[places.get(column) ?? -1]
    return value === undefined || value === null || value === "" ? null : String(value)
  }))
}

/** A game has a row for each team; "LAL vs. GSW" is told by the team at home, "GSW @ LAL" by the other. */
export const games = (frames: FrameSet, season: string): Result.Result<ReadonlyArray<Game>, string> =>
  Result.map(rowsWith(frames, "GAME_ID", "TEAM_ID", "MATCHUP"), (rows) => {
    const byId = new Map<string, Game>()
    for (const read of rows) {
      const gameid = read("GAME_ID")
      if (gameid === null) continue
      const matchup = read("MATCHUP")
      const isHome = matchup?.includes(" vs. ") === true
      const known = byId.get(gameid)
      byId.set(gameid, {
        gameid,
        season,
        gamedate: read("GAME_DATE"),
        matchup: isHome || known === undefined ? matchup : known.matchup,
        hometeamid: isHome ? read("TEAM_ID") : known?.hometeamid ?? null,
        awayteamid: isHome ? known?.awayteamid ?? null : read("TEAM_ID")
      })
    }
    return [...byId.values()]
  })

export const players = (frames: FrameSet): Result.Result<ReadonlyArray<Player>, string> =>
  Result.map(rowsWith(frames, "PERSON_ID", "ROSTERSTATUS"), (rows) => {
    const byId = new Map<string, Player>()
    for (const read of rows) {
      const playerid = read("PERSON_ID")
      if (playerid === null) continue
      const teamid = read("TEAM_ID")
      byId.set(playerid, {
        playerid,
        playername: read("DISPLAY_FIRST_LAST"),
        active: read("ROSTERSTATUS") === "1",
        fromyear: read("FROM_YEAR"),
        toyear: read("TO_YEAR"),
        teamid: teamid === "0" ? null : teamid,
        teamcity: read("TEAM_CITY"),
        teamname: read("TEAM_NAME"),
        teamabbreviation: read("TEAM_ABBREVIATION")
      })
    }
    return [...byId.values()]
  })

/** The teams that players belong to now. */
export const teams = (players: ReadonlyArray<Player>): ReadonlyArray<Team> => {
  const byId = new Map<string, Team>()
  for (const { teamabbreviation, teamcity, teamid, teamname } of players) {
    if (teamid !== null && !byId.has(teamid)) byId.set(teamid, { teamid, teamcity, teamname, teamabbreviation })
  }
  return [...byId.values()].sort((a, b) => a.teamid < b.teamid ? -1 : 1)
}
