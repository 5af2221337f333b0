/** Bodies about games other than box scores: play by play, the scoreboard of a day, the summary of a game. */
import type { Frame } from "../../../engine/definition/Frames.ts"
import { type Fields, fieldsOf, frame, isFields, objectsIn, picked, renamed, type Row, rowOf } from "./Body.ts"

const sides = ["homeTeam", "awayTeam"] as const

/** Scalars alone: what a field holds beyond them has a frame of its own. */
const scalars = (fields: Fields, ...without: ReadonlyArray<string>): Row =>
  rowOf(fields, ...without).filter(([, value]) => typeof value !== "object" || value === null)

const action = [
  "gameId", "actionNumber", "clock", "period", "teamId", "teamTricode", "personId", "playerName", "playerNameI", "xLegacy",
  "yLegacy", "shotDistance", "shotResult", "isFieldGoal", "scoreHome", "scoreAway", "pointsTotal", "location", "description",
  "actionType", "subType", "videoAvailable", "shotValue", "actionId"
]

/** `PlayByPlay`, a row for each action, and `AvailableVideo`. */
export const playByPlay = (game: Fields): ReadonlyArray<Frame> => [
  frame("PlayByPlay", objectsIn(game["actions"]).map((row) => [...picked(game, ["gameId"]), ...rowOf(row)]), action),
  frame("AvailableVideo", [[["videoAvailable", game["videoAvailable"] ?? 0]]])
]

const lineScore = ["gameId", "teamId", "teamCity", "teamName", "teamTricode", "teamSlug", "wins", "losses", "score", "seed"]

const leaders = (game: Fields, of: "gameLeaders" | "teamLeaders"): ReadonlyArray<Row> =>
  (["home", "away"] as const).flatMap((side) => {
    const both = fieldsOf(game[of])
    const leader = both[`${side}Leaders`]
    if (!isFields(leader)) return []
    return [[
      ...picked(game, ["gameId"]),
      ...picked(fieldsOf(game[`${side}Team`]), ["teamId"]),
      ["leaderType", side] as const,
      ...rowOf(leader),
      ...rowOf(both, "homeLeaders", "awayLeaders")
    ]]
  })

/** `homeTvBroadcasters` → `homeTv`; `nationalBroadcasters` are those on television. */
const broadcasterType = (field: string): string => {
  const type = field.replace(/Broadcasters$/, "")
  return type === "national" ? "nationalTv" : type
}

/** The games of a day in six frames: `ScoreboardInfo`, `GameHeader`, `LineScore`, the leaders, `Broadcasters`. */
export const scoreboard = (board: Fields): ReadonlyArray<Frame> => {
  const games = objectsIn(board["games"])
  const broadcasters = games.flatMap((game) =>
    Object.entries(fieldsOf(game["broadcasters"])).flatMap(([field, list]) =>
      objectsIn(list).map((broadcaster): Row => [
        ...picked(game, ["gameId"]),
        ["broadcasterType", broadcasterType(field)],
        ...rowOf(broadcaster)
      ])
    )
  )
  return [
    frame("ScoreboardInfo", [scalars(board)]),
    frame("GameHeader", games.map((game) => scalars(game))),
    frame("LineScore", games.flatMap((game) =>
      sides.map((side) => game[side]).filter(isFields).map((team) => [...picked(game, ["gameId"]), ...scalars(team)])), games.length === 0 ? [] : lineScore),
    frame("GameLeaders", games.flatMap((game) => leaders(game, "gameLeaders"))),
    frame("TeamLeaders", games.flatMap((game) => leaders(game, "teamLeaders"))),
    frame("Broadcasters", broadcasters)
  ]
}

const summary = [
  "gameId", "gameCode", "gameStatus", "gameStatusText", "period", "gameClock", "gameTimeUTC", "gameEt", "awayTeamId",
  "homeTeamId", "duration", "attendance", "sellout"
]
const arena = ["arenaId", "arenaName", "arenaCity", "arenaState", "arenaCountry", "arenaTimezone"]
const official = ["personId", "name", "nameI", "firstName", "familyName", "jerseyNum"]
const team = ["teamId", "teamCity", "teamName", "teamTricode", "teamSlug", "teamWins", "teamLosses"]
const inactive = ["personId", "firstName", "familyName", "jerseyNum"]
const meeting = ["recencyOrder", "gameId", "gameTimeUTC", "gameEt", "gameStatus", "gameStatusText"]
const available = ["videoAvailableFlag", "ptAvailable", "ptXYZAvailable", "whStatus", "hustleStatus", "historicalStatus"]
const chart = ["teamId", "teamCity", "teamName", "teamTricode"]
const charted = [
  "points", "reboundsTotal", "assists", "steals", "blocks", "turnovers", "fieldGoalsPercentage",
  "threePointersPercentage", "freeThrowsPercentage", "pointsInThePaint", "pointsSecondChance", "pointsFastBreak",
  "biggestLead", "leadChanges", "timesTied", "biggestScoringRun", "turnoversTeam", "turnoversTotal", "reboundsTeam",
  "pointsFromTurnovers", "benchPoints"
]

const regular = [1, 2, 3, 4]

/** The scores of the regular periods. */
const periods = (side: Fields): Row => {
  const scores = new Map(objectsIn(side["periods"]).map((period) => [period["period"], period["score"] ?? null]))
  return regular.map((period) => [`period${period}Score`, scores.get(period) ?? null] as const)
}

/** `LineScore` has no place for them. */
const overtimes = (side: Fields): ReadonlyArray<Row> =>
  objectsIn(side["periods"]).filter(({ period }) => typeof period === "number" && period > regular.length)
    .map((period) => [...picked(side, ["teamId"]), ...rowOf(period)])

const met = (side: Fields, name: "home" | "away"): Row =>
  renamed(
    picked(side, ["teamId", "teamCity", "teamName", "teamTricode", "score", "wins", "losses"]),
    (field) => `${name}Team${field.replace(/^team/, "").replace(/^./, (letter) => letter.toUpperCase())}`
  )

/** A game in nine frames, as the older summary had them, and a tenth, `Overtimes`, where there were any. */
export const gameSummary = (game: Fields): ReadonlyArray<Frame> => {
  const id = picked(game, ["gameId"])
  const both = (of: Fields) => sides.map((side) => fieldsOf(of[side]))
  const extra = both(game).flatMap((side) => overtimes(side).map((row) => [...id, ...row]))
  return [
    frame("GameSummary", [picked(game, summary)]),
    frame("GameInfo", [[
      ...id,
      ["gameDate", game["gameEt"] ?? null],
      ["attendance", game["attendance"] ?? null],
      ["gameDuration", game["duration"] ?? null]
    ]]),
    frame("ArenaInfo", [[...id, ...picked(fieldsOf(game["arena"]), arena)]]),
    frame("Officials", objectsIn(game["officials"]).map((person) => [...id, ...picked(person, official)])),
    frame("LineScore", both(game).map((side) => [...id, ...picked(side, team), ...periods(side), ...picked(side, ["score"])])),
    frame("InactivePlayers", both(game).flatMap((side) =>
      objectsIn(side["inactives"]).map((player) => [...id, ...picked(side, ["teamId"]), ...picked(player, inactive)]))),
    frame("LastFiveMeetings", objectsIn(fieldsOf(game["lastFiveMeetings"])["meetings"]).map((past) => [
      ...picked(past, meeting),
      ...met(fieldsOf(past["awayTeam"]), "away"),
      ...met(fieldsOf(past["homeTeam"]), "home")
    ])),
    frame("OtherStats", both(fieldsOf(game["postgameCharts"])).map((side) => [
      ...id,
      ...picked(side, chart),
      ...picked(fieldsOf(side["statistics"]), charted)
    ])),
    frame("AvailableVideo", [[...id, ...picked(game, available)]]),
    ...(extra.length === 0 ? [] : [frame("Overtimes", extra)])
  ]
}
