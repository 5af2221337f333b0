/** How soon permits can be used by who is alone: as soon as what was answered ceases to count, and not closer than evenly. */
import { assert, describe, it } from "@effect/vitest"
import * as OwnCalls from "../../../engine/limit/OwnCalls.ts"

const never = Number.POSITIVE_INFINITY
const whole = { factor: 1, pausedMillis: 0, falls: 0 }
const alone = { isAlone: true, pace: whole }
const shared = { isAlone: false, pace: whole }

describe("OwnCalls", () => {
  it("a permit follows the answer that it needs out of the way, to the moment", () => {
    const own = OwnCalls.make({ calls: 3, perMillis: 1000, burst: 3 })
    own.answered(100, 1)
    own.answered(140, 2)
    assert.deepStrictEqual(own.dues(alone, [1104, 1144, 1144], 0, 150), [1100, 1140, 1140])
    // The first of those is answered, the others are open, and what came before them counts no more.
    own.answered(1150, 1)
    assert.deepStrictEqual(own.dues(alone, [2154], 2, 1160), [2150])
  })

  it("never later than its slot", () => {
    const own = OwnCalls.make({ calls: 1, perMillis: 1000, burst: 1 })
    own.answered(500, 1)
    assert.deepStrictEqual(own.dues(alone, [1200], 0, 900), [1200])
    // What is open is answered first, some time: the store knows better.
    assert.deepStrictEqual(own.dues(alone, [2600], 1, 1300), [2600])
  })

  it("as the slots say where others have permits, or the rate has fallen", () => {
    for (const reply of [shared, { isAlone: true, pace: { ...whole, factor: 0.5 } }, { isAlone: true, pace: { ...whole, pausedMillis: 10 } }]) {
      const own = OwnCalls.make({ calls: 3, perMillis: 1000, burst: 3 })
      own.answered(100, 3)
      assert.deepStrictEqual(own.dues(reply, [1150, 1190], 0, 150), [1150, 1190])
    }
  })

  it("an answer that is known to have come earlier, or is taken to come later, counts in its place", () => {
    const own = OwnCalls.make({ calls: 3, perMillis: 1000, burst: 3 })
    own.answered(1200, 1)
    own.answered(300, 1)
    own.answered(700, 1)
    assert.deepStrictEqual(own.dues(alone, [never, never, never], 0, 800), [1300, 1700, 2200])
  })

  it("keeps its distance from the slots that were given before, but for what a burst makes up for", () => {
    const smooth = OwnCalls.make({ calls: 10, perMillis: 5000, burst: 1 })
    assert.deepStrictEqual(smooth.dues(shared, [0, 500], 0, 0), [0, 500])
    assert.deepStrictEqual(smooth.dues(alone, [1400, 1900], 2, 600), [1000, 1500])
    const bursting = OwnCalls.make({ calls: 10, perMillis: 5000, burst: 3 })
    bursting.dues(shared, [0, 500], 0, 0)
    assert.deepStrictEqual(bursting.dues(alone, [5000, 5000, 5000, 5000], 2, 2000), [2000, 2000, 2000, 2500])
  })
})
