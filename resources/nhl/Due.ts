/** Which games are worth a look: those that are on, and those that ended lately, since the league still corrects its figures. */
import { DateTime } from "effect"
import type { GameType, ScheduledGame } from "./ScheduledGame.ts"

/** A final game is due so many hours from its beginning. */
export const lastLookHours = 8

/** From a look at a final game to the next. */
export const finalEverySeconds = 300

export interface Due {
  readonly now: DateTime.Utc
  readonly types: ReadonlyArray<GameType>
  readonly lastLookHours: number
}

/** A game that has not begun yet, or whose beginning is not known, began within no hours. */
export const beganWithin = ({ starts_at }: ScheduledGame, hours: number, now: DateTime.Utc): boolean => {
  const until = DateTime.toEpochMillis(now)
  return starts_at !== null && starts_at.getTime() >= until - hours * 3_600_000 && starts_at.getTime() <= until
}

/**
 * Those of the games that are live, and those that ended lately. A final game that has not begun yet is a slip of the
 * schedule. A game that a schedule names twice counts once.
 */
export const due = (games: ReadonlyArray<ScheduledGame>, { lastLookHours, now, types }: Due): ReadonlyArray<ScheduledGame> => {
  const isDue = (game: ScheduledGame) =>
    types.includes(game.game_type) &&
    (game.state === "live" || (game.state === "final" && beganWithin(game, lastLookHours, now)))
  return [...new Map(games.filter(isDue).map((game) => [game.game_id, game])).values()]
}
