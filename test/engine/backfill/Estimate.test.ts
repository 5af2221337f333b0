import { assert, describe, it } from "@effect/vitest"
import * as Estimate from "../../../engine/backfill/Estimate.ts"

const timing = (millis: number) => ({ millis, steps: 10 })
const one = (asset: string, partitions: number, more: Partial<Estimate.Planned> = {}): Estimate.Planned => ({
  assets: [asset],
  partitions,
  batch: 1,
  concurrency: undefined,
  limits: [],
  ...more
})

describe("Estimate", () => {
  it("is calls × time over the slots; a few calls take as long as one", () => {
    const table: ReadonlyArray<readonly [Estimate.Planned, number, calls: number, millis: number]> = [
      [one("a", 1000), 8, 1000, 12_500],
      [one("a", 3), 8, 3, 100],
      [one("a", 9), 8, 9, 200],
      [one("a", 0), 8, 0, 0],
      [one("a", 1000, { concurrency: 2 }), 8, 1000, 50_000],
      [one("a", 1000, { concurrency: 20 }), 8, 1000, 12_500],
      [one("a", 901, { batch: 400 }), 8, 3, 100],
      [one("a", 901, { batch: 400, concurrency: 1 }), 8, 3, 300],
      [one("a", 5000, { batch: 5000 }), 8, 1, 500]
    ]
    for (const [planned, concurrency, calls, millis] of table) {
      const { computations, millis: total } = Estimate.make([planned], new Map([["a", timing(100)]]), concurrency)
      assert.deepStrictEqual([computations[0]?.calls, computations[0]?.millis, total], [calls, millis, millis])
    }
  })

  it("computations share the slots, but none is quicker than its own limit", () => {
    const timings = new Map([["a", timing(100)], ["b", timing(10)]])
    const shared = Estimate.make([one("a", 80), one("b", 800)], timings, 8)
    assert.deepStrictEqual([shared.cells, shared.calls, shared.millis], [880, 880, 2000])
    const limited = Estimate.make([one("a", 80, { concurrency: 1 }), one("b", 800)], timings, 8)
    assert.strictEqual(limited.millis, 8000)
  })

  it("cells that cost nothing still have to be recorded, by one process for all assets", () => {
    const timings = new Map([["a", timing(0.01)], ["b", timing(0.01)]])
    assert.strictEqual(Estimate.make([one("a", 50_000), one("b", 50_000)], timings, 8).millis, 10_000)
  })

  it("the assets of a computation are computed by one call, and timed by whichever was", () => {
    const many = Estimate.make([one("", 10, { assets: ["a", "b", "c"] })], new Map([["b", timing(50)]]), 1)
    assert.deepStrictEqual([many.cells, many.calls, many.millis, many.unknown], [30, 10, 500, []])
  })

  it("no quicker than the rate limits let all calls under them be", () => {
    const nba = { name: "nba", spacingMillis: 600, calls: 1 }
    const a = one("a", 100, { limits: [nba, { name: "quick", spacingMillis: 1, calls: 3 }] })
    const b = one("b", 50, { limits: [{ ...nba, calls: 2 }] })
    const both = Estimate.make([a, b], new Map([["a", timing(10)]]), 8)
    assert.deepStrictEqual(both.computations.map(({ limit }) => limit), [{ name: "nba", millis: 60_000 }, { name: "nba", millis: 60_000 }])
    // They share the limit; b was never materialized, but is no quicker than that either.
    assert.deepStrictEqual([both.computations[1]?.millis, both.millis, both.unknown], [60_000, 120_000, ["b"]])
    const slow = Estimate.make([a], new Map([["a", timing(10_000)]]), 1)
    assert.strictEqual(slow.millis, 1_000_000)
  })

  it("what was never materialized is named, not guessed", () => {
    const some = Estimate.make([one("a", 10), one("b", 10)], new Map([["a", timing(10)]]), 1)
    assert.deepStrictEqual([some.millis, some.unknown], [100, ["b"]])
    const none = Estimate.make([one("a", 10)], new Map(), 1)
    assert.deepStrictEqual([none.millis, none.computations[0]?.millis, none.unknown], [undefined, undefined, ["a"]])
    const nothing = Estimate.make([], new Map(), 1)
    assert.deepStrictEqual([nothing.cells, nothing.millis, nothing.unknown], [0, undefined, []])
  })
})
