/** The body that the API gives for one game, kept whole, with the shape it has. */
import { Schema } from "effect"

export const GameFeed = Schema.Struct({
  /** `statsapi`: the old feed/live. `api-web`: the boxscore, with the play-by-play's `rosterSpots` where asked for. */
  shape: Schema.Literals(["statsapi", "api-web"]),
  game_id: Schema.Int,
  body: Schema.Json
})
export type GameFeed = typeof GameFeed.Type
