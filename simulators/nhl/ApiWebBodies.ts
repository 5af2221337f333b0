/** Writes games in the present API's form: schedule entries, boxscores, rosters and landings. */
import type { GoalieLine, Side, SkaterLine } from "./facts/Facts.ts"
import type { Moment, Phase } from "./SimulatedGame.ts"
import type { People } from "./StatsApiBodies.ts"

const gameStates: Readonly<Record<Phase, string>> = {
  scheduled: "FUT",
  pregame: "PRE",
  live: "LIVE",
  critical: "CRIT",
  final: "OFF",
  postponed: "FUT"
}

const begun = (phase: Phase) => phase === "live" || phase === "critical" || phase === "final"

const team = (moment: Moment, side: Side, people: People) => {
  const { abbrev, id, name, place } = people.team(side.team)
  return {
    id,
    commonName: { default: name },
    placeName: { default: place },
    abbrev,
    ...(begun(moment.phase) ? { score: side.score, sog: side.shots } : {})
  }
}

/** A game's entry in a schedule week or score day, and its landing. A game that is not real carries `synthetic`. */
export const entry = (moment: Moment, people: People, synthetic: boolean) => {
  const { game, phase } = moment
  return {
    id: game.id,
    season: Number(game.season),
    gameType: game.type === "playoff" ? 3 : 2,
    gameDate: game.date,
    venue: { default: game.venue },
    neutralSite: false,
    startTimeUTC: game.startsAt,
    gameState: gameStates[phase],
    gameScheduleState: phase === "postponed" ? "PPD" : "OK",
    awayTeam: team(moment, moment.away, people),
    homeTeam: team(moment, moment.home, people),
    periodDescriptor: moment.period === 0 ? {} : { number: moment.period, periodType: "REG", maxRegulationPeriods: 3 },
    ...(synthetic ? { synthetic: true } : {})
  }
}

/** As the API abbreviates: "Brock Boeser" is "B. Boeser". */
const abbreviated = (name: string): string => {
  const [first = "", ...last] = name.split(" ")
  return last.length === 0 ? name : `${first.slice(0, 1)}. ${last.join(" ")}`
}

const skater = (people: People) => (line: SkaterLine) => ({
  playerId: line.player,
  sweaterNumber: line.number,
  name: { default: abbreviated(people.player(line.player).name) },
  position: line.position,
  goals: line.goals,
  assists: line.assists,
  points: line.goals + line.assists,
  pim: line.penaltyMinutes,
  hits: line.hits,
  sog: line.shots,
  toi: line.timeOnIce
})

const goalie = (people: People) => (line: GoalieLine) => ({
  playerId: line.player,
  sweaterNumber: line.number,
  name: { default: abbreviated(people.player(line.player).name) },
  position: "G",
  saveShotsAgainst: `${line.saves}/${line.shotsAgainst}`,
  pim: line.penaltyMinutes,
  goalsAgainst: line.shotsAgainst - line.saves,
  toi: line.timeOnIce,
  shotsAgainst: line.shotsAgainst,
  saves: line.saves
})

const lines = (side: Side, people: People) => ({
  forwards: side.skaters.filter((line) => line.position !== "D").map(skater(people)),
  defense: side.skaters.filter((line) => line.position === "D").map(skater(people)),
  goalies: side.goalies.map(goalie(people))
})

/** The boxscore; as in the API, without scratched players, and without figures before the game. */
export const boxscore = (moment: Moment, people: People, synthetic: boolean) => ({
  ...entry(moment, people, synthetic),
  ...(begun(moment.phase)
    ? { playerByGameStats: { awayTeam: lines(moment.away, people), homeTeam: lines(moment.home, people) } }
    : {})
})

/** The play-by-play: its roster alone, the facts hold no plays. */
export const playByPlay = (moment: Moment, people: People, synthetic: boolean) => {
  const spots = (side: Side) =>
    [...side.skaters, ...side.goalies].map((line) => {
      const [first = "", ...last] = people.player(line.player).name.split(" ")
      return {
        teamId: side.team,
        playerId: line.player,
        firstName: { default: first },
        lastName: { default: last.join(" ") },
        sweaterNumber: line.number,
        positionCode: "position" in line ? line.position : "G"
      }
    })
  return {
    ...entry(moment, people, synthetic),
    plays: [],
    rosterSpots: [...spots(moment.away), ...spots(moment.home)]
  }
}
