/** The rules of cron where clocks change, against clocks that are read one after the other, five minutes apart. */
import { assert, describe, it } from "@effect/vitest"
import * as Schedule from "../../../engine/schedule/Schedule.ts"
import * as Ticks from "../../../engine/schedule/Ticks.ts"

const stepMillis = 300_000
const hourMillis = 3_600_000

/** Zone, and days around which its clocks change: half an hour, at midnight, for Ramadan, two hours, a day, by 15 minutes. */
const changes: ReadonlyArray<readonly [zone: string, ...days: ReadonlyArray<string>]> = [
  ["Europe/Berlin", "2026-03-29", "2026-10-25"],
  ["America/New_York", "2026-03-08", "2026-11-01"],
  ["Australia/Lord_Howe", "2026-04-05", "2026-10-04"],
  ["Asia/Kathmandu", "1986-01-01", "2026-03-29"],
  ["America/Sao_Paulo", "2018-02-18", "2018-11-04"],
  ["Africa/Casablanca", "2024-03-10", "2024-04-14"],
  ["Pacific/Apia", "2011-12-30", "2011-09-24"],
  ["Pacific/Kwajalein", "1993-08-21"],
  ["Pacific/Chatham", "2026-04-05", "2026-09-27"],
  ["Antarctica/Troll", "2026-03-29", "2026-10-25"],
  ["America/Havana", "2026-03-08", "2026-11-01"],
  ["Europe/Dublin", "2026-03-29", "2026-10-25"]
]

/** Cron, and what it means: its minutes and hours, and whether its hours are named. */
const crons: ReadonlyArray<readonly [cron: string, minutes: ReadonlyArray<number>, hours: ReadonlyArray<number> | "any"]> = [
  ["0 0 * * *", [0], [0]],
  ["30 1 * * *", [30], [1]],
  ["0 2 * * *", [0], [2]],
  ["15 2,3 * * *", [15], [2, 3]],
  ["45 23 * * *", [45], [23]],
  ["0 * * * *", [0], "any"],
  ["30 * * * *", [30], "any"],
  ["*/60 * * * *", [0], "any"],
  ["30-30 */1 * * *", [30], "any"],
  ["*/20 * * * *", [0, 20, 40], "any"],
  ["0,30 */2 * * *", [0, 30], [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22]],
  ["*/15 0-2 * * *", [0, 15, 30, 45], [0, 1, 2]]
]

/** The local time that clocks of a zone show at an instant, as milliseconds as if it were UTC; rounded to the minute. */
const clockOf = (zone: string) => {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric"
  })
  return (instant: number): number => {
    const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
    return Date.UTC(parts["year"]!, parts["month"]! - 1, parts["day"]!, parts["hour"]!, parts["minute"]!)
  }
}

interface Reading {
  readonly instant: number
  readonly local: number
}

/** What a cron is due at, by the readings of a clock. */
const dueBy = (readings: ReadonlyArray<Reading>, minutes: ReadonlyArray<number>, hours: ReadonlyArray<number> | "any") => {
  const fits = (local: number) => {
    const at = new Date(local)
    return minutes.includes(at.getUTCMinutes()) && (hours === "any" || hours.includes(at.getUTCHours()))
  }
  const isLocal = minutes.length === 1
  const seen = new Set<number>()
  const due: Array<number> = []
  readings.forEach(({ instant, local }, i) => {
    const before = readings[i - 1]?.local ?? local - stepMillis
    let skipped = false
    for (let gone = before + stepMillis; gone < local; gone += stepMillis) skipped ||= fits(gone)
    const isFirst = !seen.has(local)
    seen.add(local)
    if ((fits(local) && (!isLocal || isFirst)) || (skipped && (isLocal || hours !== "any"))) due.push(instant)
  })
  return due
}

describe("cron where clocks change", () => {
  for (const [zone, ...days] of changes) {
    it(`is due in ${zone} when its clocks say so`, () => {
      const clock = clockOf(zone)
      for (const day of days) {
        const [from, to] = [Date.parse(day) - 40 * hourMillis, Date.parse(day) + 64 * hourMillis]
        const readings: Array<Reading> = []
        // From earlier on, since what was shown before counts.
        for (let instant = from - 4 * hourMillis; instant <= to; instant += stepMillis) readings.push({ instant, local: clock(instant) })
        for (const [cron, minutes, hours] of crons) {
          const schedule = Schedule.make("s", { cron, timezone: zone })
          const texts = (instants: ReadonlyArray<number>) => instants.map((instant) => new Date(instant).toISOString())
          assert.deepStrictEqual(
            texts(Ticks.between(schedule, from - 1, to, 9999).map(({ instant }) => instant)),
            texts(dueBy(readings, minutes, hours).filter((instant) => instant >= from)),
            `${cron} around ${day}`
          )
        }
      }
    })
  }
})
