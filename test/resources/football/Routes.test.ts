/** The vendor's documented limits, and in which mode they are kept. */
import { assert, it } from "@effect/vitest"
import * as RateLimit from "../../../engine/limit/RateLimit.ts"
import * as Routes from "../../../resources/football/Routes.ts"

it("odds are limited in both modes, changes where they are asked for", () => {
  const limits = (routes: ReturnType<typeof Routes.of>) =>
    Object.fromEntries(
      Object.entries(routes).flatMap(([route, { limits = [] }]) =>
        limits.map(({ name, rate, scope }) => [route, `${name} ${RateLimit.rateText(rate)} burst ${rate.burst} ${scope}`]))
    )
  const odds = { odds: "football/odds 120/min burst 120 global" }
  assert.deepStrictEqual(limits(Routes.of("seed")), odds)
  assert.deepStrictEqual(limits(Routes.of("vendor")), {
    ...odds,
    team_changes: "football/team_changes 1/min burst 1 global",
    competition_changes: "football/competition_changes 1/min burst 1 global"
  })
  assert.deepStrictEqual(limits(Routes.unlimited), {})
  // Another try of a call that may be made once a minute would hold its cycle for a minute.
  assert.deepStrictEqual([Routes.attempts("odds"), Routes.attempts("team_changes")], [3, 1])
})
