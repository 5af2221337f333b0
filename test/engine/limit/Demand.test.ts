/** What will be wanted is told by what was wanted: also between two bursts, and not for long after the last one. */
import { assert, describe, it } from "@effect/vitest"
import * as Demand from "../../../engine/limit/Demand.ts"

describe("Demand", () => {
  it("is at least the mean of a stretch while calls come in bursts", () => {
    const demand = Demand.make(50)
    for (let now = 10_000; now < 12_000; now++) {
      if (now % 125 === 0) demand.add(625, now)
      // 5 a millisecond in the mean.
      if (now >= 10_500) assert.isAtLeast(demand.ahead(now), 250)
    }
  })

  it("tells a first burst as a whole, and forgets it", () => {
    const demand = Demand.make(50)
    demand.add(300, 10_000)
    assert.strictEqual(demand.ahead(10_010), 300)
    assert.isAbove(demand.ahead(10_200), 0)
    assert.strictEqual(demand.ahead(10_500), 0)
  })
})
