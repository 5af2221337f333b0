import { assert, describe, it } from "@effect/vitest"
import * as Calendar from "../../../cli/grid/Calendar.ts"
import type * as Counts from "../../../cli/grid/Counts.ts"
import * as Picture from "../../../cli/grid/Picture.ts"
import * as Partitions from "../../../engine/partition/Partitions.ts"
import * as PartitionSet from "../../../engine/partition/PartitionSet.ts"
import * as Generator from "../../engine/partition/generator.ts"
import { draw, plain, sets, space } from "./sets.ts"

const show = (partitions: Partitions.Any, now: string, selected: Parameters<typeof sets>[1], columns = 60) => {
  const resolved = space(partitions, now)
  // Without the summary, its bar and the blank line.
  const lines = draw(sets(resolved, selected), resolved, { columns })
  return lines.slice(lines.indexOf("") + 1)
}

describe("calendar", () => {
  it("draws days as weeks, through a leap day", () => {
    const days = Partitions.daily({ start: "2024-02-01", end: "2024-04-02" })
    const selected = { failed: "2024-02-29", stale: "2024-03-04", running: "2024-03-31", fresh: "..2024-03-30" }
    assert.deepStrictEqual(show(days, "2024-05-01T12:00:00Z", selected), [
      "     2024",
      "     Feb     Mar       Apr",
      "Mon    ■ ■ ■ ■ ~ ■ ■ ■ ·",
      "Tue    ■ ■ ■ ■ ■ ■ ■ ■",
      "Wed    ■ ■ ■ ■ ■ ■ ■ ■",
      "Thu  ■ ■ ■ ■ ✗ ■ ■ ■ ■",
      "Fri  ■ ■ ■ ■ ■ ■ ■ ■ ■",
      "Sat  ■ ■ ■ ■ ■ ■ ■ ■ ■",
      "Sun  ■ ■ ■ ■ ■ ■ ■ ■ ►",
      "",
      "■ fresh   ~ stale   ► running   ✗ failed   · missing",
      "one mark: a day"
    ])
  })

  it("names the years of a winter, and the first month only where there is room", () => {
    const days = Partitions.daily({ start: "2023-12-30", end: "2024-02-10" })
    assert.deepStrictEqual(show(days, "2024-05-01T12:00:00Z", { fresh: "2024-01-01..2024-01-31" }).slice(0, 9), [
      "       2024",
      "       Jan     Feb",
      "Mon    ■ ■ ■ ■ ■ ·",
      "Tue    ■ ■ ■ ■ ■ ·",
      "Wed    ■ ■ ■ ■ ■ ·",
      "Thu    ■ ■ ■ ■ · ·",
      "Fri    ■ ■ ■ ■ · ·",
      "Sat  · ■ ■ ■ ■ ·",
      "Sun  · ■ ■ ■ ■ ·"
    ])
  })

  it("draws days as months where the weeks do not fit", () => {
    const days = Partitions.daily({ start: "2023-01-30", end: "2024-03-02" })
    assert.deepStrictEqual(show(days, "2024-05-01T12:00:00Z", { failed: "2023-02-28", fresh: "..2024-02-28" }, 50).slice(0, 17), [
      "        1      8      15     22     29",
      "2023-01                              ■■",
      "2023-02 ■■■■■■■■■■■■■■■■■■■■■■■■■■■✗",
      "2023-03 ■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■",
      "2023-04 ■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■",
      "2023-05 ■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■",
      "2023-06 ■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■",
      "2023-07 ■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■",
      "2023-08 ■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■",
      "2023-09 ■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■",
      "2023-10 ■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■",
      "2023-11 ■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■",
      "2023-12 ■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■",
      "2024-01 ■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■",
      "2024-02 ■■■■■■■■■■■■■■■■■■■■■■■■■■■■·",
      "2024-03 ·",
      ""
    ])
  })

  it("draws many years of days by their weeks, shaded where a week is partly done, and more by months", () => {
    const days = Partitions.daily({ start: "2012-01-01", end: "2019-01-01" })
    const selected = { failed: "2016-02-29", fresh: "..2018-01-02,2018-01-08..2018-01-11,2018-01-15..2018-01-20" }
    const lines = show(days, "2024-05-01T12:00:00Z", selected, 60)
    assert.deepStrictEqual(lines.slice(0, 8), [
      "     Jan Feb Mar Apr  May Jun Jul  Aug Sep  Oct Nov Dec",
      ...[2012, 2013, 2014, 2015].map((year) => `${year} ${"■".repeat(53)}`),
      `2016 ${"■".repeat(8)}✗${"■".repeat(44)}`,
      `2017 ${"■".repeat(53)}`,
      `2018 ░▒▓${"·".repeat(50)}`
    ])
    assert.strictEqual(lines.at(-1), "one mark: a week, at its worst")
    assert.deepStrictEqual(show(days, "2024-05-01T12:00:00Z", selected, 50).slice(4, 8), [
      "2015 ■ ■ ■ ■ ■ ■ ■ ■ ■ ■ ■ ■",
      "2016 ■ ✗ ■ ■ ■ ■ ■ ■ ■ ■ ■ ■",
      "2017 ■ ■ ■ ■ ■ ■ ■ ■ ■ ■ ■ ■",
      "2018 ▒ · · · · · · · · · · ·"
    ])
  })

  it("draws hours as days: a skipped hour is empty, a repeated one shows the worst of both", () => {
    const spring = Partitions.hourly({ start: "2024-03-09T20:00", end: "2024-03-10T06:00", timezone: "America/New_York" })
    assert.deepStrictEqual(show(spring, "2024-05-01T12:00:00Z", { failed: "2024-03-10T03:00", fresh: ".." }).slice(0, 3), [
      "           00          06          12          18",
      "2024-03-09                                         ■ ■ ■ ■",
      "2024-03-10 ■ ■   ✗ ■ ■"
    ])
    const autumn = Partitions.hourly({ start: "2024-11-03", end: "2024-11-03T04:00", timezone: "America/New_York" })
    const selected = { fresh: "2024-11-03T00:00,2024-11-03T01:00-05:00,2024-11-03T02:00" }
    assert.deepStrictEqual(show(autumn, "2024-12-01T12:00:00Z", selected).slice(1, 2), ["2024-11-03 ■ ▒ ■ ·"])
    assert.deepStrictEqual(show(autumn, "2024-12-01T12:00:00Z", { ...selected, failed: "2024-11-03T01:00-04:00" }).slice(1, 2), ["2024-11-03 ■ ✗ ■ ·"])
  })

  it("keeps local days: those on which clocks change, the one that Samoa skipped, those that begin at six", () => {
    const days = Partitions.daily({ start: "2024-03-09", end: "2024-03-13", timezone: "America/New_York", hourOffset: 6 })
    assert.deepStrictEqual(show(days, "2024-05-01T12:00:00Z", { fresh: "2024-03-10" }).slice(0, 9), [
      "     2024",
      "     Mar",
      "Mon    ·",
      "Tue",
      "Wed",
      "Thu",
      "Fri",
      "Sat  ·",
      "Sun  ■"
    ])
    const samoa = Partitions.daily({ start: "2011-12-28", end: "2012-01-02", timezone: "Pacific/Apia" })
    assert.deepStrictEqual(show(samoa, "2024-05-01T12:00:00Z", { fresh: "2011-12-30" }).slice(2, 9), [
      "Mon", "Tue", "Wed  ·", "Thu  ·", "Fri  ■", "Sat  ·", "Sun  ·"
    ])
  })

  it("draws hours of months as days of 23, 24 and 25 hours", () => {
    const hours = Partitions.hourly({ start: "2024-03-01", end: "2024-05-05", timezone: "Europe/Berlin" })
    const selected = { fresh: "2024-03-31T00:00..2024-03-31T23:00,2024-04-02T00:00..2024-04-02T12:00", failed: "2024-04-01T00:00" }
    const lines = show(hours, "2024-12-01T12:00:00Z", selected)
    assert.deepStrictEqual(lines.slice(2, 9), [
      "Mon    · · · · ✗ · · · ·",
      "Tue    · · · · ▒ · · · ·",
      "Wed    · · · · · · · · ·",
      "Thu    · · · · · · · · ·",
      "Fri  · · · · · · · · · ·",
      "Sat  · · · · · · · · · ·",
      "Sun  · · · · ■ · · · ·"
    ])
  })

  it("draws weeks and months as years", () => {
    const weeks = Partitions.weekly({ start: "2023-12-01", end: "2024-12-31" })
    const selected = { failed: "2023-12-31", fresh: "..2024-03-24" }
    assert.deepStrictEqual(show(weeks, "2025-05-01T12:00:00Z", selected).slice(0, 3), [
      "     Jan Feb Mar Apr  May Jun Jul  Aug Sep  Oct Nov Dec",
      "2023                                                 ■■■■✗",
      `2024 ${"■".repeat(12)}${"·".repeat(39)}`
    ])
    const months = Partitions.monthly({ start: "2023-11-15", end: "2024-06-15", dayOffset: 15 })
    assert.deepStrictEqual(show(months, "2025-05-01T12:00:00Z", { stale: "2024-02-15", fresh: "..2024-03-15" }).slice(0, 3), [
      "     J F M A M J J A S O N D",
      "2023                     ■ ■",
      "2024 ■ ~ ■ · ·"
    ])
  })

  it("draws the ticks of a cron expression by their distance", () => {
    const office = Partitions.cron({ cron: "0 9-17/4 * * 1-5", start: "2024-10-03", end: "2024-10-08T18:00" })
    assert.deepStrictEqual(show(office, "2024-12-01T12:00:00Z", { fresh: "..2024-10-04T13:00" }).slice(1, 7), [
      "2024-10-03                   ■       ■       ■",
      "2024-10-04                   ■       ■       ·",
      "2024-10-05",
      "2024-10-06",
      "2024-10-07                   ·       ·       ·",
      "2024-10-08                   ·       ·"
    ])
    const workdays = Partitions.cron({ cron: "30 6 * * 1-5", start: "2024-10-03", end: "2024-10-17" })
    assert.deepStrictEqual(show(workdays, "2024-12-01T12:00:00Z", { fresh: "..2024-10-08T06:30" }).slice(2, 9), [
      "Mon    ■ ·", "Tue    ■ ·", "Wed    ·", "Thu  ■ ·", "Fri  ■ ·", "Sat", "Sun"
    ])
  })

  it("falls back to a strip for centuries", () => {
    const lines = show(Partitions.daily({ start: "1900-01-01", end: "2000-01-01" }), "2024-12-01T12:00:00Z", { fresh: "..1949-12-31" }, 80)
    assert.strictEqual(lines[0], `1900-01-01  ${"■".repeat(50)}`)
    assert.isAtMost(lines.length, 24)
    assert.include(lines.at(-1), "one mark: 37 days, at its worst")
  })

  it("keeps to the width, whatever the span, and loses no window", () => {
    const random = Generator.make(4)
    const makers = [Partitions.hourly, Partitions.daily, Partitions.weekly, Partitions.monthly]
    const forms = new Set<string>()
    for (let round = 0; round < 300; round++) {
      const timezone = random.pick(["UTC", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"])
      const start = `20${random.whole(10, 23)}-${random.pick(["01", "02", "10", "12"])}-${random.pick(["01", "29", "30"])}`
      const isDate = !/-02-(29|30)$/.test(start)
      const windows = random.pick(makers)({ start: isDate ? start : "2012-02-29", timezone })
      const calendar = windows.calendar
      const from = calendar.positionAt(windows.startInstant) + 1
      const range = { from, to: from + random.whole(0, random.pick([5, 60, 900, 20_000])) }
      const columns = random.whole(40, 130)
      const picture = Calendar.picture(windows, range, columns)
      if (picture === undefined) continue
      forms.add(picture.unit)
      // Each window is in one mark: a tally that counts positions must find all of them.
      const marks = picture.rows.flatMap((row) => row.marks).filter((mark) => mark !== undefined && mark.from <= mark.to)
      const seen = PartitionSet.fromRanges(marks.map((mark) => mark!))
      assert.deepStrictEqual(PartitionSet.ranges(seen), [range])
      assert.strictEqual(marks.reduce((sum, mark) => sum + mark!.to - mark!.from + 1, 0), range.to - range.from + 1)
      const tally: Counts.Tally = ({ from, to }) => ({ fresh: to - from + 1, stale: 0, running: 0, failed: 0, missing: 0 })
      for (const line of Picture.draw(picture, tally, plain).lines) assert.isAtMost(line.length, columns, line)
    }
    assert.deepStrictEqual(forms, new Set(["an hour", "a day", "a week", "a month"]))
  })
})
