/** No window ever holds more than its calls, whatever latencies, deaths and changes of the rate there are. */
import { assert, describe, it } from "@effect/vitest"
import * as Admission from "../../../engine/limit/Admission.ts"
import type { Ask, Reply } from "../../../engine/limit/LimitStore.ts"
import type { Rate } from "../../../engine/limit/RateLimit.ts"
import { countOf, momentsOf } from "../../../engine/limit/Segment.ts"
import { seeded } from "../../conformance/Random.ts"
import { type Made, type Scene, simulate, worst } from "./simulation.ts"

const smooth = (calls: number, perMillis: number): Rate => ({ calls, perMillis, burst: 1 })

const scene = (seed: number, fields: Partial<Scene> & { readonly rate: Rate }): Scene => {
  const random = seeded(seed).next
  return {
    rates: () => [fields.rate],
    processes: 1,
    millis: 20_000,
    latency: () => random() * 50,
    travel: () => random() * 5,
    lateness: () => random() * 3,
    keepMillis: fields.rate.perMillis,
    batch: Math.max(1, Math.ceil(fields.rate.calls / fields.rate.perMillis * 50)),
    ...fields
  }
}

/** How much of the limit was used, in the time after the first window. */
const utilisation = (calls: ReadonlyArray<Made>, { calls: n, perMillis }: Rate, millis: number) =>
  calls.filter(({ sent }) => sent > perMillis && sent < millis).length / (n / perMillis * (millis - perMillis))

const name = ({ burst, calls, perMillis }: Rate) => `${calls} per ${perMillis} ms${burst > 1 ? `, ${burst} at once` : ""}`

const rates: ReadonlyArray<Rate> = [
  smooth(1, 1000), smooth(1, 500), smooth(7, 1000), smooth(120, 10_000), smooth(400, 1000),
  { calls: 50, perMillis: 1000, burst: 50 }, { calls: 40, perMillis: 2000, burst: 5 }
]

describe("Admission", () => {
  for (const rate of rates) {
    it(`${name(rate)}: never more in a window, and little less`, () => {
      for (const [seed, processes] of [[1, 1], [2, 3], [3, 5]] as const) {
        const { asks, calls } = simulate(scene(seed, { rate, processes }))
        assert.isAtMost(worst(calls, rate.perMillis), rate.calls)
        // A call holds its permit for the window and its latency: no limiter that is never wrong can do better.
        const bound = rate.perMillis / (rate.perMillis + 30)
        assert.isAtLeast(utilisation(calls, rate, 20_000), processes === 1 ? 0.98 * bound : 0.65 * bound)
        assert.isBelow(asks, 30 * 20 * processes)
      }
    })

    it(`${name(rate)}: through deaths, slow answers and a server that refuses`, () => {
      for (let seed = 1; seed <= 6; seed++) {
        const random = seeded(seed)
        const { calls } = simulate(scene(seed, {
          rate,
          processes: 3,
          leaseMillis: 10_000,
          // Some answers take longer than any window.
          latency: () => random.next() < 0.02 ? random.next() * 15_000 : random.next() * 200,
          travel: () => random.next() < 0.05 ? random.next() * 300 : random.next() * 5,
          lateness: () => random.next() < 0.02 ? random.next() * 1000 : random.next() * 3,
          dies: () => random.next() < 0.01,
          tooMany: () => random.next() < 0.001
        }))
        assert.isAtMost(worst(calls, rate.perMillis), rate.calls)
        assert.isAbove(calls.length, 0)
      }
    })
  }

  it("who is alone loses nothing by what the store does not know", () => {
    for (const rate of [smooth(400, 1000), { calls: 400, perMillis: 1000, burst: 24 }]) {
      const { calls } = simulate(scene(1, { rate, latency: () => 5, lateness: () => 0, batch: 60 }))
      assert.isAtMost(worst(calls, rate.perMillis), rate.calls)
      // By the slots of the store it is 0.993 at most.
      assert.isAtLeast(calls.filter(({ sent }) => sent > 5000 && sent < 20_000).length / (rate.calls * 15), 0.999 * 1000 / 1005)
    }
  })

  it("who reckons for itself gets a bound for all of a lot while it is alone, and slots as others do else", () => {
    const ask = (budget: Admission.Budget, holder: string, now: number, fields: Partial<Ask>) =>
      Admission.ask(budget, {
        bucket: { limit: "test", scope: "global", machine: "" }, holder, leaseMillis: 6000, sentBy: undefined, rates: [smooth(10, 1000)],
        reckons: true, keepMillis: 1000, want: 4, least: 1, open: 0, answered: [], tooMany: undefined, ...fields
      }, now)
    const [given] = ask(Admission.empty, "a", 0, { want: 10 })
    const [alone] = ask(given, "a", 1000, { want: 0, open: 1, answered: Array.from({ length: 9 }, (_, i) => ({ count: 1, at: i * 90 - 900, spacing: 0 })) })
    // Ten had been given by 1000, the answers are of 100, 190, 280, 370: with the one that is open the fourth waits for the last of them.
    assert.deepStrictEqual(ask(alone, "a", 1000, { open: 1 })[1].lot, [{ count: 4, at: 370, spacing: 100 }])
    const slots = ask(alone, "a", 1000, { open: 1, reckons: false })[1].lot
    assert.deepStrictEqual(momentsOf(slots).map(Math.round), [100, 200, 300, 400])
    const [shared] = ask(alone, "b", 1000, { want: 0, open: 1 })
    assert.strictEqual(ask(shared, "a", 1000, { open: 1 })[1].isAlone, false)
    assert.deepStrictEqual(ask(shared, "a", 1000, { open: 1, want: 3 })[1].lot, ask(shared, "a", 1000, { open: 1, want: 3, reckons: false })[1].lot)
    // A bound more than a second away would have it wait for what it can use sooner.
    const slow = { rates: [{ calls: 10, perMillis: 5000, burst: 10 }], keepMillis: 5000, want: 10 }
    const [all] = ask(Admission.empty, "a", 0, slow)
    const [free] = ask(all, "a", 5000, { ...slow, want: 0, answered: Array.from({ length: 10 }, (_, i) => ({ count: 1, at: i * 490 - 4990, spacing: 0 })) })
    assert.deepStrictEqual(momentsOf(ask(free, "a", 5000, slow)[1].lot).map(Math.round), Array.from({ length: 10 }, (_, i) => 10 + 490 * i))
  })

  it("others come, go and die beside one that is alone in between", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seeded(seed)
      const rate = { calls: 30, perMillis: 500, burst: random.pick([1, 5, 30]) }
      const { calls } = simulate(scene(seed, {
        rate,
        processes: 2,
        leaseMillis: 1500,
        latency: () => random.next() < 0.02 ? random.next() * 1000 : random.next() * 20,
        travel: () => random.next() < 0.05 ? random.next() * 100 : random.next() * 5,
        dies: () => random.next() < 0.03,
        pause: () => random.next() < 0.2 ? random.next() * 2500 : 0
      }))
      assert.isAtMost(worst(calls, rate.perMillis), rate.calls)
      assert.isAbove(calls.length, 100)
    }
  })

  it("answers that follow each other closely for ever do not count for ever", () => {
    const rate = smooth(2500, 20_000)
    const { calls } = simulate(scene(1, { rate, millis: 60_000, latency: () => 5, lateness: () => 0, travel: () => 1, batch: 1 }))
    assert.isAtMost(worst(calls, rate.perMillis), rate.calls)
    assert.isAbove(utilisation(calls, rate, 60_000), 0.95)
  })

  it("calls of any weight", () => {
    for (let seed = 1; seed <= 5; seed++) {
      const random = seeded(seed)
      const rate = { calls: 20, perMillis: 1000, burst: random.pick([1, 20]) }
      const { calls } = simulate(scene(seed, { rate, processes: 2, batch: 5, weight: () => random.int(1, 5) }))
      assert.isAtMost(worst(calls, 1000), 20)
    }
  })

  it("a rate that changes: the lower one holds for every window that ends after the change", () => {
    for (let seed = 1; seed <= 5; seed++) {
      const change = 10_000
      const high = smooth(100, 1000)
      const low = smooth(10, 1000)
      const { calls } = simulate(scene(seed, {
        rate: high,
        processes: 3,
        oneRate: false,
        // Both hold around the change, as a timetable gives them.
        rates: (now) => now < change - 1000 ? [high] : now < change + 1000 ? [high, low] : [low]
      }))
      assert.isAtMost(worst(calls, 1000), 100)
      assert.isAtMost(worst(calls.filter(({ answered }) => answered >= change), 1000), 10)
      assert.isAbove(utilisation(calls.filter(({ sent }) => sent < change - 1000), high, change - 1000), 0.9)
    }
  })

  it("a call that is heavier than another process allows waits until that one has gone, and holds up nobody", () => {
    let budget = Admission.empty
    let reply: Reply
    const bucket = { limit: "test", scope: "global", machine: "" } as const
    const ask = (holder: string, now: number, fields: Partial<Ask>) => {
      ;[budget, reply] = Admission.ask(budget, {
        bucket, holder, leaseMillis: 6000, sentBy: undefined, rates: [smooth(10, 1000)], reckons: false, keepMillis: 1000, want: 1, least: 1, open: 0, answered: [], tooMany: undefined,
        ...fields
      }, now)
      return countOf(reply.lot)
    }
    const low = { rates: [smooth(2, 1000)], answered: [{ count: 1, at: 0, spacing: 0 }] }
    let light = ask("b", 0, low)
    for (let now = 100; now < 10_000; now += 100) {
      assert.strictEqual(ask("a", now, { want: 5, least: 5 }), 0)
      light += ask("b", now + 50, { ...low, answered: light > 0 ? low.answered : [] })
    }
    assert.isAbove(light, 5)
    for (let now = 10_000; now <= 17_000; now += 1000) ask("a", now, { want: 5, least: 5 })
    assert.strictEqual(countOf(reply!.lot) || budget.holders.find(({ id }) => id === "a")?.open, 5)
  })

  it("two runs with rates of their own: the lower one holds while both are there", () => {
    const { calls } = simulate(scene(1, {
      rate: smooth(100, 1000),
      processes: 2,
      rates: (_, process) => [process === 0 ? smooth(100, 1000) : smooth(20, 1000)]
    }))
    assert.isAtMost(worst(calls.filter(({ sent }) => sent > 1000), 1000), 20)
  })

  it("a rate that has fallen recovers to the declared one and no further", () => {
    const rate = smooth(100, 1000)
    let told = false
    const { calls } = simulate(scene(1, { rate, millis: 30_000, tooMany: () => !told && (told = true) }))
    const within = (from: number, to: number) => calls.filter(({ sent }) => sent >= from && sent < to).length / ((to - from) / 1000)
    assert.isBelow(within(500, 1500), 60)
    assert.isAbove(within(15_000, 30_000), 90)
    assert.isAtMost(worst(calls, 1000), 100)
  })
})
