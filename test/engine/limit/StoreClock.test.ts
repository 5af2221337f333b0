/** What is known of another clock is true, and narrower than what one reply tells. */
import { assert, describe, it } from "@effect/vitest"
import * as StoreClock from "../../../engine/limit/StoreClock.ts"
import { seeded } from "../../conformance/Random.ts"

/** Asks for a while; `ahead` is what the store's clock is ahead by, at a time of this process. */
const follow = (seed: number, ahead: (local: number) => number, millis: number, onSeen: (clock: StoreClock.StoreClock, got: number, travel: number) => void) => {
  const random = seeded(seed)
  const clock = StoreClock.make()
  for (let sent = 0; sent < millis;) {
    const there = random.next() * random.pick([1, 5, 200])
    const got = sent + there + random.next() * random.pick([1, 5, 200])
    const heard = sent + there
    clock.seen(heard + ahead(heard), sent, got)
    onSeen(clock, got, got - sent)
    sent = got + random.next() * 50
  }
}

/** How far the bounds are apart; fails where the truth does not lie between them. */
const width = (clock: StoreClock.StoreClock, ahead: (local: number) => number, local: number): number => {
  const latest = clock.latest(local) ?? Number.NaN
  const moment = local + ahead(local)
  assert.isAtLeast(latest, moment - 1e-3)
  assert.isAtLeast(clock.passed(moment), local - 1e-3)
  return latest - moment + clock.passed(moment) - local
}

describe("the clock of a store", () => {
  it("is known between bounds that hold, though it gains and loses", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const gain = seeded(seed).pick([0, 0.0004, -0.0004])
      const ahead = (local: number) => 1e12 + gain * local
      const widths: Array<number> = []
      const travels: Array<number> = []
      follow(seed, ahead, 20_000, (clock, got, travel) => {
        widths.push(width(clock, ahead, got))
        travels.push(travel)
      })
      const mean = (all: ReadonlyArray<number>) => all.reduce((sum, one) => sum + one, 0) / all.length
      assert.isBelow(mean(widths), mean(travels) / 8, `seed ${seed}`)
    }
  })

  it("is learnt anew when it is seen to have been set", () => {
    for (const step of [1000, -1000]) {
      const ahead = (local: number) => local < 10_000 ? 0 : step
      let since = 0
      follow(1, ahead, 20_000, (clock, got) => {
        if (got > 10_000 && since++ > 0) assert.isBelow(width(clock, ahead, got), 450)
      })
      assert.isAbove(since, 10)
    }
  })

  it("is not known before it was seen, nor after it was forgotten", () => {
    const clock = StoreClock.make()
    assert.strictEqual(clock.latest(1), undefined)
    clock.seen(1001, 0, 2)
    assert.strictEqual(clock.latest(0), 1001)
    clock.forget()
    assert.strictEqual(clock.latest(2), undefined)
  })
})
