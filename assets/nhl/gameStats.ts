/** What the players of a game did: its raw body, and one row for every player. */
import { Effect, Schema } from "effect"
import { Asset, Document, Documents, Metadata, Retry, Rows, Warehouse } from "sluice"
import { GameFeed } from "../../resources/nhl/GameFeed.ts"
import { flatten, GameStat } from "../../resources/nhl/GameStat.ts"
import { NhlApi } from "../../resources/nhl/NhlApi.ts"
import { apiConcurrency, game } from "./games.ts"

export const liveFeed = Asset.make("nhl/live_feed", {
  description: "The API's body of one game, kept whole; null for a game that the API lists and has no body of.",
  kinds: ["api", "json"],
  partitions: game,
  output: Document.of(Schema.NullOr(GameFeed)),
  io: Documents,
  concurrency: apiConcurrency,
  retry: Retry.transient({ times: 3, base: "1 second" }),
  timeout: "1 minute",
  run: Effect.fnUntraced(function*(_, gameId) {
    const api = yield* NhlApi
    return yield* Effect.catch(api.feed(gameId), (error) =>
      error.notFound ? Effect.as(Metadata.attach({ feed: "the API has none" }), null) : Effect.fail(error))
  })
})

export const gameStats = Asset.make("nhl/game_stats", {
  description: "One row for every player of a game, goalies and scratched players included.",
  kinds: ["postgres"],
  partitions: game,
  inputs: { feed: liveFeed },
  // An emptier body of a game (as the API sends now and then) must not wipe out what a fuller one told.
  output: Rows.of(GameStat, { key: ["game_id", "player_id"], mode: "upsert", keepKnown: true, indexes: [["player_id"]] }),
  io: Warehouse,
  run: ({ feed }) => feed === null ? Effect.succeed([]) : Effect.fromResult(flatten(feed))
})
