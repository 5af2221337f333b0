import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as Mapping from "../../../engine/partition/PartitionMapping.ts"
import * as Partitions from "../../../engine/partition/Partitions.ts"
import * as Generator from "./generator.ts"
import { always, holds, overlaps, type Reads, same, shifted, spaceOf } from "./MappingModel.ts"

const { cron, daily, hourly, monthly, weekly } = Partitions

/** Two weeks of a zone and a day within in which its clock changes. */
const periods = [
  ["UTC", "2024-02-22", "2024-02-29", "2024-03-07"],
  ["Europe/Berlin", "2023-03-20", "2023-03-26", "2023-04-04"],
  ["America/New_York", "2024-10-28", "2024-11-03", "2024-11-11"],
  ["Australia/Lord_Howe", "2023-09-25", "2023-10-01", "2023-10-09"],
  ["Australia/Lord_Howe", "2023-03-27", "2023-04-02", "2023-04-10"],
  ["America/Havana", "2024-10-28", "2024-11-03", "2024-11-11"],
  ["Pacific/Apia", "2011-12-24", "2011-12-30", "2012-01-07"]
] as const

const hour = 3_600_000

/** Definitions that cut the same days in ways that meet, overlap, contain each other, begin later and end sooner. */
const definitionsOf = (timezone: string, from: string, change: string): ReadonlyArray<Partitions.TimeWindows> => {
  const start = from
  const dayBefore = new Date(Date.parse(change) - 24 * hour).toISOString().slice(0, 10)
  const dayAfter = new Date(Date.parse(change) + 24 * hour).toISOString().slice(0, 10)
  return [
    hourly({ start: dayBefore, end: dayAfter, timezone }),
    hourly({ start: dayBefore, end: dayAfter, timezone, minuteOffset: 30 }),
    daily({ start, timezone }),
    daily({ start: dayBefore, timezone, endOffset: 1 }),
    daily({ start, timezone, hourOffset: 11 }),
    daily({ start, timezone, hourOffset: 1, minuteOffset: 30, endOffset: -1 }),
    weekly({ start: `${from.slice(0, 7)}-01`, timezone, weekStart: "Monday" }),
    monthly({ start: `${Number(from.slice(0, 4)) - 1}-11`, timezone }),
    monthly({ start: `${Number(from.slice(0, 4)) - 1}-11`, timezone, dayOffset: 28 }),
    cron({ start, timezone, cron: "0 */6 * * *" }),
    cron({ start: dayBefore, timezone, cron: "0 */6 * * *" }),
    cron({ start, timezone, cron: "30 0,2 * * *", endOffset: 1 })
  ]
}

const sameFamily = (down: Partitions.TimeWindows, up: Partitions.TimeWindows) => down.calendar.family === up.calendar.family

const mappings: ReadonlyArray<readonly [string, Mapping.Mapping, Reads]> = [
  ["the same", Mapping.identity, same("")],
  ["those that overlap", Mapping.window, overlaps("")],
  ["one place, none", Mapping.offset(0), overlaps("")],
  ["the one before", Mapping.offset(-1), shifted(-1, -1, "")],
  ["the next", Mapping.offset(1), shifted(1, 1, "")],
  ["two before to one after", Mapping.offset(-2, 1), shifted(-2, 1, "")],
  ["far before", Mapping.offset(-9, -5), shifted(-9, -5, "")],
  ["what both share", Mapping.project(), overlaps("")],
  ["all", Mapping.all, always],
  ["the last", Mapping.last(1), (_, u) => u.fromLast < 1],
  ["the last five", Mapping.last(5), (_, u) => u.fromLast < 5],
  ["more than there are", Mapping.last(10_000), always],
  // Keys of other definitions are there where both write them alike.
  ["by a function", Mapping.from((key) => [key, key.slice(0, 10), `${key}T00:00`, key, "gone"]), (d, u) => {
    const key = d.at("").key
    return [key, key.slice(0, 10), `${key}T00:00`].includes(u.at("").key)
  }]
]

describe("mappings between time windows agree with a table of every pair of cells", () => {
  for (const [timezone, from, change, now] of periods) {
    it(`${timezone} around ${change}`, () => {
      const random = Generator.make(Date.parse(change))
      const definitions = definitionsOf(timezone, from, change)
      const pairs = new Map<string, number>()
      for (const down of definitions) {
        for (const up of definitions) {
          const [downSpace, upSpace] = [down, up].map((partitions) => spaceOf(partitions, `${now}T00:00:00Z`, () => []))
          for (const [name, mapping, reads] of mappings) {
            const fits = Result.isSuccess(Mapping.validate(mapping, down, up))
            assert.strictEqual(fits, mapping !== Mapping.identity || sameFamily(down, up), name)
            if (!fits) continue
            const what = `${name}: ${Partitions.describe(down)} reads ${Partitions.describe(up)}`
            const count = holds(mapping, downSpace!, upSpace!, reads, random, what)
            pairs.set(name, (pairs.get(name) ?? 0) + count)
            const most = Mapping.cardinality(mapping, down, up) === "one" ? 1 : Number.POSITIVE_INFINITY
            assert.isAtMost(count, most * downSpace!.all.segments.reduce((n, s) => n + s.to - s.from + 1, 0), what)
          }
        }
      }
      for (const [name] of mappings) assert.isAbove(pairs.get(name) ?? 0, 100, name)
    })
  }
})
