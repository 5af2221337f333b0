/** An invented league: the real teams, with players and games that were never there. */
import { familyNames, firstNames, type Team, teams } from "./facts/teams.ts"
import { pick, whole } from "./Draw.ts"

export interface Player {
  readonly id: number
  readonly first: string
  readonly family: string
  /** Undefined: he does not play any more. */
  readonly team: Team | undefined
  readonly from: number
  readonly to: number
}

export interface Game {
  readonly id: string
  readonly season: string
  readonly date: string
  readonly home: Team
  readonly away: Team
}

export interface League {
  readonly teams: ReadonlyArray<Team>
  readonly players: ReadonlyArray<Player>
  /** The players of a team, the starting five first. */
  readonly roster: (team: Team) => ReadonlyArray<Player>
  readonly player: (id: number) => Player | undefined
  readonly team: (id: number) => Team | undefined
  readonly games: (season: string) => ReadonlyArray<Game>
  /** A game of any season; one that no schedule has is played by two teams all the same. */
  readonly game: (id: string) => Game | undefined
}

export interface Options {
  readonly seed: number
  /** The seasons in which there are games, by their first years: 2023 for "2023-24". */
  readonly years: ReadonlyArray<number>
  readonly gamesASeason: number
  readonly playersATeam: number
  /** Players who do not play any more. */
  readonly retired: number
}

const firstPlayer = 1_600_001

const seasonOf = (year: number): string => `${year}-${String((year + 1) % 100).padStart(2, "0")}`

/** The year in which the season of a game began: its id has two digits of it. */
export const yearOf = (gameId: string): number => {
  const year = Number(gameId.slice(3, 5))
  return year >= 46 ? 1900 + year : 2000 + year
}

export const make = ({ gamesASeason, playersATeam, retired, seed, years }: Options): League => {
  const player = (place: number): Player => {
    const team = teams[Math.floor(place / playersATeam)]
    const from = team === undefined ? whole(1950, 2005, seed, "from", place) : whole(2008, 2022, seed, "from", place)
    return {
      id: firstPlayer + place,
      first: pick(firstNames, seed, "first", place),
      family: pick(familyNames, seed, "family", place),
      team,
      from,
      to: team === undefined ? from + whole(0, 12, seed, "to", place) : (years.at(-1) ?? from)
    }
  }
  const players = Array.from({ length: teams.length * playersATeam + retired }, (_, place) => player(place))
  const byId = new Map(players.map((one) => [one.id, one]))
  const ofTeam = Map.groupBy(players.filter(({ team }) => team !== undefined), ({ team }) => team?.id ?? 0)
  const gameOf = (id: string): Game => {
    const year = yearOf(id)
    const number = Number(id.slice(5))
    const home = pick(teams, seed, "home", id)
    const away = teams[(teams.indexOf(home) + whole(1, teams.length - 1, seed, "away", id)) % teams.length] ?? home
    const day = new Date(Date.UTC(year, 9, 22) + Math.floor(number / 8) * 86_400_000)
    return { id, season: seasonOf(year), date: day.toISOString().slice(0, 10), home, away }
  }
  return {
    teams,
    players,
    roster: (team) => ofTeam.get(team.id) ?? [],
    player: (id) => byId.get(id),
    team: (id) => teams.find((team) => team.id === id),
    games: (season) => {
      const year = years.find((year) => seasonOf(year) === season)
      if (year === undefined) return []
      return Array.from({ length: gamesASeason }, (_, i) =>
        gameOf(`002${String(year % 100).padStart(2, "0")}${String(i + 1).padStart(5, "0")}`))
    },
    game: (id) => /^00\d{8}$/.test(id) ? gameOf(id) : undefined
  }
}
