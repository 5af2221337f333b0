/** The figures of a game by team and player: what both shapes of the API are read into. */

/** Null: the API does not say. */
export interface PlayerLine {
  readonly id: number
  readonly name: string | null
  readonly age: number | null
  readonly number: number | null
  readonly position: string | null
  readonly assists: number | null
  readonly goals: number | null
  readonly hits: number | null
  readonly points: number | null
  readonly penaltyMinutes: number | null
}

export interface TeamLine {
  readonly id: number
  readonly name: string | null
  /** As the score board says, a won shoot-out counted as one goal. */
  readonly score: number | null
  readonly players: ReadonlyArray<PlayerLine>
}

export interface Boxscore {
  readonly gameId: number
  /** Decided by a shoot-out: the winner's score is one more than the goals of its players. */
  readonly shootout: boolean
  readonly away: TeamLine
  readonly home: TeamLine
}

/** The first season whose hits the league counted: older bodies may lack them, newer ones must not. */
const firstSeasonWithHits = 1997

/** Whether a game's skaters must have hits; its id begins with the year its season started in. */
export const hasHits = (gameId: number): boolean => Math.floor(gameId / 1_000_000) >= firstSeasonWithHits

/** Goals and assists together; null only where both are unknown. */
export const points = (goals: number | null, assists: number | null): number | null =>
  goals === null && assists === null ? null : (goals ?? 0) + (assists ?? 0)

/** Text without its outer blanks; null for none, and for the "N/A" the old API writes in its place. */
export const known = (text: string | null | undefined): string | null => {
  const trimmed = text?.trim() ?? ""
  return trimmed === "" || trimmed === "N/A" ? null : trimmed
}

/** A sweater number; null where there is none ("", null, "--"). */
export const sweater = (number: string | null | undefined): number | null => {
  const digits = known(number)
  return digits !== null && /^\d{1,3}$/.test(digits) ? Number(digits) : null
}
