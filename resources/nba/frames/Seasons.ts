/** Bodies about seasons: the schedule of a league, and the standings of the in-season tournament. */
import type { Frame } from "../../../engine/definition/Frames.ts"
import { type Fields, fieldsOf, frame, type Json, objectsIn, picked, renamed, type Row, rowOf } from "./Body.ts"

const season = ["leagueId", "seasonYear"]

/**
 * Things of which a game has several, side by side in its row: `pointsLeaders_personId` where no game has more than
 * one of them, else `pointsLeaders_0_personId`, `pointsLeaders_1_personId`, …
 */
const beside = (
  field: string,
  lists: ReadonlyArray<Json | undefined>,
  names: ReadonlyArray<string>
): (list: Json | undefined) => Row => {
  const most = lists.reduce<number>((most, list) => Math.max(most, objectsIn(list).length), 0)
  return (list) => {
    const found = objectsIn(list)
    return Array.from({ length: most }, (_, i) => {
      const fields = found[i] ?? {}
      const own = [...picked(fields, names), ...rowOf(fields, ...names)]
      return renamed(own, (name) => `${field}${most > 1 ? `_${i}` : ""}_${name}`)
    }).flat()
  }
}

const namesOf = (lists: ReadonlyArray<Json | undefined>): ReadonlyArray<string> =>
  frame("", lists.flatMap((list) => objectsIn(list).map((fields) => rowOf(fields)))).columns

/** `SeasonGames`, `SeasonWeeks` and, where the body lists them, `BroadcasterList`. */
export const schedule = (league: Fields): ReadonlyArray<Frame> => {
  const of = picked(league, season)
  const days = objectsIn(league["gameDates"])
  const games = days.flatMap((day) => objectsIn(day["games"]).map((game) => ({ day, game })))
  const leaders = games.map(({ game }) => game["pointsLeaders"])
  const leader = beside("pointsLeaders", leaders, namesOf(leaders))
  const broadcasts = games.map(({ game }) => fieldsOf(game["broadcasters"]))
  const types = frame("", broadcasts.map((fields) => rowOf(fields))).columns
  const broadcaster = namesOf(broadcasts.flatMap((fields) => Object.values(fields)))
  const broadcasters = types.map((type) => ({ type, row: beside(type, broadcasts.map((fields) => fields[type]), broadcaster) }))
  const side = (game: Fields, name: "homeTeam" | "awayTeam") => renamed(rowOf(fieldsOf(game[name])), (field) => `${name}_${field}`)
  const rows = games.map(({ day, game }): Row => [
    ...of,
    ...picked(day, ["gameDate"]),
    ...rowOf(game, "broadcasters", "awayTeam", "homeTeam", "pointsLeaders"),
    ...side(game, "homeTeam"),
    ...side(game, "awayTeam"),
    ...leader(game["pointsLeaders"]),
    ...broadcasters.flatMap(({ row, type }) => row(fieldsOf(game["broadcasters"])[type]))
  ])
  const listed = (field: string) => objectsIn(league[field]).map((entry) => [...of, ...rowOf(entry)])
  const weeks = [...season, "weekNumber", "weekName", "startDate", "endDate"]
  return [
    frame("SeasonGames", rows),
    frame("SeasonWeeks", listed("weeks"), listed("weeks").length === 0 ? weeks : []),
    ...("broadcasterList" in league ? [frame("BroadcasterList", listed("broadcasterList"))] : [])
  ]
}

/** `Standings`: a row for each team, with the games of its group side by side: `gameId1`, `gameId2`, … */
export const standings = (body: Fields): ReadonlyArray<Frame> => [
  frame("Standings", objectsIn(body["teams"]).map((team) => [
    ...picked(body, season),
    ...rowOf(team, "games"),
    ...objectsIn(team["games"]).flatMap((game, i) =>
      renamed(rowOf(game, "gameNumber"), (name) => `${name}${String(game["gameNumber"] ?? i + 1)}`))
  ]))
]
