/** How soon permits can be used by who is alone: as soon as what was answered ceases to count, and not closer than evenly. */
import { assert, describe, it } from "@effect/vitest"
import * as OwnCalls from "../../../engine/limit/OwnCalls.ts"

const never = Number.POSITIVE_INFINITY

describe("OwnCalls", () => {
  it("a permit follows the answer that it needs out of the way, to the moment", () => {
    const own = OwnCalls.make({ calls: 3, perMillis: 1000, burst: 3 })
    own.answered(100, 1)
    own.answered(140, 2)
    assert.deepStrictEqual(own.soonest([1104, 1144, 1144], 0, 150), [1100, 1140, 1140])
    // The first of those is answered, the others are open, and what came before them counts no more.
    own.answered(1150, 1)
    assert.deepStrictEqual(own.soonest([2154], 2, 1160), [2150])
  })

  it("never later than its slot", () => {
    const own = OwnCalls.make({ calls: 1, perMillis: 1000, burst: 1 })
    own.answered(500, 1)
    assert.deepStrictEqual(own.soonest([1200], 0, 900), [1200])
    // What is open is answered first, some time: the store knows better.
    assert.deepStrictEqual(own.soonest([2600], 1, 1300), [2600])
  })

  it("an answer that is known to have come earlier, or is taken to come later, counts in its place", () => {
    const own = OwnCalls.make({ calls: 3, perMillis: 1000, burst: 3 })
    own.answered(1200, 1)
    own.answered(300, 1)
    own.answered(700, 1)
    assert.deepStrictEqual(own.soonest([never, never, never], 0, 800), [1300, 1700, 2200])
  })

  it("keeps its distance from the slots that were given before, but for what a burst makes up for", () => {
    const smooth = OwnCalls.make({ calls: 10, perMillis: 5000, burst: 1 })
    smooth.given([0, 500])
    assert.deepStrictEqual(smooth.soonest([1400, 1900], 2, 600), [1000, 1500])
    const bursting = OwnCalls.make({ calls: 10, perMillis: 5000, burst: 3 })
    bursting.given([0, 500])
    assert.deepStrictEqual(bursting.soonest([5000, 5000, 5000, 5000], 2, 2000), [2000, 2000, 2000, 2500])
  })
})
