/** The football that the simulator knows: countries, competitions, teams and the matches of an evening, all invented. */
import * as Names from "./Names.ts"
import { draw, id, one, whole } from "./Random.ts"

export interface Country {
  readonly id: string
  readonly name: string
}

export interface Competition {
  readonly id: string
  readonly name: string
  readonly shortName: string
  /** Undefined: an international competition, which has none. */
  readonly country: Country | undefined
  readonly updatedAt: number
}

export interface Team {
  readonly id: string
  readonly name: string
  readonly shortName: string
  readonly country: Country
  readonly updatedAt: number
}

export interface Goal {
  readonly minute: number
  readonly side: "home" | "away"
}

export interface Match {
  readonly id: string
  readonly competition: Competition
  readonly home: Team
  readonly away: Team
  /** Seconds since 1970. */
  readonly kickoff: number
  /** Minutes of play at which goals fall. */
  readonly goals: ReadonlyArray<Goal>
  /** A status that does not follow from the clock (interrupted, postponed, …). */
  readonly status: number | undefined
}

export interface World {
  readonly seed: number
  readonly countries: ReadonlyArray<Country>
  readonly competitions: ReadonlyArray<Competition>
  readonly teams: ReadonlyArray<Team>
  readonly matches: ReadonlyArray<Match>
}

export interface Sizes {
  readonly matches: number
  /** At most twice the matches are of use. */
  readonly teams: number
  readonly competitions: number
}

/** Those of a recorded cycle: 2 × 49 = 98 requests of phase 1, 94 + 22 + 1 = 117 of phase 2. */
export const sizes: Sizes = { matches: 49, teams: 94, competitions: 22 }

const hour = 3600

/** The goals of a match, by minute. */
const goalsOf = (seed: number, match: string): ReadonlyArray<Goal> =>
  Array.from({ length: whole(0, 5, seed, match, "goals") }, (_, i): Goal => ({
    minute: whole(1, 90, seed, match, "minute", i),
    side: draw(seed, match, "side", i) < 0.55 ? "home" : "away"
  })).toSorted((a, b) => a.minute - b.minute)

/**
 * `now` (seconds since 1970) is the moment the matches are laid around: most are on, some are about to begin, some
 * ended within the two hours before.
 */
export const make = (seed: number, now: number, given: Partial<Sizes> = {}): World => {
  const { competitions: leagues, matches, teams: clubs } = { ...sizes, ...given }
  const countries = Names.countries.map((name): Country => ({ id: id(seed, "country", name), name }))
  const competitions = Array.from({ length: leagues }, (_, i): Competition => {
    const country = one(countries, seed, "of competition", i)
    const international = i % 11 === 10
    const name = international ? `${Names.town(seed, "cup", i)} Nations Cup` : `${country.name} ${Names.league(seed, i)}`
    return {
      id: id(seed, "competition", i),
      name,
      shortName: name.split(" ").map((word) => word.slice(0, 3)).join(" "),
      country: international ? undefined : country,
      updatedAt: now - whole(1, 400, seed, "competition", i) * hour
    }
  })
  const teams = Array.from({ length: clubs }, (_, i): Team => {
    const name = Names.club(seed, "team", i)
    return {
      id: id(seed, "team", i),
      name,
      shortName: name.slice(0, 3).toUpperCase(),
      country: competitions[i % Math.max(1, leagues)]?.country ?? countries[i % countries.length]!,
      updatedAt: now - whole(1, 400, seed, "team", i) * hour
    }
  })
  // Once each has its side, the others are given out in steps that pair them anew.
  const teamAt = (side: number): Team => teams[side < clubs ? side : (side * 7 + 3) % clubs]!
  return {
    seed,
    countries,
    competitions,
    teams,
    matches: Array.from({ length: matches }, (_, i): Match => {
      const match = id(seed, "match", i)
      const special = i % 16 === 15 ? one([5, 7, 9, 10, 13], seed, "status", i) : undefined
      return {
        id: match,
        competition: competitions[i % Math.max(1, leagues)]!,
        home: teamAt(2 * i),
        away: teamAt(2 * i + 1),
        kickoff: now - whole(-15, 118, seed, "kickoff", i) * 60,
        goals: goalsOf(seed, match),
        status: special
      }
    })
  }
}

const halftime = 15

/** The status of a match at a moment, as the vendor numbers it. */
export const statusAt = (match: Match, now: number): number => {
  if (match.status !== undefined) return match.status
  const minutes = (now - match.kickoff) / 60
  if (minutes < 0) return 1
  if (minutes < 45) return 2
  if (minutes < 45 + halftime) return 3
  return minutes < 90 + halftime ? 4 : 8
}

/** Minutes played so far, from 0 to 90. */
export const minuteAt = (match: Match, now: number): number => {
  const minutes = Math.floor((now - match.kickoff) / 60)
  return Math.max(0, Math.min(90, minutes <= 45 ? minutes : Math.max(45, minutes - halftime)))
}
