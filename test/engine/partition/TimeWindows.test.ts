import { assert, describe, it } from "@effect/vitest"
import { Cron } from "croner"
import { DateTime, Result } from "effect"
import * as LocalTime from "../../../engine/partition/LocalTime.ts"
import * as Partitions from "../../../engine/partition/Partitions.ts"
import * as PartitionSet from "../../../engine/partition/PartitionSet.ts"
import * as PartitionSpace from "../../../engine/partition/PartitionSpace.ts"

const at = (partitions: Partitions.TimeWindows, now: string) =>
  PartitionSpace.resolve(partitions, { now: DateTime.makeUnsafe(now), dynamicKeys: () => [] })

const keys = (partitions: Partitions.TimeWindows, now: string) => {
  const space = at(partitions, now)
  return Array.from(PartitionSet.points(space.all), space.keyAt)
}

/** `start/end` of the window of a key, as instants. */
const window = (partitions: Partitions.TimeWindows, key: string, now = "2026-01-01T00:00:00Z") => {
  const space = at(partitions, now)
  const { end, start } = space.valueAt(Result.getOrThrow(space.positionOf(key)))
  return `${DateTime.formatIso(start)}/${DateTime.formatIso(end)}`.replaceAll(":00.000Z", "Z")
}

const { cron, daily, hourly, monthly, weekly } = Partitions

describe("which windows exist", () => {
  const cases: ReadonlyArray<[string, Partitions.TimeWindows, string, ReadonlyArray<string>]> = [
    ["those that are over", daily({ start: "2021-05-05" }), "2021-05-07T00:00:00Z", ["2021-05-05", "2021-05-06"]],
    ["not the open one", daily({ start: "2021-05-05" }), "2021-05-06T23:59:59Z", ["2021-05-05"]],
    ["none before the first is over", daily({ start: "2021-05-05" }), "2021-05-05T10:00:00Z", []],
    ["none before the start", daily({ start: "2021-05-05" }), "2020-01-01T00:00:00Z", []],
    ["two more", daily({ start: "2021-05-05", endOffset: 2 }), "2021-05-07T00:00:00Z",
      ["2021-05-05", "2021-05-06", "2021-05-07", "2021-05-08"]],
    ["two less", daily({ start: "2021-05-01", endOffset: -2 }), "2021-05-07T00:00:00Z",
      ["2021-05-01", "2021-05-02", "2021-05-03", "2021-05-04"]],
    ["minute offset", daily({ start: "2021-05-05", minuteOffset: 15 }), "2021-05-07T00:00:00Z", ["2021-05-05"]],
    ["an end", daily({ start: "2021-05-05", end: "2021-05-07" }), "2022-01-01T00:00:00Z", ["2021-05-05", "2021-05-06"]],
    ["an end within a window", daily({ start: "2021-05-05", end: "2021-05-07T12:00" }), "2022-01-01T00:00:00Z",
      ["2021-05-05", "2021-05-06"]],
    ["weeks begin on Sunday", weekly({ start: "2021-05-01" }), "2021-05-20T00:00:00Z", ["2021-05-02", "2021-05-09"]],
    ["or on Monday", weekly({ start: "2021-05-01", weekStart: "Monday" }), "2021-05-20T00:00:00Z",
      ["2021-05-03", "2021-05-10"]],
    ["months", monthly({ start: "2021-05" }), "2021-07-13T00:00:00Z", ["2021-05", "2021-06"]],
    ["months begin after a start within", monthly({ start: "2021-05-05" }), "2021-07-13T00:00:00Z", ["2021-06"]],
    ["months that begin late", monthly({ start: "2021-05-05", dayOffset: 12, hourOffset: 3, minuteOffset: 15 }),
      "2021-07-13T00:00:00Z", ["2021-05-12", "2021-06-12"]],
    ["hours", hourly({ start: "2021-05-05T01:00" }), "2021-05-05T03:00:00Z", ["2021-05-05T01:00", "2021-05-05T02:00"]],
    ["hours by minute", hourly({ start: "2021-05-05T01:00", minuteOffset: 15 }), "2021-05-05T03:20:00Z",
      ["2021-05-05T01:15", "2021-05-05T02:15"]],
    ["hours of Kolkata", hourly({ start: "2021-05-05", timezone: "Asia/Kolkata" }), "2021-05-04T20:30:00Z",
      ["2021-05-05T00:00", "2021-05-05T01:00"]],
    ["cron", cron({ cron: "0 */4 * * *", start: "2021-05-05T01:00" }), "2021-05-05T17:00:00Z",
      ["2021-05-05T04:00", "2021-05-05T08:00", "2021-05-05T12:00"]],
    ["cron with seconds", cron({ cron: "*/20 * * * * *", start: "2021-05-05" }), "2021-05-05T00:01:00Z",
      ["2021-05-05T00:00", "2021-05-05T00:00:20", "2021-05-05T00:00:40"]],
    ["cron on leap days", cron({ cron: "2 4 29 2 *", start: "2015-01-01" }), "2025-01-01T00:00:00Z",
      ["2016-02-29T04:02", "2020-02-29T04:02"]],
    ["cron to an end", cron({ cron: "@daily", start: "2021-05-05", end: "2021-05-07" }), "2025-01-01T00:00:00Z",
      ["2021-05-05T00:00", "2021-05-06T00:00"]],
    ["leap day", daily({ start: "2024-02-28" }), "2024-03-02T00:00:00Z", ["2024-02-28", "2024-02-29", "2024-03-01"]],
    ["the local day", daily({ start: "2024-01-01", timezone: "America/New_York" }), "2024-01-03T04:59:00Z", ["2024-01-01"]]
  ]
  for (const [name, partitions, now, expected] of cases) {
    it(`${name}: ${Partitions.describe(partitions)} at ${now}`, () => assert.deepStrictEqual(keys(partitions, now), expected))
  }
})

describe("windows over DST", () => {
  const cases: ReadonlyArray<[Partitions.TimeWindows, string, string]> = [
    [daily({ start: "2021-05-05", minuteOffset: 15 }), "2021-05-05", "2021-05-05T00:15Z/2021-05-06T00:15Z"],
    [daily({ start: "2022-01-01", timezone: "Europe/Berlin" }), "2023-03-26", "2023-03-25T23:00Z/2023-03-26T22:00Z"],
    [daily({ start: "2022-01-01", timezone: "Europe/Berlin" }), "2023-10-29", "2023-10-28T22:00Z/2023-10-29T23:00Z"],
    // A start that the clock skips is the first valid instant; one that repeats is the first of both.
    [daily({ start: "2022-01-01", hourOffset: 2, minuteOffset: 30, timezone: "Europe/Berlin" }), "2023-03-26",
      "2023-03-26T01:00Z/2023-03-27T00:30Z"],
    [daily({ start: "2022-01-01", hourOffset: 2, timezone: "Europe/Berlin" }), "2023-10-29",
      "2023-10-29T00:00Z/2023-10-30T01:00Z"],
    [daily({ start: "2022-01-01", timezone: "America/Sao_Paulo" }), "2022-06-01", "2022-06-01T03:00Z/2022-06-02T03:00Z"],
    [daily({ start: "2018-01-01", timezone: "America/Sao_Paulo" }), "2018-11-04", "2018-11-04T03:00Z/2018-11-05T02:00Z"],
    [daily({ start: "2022-01-01", timezone: "Australia/Lord_Howe" }), "2023-10-01", "2023-09-30T13:30Z/2023-10-01T13:00Z"],
    [daily({ start: "2022-01-01", hourOffset: 2, timezone: "Australia/Lord_Howe" }), "2023-10-01",
      "2023-09-30T15:30Z/2023-10-01T15:00Z"],
    [daily({ start: "2022-01-01", timezone: "Asia/Kolkata" }), "2023-10-01", "2023-09-30T18:30Z/2023-10-01T18:30Z"],
    [daily({ start: "2011-01-01", timezone: "Pacific/Apia" }), "2011-12-30", "2011-12-30T10:00Z/2011-12-30T10:00Z"],
    [weekly({ start: "2022-01-01", timezone: "America/New_York" }), "2024-03-10", "2024-03-10T05:00Z/2024-03-17T04:00Z"],
    [monthly({ start: "2022-01-01", timezone: "America/New_York" }), "2024-11", "2024-11-01T04:00Z/2024-12-01T05:00Z"],
    [monthly({ start: "2022-01-01" }), "2024-02", "2024-02-01T00:00Z/2024-03-01T00:00Z"],
    [hourly({ start: "2022-01-01", timezone: "America/New_York" }), "2024-11-03T01:00-04:00",
      "2024-11-03T05:00Z/2024-11-03T06:00Z"],
    [hourly({ start: "2022-01-01", timezone: "America/New_York" }), "2024-11-03T01:00-05:00",
      "2024-11-03T06:00Z/2024-11-03T07:00Z"],
    [hourly({ start: "2022-01-01", timezone: "Asia/Kolkata" }), "2024-11-03T01:00", "2024-11-02T19:30Z/2024-11-02T20:30Z"],
    [hourly({ start: "2022-01-01", timezone: "Australia/Lord_Howe" }), "2023-10-01T02:30",
      "2023-09-30T15:30Z/2023-09-30T16:00Z"],
    [hourly({ start: "2022-01-01", timezone: "Australia/Lord_Howe" }), "2023-04-02T01:00",
      "2023-04-01T14:00Z/2023-04-01T15:30Z"],
    [cron({ cron: "0 2 * * *", start: "2023-01-01", timezone: "Europe/Berlin" }), "2023-03-26T03:00",
      "2023-03-26T01:00Z/2023-03-27T00:00Z"],
    [cron({ cron: "30 2 * * *", start: "2023-01-01", timezone: "Europe/Berlin" }), "2023-10-29T02:30+02:00",
      "2023-10-29T00:30Z/2023-10-30T01:30Z"],
    [cron({ cron: "45 * * * *", start: "2023-01-01", timezone: "Europe/Berlin" }), "2023-10-29T02:45+01:00",
      "2023-10-29T01:45Z/2023-10-29T02:45Z"]
  ]
  for (const [partitions, key, expected] of cases) {
    it(`${Partitions.describe(partitions)}: ${key}`, () => assert.strictEqual(window(partitions, key), expected))
  }

  it("lists the hours of a short and of a long day", () => {
    const hours = hourly({ start: "2024-01-01", timezone: "America/New_York" })
    const day = (from: string, to: string) => {
      const space = at(hours, "2025-01-01T00:00:00Z")
      return Array.from(PartitionSet.points(Result.getOrThrow(space.parse(`${from}..${to}`, "x"))), space.keyAt)
    }
    assert.deepStrictEqual(day("2024-03-10T01:00", "2024-03-10T03:00"), ["2024-03-10T01:00", "2024-03-10T03:00"])
    assert.strictEqual(day("2024-03-10T00:00", "2024-03-10T23:00").length, 23)
    const long = day("2024-11-03T00:00", "2024-11-03T23:00")
    assert.deepStrictEqual(long.slice(0, 4), [
      "2024-11-03T00:00", "2024-11-03T01:00-04:00", "2024-11-03T01:00-05:00", "2024-11-03T02:00"
    ])
    assert.strictEqual(long.length, 25)
  })
})

const zones = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns", "Africa/Cairo"]

describe("calendars", () => {
  for (const timezone of zones) {
    it(`tile time without gap or overlap in ${timezone}, each key naming one window`, () => {
      const start = "2022-12-15"
      for (const partitions of [
        hourly({ start, timezone, minuteOffset: 20 }), hourly({ start, timezone }),
        daily({ start, timezone }), daily({ start, timezone, hourOffset: 2, minuteOffset: 30 }),
        weekly({ start, timezone, weekStart: "Wednesday" }), monthly({ start, timezone }),
        monthly({ start, timezone, dayOffset: 28, hourOffset: 23 }),
        cron({ start, timezone, cron: "*/45 1-3,5 * * *" })
      ]) {
        const { calendar } = partitions
        const space = at(partitions, "2024-01-20T00:00:00Z")
        const seen = new Set<string>()
        for (const [position] of PartitionSet.points(space.all) as Iterable<readonly [number]>) {
          const [from, to] = [calendar.startOf(position), calendar.startOf(position + 1)]
          assert.isBelow(from, to)
          for (const instant of [from, to - 1, Math.floor((from + to) / 2)]) {
            assert.strictEqual(calendar.positionAt(instant), position)
          }
          const key = calendar.key(position)
          assert.isFalse(seen.has(key), key)
          seen.add(key)
          assert.deepStrictEqual(space.positionOf(key), Result.succeed([position]))
        }
      }
    })

    for (const pattern of ["0 * * * *", "*/30 * * * *", "15 2 * * *", "0 2,14 * * MON-FRI", "30 1 L * *", "0 0 1 */3 *", "0 0 * * 5#2"]) {
      it(`ticks as croner does: ${pattern} in ${timezone}`, () => {
        for (const [start, until] of [["2023-03-20", "2023-04-30"], ["2023-10-20", "2023-11-10"]] as const) {
          const { calendar } = cron({ cron: pattern, start, timezone })
          const direct = new Cron(pattern, { timezone, paused: true })
          let tick = direct.nextRun(new Date(calendar.startOf(0) - 1000))
          for (let position = 0; tick !== null && tick < new Date(until); position++) {
            assert.strictEqual(new Date(calendar.startOf(position)).toISOString(), tick.toISOString())
            tick = direct.nextRun(tick)
          }
        }
      })
    }
  }

  it("keep their positions when the start moves", () => {
    for (const make of [hourly, daily, weekly, monthly]) {
      const [a, b] = ["2020-01-01", "2023-05-05"].map((start) => at(make({ start, timezone: "Europe/Berlin" }), "2024-01-01T00:00:00Z"))
      assert.isTrue(PartitionSet.isSubset(b!.all, a!.all))
      assert.strictEqual(a!.keyAt(PartitionSet.lastPoint(a!.all)!), b!.keyAt(PartitionSet.lastPoint(b!.all)!))
    }
  })

  it("write every day as Date does", () => {
    for (let day = -720_000; day < 900_000; day += 13) {
      const expected = new Date(day * 86_400_000).toISOString()
      if (/^\d/.test(expected)) assert.strictEqual(LocalTime.dayText(day), expected.slice(0, 10))
    }
  })
})

describe("definitions that cannot be", () => {
  const cases: ReadonlyArray<[() => unknown, string]> = [
    [() => daily({ start: "2024-13-01" }), "The start of time windows, \"2024-13-01\", is not a local date such as 2024-03-31: month 13 does not exist."],
    [() => daily({ start: "soon" }), "The start of time windows, \"soon\", is not a local date such as 2024-03-31: it is not a date."],
    [() => daily({ start: "2024-01-02", end: "2024-01-01" }), "Time windows from 2024-01-02 cannot end at 2024-01-01: the end must be after the start."],
    [() => daily({ start: "2024-01-01", timezone: "Mars/Base" }), "\"Mars/Base\" is not a time zone: write an IANA name such as \"America/New_York\" or \"UTC\"."],
    [() => daily({ start: "2024-01-01", hourOffset: 24 }), "The hourOffset of time windows must be a whole number from 0 to 23, not 24."],
    [() => cron({ start: "2024-01-01", cron: "61 * * * *" }), "\"61 * * * *\" is not a cron expression: Invalid value for minute: 61."],
    [() => cron({ start: "2024-01-01", cron: "0 0 30 2 *" }), "Cron expression \"0 0 30 2 *\" never ticks: no date fits its day, month and weekday."],
    [() => Partitions.fixed([]), "A fixed list of partitions needs at least one key."],
    [() => Partitions.fixed(["a", "b", "a"]), "A fixed list of partitions has the key \"a\" twice: name each once."],
    [() => Partitions.product({}), "A product of partitions needs at least one dimension."],
    [() => Partitions.product({ "1": Partitions.fixed(["a"]) }), "\"1\" cannot name a dimension: begin with a letter, go on with letters, digits, \"_\" or \"-\"."]
  ]
  for (const [define, message] of cases) {
    it(message, () => {
      try {
        define()
      } catch (error) {
        return assert.strictEqual(error instanceof Error ? error.message : error, message)
      }
      assert.fail("the definition was accepted")
    })
  }
})
