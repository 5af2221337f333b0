/** Step 1a: the list of live matches, one request. */
import { Effect } from "effect"
import { Asset, Metadata, Rows, Warehouse } from "sluice"
import { LiveMatch } from "../../resources/football/LiveMatch.ts"
import { liveOrMock } from "../../resources/football/Mock.ts"

export const live = Asset.make("football/live", {
  description: "The matches that are on, about to begin or just ended, as the API lists them now.",
  kinds: ["api", "postgres"],
  output: Rows.of(LiveMatch, { key: ["match_id"] }),
  io: Warehouse,
  run: () => Effect.tap(liveOrMock, (matches) => Metadata.attach({ requests: matches.some((match) => match._mock) ? 0 : 1 }))
})
