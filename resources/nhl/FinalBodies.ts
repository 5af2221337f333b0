/**
 * Bodies of the day's final games, remembered by a process that goes on: a loop that wants all games of an evening every
 * ten seconds asks the league for a final one every five minutes, and no more when it is not due.
 */
import { DateTime } from "effect"
import { beganWithin, due, finalEverySeconds, lastLookHours } from "./Due.ts"
import type { GameFeed } from "./GameFeed.ts"
import type { ScheduledGame } from "./ScheduledGame.ts"

export interface FinalBodies {
  /** What a schedule says now. A game that is not final, or of another day, is not remembered. */
  readonly listed: (games: ReadonlyArray<ScheduledGame>, now: DateTime.Utc) => void
  /** The body of a game that need not be asked for again. */
  readonly get: (gameId: number, now: DateTime.Utc) => GameFeed | undefined
  readonly set: (feed: GameFeed, now: DateTime.Utc) => void
}

/** Old seasons, of which there are thousands of games, are not remembered. */
const rememberedHours = 24

export const make = (): FinalBodies => {
  const finals = new Map<number, ScheduledGame>()
  const bodies = new Map<number, { readonly feed: GameFeed; readonly asked: DateTime.Utc }>()
  const forget = (gameId: number) => {
    finals.delete(gameId)
    bodies.delete(gameId)
  }
  const isDue = (game: ScheduledGame, now: DateTime.Utc) => due([game], { now, types: [game.game_type], lastLookHours }).length > 0
  const secondsSince = (asked: DateTime.Utc, now: DateTime.Utc) => (DateTime.toEpochMillis(now) - DateTime.toEpochMillis(asked)) / 1000
  return {
    listed: (games, now) => {
      for (const game of games) {
        if (game.state === "final") finals.set(game.game_id, game)
        else forget(game.game_id)
      }
      for (const game of finals.values()) if (!beganWithin(game, rememberedHours, now)) forget(game.game_id)
    },
    get: (gameId, now) => {
      const [game, body] = [finals.get(gameId), bodies.get(gameId)]
      if (game === undefined || body === undefined) return undefined
      return isDue(game, now) && secondsSince(body.asked, now) >= finalEverySeconds ? undefined : body.feed
    },
    set: (feed, now) => {
      if (finals.has(feed.game_id)) bodies.set(feed.game_id, { feed, asked: now })
    }
  }
}
