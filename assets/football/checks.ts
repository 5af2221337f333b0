/** What a good cycle is: every request answered, every team named. */
import { Effect } from "effect"
import { Check } from "sluice"
import { enrichment } from "./enrichment.ts"
import { matches } from "./matches.ts"

export const everyRequestAnswered = Check.make("every request was answered", {
  asset: enrichment.failures,
  // One request that fails does not fail the cycle.
  severity: "warn",
  run: (rows) => Effect.succeed(Check.none(rows, () => true))
})

export const everyTeamIsNamed = Check.make("every team has a name", {
  asset: matches,
  severity: "warn",
  run: (rows) => Effect.succeed(Check.none(rows, (row) => row.home_team === null || row.away_team === null))
})
