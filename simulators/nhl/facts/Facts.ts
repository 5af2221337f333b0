/** What the simulator knows of real games: teams, players, and what each player did in each game. */

export interface Team {
  /** The league's number of the team, as in its API. */
  readonly id: number
  readonly abbrev: string
  readonly place: string
  readonly name: string
}

export interface Player {
  /** The league's number of the player, as in its API. */
  readonly id: number
  readonly name: string
  /** YYYY-MM-DD, or null where it is not known to these tables. */
  readonly birthDate: string | null
}

export type SkaterPosition = "C" | "L" | "R" | "D"

export interface SkaterLine {
  readonly player: number
  /** The number on the sweater. */
  readonly number: number
  readonly position: SkaterPosition
  readonly goals: number
  readonly assists: number
  readonly hits: number
  readonly penaltyMinutes: number
  /** Shots on goal. */
  readonly shots: number
  /** mm:ss, the minutes may pass 59. */
  readonly timeOnIce: string
}

export interface GoalieLine {
  readonly player: number
  readonly number: number
  readonly goals: number
  readonly assists: number
  readonly penaltyMinutes: number
  readonly shotsAgainst: number
  readonly saves: number
  /** mm:ss; 00:00 for a goalie who dressed and did not play. */
  readonly timeOnIce: string
}

export interface Side {
  readonly team: number
  /** Includes the one goal that a won shootout gives. */
  readonly score: number
  readonly shots: number
  readonly skaters: ReadonlyArray<SkaterLine>
  readonly goalies: ReadonlyArray<GoalieLine>
  /** Players of the team who did not dress for this game. */
  readonly scratches: ReadonlyArray<readonly [player: number, number: number]>
}

export interface Game {
  readonly id: number
  readonly season: string
  readonly type: "regular" | "playoff"
  /** The day in New York on which the game began, YYYY-MM-DD. */
  readonly date: string
  /** ISO 8601, UTC. */
  readonly startsAt: string
  readonly venue: string
  readonly away: Side
  readonly home: Side
  /** The side that won the shootout, if there was one. */
  readonly shootout?: "away" | "home"
}
