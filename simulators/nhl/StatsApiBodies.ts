/** Writes games in the old API's form: schedule days and live feeds. */
import type { GoalieLine, Player, Side, SkaterLine, Team } from "./facts/Facts.ts"
import type { Moment, Phase } from "./SimulatedGame.ts"

/** Looks up the teams and players that a game names by id. */
export interface People {
  readonly team: (id: number) => Team
  readonly player: (id: number) => Player
}

const statuses: Readonly<Record<Phase, readonly [abstract: string, code: string, detailed: string]>> = {
  scheduled: ["Preview", "1", "Scheduled"],
  pregame: ["Preview", "2", "Pre-Game"],
  live: ["Live", "3", "In Progress"],
  critical: ["Live", "4", "In Progress - Critical"],
  final: ["Final", "7", "Final"],
  postponed: ["Preview", "9", "Postponed"]
}

const status = (phase: Phase) => {
  const [abstractGameState, code, detailedState] = statuses[phase]
  return { abstractGameState, codedGameState: code, detailedState, statusCode: code, startTimeTBD: false }
}

const positions: Readonly<Record<string, readonly [name: string, type: string, abbreviation: string]>> = {
  C: ["Center", "Forward", "C"],
  L: ["Left Wing", "Forward", "LW"],
  R: ["Right Wing", "Forward", "RW"],
  D: ["Defenseman", "Defenseman", "D"],
  G: ["Goalie", "Goalie", "G"]
}

const position = (code: string) => {
  const [name, type, abbreviation] = positions[code] ?? ["Unknown", "Unknown", "N/A"]
  return { code: positions[code] === undefined ? "N/A" : code, name, type, abbreviation }
}

const teamOf = (team: Team) => ({ id: team.id, name: `${team.place} ${team.name}`, link: `/api/v1/teams/${team.id}` })

/** A game's entry in a schedule. A game that is not real carries `synthetic`. */
export const entry = ({ away, game, home, phase }: Moment, people: People, synthetic: boolean) => ({
  gamePk: game.id,
  link: `/api/v1/game/${game.id}/feed/live`,
  gameType: game.type === "playoff" ? "P" : "R",
  season: game.season,
  gameDate: game.startsAt,
  status: status(phase),
  teams: {
    away: { score: away.score, team: teamOf(people.team(away.team)) },
    home: { score: home.score, team: teamOf(people.team(home.team)) }
  },
  venue: { name: game.venue, link: "/api/v1/venues/null" },
  ...(synthetic ? { synthetic: true } : {})
})

const ageOn = (date: string, birthDate: string): number =>
  Number(date.slice(0, 4)) - Number(birthDate.slice(0, 4)) - (date.slice(5) < birthDate.slice(5) ? 1 : 0)

const skaterStats = (line: SkaterLine) => ({
  skaterStats: {
    timeOnIce: line.timeOnIce,
    assists: line.assists,
    goals: line.goals,
    shots: line.shots,
    hits: line.hits,
    penaltyMinutes: line.penaltyMinutes
  }
})

const goalieStats = (line: GoalieLine) => ({
  goalieStats: {
    timeOnIce: line.timeOnIce,
    assists: line.assists,
    goals: line.goals,
    pim: line.penaltyMinutes,
    shots: line.shotsAgainst,
    saves: line.saves
  }
})

const total = (side: Side, figure: "goals" | "hits" | "penaltyMinutes") =>
  side.skaters.reduce((sum, line) => sum + line[figure], 0)

/** The live feed of a game, stamped with the moment (ms since 1970) it is sent. */
export const feed = (moment: Moment, people: People, now: number) => {
  const { game, phase } = moment
  const records: Record<string, unknown> = {}
  const side = (lines: Side) => {
    const players: Record<string, unknown> = {}
    const add = (id: number, number: number, code: string, stats: object) => {
      const { birthDate, name } = people.player(id)
      const link = `/api/v1/people/${id}`
      const person = { id, fullName: name, link }
      players[`ID${id}`] = { person, jerseyNumber: String(number), position: position(code), stats }
      records[`ID${id}`] = {
        id,
        fullName: name,
        link,
        primaryNumber: String(number),
        ...(birthDate === null ? {} : { birthDate, currentAge: ageOn(game.date, birthDate) }),
        primaryPosition: position(code)
      }
    }
    for (const line of lines.skaters) add(line.player, line.number, line.position, skaterStats(line))
    for (const line of lines.goalies) add(line.player, line.number, "G", goalieStats(line))
    for (const [player, number] of lines.scratches) add(player, number, "N/A", {})
    return {
      team: teamOf(people.team(lines.team)),
      teamStats: {
        teamSkaterStats: {
          goals: lines.score,
          pim: total(lines, "penaltyMinutes"),
          shots: lines.shots,
          hits: total(lines, "hits")
        }
      },
      players,
      goalies: lines.goalies.map((line) => line.player),
      skaters: lines.skaters.map((line) => line.player),
      scratches: lines.scratches.map(([player]) => player)
    }
  }
  const teams = { away: side(moment.away), home: side(moment.home) }
  const goals = (lines: Side) => ({
    team: teamOf(people.team(lines.team)),
    goals: lines.score,
    shotsOnGoal: lines.shots
  })
  return {
    gamePk: game.id,
    link: `/api/v1/game/${game.id}/feed/live`,
    metaData: { wait: 10, timeStamp: new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "_") },
    gameData: {
      game: { pk: game.id, season: game.season, type: game.type === "playoff" ? "P" : "R" },
      datetime: { dateTime: game.startsAt },
      status: status(phase),
      teams: { away: teamOf(people.team(game.away.team)), home: teamOf(people.team(game.home.team)) },
      players: records,
      venue: { name: game.venue, link: "/api/v1/venues/null" }
    },
    liveData: {
      linescore: { currentPeriod: moment.period, teams: { home: goals(moment.home), away: goals(moment.away) } },
      boxscore: { teams }
    }
  }
}
