/** Which seasons there are, and which days they have. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Result } from "effect"
import { games } from "../../../assets/nhl/games.ts"
import { Asset, Schedule } from "../../../index.ts"
import { evening, firstDay, leagueDay, season, span } from "../../../pipelines/nhl/Season.ts"
import { NhlApi } from "../../../resources/nhl/NhlApi.ts"

const today = "2023-11-22"
const spanOf = (season: string) => Result.getOrElse(span(season, today), (message) => message)

describe("Season", () => {
  it("has the days of September to August, from the first day of the calendar to today", () => {
    assert.deepStrictEqual(spanOf("20212022"), { from: "2021-09-01", to: "2022-08-31" })
    assert.deepStrictEqual(spanOf("20202021"), { from: firstDay, to: "2021-08-31" })
    assert.deepStrictEqual(spanOf("20232024"), { from: "2023-09-01", to: today })
  })

  it("refuses what is no season with the reason", () => {
    for (const season of ["2022", "202220233", "2022-2023", "abcdefgh", "", " 20222023", "２０２２２０２３"]) {
      assert.include(spanOf(season), "write the eight digits of its two years")
    }
    assert.include(spanOf("20222024"), "after 2022 comes 2023, like 20222023")
    assert.include(spanOf("20222022"), "after 2022 comes 2023")
    assert.include(spanOf("20192020"), "was over before 2020-10-01")
    assert.include(spanOf("20242025"), "has not begun: it is 2023-11-22")
  })

  it.live("begins where the calendar of the asset does", () =>
    Effect.gen(function*() {
      const on = (day: string) => Effect.exit(Asset.compute(games, {}, day))
      assert.strictEqual((yield* on(firstDay))._tag, "Success")
      assert.strictEqual((yield* on("2020-09-30"))._tag, "Failure")
    }).pipe(
      Effect.provideService(NhlApi, { schedule: () => Effect.succeed([]), feed: () => Effect.die("not asked for") })
    ))

  it("a day is New York's, with both changes of the clock", () => {
    const day = (at: string, plus?: number) => leagueDay(DateTime.makeUnsafe(at), plus)
    assert.strictEqual(day("2023-03-10T04:59:59Z"), "2023-03-09")
    assert.strictEqual(day("2023-03-10T05:00:00Z"), "2023-03-10")
    assert.strictEqual(day("2023-07-01T03:59:59Z"), "2023-06-30")
    assert.strictEqual(day("2023-03-13T03:30:00Z", -1), "2023-03-11")
    assert.strictEqual(day("2023-11-05T04:30:00Z", 1), "2023-11-06")
    assert.strictEqual(day("2023-11-06T04:30:00Z", 1), "2023-11-06")
  })

  it("is polled from ten to four, September to May; a night asks for the day on which it began", () => {
    const loop = Schedule.make("nhl", { every: "1 minute", timezone: "America/New_York", during: season })
    const isDue = (at: string) => Schedule.ticks(loop, { from: new Date(at), to: new Date(at) }).length === 1
    const times = [
      ["2023-01-10T09:59-05:00", false, "2023-01-10"], ["2023-01-10T10:00-05:00", true, "2023-01-10"],
      ["2023-01-11T03:59-05:00", true, "2023-01-10"], ["2023-01-11T04:00-05:00", false, "2023-01-11"],
      ["2023-05-31T20:00-04:00", true, "2023-05-31"], ["2023-06-01T20:00-04:00", false, "2023-06-01"],
      ["2023-08-31T20:00-04:00", false, "2023-08-31"], ["2023-09-01T20:00-04:00", true, "2023-09-01"],
      ["2023-03-12T03:30-04:00", true, "2023-03-11"], ["2023-11-05T03:30-05:00", true, "2023-11-04"]
    ] as const
    for (const [at, due, day] of times) {
      assert.deepStrictEqual([isDue(at), evening(DateTime.makeUnsafe(at))], [due, day], at)
    }
  })
})
