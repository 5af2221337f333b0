/** The league's calendar: the games of each day, and a partition for every game that has something to tell. */
import { Effect } from "effect"
import { Asset, Partitions, Retry, Rows, Warehouse } from "sluice"
import { NhlApi } from "../../resources/nhl/NhlApi.ts"
import { ScheduledGame } from "../../resources/nhl/ScheduledGame.ts"

/** So many calls to the league's API are under way at once, of each kind. */
export const apiConcurrency = 4

/** A day of the league's calendar. Today counts: its games may be on. */
export const gameDay = Partitions.daily({ start: "2020-10-01", timezone: "America/New_York", endOffset: 1 })

export const games = Asset.make("nhl/games", {
  description: "The games of one day, as the league's schedule lists them.",
  kinds: ["api", "postgres"],
  partitions: gameDay,
  // By key, since a postponed game is listed on its old day and on its new one; the later look at it counts.
  output: Rows.of(ScheduledGame, { key: ["game_id"], mode: "upsert", indexes: [["game_date"]] }),
  io: Warehouse,
  concurrency: apiConcurrency,
  retry: Retry.transient({ times: 3, base: "1 second" }),
  timeout: "1 minute",
  run: (_, day) => Effect.flatMap(NhlApi, (api) => api.schedule(day))
})

/** One partition a game that has begun: before that there is no feed, and a postponed game has none either. */
export const game = Partitions.dynamic("nhl/game", {
  from: games,
  key: (row) => row.state === "final" || row.state === "live" ? row.game_id : undefined
})
