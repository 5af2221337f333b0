/** A real game as it stood at a moment: before, during and after play, with the figures so far. */
import type { Game, Player, Side, Team } from "./facts/Facts.ts"

export interface Facts {
  readonly games: ReadonlyArray<Game>
  readonly teams: ReadonlyArray<Team>
  readonly players: ReadonlyArray<Player>
}

export type Phase = "scheduled" | "pregame" | "live" | "critical" | "final" | "postponed"

export interface Moment {
  readonly game: Game
  readonly phase: Phase
  readonly away: Side
  readonly home: Side
  /** 1, 2 or 3; 0 before play. */
  readonly period: number
}

const minute = 60_000
/** From face-off to the final horn, breaks included. */
const duration = 150 * minute
const warmUp = 30 * minute
/** The last part of a game, which the API calls critical. */
const critical = 0.95

/** FNV-1a over the parts, as a number in [0, 1): the same event always falls at the same time of its game. */
export const when = (...parts: ReadonlyArray<string | number>): number => {
  let hash = 2_166_136_261
  for (const char of parts.join("/")) {
    hash = Math.imul(hash ^ char.charCodeAt(0), 16_777_619)
  }
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_507)
  return ((hash ^ (hash >>> 13)) >>> 0) / 4_294_967_296
}

const clock = (time: string, share: number): string => {
  const [minutes = 0, seconds = 0] = time.split(":").map(Number)
  const total = Math.floor((minutes * 60 + seconds) * share)
  return `${String(Math.floor(total / 60)).padStart(2, "0")}:${String(total % 60).padStart(2, "0")}`
}

const during = (game: Game, side: Side, share: number): Side => {
  // Each of a player's `count` events has its own time, so a figure only ever grows and ends at the real one.
  const soFar = (player: number, figure: string, count: number): number => {
    let happened = 0
    for (let i = 0; i < count; i++) if (when(game.id, player, figure, i) < share) happened++
    return happened
  }
  const skaters = side.skaters.map((line) => ({
    ...line,
    goals: soFar(line.player, "goals", line.goals),
    assists: soFar(line.player, "assists", line.assists),
    hits: soFar(line.player, "hits", line.hits),
    // Penalties come two minutes at a time.
    penaltyMinutes: 2 * soFar(line.player, "penalties", Math.floor(line.penaltyMinutes / 2)),
    shots: soFar(line.player, "shots", line.shots),
    timeOnIce: clock(line.timeOnIce, share)
  }))
  const goalies = side.goalies.map((line) => {
    const saves = soFar(line.player, "saves", line.saves)
    return {
      ...line,
      goals: soFar(line.player, "goals", line.goals),
      assists: soFar(line.player, "assists", line.assists),
      penaltyMinutes: 2 * soFar(line.player, "penalties", Math.floor(line.penaltyMinutes / 2)),
      saves,
      shotsAgainst: saves + soFar(line.player, "against", line.shotsAgainst - line.saves),
      timeOnIce: clock(line.timeOnIce, share)
    }
  })
  const goals = [...skaters, ...goalies].reduce((sum, line) => sum + line.goals, 0)
  const shots = skaters.reduce((sum, line) => sum + line.shots, 0)
  return { ...side, score: Math.min(goals, side.score), shots, skaters, goalies }
}

const empty = (side: Side): Side => ({ ...side, score: 0, shots: 0, skaters: [], goalies: [], scratches: [] })

/** The game as it stood `now` (ms since 1970). A postponed game never begins. */
export const at = (game: Game, now: number, postponed = false): Moment => {
  const begin = Date.parse(game.startsAt)
  const share = (now - begin) / duration
  if (postponed || share < 0) {
    const phase = postponed ? "postponed" : begin - now <= warmUp ? "pregame" : "scheduled"
    return { game, phase, away: empty(game.away), home: empty(game.home), period: 0 }
  }
  if (share >= 1) return { game, phase: "final", away: game.away, home: game.home, period: 3 }
  return {
    game,
    phase: share >= critical ? "critical" : "live",
    away: during(game, game.away, share),
    home: during(game, game.home, share),
    period: 1 + Math.floor(share * 3)
  }
}
