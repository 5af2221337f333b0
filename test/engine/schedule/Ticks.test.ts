import { assert, describe, it } from "@effect/vitest"
import { DateTime, Result } from "effect"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import * as LocalTime from "../../../engine/partition/LocalTime.ts"
import * as Schedule from "../../../engine/schedule/Schedule.ts"
import * as Ticks from "../../../engine/schedule/Ticks.ts"

/** The table of docs/schedules.md: zone, cron, from, due. */
const table = Array.from(
  readFileSync(path.join(import.meta.dirname, "..", "..", "..", "docs", "schedules.md"), "utf8")
    .matchAll(/^\| ([\w/]+) \| `([^`]+)` \| (\S+) \| (2\S.*?) \| (.*) \|$/gm),
  ([, timezone = "", cron = "", from = "", due = "", what = ""]) => ({ timezone, cron, from, due: due.split(", "), what })
)

const localTexts = (schedule: Schedule.Schedule, from: number, count: number): ReadonlyArray<string> =>
  Ticks.between(schedule, from - 1, Number.POSITIVE_INFINITY, count).map((moment) => Ticks.tickOf(schedule, moment).local)

describe("the table of docs/schedules.md", () => {
  it("is there", () => assert.isAbove(table.length, 25))

  for (const { cron, due, from, timezone, what } of table) {
    it(`${timezone} ${cron} from ${from}: ${what}`, () => {
      const schedule = Schedule.make("s", { cron, timezone })
      const [start] = LocalTime.instantsOf(schedule.zone, Result.getOrThrow(LocalTime.parse(from)))
      assert.deepStrictEqual(localTexts(schedule, start!, due.length), due)
    })
  }
})

describe("ticks", () => {
  // Around both changes of three zones, by a step that is no multiple of anything.
  const zones = [["Europe/Berlin", "2026-03-29", "2026-10-25"], ["America/New_York", "2026-03-08", "2026-11-01"], ["Australia/Lord_Howe", "2026-04-05", "2026-10-04"]] as const
  const crons = ["0 2 * * *", "30 1 * * *", "15 * * * *", "*/20 * * * *", "*/15 1-2 * * *", "0 0 * * *"]

  it("are the same from wherever one looks, ascending, and none is lost or added", () => {
    for (const [timezone, ...days] of zones) {
      for (const cron of crons) {
        const schedule = Schedule.make("s", { cron, timezone })
        for (const day of days) {
          const [from, to] = [Date.parse(day) - 36 * 3_600_000, Date.parse(day) + 36 * 3_600_000]
          const all = Ticks.between(schedule, from, to, 999).map(({ instant }) => instant)
          assert.deepStrictEqual(all, [...new Set(all)].sort((a, b) => a - b))
          for (let after = from; after < to; after += 37 * 60_000 + 13) {
            const expected = all.find((instant) => instant > after)
            if (expected !== undefined) assert.strictEqual(Ticks.next(schedule, after)?.instant, expected, `${timezone} ${cron} after ${new Date(after).toISOString()}`)
          }
          assert.deepStrictEqual(Ticks.lastBetween(schedule, from, to, 3).map(({ instant }) => instant), all.slice(-3))
        }
      }
    }
  })

  it("a moment that several expressions share is one tick", () => {
    const schedule = Schedule.make("s", { cron: ["0 2 * * *", "30 2 * * *", "0 * * * *"], timezone: "Europe/Berlin" })
    assert.deepStrictEqual(localTexts(schedule, Date.parse("2026-03-29T00:30Z"), 3), [
      "2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00", "2026-03-29T05:00:00+02:00"
    ])
  })

  it("say what clocks have done to them", () => {
    const schedule = Schedule.make("s", { cron: "*/30 2 * * *", timezone: "Europe/Berlin" })
    const notes = (from: string) => Ticks.between(schedule, Date.parse(from), Number.POSITIVE_INFINITY, 3).map((moment) => Ticks.tickOf(schedule, moment).note)
    assert.deepStrictEqual(notes("2026-03-28T12:00Z"), ["clocks skip 02:00", undefined, undefined])
    assert.deepStrictEqual(notes("2026-10-24T12:00Z"), [
      "clocks show 02:00 twice: the first time", "clocks show 02:30 twice: the first time", "clocks show 02:00 twice: the second time"
    ])
  })

  it("are due in a season: months over the end of the year, hours over midnight", () => {
    const season = Schedule.make("s", {
      cron: "*/1 * * * *", timezone: "America/New_York", during: { months: { from: 9, to: 5 }, hours: { from: "10:00", to: "04:00" } }
    })
    const isDue = (local: string) => {
      const instant = DateTime.toEpochMillis(DateTime.makeZonedUnsafe(local, { timeZone: "America/New_York", adjustForTimeZone: true }))
      return Ticks.next(season, instant - 1)?.instant === instant
    }
    const times: ReadonlyArray<readonly [string, boolean]> = [
      ["2026-01-10T09:59", false], ["2026-01-10T10:00", true], ["2026-01-11T03:59", true], ["2026-01-11T04:00", false],
      ["2026-05-31T12:00", true], ["2026-06-01T03:59", true], ["2026-06-01T12:00", false], ["2026-08-31T12:00", false],
      ["2026-09-01T03:00", false], ["2026-09-01T12:00", true], ["2026-03-08T03:30", true], ["2026-11-01T01:30", true]
    ]
    for (const [local, expected] of times) assert.strictEqual(isDue(local), expected, local)
    assert.deepStrictEqual(localTexts(season, Date.parse("2026-06-01T08:00Z"), 1), ["2026-09-01T10:00:00-04:00"])
  })

  it("are due on days of the week, and a night belongs to the day on which it begins", () => {
    const nights = Schedule.make("s", { cron: "0 1,23 * * *", during: { days: ["Fri"], hours: { from: "22:00", to: "02:00" } } })
    assert.deepStrictEqual(localTexts(nights, Date.parse("2026-03-02T00:00Z"), 3), [
      "2026-03-06T23:00:00+00:00", "2026-03-07T01:00:00+00:00", "2026-03-13T23:00:00+00:00"
    ])
  })

  it("a definition that is wrong is refused in one sentence", () => {
    const wrong: ReadonlyArray<readonly [Schedule.Options, string]> = [
      [{ cron: "61 9 * * *" }, "Schedule \"s\": \"61 9 * * *\" is not a cron expression: Invalid value for minute: 61."],
      [{ cron: "0 9 * *" }, "Schedule \"s\": \"0 9 * *\" is not a cron expression: it has 4 fields, and five or six are wanted."],
      [{ cron: "0 9 31 2 *" }, "Schedule \"s\": Cron expression \"0 9 31 2 *\" is never due: no date fits it."],
      [{ cron: [] }, "Schedule \"s\": it has no cron expression."],
      [{ cron: "0 9 * * *", timezone: "Berlin" }, "Schedule \"s\": \"Berlin\" is not a time zone: write an IANA name such as \"America/New_York\" or \"UTC\"."],
      [{ cron: "0 9 * * *", during: { hours: { from: "10:00", to: "12:00" } } }, "Schedule \"s\": it is never due, because its cron has no time in `during`."],
      [{ cron: "0 9 * * *", during: { hours: { from: "9", to: "12:00" } } }, "Schedule \"s\": \"9\" of \"during\" is no time of day: write one like \"10:00\"."],
      [{ cron: "0 9 * * *", during: { months: { from: 0, to: 12 } } }, "Schedule \"s\": 0 of \"during\" is no month: write 1 to 12."],
      [{ every: "1 millis" }, "Schedule \"s\": every should be a span of time of at least 100 ms, such as \"10 seconds\"."]
    ]
    for (const [options, sentence] of wrong) assert.throws(() => Schedule.make("s", options), sentence)
    assert.throws(() => Schedule.make("a schedule", { cron: "0 9 * * *" }), /Schedule name "a schedule" is not valid/)
  })
})
