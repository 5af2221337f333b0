/**
 * The sensor that has games ingested while they are on. It observes the stored schedule, which the pipeline's own schedule
 * keeps young: a live game is asked for at each look, a final one now and then for some hours, and then no more.
 */
import { DateTime, Effect, Schema } from "effect"
import { Asset, Sensor } from "sluice"
import { games } from "../../assets/nhl/games.ts"
import { liveFeed } from "../../assets/nhl/gameStats.ts"
import { due, finalEverySeconds, lastLookHours } from "../../resources/nhl/Due.ts"
import { evening } from "./Season.ts"

export const liveGames = Sensor.make("nhl/live", {
  description: "The games that are on, and now and then those that are final lately.",
  /** When final games were looked at last, in milliseconds since 1970. */
  cursor: Schema.Int,
  initial: 0,
  every: "10 seconds",
  // Where a run takes longer than that, the next one begins at its end.
  openRuns: 1,
  keysKept: "1 hour",
  observe: Effect.fnUntraced(function*(finalAt) {
    const now = yield* DateTime.now
    const millis = DateTime.toEpochMillis(now)
    const isFinalDue = millis - finalAt >= finalEverySeconds * 1000
    // Before the first run of the schedule there is no table. What is wrong with the database the daemon tells itself.
    const listed = yield* Effect.orElseSucceed(Asset.load(games, evening(now)), () => [])
    const wanted = due(listed, {
      now, types: listed.map(({ game_type }) => game_type), lastLookHours: isFinalDue ? lastLookHours : 0
    })
    return {
      cursor: isFinalDue ? millis : finalAt,
      found: wanted.length === 0 ? [] : [{ key: DateTime.formatIso(now), value: wanted.map(({ game_id }) => String(game_id)) }]
    }
  }),
  request: (ids: ReadonlyArray<string>) => ({ select: `${liveFeed.key}+`, partitions: ids, force: true })
})
