/** Writes the vendor's bodies of matches, teams, competitions and countries. */
import { draw, whole } from "./Random.ts"
import { type Competition, type Country, type Match, minuteAt, statusAt, type Team, type World } from "./World.ts"

type Side = "home" | "away"

/** Score, half-time score, red and yellow cards, corners, overtime, penalties. */
const scores = (world: World, match: Match, side: Side, now: number): ReadonlyArray<number> => {
  const status = statusAt(match, now)
  const minute = minuteAt(match, now)
  const goals = match.goals.filter((goal) => goal.side === side && status !== 1 && goal.minute <= minute)
  const soFar = (what: string, most: number) =>
    Array.from({ length: whole(0, most, world.seed, match.id, side, what) }, (_, i) =>
      whole(1, 90, world.seed, match.id, side, what, i)).filter((at) => at <= minute).length
  return [
    goals.length,
    goals.filter((goal) => goal.minute <= 45).length,
    draw(world.seed, match.id, side, "red") < 0.05 ? soFar("red", 1) : 0,
    soFar("yellow", 4),
    // The vendor does not count the corners of every competition.
    draw(world.seed, match.competition.id, "corners") < 0.2 ? -1 : soFar("corners", 9),
    0,
    status === 7 ? whole(0, 5, world.seed, match.id, side, "penalties") : 0
  ]
}

/** One match of `match/detail_live`. */
export const live = (world: World, match: Match, now: number) => {
  const minute = minuteAt(match, now)
  const begun = statusAt(match, now) !== 1
  const goals = begun ? match.goals.filter((goal) => goal.minute <= minute) : []
  const after = (side: Side, minute: number) => goals.filter((goal) => goal.side === side && goal.minute <= minute).length
  return {
    id: match.id,
    score: [match.id, statusAt(match, now), scores(world, match, "home", now), scores(world, match, "away", now), match.kickoff, ""],
    stats: begun
      ? [3, 8, 21, 22, 23, 24, 25].map((type) => ({
        type,
        home: whole(0, minute, world.seed, match.id, "home", type),
        away: whole(0, minute, world.seed, match.id, "away", type)
      }))
      : [],
    incidents: goals.map((goal) => ({
      type: 1,
      position: goal.side === "home" ? 1 : 2,
      time: goal.minute,
      home_score: after("home", goal.minute),
      away_score: after("away", goal.minute)
    })),
    tlive: goals.map((goal) => ({ main: 1, type: 1, position: goal.side === "home" ? 1 : 2, time: `${goal.minute}'`, data: "Goal" }))
  }
}

/** The match of `match/recent/list?uuid=`. */
export const recent = (world: World, match: Match, now: number) => ({
  id: match.id,
  season_id: `s${match.competition.id.slice(1)}`,
  competition_id: match.competition.id,
  home_team_id: match.home.id,
  away_team_id: match.away.id,
  status_id: statusAt(match, now),
  match_time: match.kickoff,
  venue_id: `v${match.home.id.slice(1)}`,
  referee_id: draw(world.seed, match.id, "referee") < 0.3 ? "" : `r${match.id.slice(1)}`,
  neutral: draw(world.seed, match.id, "neutral") < 0.05 ? 1 : 0,
  note: "",
  home_scores: scores(world, match, "home", now),
  away_scores: scores(world, match, "away", now),
  // Text where the table has one, "" where not.
  home_position: draw(world.seed, match.id, "table") < 0.4 ? "" : String(whole(1, 20, world.seed, match.home.id, "position")),
  away_position: draw(world.seed, match.id, "table") < 0.4 ? "" : String(whole(1, 20, world.seed, match.away.id, "position")),
  coverage: { mlive: 1, lineup: draw(world.seed, match.id, "lineup") < 0.6 ? 1 : 0 },
  round: { stage_id: `g${match.competition.id.slice(1)}`, group_num: 0, round_num: whole(1, 38, world.seed, match.competition.id, "round") },
  ...(draw(world.seed, match.id, "weather") < 0.25 ? {} : {
    environment: {
      weather: whole(1, 13, world.seed, match.id, "weather"),
      pressure: `${whole(740, 775, world.seed, match.id, "pressure")}mmHg`,
      temperature: `${whole(2, 32, world.seed, match.id, "temperature")}°C`,
      wind: `${(draw(world.seed, match.id, "wind") * 9).toFixed(1)}m/s`,
      humidity: `${whole(30, 95, world.seed, match.id, "humidity")}%`
    }
  }),
  updated_at: now - whole(1, 90, world.seed, match.id, "updated")
})

export const team = (world: World, { country, id, name, shortName, updatedAt }: Team) => ({
  id,
  competition_id: "",
  country_id: country.id,
  name,
  short_name: shortName,
  logo: `https://img.example.com/football/team/${id}.png`,
  national: 0,
  foundation_time: whole(1880, 1990, world.seed, id, "founded"),
  website: "",
  coach_id: "",
  venue_id: `v${id.slice(1)}`,
  market_value: 0,
  updated_at: updatedAt
})

export const competition = ({ country, id, name, shortName, updatedAt }: Competition) => ({
  id,
  category_id: "",
  country_id: country?.id ?? "",
  name,
  short_name: shortName,
  logo: `https://img.example.com/football/competition/${id}.png`,
  type: country === undefined ? 2 : 1,
  cur_season_id: `s${id.slice(1)}`,
  cur_round: 1,
  updated_at: updatedAt
})

export const country = ({ id, name }: Country) => ({
  id,
  category_id: "",
  name,
  logo: `https://img.example.com/football/country/${id}.png`,
  updated_at: 1_700_000_000
})
