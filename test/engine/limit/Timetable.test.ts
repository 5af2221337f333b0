import { assert, describe, it } from "@effect/vitest"
import * as RateLimit from "../../../engine/limit/RateLimit.ts"

const bulk = (timetable: RateLimit.Options["timetable"]) => RateLimit.make("bulk", { calls: 5, per: "1 second", timetable })

const at = (limit: RateLimit.RateLimit, instant: string): ReadonlyArray<number> =>
  RateLimit.ratesAt(limit, Date.parse(instant)).map(({ calls }) => calls)

describe("a timetable", () => {
  it("gives the rate of the hour, over midnight; near a change both hold", () => {
    const limit = bulk({ timezone: "Europe/Berlin", "22:00-06:00": { calls: 10, per: "1 second" }, "12:00-12:30": { calls: 1, per: "10 seconds" } })
    const table: ReadonlyArray<readonly [string, ReadonlyArray<number>]> = [
      ["2024-01-15T11:00:00+01:00", [5]],
      ["2024-01-15T21:59:57+01:00", [5]],
      // What is given now may be used in a second and a half.
      ["2024-01-15T21:59:58+01:00", [5, 10]],
      ["2024-01-15T21:59:59.500+01:00", [5, 10]],
      ["2024-01-15T22:00:00.500+01:00", [10, 5]],
      ["2024-01-15T22:00:02+01:00", [10]],
      ["2024-01-16T00:00:00+01:00", [10]],
      ["2024-01-16T05:59:50+01:00", [10]],
      ["2024-01-16T05:59:59.500+01:00", [10, 5]],
      ["2024-01-16T06:00:01.500+01:00", [5]],
      // The lower rate holds as long before it begins, and after it ends, as its window is long.
      ["2024-01-16T11:59:45+01:00", [5]],
      ["2024-01-16T11:59:55+01:00", [5, 1]],
      ["2024-01-16T12:15:00+01:00", [1]],
      ["2024-01-16T12:30:09+01:00", [5, 1]],
      ["2024-01-16T12:30:11+01:00", [5]],
      // In summer the same hours of the clock are another instant.
      ["2024-07-15T19:59:00Z", [5]],
      ["2024-07-15T20:01:00Z", [10]],
      ["2024-01-15T20:01:00Z", [5]]
    ]
    for (const [instant, calls] of table) assert.deepStrictEqual(at(limit, instant), calls, instant)
  })

  it("follows the clock where it is changed: a missing hour is missing, a repeated one is there twice", () => {
    const limit = bulk({ timezone: "Europe/Berlin", "02:00-03:00": { calls: 9, per: "1 second" } })
    const table: ReadonlyArray<readonly [string, number]> = [
      // 31 March 2024: from 01:59 to 03:00.
      ["2024-03-31T00:59:30Z", 5],
      ["2024-03-31T01:00:30Z", 5],
      ["2024-03-30T01:30:00Z", 9],
      // 27 October 2024: from 02:59 back to 02:00.
      ["2024-10-26T23:59:30Z", 5],
      ["2024-10-27T00:30:00Z", 9],
      ["2024-10-27T01:30:00Z", 9],
      ["2024-10-27T02:00:30Z", 5]
    ]
    for (const [instant, calls] of table) assert.deepStrictEqual(at(limit, instant), [calls], instant)
    // Where the change is half an hour: from 01:59 back to 01:30.
    const island = bulk({ timezone: "Australia/Lord_Howe", "01:45-02:15": { calls: 9, per: "1 second" } })
    const minutes = [["14:50", 9], ["15:05", 5], ["15:20", 9], ["15:50", 5]] as const
    for (const [minute, calls] of minutes) assert.deepStrictEqual(at(island, `2024-04-06T${minute}:00Z`), [calls], minute)
  })

  it("refuses hours that are none, overlap or are empty, and zones that there are not", () => {
    const refusal = (timetable: RateLimit.Options["timetable"]) => {
      try {
        bulk(timetable)
        return "taken"
      } catch (error) {
        return error instanceof Error ? error.message : "?"
      }
    }
    const rate = { calls: 1, per: "1 second" } as const
    const begins = "The timetable of the rate limit \"bulk\""
    assert.strictEqual(refusal({ timezone: "UTC", "22:00-24:00": rate, "00:00-06:00": rate }), "taken")
    assert.strictEqual(refusal({ timezone: "UTC", "22:00-25:00": rate }), `${begins} has "22:00-25:00": write hours like "22:00-06:00".`)
    assert.strictEqual(refusal({ timezone: "UTC", "22:60-23:00": rate }), `${begins} has "22:60-23:00": write hours like "22:00-06:00".`)
    assert.strictEqual(refusal({ timezone: "UTC", "22:00-22:00": rate }), `${begins} has "22:00-22:00", which are no hours: the end is not the beginning.`)
    assert.strictEqual(refusal({ timezone: "UTC", "22:00-06:00": rate, "05:00-07:00": rate }), `${begins} gives two rates for 05:00: let its hours not overlap.`)
    assert.match(refusal({ timezone: "Europe/Berlyn" }), /"Europe\/Berlyn" is not a time zone/)
    assert.match(refusal({ timezone: "UTC", "22:00-06:00": { calls: 0, per: "1 second" } }), /The rate limit "bulk" has "calls: 0"/)
  })
})

describe("a rate limit", () => {
  it("refuses what is none", () => {
    const refusal = (name: string, options: RateLimit.Options) => {
      try {
        RateLimit.make(name, options)
        return "taken"
      } catch (error) {
        return error instanceof Error ? error.message : "?"
      }
    }
    assert.match(refusal("a b", { calls: 1, per: "1 second" }), /has no valid name/)
    assert.match(refusal("x", { calls: 1.5, per: "1 second" }), /"calls: 1.5": calls are a whole number from 1/)
    assert.match(refusal("x", { calls: Number.NaN, per: "1 second" }), /"calls: NaN"/)
    assert.match(refusal("x", { calls: 1, per: 0 }), /"per: 0": it is a time from 1 millisecond to 31 days/)
    assert.match(refusal("x", { calls: 1, per: "40 days" }), /"per: 40 days"/)
    assert.match(refusal("x", { calls: 1, per: "1 second", burst: 0 }), /"burst: 0"/)
    assert.match(refusal("x", { calls: 1, per: "1 second", reaches: -1 }), /"reaches: -1"/)
    assert.strictEqual(refusal("football/odds", { calls: 120, per: "1 minute", burst: 1000 }), "taken")
  })
})
