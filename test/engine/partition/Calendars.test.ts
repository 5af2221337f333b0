import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as Partitions from "../../../engine/partition/Partitions.ts"
import type { Calendar } from "../../../engine/partition/TimeWindows.ts"
import * as Clock from "./Clock.ts"
import * as Generator from "./generator.ts"

const { cron, daily, hourly, monthly, weekly } = Partitions

const day = 86_400_000
const never = Number.POSITIVE_INFINITY

/** Zones and months in which their clocks do what clocks can do. */
const periods: ReadonlyArray<readonly [zone: string, from: string, to: string, what: string]> = [
  ["UTC", "1999-12-01", "2000-04-01", "the leap day of 2000"],
  ["UTC", "1899-12-01", "1900-04-01", "no leap day in 1900"],
  ["UTC", "2023-12-01", "2024-04-01", "a leap year"],
  ["Europe/Berlin", "2023-03-01", "2023-04-15", "2:00 to 3:00"],
  ["Europe/Berlin", "2023-10-15", "2023-11-15", "3:00 to 2:00"],
  ["America/New_York", "2024-03-01", "2024-04-01", "2:00 to 3:00, behind UTC"],
  ["America/New_York", "2024-10-15", "2024-11-15", "2:00 to 1:00, behind UTC"],
  ["Australia/Lord_Howe", "2023-03-15", "2023-04-15", "back by half an hour"],
  ["Australia/Lord_Howe", "2023-09-15", "2023-10-15", "ahead by half an hour"],
  ["Asia/Kathmandu", "1985-12-15", "1986-01-15", "+5:30 to +5:45 at midnight"],
  ["Asia/Kathmandu", "2024-01-01", "2024-02-01", "+5:45"],
  ["Pacific/Apia", "2011-12-01", "2012-02-01", "a day is skipped"],
  ["Pacific/Kwajalein", "1993-08-01", "1993-09-15", "a day is skipped"],
  ["Africa/Casablanca", "2023-03-01", "2023-05-01", "back for Ramadan, then ahead"],
  ["Africa/Cairo", "2023-04-15", "2023-11-15", "midnight does not exist, later it exists twice"],
  ["America/Sao_Paulo", "2018-02-01", "2018-03-01", "midnight to 23:00"],
  ["America/Sao_Paulo", "2018-10-15", "2018-11-15", "midnight to 1:00"],
  ["America/Havana", "2024-03-01", "2024-04-01", "midnight to 1:00"],
  ["America/Havana", "2024-10-20", "2024-11-20", "1:00 to midnight, which exists twice"],
  ["America/St_Johns", "2010-03-01", "2010-04-01", "0:01 to 1:01"],
  ["America/St_Johns", "2010-10-20", "2010-11-20", "0:01 to 23:01 of the day before"],
  ["Antarctica/Troll", "2023-03-15", "2023-11-15", "by two hours"],
  ["Asia/Pyongyang", "2018-04-20", "2018-05-20", "ahead by half an hour for good"],
  ["America/Caracas", "2007-12-01", "2007-12-20", "back by half an hour for good"],
  ["Africa/Monrovia", "1971-12-20", "1972-01-20", "by 44 minutes and 30 seconds"]
]

/** A calendar has the windows that begin at `starts`, in this order, and each is found by its key and by what it holds. */
const has = (calendar: Calendar, starts: ReadonlyArray<number>, random: Generator.Generator, what: string) => {
  const first = calendar.positionAt(starts[0]!)
  const iso = (instant: number) => new Date(instant).toISOString()
  const keys = new Set<string>()
  for (const [i, start] of starts.entries()) {
    const position = first + i
    const key = calendar.key(position)
    if (calendar.startOf(position) !== start) {
      assert.fail(`${what}: ${key} begins at ${iso(calendar.startOf(position))} and not at ${iso(start)}`)
    }
    assert.deepStrictEqual(calendar.parse(key, never), Result.succeed(position), `${what}: ${key}`)
    assert.isFalse(keys.has(key), `${what}: ${key} twice`)
    keys.add(key)
  }
  const end = starts.at(-1)!
  const near = starts.flatMap((start) => [start - 1, start, start + 1])
  const anywhere = Array.from({ length: 300 }, () => random.whole(starts[0]!, end - 1))
  let i = 0
  for (const instant of [...near, ...anywhere].sort((a, b) => a - b)) {
    if (instant < starts[0]! || instant >= end) continue
    // The window that holds an instant is the last that begins at or before it.
    while (starts[i + 1]! <= instant) i++
    const position = calendar.positionAt(instant)
    if (position !== first + i) {
      assert.fail(`${what}: ${iso(instant)} is in ${calendar.key(first + i)} and not in ${calendar.key(position)}`)
    }
  }
}

describe("calendars have the windows that a clock shows", () => {
  for (const [timezone, from, to, story] of periods) {
    const clock = Clock.stretches(timezone, Date.parse(from) - 40 * day, Date.parse(to) + 40 * day)
    const days = Array.from({ length: (Date.parse(to) - Date.parse(from)) / day }, (_, i) => Date.parse(from) + i * day)
    const alignments = [[0, 0], [2, 0], [2, 30], [0, 45], [23, 0], [1, 30], [11, 15]] as const
    const starting = (locals: ReadonlyArray<number>, offset: number) =>
      locals.map((local) => Clock.firstInstant(clock, local + offset)!)

    it(`${timezone} in ${from}..${to}: ${story}`, () => {
      const random = Generator.make(Date.parse(from))
      for (const [hourOffset, minuteOffset] of alignments) {
        const offset = (hourOffset * 60 + minuteOffset) * 60_000
        const options = { start: "1970-01-01", timezone, hourOffset, minuteOffset }
        const at = `at ${hourOffset}:${minuteOffset}`
        has(daily(options).calendar, starting(days, offset), random, `days ${at}`)
        for (const [weekday, weekStart] of (["Sunday", "Monday", "Wednesday", "Saturday"] as const).entries()) {
          const number = [0, 1, 3, 6][weekday]!
          const firsts = days.filter((local) => new Date(local).getUTCDay() === number)
          has(weekly({ ...options, weekStart }).calendar, starting(firsts, offset), random, `weeks from ${weekStart} ${at}`)
        }
        for (const dayOffset of [1, 28]) {
          const firsts = days.filter((local) => new Date(local).getUTCDate() === dayOffset)
          if (firsts.length > 0) {
            has(monthly({ ...options, dayOffset }).calendar, starting(firsts, offset), random, `months from day ${dayOffset} ${at}`)
          }
        }
      }
      const within = clock.map((stretch) => ({
        ...stretch,
        from: Math.max(stretch.from, Date.parse(from)),
        to: Math.min(stretch.to, Date.parse(to))
      })).filter((stretch) => stretch.from < stretch.to)
      for (const minuteOffset of [0, 10, 30, 45, 59]) {
        const starts = Clock.hourStarts(within, minuteOffset)
        has(hourly({ start: "1970-01-01", timezone, minuteOffset }).calendar, starts.slice(1, -1), random, `hours at :${minuteOffset}`)
      }
    })
  }

  it("cron windows are counted from the first tick at or after the start, in any zone", () => {
    for (const [start, timezone, first] of [
      ["2023-10-29T02:30", "Europe/Berlin", "2023-10-29T02:45+02:00"], ["2023-10-29T02:45", "Europe/Berlin", "2023-10-29T02:45+02:00"],
      ["2023-10-29T02:46", "Europe/Berlin", "2023-10-29T02:45+01:00"], ["2023-10-01T01:46", "Australia/Lord_Howe", "2023-10-01T02:45"],
      ["2024-01-01", "Asia/Kathmandu", "2024-01-01T00:45"]
    ] as const) {
      const { calendar } = cron({ start, timezone, cron: "45 * * * *" })
      assert.strictEqual(calendar.key(0), first)
      assert.strictEqual(calendar.positionAt(calendar.startOf(0) - 1), -1)
    }
  })

  it("such periods do hold changes of the clock", () => {
    const changes = periods.map(([zone, from, to]) => Clock.stretches(zone, Date.parse(from), Date.parse(to)).length - 1)
    assert.strictEqual(changes.filter((count) => count === 0).length, 4)
    assert.strictEqual(changes.reduce((a, b) => a + b), 24)
  })
})
