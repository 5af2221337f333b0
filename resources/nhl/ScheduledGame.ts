/** A game as the league's schedule lists it: a row of the games table. */
import { Schema } from "effect"

/**
 * `final` is a finished game, official or not; `postponed` is a game without a valid date, which includes a
 * suspended one. A state that the API invents later reads as `scheduled`, so that an unknown game is not polled.
 */
export const GameState = Schema.Literals(["scheduled", "live", "final", "postponed", "cancelled"])
export type GameState = typeof GameState.Type

/** `other` holds what is no league game: Olympics, World Cup, 4 Nations, exhibitions. */
export const GameType = Schema.Literals(["preseason", "regular", "playoff", "all-star", "other"])
export type GameType = typeof GameType.Type

export const ScheduledGame = Schema.Struct({
  game_id: Schema.Int,
  /** Both years: "20222023". */
  season: Schema.String,
  game_type: GameType,
  /** The league's calendar day, in New York time: a game at 01:00 UTC belongs to the day before. */
  game_date: Schema.String,
  /** Null where the league has not fixed it. */
  starts_at: Schema.NullOr(Schema.Date),
  state: GameState,
  /** Null for guests from outside the league that have no id. */
  away_team_id: Schema.NullOr(Schema.Int),
  away_team_name: Schema.NullOr(Schema.String),
  home_team_id: Schema.NullOr(Schema.Int),
  home_team_name: Schema.NullOr(Schema.String),
  /** Null until the game has begun, though the old API then says 0. */
  away_score: Schema.NullOr(Schema.Int),
  home_score: Schema.NullOr(Schema.Int),
  venue: Schema.NullOr(Schema.String)
})
export type ScheduledGame = typeof ScheduledGame.Type

/** The score of a game in `state`: only a game that has begun has one. */
export const score = (state: GameState, goals: number | null | undefined): number | null =>
  state === "live" || state === "final" ? goals ?? null : null
