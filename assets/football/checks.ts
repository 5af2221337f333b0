/** What a good cycle is: every request answered, every team named. */
import { Effect } from "effect"
import { Check } from "sluice"
import { phase1, phase2 } from "./enrichment.ts"
import { matches } from "./matches.ts"

export const phase1Answered = Check.make("every request of phase 1 was answered", {
  asset: phase1.failures,
  // One request that fails does not fail the cycle.
  severity: "warn",
  run: (rows) => Effect.succeed(Check.none(rows, () => true))
})

export const phase2Answered = Check.make("every request of phase 2 was answered", {
  asset: phase2.failures,
  severity: "warn",
  run: (rows) => Effect.succeed(Check.none(rows, () => true))
})

export const everyTeamIsNamed = Check.make("every team has a name", {
  asset: matches,
  severity: "warn",
  run: (rows) => Effect.succeed(Check.none(rows, (row) => row.home_team === null || row.away_team === null))
})
