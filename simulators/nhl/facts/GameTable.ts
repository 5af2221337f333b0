/** A game written as tables a person can read, and the small parser that makes rows of them. */
import type { Game, GoalieLine, Side, SkaterLine, SkaterPosition } from "./Facts.ts"
import { players } from "./players.ts"
import { teams } from "./teams.ts"

export interface SideTable {
  readonly team: string
  readonly score: number
  readonly shots: number
  readonly skaters: string
  readonly goalies: string
  readonly scratches?: string
}

export interface GameTable extends Omit<Game, "away" | "home"> {
  readonly away: SideTable
  readonly home: SideTable
}

const skater =
  /^(?<number>\d+) +(?<name>.+?) +(?<position>[CLRD]) +(?<figures>\d+ +\d+ +\d+ +\d+ +\d+) +(?<time>\d+:\d\d)$/
const goalie = /^(?<number>\d+) +(?<name>.+?) +G +(?<figures>\d+ +\d+ +\d+ +\d+ +\d+) +(?<time>\d+:\d\d)$/
const scratch = /^(?<number>\d+) +(?<name>.+)$/
/** Blank lines and the line of column titles hold no row. */
const isRow = (line: string): boolean => /^\d/.test(line)

/** The rows of a table, each as the named groups of `row`. Throws on a line that starts like a row and is none. */
export const parseLines = (table: string, row: RegExp): ReadonlyArray<Readonly<Record<string, string>>> =>
  table.split("\n").map((line) => line.trim()).filter(isRow).map((line) => {
    const groups = row.exec(line)?.groups
    if (groups === undefined) throw new Error(`The line "${line}" of a game's table does not have its columns.`)
    return groups
  })

const idOf = <A extends { readonly id: number }>(what: string, rows: ReadonlyArray<A>, nameOf: (_: A) => string) => {
  const ids = new Map(rows.map((row) => [nameOf(row), row.id]))
  return (name: string | undefined): number => {
    const id = ids.get(name ?? "")
    if (id === undefined) throw new Error(`A game's table names "${name}", which ${what}s.ts does not hold.`)
    return id
  }
}

const playerId = idOf("player", players, (player) => player.name)
const teamId = idOf("team", teams, (team) => team.abbrev)

const figuresOf = (row: Readonly<Record<string, string>>) =>
  (row["figures"] ?? "").split(/ +/).map(Number)

const isPosition = (code: string | undefined): code is SkaterPosition => /^[CLRD]$/.test(code ?? "")

const skaterLine = (row: Readonly<Record<string, string>>): SkaterLine => {
  const [goals = 0, assists = 0, hits = 0, penaltyMinutes = 0, shots = 0] = figuresOf(row)
  const position = row["position"]
  if (!isPosition(position)) throw new Error(`"${position}" is no position of a skater.`)
  return {
    player: playerId(row["name"]), number: Number(row["number"]), position,
    goals, assists, hits, penaltyMinutes, shots, timeOnIce: row["time"] ?? ""
  }
}

const goalieLine = (row: Readonly<Record<string, string>>): GoalieLine => {
  const [goals = 0, assists = 0, penaltyMinutes = 0, shotsAgainst = 0, saves = 0] = figuresOf(row)
  return {
    player: playerId(row["name"]), number: Number(row["number"]),
    goals, assists, penaltyMinutes, shotsAgainst, saves, timeOnIce: row["time"] ?? ""
  }
}

const side = (table: SideTable): Side => ({
  team: teamId(table.team),
  score: table.score,
  shots: table.shots,
  skaters: parseLines(table.skaters, skater).map(skaterLine),
  goalies: parseLines(table.goalies, goalie).map(goalieLine),
  scratches: parseLines(table.scratches ?? "", scratch).map((row) => [playerId(row["name"]), Number(row["number"])])
})

/** Reads a game's tables. Players are named in full there; their ids come from players.ts. */
export const game = (table: GameTable): Game => ({ ...table, away: side(table.away), home: side(table.home) })
