import { assert, describe, it } from "@effect/vitest"
import { DateTime, Result } from "effect"
import * as Partitions from "../../../engine/partition/Partitions.ts"
import * as PartitionSet from "../../../engine/partition/PartitionSet.ts"
import * as PartitionSpace from "../../../engine/partition/PartitionSpace.ts"

const { cron, daily, hourly, monthly, weekly } = Partitions

const at = (partitions: Partitions.TimeWindows, now: string) =>
  PartitionSpace.resolve(partitions, { now: DateTime.makeUnsafe(now), dynamicKeys: () => [] })

/** `2024-03-31T01:00Z`, with seconds where they are not 0. */
const iso = (instant: DateTime.Utc) => DateTime.formatIso(instant).replace(/(:00)?\.000Z$/, "Z")

/** Keys of a space from one to another, with the instants at which their windows begin. */
const begins = (partitions: Partitions.TimeWindows, range: string): ReadonlyArray<string> => {
  const space = at(partitions, "2030-01-01T00:00:00Z")
  const set = Result.getOrThrowWith(space.parse(range, "x"), (error) => new Error(error.message))
  return Array.from(PartitionSet.points(set), (point) => `${space.keyAt(point)} = ${iso(space.valueAt(point).start)}`)
}

type Rows = ReadonlyArray<readonly [what: string, partitions: Partitions.TimeWindows, range: string, expected: ReadonlyArray<string>]>

const table = (title: string, rows: Rows) =>
  describe(title, () => {
    for (const [what, partitions, range, expected] of rows) {
      it(`${what}: ${Partitions.describe(partitions)}, ${range}`, () =>
        assert.deepStrictEqual(begins(partitions, range), expected))
    }
  })

const start = "1980-01-01"
const berlin = { start, timezone: "Europe/Berlin" }
const newYork = { start, timezone: "America/New_York" }
const lordHowe = { start, timezone: "Australia/Lord_Howe" }
const kathmandu = { start, timezone: "Asia/Kathmandu" }
const apia = { start, timezone: "Pacific/Apia" }
const saoPaulo = { start, timezone: "America/Sao_Paulo" }
const havana = { start, timezone: "America/Havana" }
const casablanca = { start, timezone: "Africa/Casablanca" }
const monrovia = { start: "1971-01-01", timezone: "Africa/Monrovia" }

table("hours while the clock changes", [
  ["ahead", hourly(berlin), "2023-03-26T01:00..2023-03-26T03:00", [
    "2023-03-26T01:00 = 2023-03-26T00:00Z", "2023-03-26T03:00 = 2023-03-26T01:00Z"
  ]],
  ["back", hourly(berlin), "2023-10-29T01:00..2023-10-29T03:00", [
    "2023-10-29T01:00 = 2023-10-28T23:00Z", "2023-10-29T02:00+02:00 = 2023-10-29T00:00Z",
    "2023-10-29T02:00+01:00 = 2023-10-29T01:00Z", "2023-10-29T03:00 = 2023-10-29T02:00Z"
  ]],
  ["ahead", hourly(newYork), "2024-03-10T01:00..2024-03-10T03:00", [
    "2024-03-10T01:00 = 2024-03-10T06:00Z", "2024-03-10T03:00 = 2024-03-10T07:00Z"
  ]],
  ["back", hourly(newYork), "2024-11-03T00:00..2024-11-03T02:00", [
    "2024-11-03T00:00 = 2024-11-03T04:00Z", "2024-11-03T01:00-04:00 = 2024-11-03T05:00Z",
    "2024-11-03T01:00-05:00 = 2024-11-03T06:00Z", "2024-11-03T02:00 = 2024-11-03T07:00Z"
  ]],
  ["back, by minute", hourly({ ...newYork, minuteOffset: 15 }), "2024-11-03T00:15..2024-11-03T02:15", [
    "2024-11-03T00:15 = 2024-11-03T04:15Z", "2024-11-03T01:15-04:00 = 2024-11-03T05:15Z",
    "2024-11-03T01:15-05:00 = 2024-11-03T06:15Z", "2024-11-03T02:15 = 2024-11-03T07:15Z"
  ]],
  // 2:00 is 2:30: a window of half an hour begins at the change.
  ["ahead by half an hour", hourly(lordHowe), "2023-10-01T01:00..2023-10-01T04:00", [
    "2023-10-01T01:00 = 2023-09-30T14:30Z", "2023-10-01T02:30 = 2023-09-30T15:30Z",
    "2023-10-01T03:00 = 2023-09-30T16:00Z", "2023-10-01T04:00 = 2023-09-30T17:00Z"
  ]],
  // 2:00 is 1:30: the window from 1:00 has 90 minutes.
  ["back by half an hour", hourly(lordHowe), "2023-04-02T00:00..2023-04-02T03:00", [
    "2023-04-02T00:00 = 2023-04-01T13:00Z", "2023-04-02T01:00 = 2023-04-01T14:00Z",
    "2023-04-02T02:00 = 2023-04-01T15:30Z", "2023-04-02T03:00 = 2023-04-01T16:30Z"
  ]],
  ["half past is there twice", hourly({ ...lordHowe, minuteOffset: 30 }), "2023-04-02T00:30..2023-04-02T02:30", [
    "2023-04-02T00:30 = 2023-04-01T13:30Z", "2023-04-02T01:30+11:00 = 2023-04-01T14:30Z",
    "2023-04-02T01:30+10:30 = 2023-04-01T15:00Z", "2023-04-02T02:30 = 2023-04-01T16:00Z"
  ]],
  ["+5:45", hourly(kathmandu), "2024-01-01T00:00..2024-01-01T01:00", [
    "2024-01-01T00:00 = 2023-12-31T18:15Z", "2024-01-01T01:00 = 2023-12-31T19:15Z"
  ]],
  ["from +5:30 to +5:45", hourly(kathmandu), "1985-12-31T22:00..1986-01-01T02:00", [
    "1985-12-31T22:00 = 1985-12-31T16:30Z", "1985-12-31T23:00 = 1985-12-31T17:30Z",
    "1986-01-01T00:15 = 1985-12-31T18:30Z", "1986-01-01T01:00 = 1985-12-31T19:15Z",
    "1986-01-01T02:00 = 1985-12-31T20:15Z"
  ]],
  ["over the date line", hourly(apia), "2011-12-29T23:00..2011-12-31T00:00", [
    "2011-12-29T23:00 = 2011-12-30T09:00Z", "2011-12-31T00:00 = 2011-12-30T10:00Z"
  ]],
  ["back for Ramadan", hourly(casablanca), "2023-03-19T01:00..2023-03-19T03:00", [
    "2023-03-19T01:00 = 2023-03-19T00:00Z", "2023-03-19T02:00+01:00 = 2023-03-19T01:00Z",
    "2023-03-19T02:00+00:00 = 2023-03-19T02:00Z", "2023-03-19T03:00 = 2023-03-19T03:00Z"
  ]],
  ["ahead after it", hourly(casablanca), "2023-04-23T01:00..2023-04-23T03:00", [
    "2023-04-23T01:00 = 2023-04-23T01:00Z", "2023-04-23T03:00 = 2023-04-23T02:00Z"
  ]],
  ["from -0:44:30 to 0", hourly(monrovia), "1972-01-06T23:00..1972-01-07T02:00", [
    "1972-01-06T23:00 = 1972-01-06T23:44:30Z", "1972-01-07T00:44:30 = 1972-01-07T00:44:30Z",
    "1972-01-07T01:00 = 1972-01-07T01:00Z", "1972-01-07T02:00 = 1972-01-07T02:00Z"
  ]]
])

table("days while the clock changes", [
  ["23 hours", daily(berlin), "2023-03-26..2023-03-27", ["2023-03-26 = 2023-03-25T23:00Z", "2023-03-27 = 2023-03-26T22:00Z"]],
  ["25 hours", daily(berlin), "2023-10-29..2023-10-30", ["2023-10-29 = 2023-10-28T22:00Z", "2023-10-30 = 2023-10-29T23:00Z"]],
  ["a start that is skipped", daily({ ...newYork, hourOffset: 2, minuteOffset: 30 }), "2024-03-09..2024-03-11", [
    "2024-03-09 = 2024-03-09T07:30Z", "2024-03-10 = 2024-03-10T07:00Z", "2024-03-11 = 2024-03-11T06:30Z"
  ]],
  ["a start that is there twice", daily({ ...newYork, hourOffset: 1 }), "2024-11-02..2024-11-04", [
    "2024-11-02 = 2024-11-02T05:00Z", "2024-11-03 = 2024-11-03T05:00Z", "2024-11-04 = 2024-11-04T06:00Z"
  ]],
  ["23 and a half hours", daily(lordHowe), "2023-10-01..2023-10-02", [
    "2023-10-01 = 2023-09-30T13:30Z", "2023-10-02 = 2023-10-01T13:00Z"
  ]],
  ["24 and a half hours", daily(lordHowe), "2023-04-02..2023-04-03", [
    "2023-04-02 = 2023-04-01T13:00Z", "2023-04-03 = 2023-04-02T13:30Z"
  ]],
  ["a start in the skipped half hour", daily({ ...lordHowe, hourOffset: 2, minuteOffset: 15 }), "2023-10-01..2023-10-02", [
    "2023-10-01 = 2023-09-30T15:30Z", "2023-10-02 = 2023-10-01T15:15Z"
  ]],
  ["23 hours and three quarters", daily(kathmandu), "1985-12-31..1986-01-02", [
    "1985-12-31 = 1985-12-30T18:30Z", "1986-01-01 = 1985-12-31T18:30Z", "1986-01-02 = 1986-01-01T18:15Z"
  ]],
  ["a skipped day is an empty window", daily(apia), "2011-12-29..2011-12-31", [
    "2011-12-29 = 2011-12-29T10:00Z", "2011-12-30 = 2011-12-30T10:00Z", "2011-12-31 = 2011-12-30T10:00Z"
  ]],
  ["or what is left of it", daily({ ...apia, hourOffset: 6 }), "2011-12-29..2011-12-31", [
    "2011-12-29 = 2011-12-29T16:00Z", "2011-12-30 = 2011-12-30T10:00Z", "2011-12-31 = 2011-12-30T16:00Z"
  ]],
  ["no midnight", daily(saoPaulo), "2018-11-03..2018-11-05", [
    "2018-11-03 = 2018-11-03T03:00Z", "2018-11-04 = 2018-11-04T03:00Z", "2018-11-05 = 2018-11-05T02:00Z"
  ]],
  ["back at midnight", daily(saoPaulo), "2018-02-17..2018-02-18", [
    "2018-02-17 = 2018-02-17T02:00Z", "2018-02-18 = 2018-02-18T03:00Z"
  ]],
  ["two midnights", daily(havana), "2024-11-02..2024-11-04", [
    "2024-11-02 = 2024-11-02T04:00Z", "2024-11-03 = 2024-11-03T04:00Z", "2024-11-04 = 2024-11-04T05:00Z"
  ]]
])

table("leap days and centuries", [
  ["every fourth year", daily({ start }), "2024-02-28..2024-03-01", [
    "2024-02-28 = 2024-02-28T00:00Z", "2024-02-29 = 2024-02-29T00:00Z", "2024-03-01 = 2024-03-01T00:00Z"
  ]],
  ["not others", daily({ start }), "2023-02-28..2023-03-01", ["2023-02-28 = 2023-02-28T00:00Z", "2023-03-01 = 2023-03-01T00:00Z"]],
  ["2000 has one", daily({ start }), "2000-02-29..2000-03-01", ["2000-02-29 = 2000-02-29T00:00Z", "2000-03-01 = 2000-03-01T00:00Z"]],
  ["1900 has none", daily({ start: "1890-01-01" }), "1900-02-28..1900-03-01", [
    "1900-02-28 = 1900-02-28T00:00Z", "1900-03-01 = 1900-03-01T00:00Z"
  ]],
  ["local leap days", daily(newYork), "2024-02-29..2024-03-01", ["2024-02-29 = 2024-02-29T05:00Z", "2024-03-01 = 2024-03-01T05:00Z"]],
  ["months", monthly({ start }), "2024-02..2024-03", ["2024-02 = 2024-02-01T00:00Z", "2024-03 = 2024-03-01T00:00Z"]],
  ["cron on leap days, not in 1900", cron({ start: "1895-01-01", cron: "0 0 29 2 *" }), "1896-02-29T00:00..1908-02-29T00:00", [
    "1896-02-29T00:00 = 1896-02-29T00:00Z", "1904-02-29T00:00 = 1904-02-29T00:00Z", "1908-02-29T00:00 = 1908-02-29T00:00Z"
  ]]
])

table("weeks and months", [
  ["2024 ends in the week of 2025", weekly({ start, weekStart: "Monday" }), "2024-12-23..2025-01-06", [
    "2024-12-23 = 2024-12-23T00:00Z", "2024-12-30 = 2024-12-30T00:00Z", "2025-01-06 = 2025-01-06T00:00Z"
  ]],
  ["2020 has an ISO week 53", weekly({ start, weekStart: "Monday" }), "2020-12-28..2021-01-04", [
    "2020-12-28 = 2020-12-28T00:00Z", "2021-01-04 = 2021-01-04T00:00Z"
  ]],
  ["over a leap day", weekly({ start, weekStart: "Thursday" }), "2024-02-22..2024-03-07", [
    "2024-02-22 = 2024-02-22T00:00Z", "2024-02-29 = 2024-02-29T00:00Z", "2024-03-07 = 2024-03-07T00:00Z"
  ]],
  ["167 hours", weekly({ ...newYork, weekStart: "Saturday", hourOffset: 6 }), "2024-03-09..2024-03-16", [
    "2024-03-09 = 2024-03-09T11:00Z", "2024-03-16 = 2024-03-16T10:00Z"
  ]],
  ["before 1970", weekly({ start: "1969-12-01" }), "1969-12-28..1970-01-04", [
    "1969-12-28 = 1969-12-28T00:00Z", "1970-01-04 = 1970-01-04T00:00Z"
  ]],
  ["over the year", monthly(berlin), "2023-12..2024-01", ["2023-12 = 2023-11-30T23:00Z", "2024-01 = 2023-12-31T23:00Z"]],
  ["before 1970", monthly({ start: "1969-11" }), "1969-12..1970-01", ["1969-12 = 1969-12-01T00:00Z", "1970-01 = 1970-01-01T00:00Z"]],
  ["over a change of the clock", monthly({ ...berlin, dayOffset: 26, hourOffset: 2, minuteOffset: 30 }), "2023-02-26..2023-04-26", [
    "2023-02-26 = 2023-02-26T01:30Z", "2023-03-26 = 2023-03-26T01:00Z", "2023-04-26 = 2023-04-26T00:30Z"
  ]],
  ["from day 28 in February", monthly({ start, dayOffset: 28 }), "2023-01-28..2023-03-28", [
    "2023-01-28 = 2023-01-28T00:00Z", "2023-02-28 = 2023-02-28T00:00Z", "2023-03-28 = 2023-03-28T00:00Z"
  ]]
])

table("cron", [
  ["skipped: the first valid instant", cron({ ...berlin, cron: "0 2 * * *" }), "2023-03-25T02:00..2023-03-27T02:00", [
    "2023-03-25T02:00 = 2023-03-25T01:00Z", "2023-03-26T03:00 = 2023-03-26T01:00Z", "2023-03-27T02:00 = 2023-03-27T00:00Z"
  ]],
  ["there twice: the first", cron({ ...berlin, cron: "30 2 * * *" }), "2023-10-28T02:30..2023-10-30T02:30", [
    "2023-10-28T02:30 = 2023-10-28T00:30Z", "2023-10-29T02:30+02:00 = 2023-10-29T00:30Z",
    "2023-10-30T02:30 = 2023-10-30T01:30Z"
  ]],
  ["before the hour that is there twice", cron({ ...berlin, cron: "45 1 * * *" }), "2023-10-29T01:45", [
    "2023-10-29T01:45 = 2023-10-28T23:45Z"
  ]],
  ["after it", cron({ ...berlin, cron: "0 3 * * *" }), "2023-10-29T03:00", ["2023-10-29T03:00 = 2023-10-29T02:00Z"]],
  ["hourly: both", cron({ ...berlin, start: "2023-10-01", cron: "45 * * * *" }), "2023-10-29T01:45..2023-10-29T03:45", [
    "2023-10-29T01:45 = 2023-10-28T23:45Z", "2023-10-29T02:45+02:00 = 2023-10-29T00:45Z",
    "2023-10-29T02:45+01:00 = 2023-10-29T01:45Z", "2023-10-29T03:45 = 2023-10-29T02:45Z"
  ]],
  ["ahead by half an hour", cron({ ...lordHowe, cron: "0 2 * * *" }), "2023-10-01T02:30..2023-10-02T02:00", [
    "2023-10-01T02:30 = 2023-09-30T15:30Z", "2023-10-02T02:00 = 2023-10-01T15:00Z"
  ]],
  ["once a month, there twice", cron({ start, timezone: "America/Chicago", cron: "30 1 5 * *" }), "2023-11-05T01:30-05:00..2023-12-05T01:30", [
    "2023-11-05T01:30-05:00 = 2023-11-05T06:30Z", "2023-12-05T01:30 = 2023-12-05T07:30Z"
  ]],
  ["weekdays", cron({ start, cron: "0 9 * * MON-FRI" }), "2024-03-01T09:00..2024-03-04T09:00", [
    "2024-03-01T09:00 = 2024-03-01T09:00Z", "2024-03-04T09:00 = 2024-03-04T09:00Z"
  ]],
  ["last day of the month", cron({ start, cron: "0 0 L * *" }), "2024-01-31T00:00..2024-03-31T00:00", [
    "2024-01-31T00:00 = 2024-01-31T00:00Z", "2024-02-29T00:00 = 2024-02-29T00:00Z", "2024-03-31T00:00 = 2024-03-31T00:00Z"
  ]],
  ["a day or a weekday", cron({ start, cron: "0 0 13 * FRI" }), "2024-09-06T00:00..2024-09-20T00:00", [
    "2024-09-06T00:00 = 2024-09-06T00:00Z", "2024-09-13T00:00 = 2024-09-13T00:00Z", "2024-09-20T00:00 = 2024-09-20T00:00Z"
  ]]
])

describe("which windows exist", () => {
  const days = { start: "2024-03-01", timezone: "America/New_York" }
  const rows: ReadonlyArray<readonly [string, Partitions.TimeWindows, string, string | undefined, string | undefined]> = [
    ["a short day is over sooner", daily(days), "2024-03-11T04:00:00Z", "2024-03-01", "2024-03-10"],
    ["and not before", daily(days), "2024-03-11T03:59:59.999Z", "2024-03-01", "2024-03-09"],
    ["a long day is over later", daily(days), "2024-11-04T04:59:59.999Z", "2024-03-01", "2024-11-02"],
    ["with the open one", daily({ ...days, endOffset: 1 }), "2024-03-10T20:00:00Z", "2024-03-01", "2024-03-10"],
    ["without the last", daily({ ...days, endOffset: -1 }), "2024-03-11T04:00:00Z", "2024-03-01", "2024-03-09"],
    ["an end that cuts an end offset", daily({ ...days, end: "2024-03-05", endOffset: 3 }), "2024-03-04T12:00:00Z", "2024-03-01", "2024-03-04"],
    ["a start within a window", daily({ ...days, start: "2024-03-01T00:01" }), "2024-03-05T12:00:00Z", "2024-03-02", "2024-03-04"],
    ["a start in a skipped hour", hourly({ ...days, start: "2024-03-10T02:30" }), "2024-03-10T09:00:00Z", "2024-03-10T03:00", "2024-03-10T04:00"],
    ["a start that is there twice is the first", hourly({ ...days, start: "2024-11-03T01:00" }), "2024-11-03T07:00:00Z",
      "2024-11-03T01:00-04:00", "2024-11-03T01:00-05:00"],
    ["an offset chooses the second", hourly({ ...days, start: "2024-11-03T01:00-05:00" }), "2024-11-03T08:00:00Z",
      "2024-11-03T01:00-05:00", "2024-11-03T02:00"],
    ["the open week", weekly({ start: "2024-01-01", weekStart: "Monday", endOffset: 1 }), "2024-01-03T00:00:00Z", "2024-01-01", "2024-01-01"],
    ["the month before last", monthly({ start: "2024-01", endOffset: -1 }), "2024-04-01T00:00:00Z", "2024-01", "2024-02"],
    ["cron, with the open one", cron({ start: "2024-01-01", cron: "0 */6 * * *", endOffset: 1 }), "2024-01-01T07:00:00Z",
      "2024-01-01T00:00", "2024-01-01T06:00"],
    ["nothing before the first", hourly({ start: "2024-01-01" }), "2024-01-01T00:59:59Z", undefined, undefined]
  ]
  for (const [what, partitions, now, first, last] of rows) {
    it(`${what}: ${Partitions.describe(partitions)} at ${now}`, () => {
      const space = at(partitions, now)
      const [one, other] = [PartitionSet.firstPoint(space.all), PartitionSet.lastPoint(space.all)]
      assert.deepStrictEqual([one && space.keyAt(one), other && space.keyAt(other)], [first, last])
    })
  }
})
