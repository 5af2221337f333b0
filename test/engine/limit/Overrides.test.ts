import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Result } from "effect"
import * as Overrides from "../../../engine/limit/Overrides.ts"
import * as RateLimit from "../../../engine/limit/RateLimit.ts"

describe("overrides of rates", () => {
  it("are read, and written so that they are read again", () => {
    const texts: ReadonlyArray<readonly [string, number, number, string]> = [
      ["5/s", 5, 1000, "5/s"],
      ["120/min", 120, 60_000, "120/min"],
      ["1/0.3s", 1, 300, "1/0.3s"],
      ["1/.6s", 1, 600, "1/0.6s"],
      ["1/300ms", 1, 300, "1/0.3s"],
      ["7 / 90 seconds", 7, 90_000, "7/1.5min"],
      ["100/hour", 100, 3_600_000, "100/h"],
      ["3/100s", 3, 100_000, "3/100s"],
      ["1/5ms", 1, 5, "1/5ms"],
      ["2/31d", 2, 31 * 86_400_000, "2/31d"]
    ]
    for (const [text, calls, perMillis, again] of texts) {
      assert.deepStrictEqual(Overrides.parseRate(text), Result.succeed({ calls, perMillis }))
      assert.strictEqual(RateLimit.rateText({ calls, perMillis }), again)
      assert.deepStrictEqual(Overrides.parseRate(again), Result.succeed({ calls, perMillis }))
    }
    for (const text of ["", "5", "5/", "/s", "0/s", "-1/s", "1.5/s", "5/0s", "5/-1s", "NaN/s", "5/NaNs", "5/fortnight", "1/32d", "1/0.5ms", "99999999999/s"]) {
      assert.isTrue(Result.isFailure(Overrides.parseRate(text)), text)
    }
    for (const seconds of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 0.0001]) {
      assert.isTrue(Result.isFailure(Overrides.ofSeconds(seconds)), String(seconds))
    }
    const list = Result.getOrThrow(Overrides.parse(" nba=5/s, football/odds = 120/min ,"))
    assert.deepStrictEqual([...list.keys()], ["nba", "football/odds"])
    assert.strictEqual(Overrides.format(list), "nba=5/s,football/odds=120/min")
    assert.deepStrictEqual(Overrides.parse("nba=5"), Result.fail("\"5\" of the limit nba is no rate: write calls per time, like 5/s, 120/min or 1/0.3s."))
  })

  it("take the place of a rate and its timetable, by name before the one for all", () => {
    const limit = RateLimit.make("nba", { calls: 10, per: "1 second", burst: true, timetable: { timezone: "UTC", "22:00-06:00": { calls: 20, per: "1 second" } } })
    const changed = Overrides.apply(limit, Result.getOrThrow(Overrides.parse("*=1/2s,nba=3/s")))
    assert.deepStrictEqual(changed.rate, { calls: 3, perMillis: 1000, burst: 3 })
    assert.deepStrictEqual(RateLimit.ratesAt(changed, 0), [changed.rate])
    // One call at a time stays one at a time.
    const one = RateLimit.make("one", { calls: 1, per: "1 second" })
    assert.strictEqual(Overrides.apply(one, Result.getOrThrow(Overrides.parse("*=5/s"))).rate.burst, 1)
    const other = RateLimit.make("other", { calls: 10, per: "1 second", burst: 4 })
    assert.deepStrictEqual(Overrides.apply(other, Result.getOrThrow(Overrides.parse("*=6/s"))).rate, { calls: 6, perMillis: 1000, burst: 4 })
    assert.strictEqual(Overrides.apply(other, Result.getOrThrow(Overrides.parse("nba=3/s"))), other)
  })

  it.effect("of a name that nobody has declared are refused, with those that are near", () =>
    Effect.gen(function*() {
      const check = (text: string, ...names: ReadonlyArray<string>) =>
        Effect.flip(Overrides.check).pipe(
          Effect.provideService(Overrides.Declared, new Set(names)),
          Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown({ SLUICE_LIMITS: text })),
          Effect.map(({ message }) => message)
        )
      assert.strictEqual(yield* check("nbb=5/s", "nba", "odds"), "There is no rate limit \"nbb\". Did you mean \"nba\"?")
      assert.strictEqual(yield* check("xyz=5/s"), "There is no rate limit \"xyz\". No limit is declared.")
      assert.strictEqual(yield* check("nba=x", "nba"), "SLUICE_LIMITS: \"x\" of the limit nba is no rate: write calls per time, like 5/s, 120/min or 1/0.3s.")
    }))
})
