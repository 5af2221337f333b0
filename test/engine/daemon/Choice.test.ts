import { assert, describe, it } from "@effect/vitest"
import { choose } from "../../../engine/daemon/Choice.ts"
import { RunRequest } from "../../../engine/record/Run.ts"
import type { Standing } from "../../../engine/record/TickStore.ts"
import * as Schedule from "../../../engine/schedule/Schedule.ts"

const request = new RunRequest({ selection: "*", partitions: null, force: false, concurrency: 1 })

/** A time of 2 March 2026, in UTC. */
const at = (time: string): number => Date.parse(`2026-03-02T${time}Z`)
const text = (instant: number): string => new Date(instant).toISOString().slice(11, 19)

const standing = (now: string, fields: Partial<Standing> = {}): Standing => ({
  now: at(now), running: true, since: at("00:00:00"), last: undefined, runs: [], waiting: [], ...fields
})

/** `start 05:00:00`, `wait …`, `skip …`; and when to look again. */
const told = (schedule: Schedule.Schedule, standing: Standing): ReadonlyArray<string> => {
  const { decisions, next } = choose(schedule, standing, ({ instant }) => ({ _tag: "Start", due: instant, request }))
  return [
    ...decisions.map(({ _tag, due }) => `${_tag.toLowerCase()} ${text(due)}`),
    Number.isFinite(next) ? `next ${text(next)}` : "next after a run"
  ]
}

const hourly = (options: Partial<Schedule.ByCron> = {}) => Schedule.make("hourly", { cron: "0 * * * *", ...options })
const decided = (time: string) => ({ due: at(time), at: at(time) })

describe("what becomes of ticks", () => {
  const down = standing("05:20:00", { last: decided("00:00:00") })
  const cases: ReadonlyArray<readonly [string, Schedule.Schedule, Standing, ReadonlyArray<string>]> = [
    ["nothing is due", hourly(), standing("00:30:00"), ["next 01:00:00"]],
    ["due now", hourly(), standing("01:00:00"), ["start 01:00:00", "next 02:00:00"]],
    ["decided upon already", hourly(), standing("01:00:00", { last: decided("01:00:00") }), ["next 02:00:00"]],
    ["stopped", hourly(), standing("01:00:00", { running: false }), ["next after a run"]],
    ["due before it was started", hourly(), standing("01:00:01", { since: at("01:00:00") }), ["next 02:00:00"]],
    ["a little late is in time", hourly({ catchUp: "none" }), standing("01:00:09"), ["start 01:00:00", "next 02:00:00"]],
    ["five missed, none", hourly({ catchUp: "none" }), down,
      ["skip 01:00:00", "skip 02:00:00", "skip 03:00:00", "skip 04:00:00", "skip 05:00:00", "next 06:00:00"]],
    ["five missed, latest", hourly(), down,
      ["skip 01:00:00", "skip 02:00:00", "skip 03:00:00", "skip 04:00:00", "start 05:00:00", "next 06:00:00"]],
    ["five missed, all: one after the other", hourly({ catchUp: "all" }), down,
      ["start 01:00:00", "wait 02:00:00", "wait 03:00:00", "wait 04:00:00", "wait 05:00:00", "next 06:00:00"]],
    ["five missed, all at once", hourly({ catchUp: "all", overlap: "allow" }), down,
      ["start 01:00:00", "start 02:00:00", "start 03:00:00", "start 04:00:00", "start 05:00:00", "next 06:00:00"]],
    ["five missed, within", hourly({ catchUp: { within: "150 minutes" } }), down,
      ["skip 01:00:00", "skip 02:00:00", "start 03:00:00", "wait 04:00:00", "wait 05:00:00", "next 06:00:00"]],
    ["missed ones and one in time, latest", hourly(), standing("03:00:01", { last: decided("00:00:00") }),
      ["skip 01:00:00", "skip 02:00:00", "start 03:00:00", "next 04:00:00"]],
    ["overlap skip", hourly(), standing("02:00:00", { last: decided("01:00:00"), runs: [7] }), ["skip 02:00:00", "next 03:00:00"]],
    ["overlap allow", hourly({ overlap: "allow" }), standing("02:00:00", { last: decided("01:00:00"), runs: [7] }),
      ["start 02:00:00", "next 03:00:00"]],
    ["overlap queue", hourly({ overlap: "queue" }), standing("02:00:00", { last: decided("01:00:00"), runs: [7] }),
      ["wait 02:00:00", "next 03:00:00"]],
    ["overlap queue: one waits already", hourly({ overlap: "queue" }),
      standing("03:00:00", { last: decided("02:00:00"), runs: [7], waiting: [at("02:00:00")] }), ["skip 03:00:00", "next 04:00:00"]],
    ["what waited starts when the run has ended", hourly({ overlap: "queue" }),
      standing("02:30:00", { last: decided("02:00:00"), waiting: [at("02:00:00")] }), ["start 02:00:00", "next 03:00:00"]],
    ["what is caught up keeps a tick in time from starting", hourly({ catchUp: "all" }),
      standing("06:00:00", { last: decided("05:00:00"), waiting: [at("04:00:00"), at("05:00:00")] }),
      ["start 04:00:00", "skip 06:00:00", "next 07:00:00"]]
  ]
  for (const [title, schedule, now, expected] of cases) it(title, () => assert.deepStrictEqual(told(schedule, now), expected))

  it("of many that were missed, the last hundred are recorded, and soon", () => {
    const schedule = Schedule.make("often", { cron: "*/10 * * * * *" })
    const since = at("00:00:00") - 300 * 86_400_000
    const began = performance.now()
    const { decisions } = choose(schedule, standing("05:00:15", { since }), ({ instant }) => ({ _tag: "Start", due: instant, request }))
    assert.isBelow(performance.now() - began, 1000)
    assert.deepStrictEqual([decisions.length, decisions.at(-1)?._tag], [100, "Start"])
  })

  it("jitter is the same for every daemon, within its span, and holds later ticks back", () => {
    const schedule = Schedule.make("jittered", { cron: "0 * * * *", jitter: "20 minutes", overlap: "allow" })
    const { next } = choose(schedule, standing("00:30:00"), () => assert.fail())
    assert.isAbove(next, at("01:00:00"))
    assert.isBelow(next, at("01:20:00"))
    assert.strictEqual(choose(schedule, standing("01:00:00"), () => assert.fail()).next, next)
    const now = { ...standing("00:00:00"), now: next }
    assert.strictEqual(told(schedule, now)[0], "start 01:00:00")
  })
})

describe("loops", () => {
  const loop = Schedule.make("loop", {
    every: "60 seconds", timezone: "America/New_York", during: { months: { from: 9, to: 5 }, hours: { from: "10:00", to: "04:00" } }
  })
  const began = (due: string, started = due) => ({ due: at(due), at: at(started) })
  const cases: ReadonlyArray<readonly [string, Standing, ReadonlyArray<string>]> = [
    ["begin at once", standing("00:00:00"), ["start 00:00:00", "next 00:01:00"]],
    ["go on from start to start", standing("00:00:20", { last: began("00:00:00") }), ["next 00:01:00"]],
    ["do not drift by what a start takes", standing("00:00:20", { last: began("00:00:00", "00:00:02") }), ["next 00:01:00"]],
    ["count from a start that was late", standing("00:01:20", { last: began("00:00:00", "00:01:10") }), ["next 00:02:10"]],
    ["are never two at once", standing("00:01:20", { last: began("00:00:00"), runs: [3] }), ["next after a run"]],
    ["start a late one at once", standing("00:01:20", { last: began("00:00:00") }), ["start 00:01:00", "next 00:02:20"]],
    ["begin anew when they were stopped", standing("03:00:00", { since: at("02:30:00"), last: began("00:00:00") }),
      ["start 02:30:00", "next 03:01:00"]],
    // 04:00 in New York is 09:00 in UTC in winter.
    ["wait for their hours", standing("09:00:00", { last: began("08:59:30") }), ["next 15:00:00"]]
  ]
  for (const [title, now, expected] of cases) it(title, () => assert.deepStrictEqual(told(loop, now), expected))

  it("ask, when they are late, for what is wanted when they start", () => {
    const asked: Array<string> = []
    choose(loop, standing("00:01:20", { last: began("00:00:00") }), ({ instant }) => {
      asked.push(text(instant))
      return { _tag: "Start", due: instant, request }
    })
    assert.deepStrictEqual(asked, ["00:01:20"])
  })
})
