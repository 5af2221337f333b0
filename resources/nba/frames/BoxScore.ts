/** Box scores of the newer shape: two teams, their players, and figures of both. */
import type { Frame } from "../../../engine/definition/Frames.ts"
import { type Fields, fieldsOf, frame, isFields, objectsIn, picked, renamed, type Row, rowOf } from "./Body.ts"

const parts = ["players", "statistics", "starters", "bench"]

const sides = ["homeTeam", "awayTeam"] as const

/** A part of a game with the figures of both teams; one of the two may be null. */
export const isBoxScore = (game: Fields): boolean =>
  sides.some((side) => isFields(game[side]) && parts.some((part) => part in fieldsOf(game[side])))

const teamOf = (game: Fields, team: Fields): Row => [...picked(game, ["gameId"]), ...rowOf(team, ...parts)]

const playersOf = (game: Fields, team: Fields): ReadonlyArray<Row> =>
  objectsIn(team["players"]).flatMap((player) => {
    const own = rowOf(player, "statistics", "matchups")
    if (!("matchups" in player)) return [[...teamOf(game, team), ...own, ...rowOf(fieldsOf(player["statistics"]))]]
    // One row for each opponent whom the player met.
    return objectsIn(player["matchups"]).map((matchup) => [
      ...teamOf(game, team),
      ...renamed(own, (name) => `${name}Off`),
      ...renamed(rowOf(matchup, "statistics"), (name) => `${name}Def`),
      ...rowOf(fieldsOf(matchup["statistics"]))
    ])
  })

const startersAndBench = (game: Fields, teams: ReadonlyArray<Fields>): Frame => {
  const figures = frame("", teams.flatMap((team) => [fieldsOf(team["starters"]), fieldsOf(team["bench"])].map((f) => rowOf(f))))
  const rows = teams.flatMap((team) =>
    (["Starters", "Bench"] as const).map((label): Row => [
      ...teamOf(game, team),
      ...picked(fieldsOf(team[label.toLowerCase()]), figures.columns),
      ["startersBench", label]
    ])
  )
  return frame("TeamStarterBenchStats", rows)
}

/**
 * `PlayerStats`, `TeamStarterBenchStats` where a body tells them apart, and `TeamStats`. Teams come home first; so do
 * players of traditional box scores and matchups, those of all others away first, as the clients of this API have it.
 */
export const framesOf = (name: string, game: Fields): ReadonlyArray<Frame> => {
  const teams = sides.map((side) => game[side]).filter(isFields)
  const withBench = teams.some((team) => "starters" in team || "bench" in team)
  const homeFirst = withBench || teams.some((team) => objectsIn(team["players"]).some((player) => "matchups" in player))
  const players = frame("PlayerStats", (homeFirst ? teams : teams.toReversed()).flatMap((team) => playersOf(game, team)))
  const measured = teams.filter((team) => "statistics" in team)
  // Tracking has a figure of players, their speed, that teams lack: both frames have the same figures.
  const figures = name === "boxScorePlayerTrack"
    ? frame("", teams.flatMap((team) => objectsIn(team["players"]).map((player) => rowOf(fieldsOf(player["statistics"]))))).columns
    : []
  const teamStats = measured.map((team): Row => {
    const statistics = fieldsOf(team["statistics"])
    return [...teamOf(game, team), ...picked(statistics, figures), ...rowOf(statistics, ...figures)]
  })
  return [
    players,
    ...(withBench ? [startersAndBench(game, teams)] : []),
    ...(measured.length === 0 ? [] : [frame("TeamStats", teamStats)])
  ]
}
