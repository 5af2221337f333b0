/** The timing lines, the levels of the indicators, and the log file with its days. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Logger } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import * as Indicators from "../../../pipelines/football/Indicators.ts"
import * as LogFile from "../../../pipelines/football/LogFile.ts"
import * as NewYork from "../../../pipelines/football/NewYork.ts"
import * as Timing from "../../../pipelines/football/Timing.ts"

const step = (asset: string, seconds: number, metadata: Timing.TimedStep["metadata"] = {}): Timing.TimedStep =>
  ({ asset, startedAt: new Date(0), finishedAt: new Date(seconds * 1000), metadata })

const timing = Timing.make([
  step("football/live", 0.52, { requests: { value: 1 } }),
  step("football/match_details", 2.64, {
    "phase 1 seconds": { value: 1.31 },
    "phase 1 requests": { value: 98 },
    "phase 1 failed": { value: 2 },
    "phase 2 seconds": { value: 1.33 },
    "phase 2 requests": { value: 117 }
  }),
  step("football/odds", 2.64),
  step("football/matches", 0.24),
  step("football/board", 0.004)
], 5.44)

describe("the timing of a cycle", () => {
  it("is told in these lines", () => {
    assert.deepStrictEqual(Timing.lines(timing), [
      "STEP 1a – LIVE FETCH: 0.52s",
      "STEP 1b – ENRICH (async): 2.64s",
      "STEP 2 – run_step2: 0.24s",
      "STEP 7 – run_step7: 0.00s",
      "WRITE – planning, commits and files: 2.04s",
      "─".repeat(60),
      "TOTAL CYCLE TIME: 5.44s"
    ])
  })
  it("counts the requests of each phase", () => {
    assert.deepStrictEqual(timing.phases.map(({ failed, name, requests }) => [name, requests, failed]), [
      ["1a", 1, 0], ["1b phase 1", 98, 2], ["1b phase 2", 117, 0], ["2", 0, 0], ["7", 0, 0]
    ])
    assert.deepStrictEqual([timing.requests, timing.failed], [216, 2])
  })
  it("of a cycle that did not get far is 0 for what did not run", () => {
    assert.deepStrictEqual(Timing.make([], 1).phases.map(({ seconds }) => seconds), [0, 0, 0, 0, 0])
  })
})

describe("indicators", () => {
  const [cycle, enrichment, errors, left] = Indicators.indicators
  const cases: ReadonlyArray<[Indicators.Indicator, value: number, Indicators.Level]> = [
    [cycle!, 2, "normal"], [cycle!, 10, "normal"], [cycle!, 10.1, "warning"], [cycle!, 45, "warning"], [cycle!, 45.1, "critical"],
    [enrichment!, 5, "normal"], [enrichment!, 8, "warning"], [enrichment!, 31, "critical"],
    [errors!, 0.9, "normal"], [errors!, 1, "warning"], [errors!, 20, "warning"], [errors!, 20.1, "critical"],
    [left!, 54.56, "normal"], [left!, 50, "normal"], [left!, 45, "warning"], [left!, 15, "warning"], [left!, 14.9, "critical"]
  ]
  for (const [indicator, value, level] of cases) {
    it(`${indicator.name} ${value} is ${level}`, () => assert.strictEqual(Indicators.levelOf(indicator, value), level))
  }
  it("of several cycles: the last, the median and the worst", () => {
    const of = (totalSeconds: number) => ({ ...timing, totalSeconds })
    assert.deepInclude(Indicators.assess([of(4), of(60), of(5)])[0], { last: 4, median: 5, worst: 60, level: "normal" })
    assert.deepInclude(Indicators.assess([of(4), of(60), of(5), of(8)])[0], { median: 6.5 })
    assert.deepInclude(Indicators.assess([of(5.44), of(70), of(5)])[3], { name: "left of 60 s", last: 60 - 5.44, worst: 0, level: "normal" })
    assert.strictEqual(Indicators.errorRate({ requests: 0, failed: 0 }), 0)
  })
})

it("New York's time, in winter and in summer", () => {
  assert.strictEqual(NewYork.stamp(new Date("2025-06-08T01:39:04.012Z")), "2025-06-07 21:39:04,012")
  assert.strictEqual(NewYork.day(new Date("2025-12-08T04:59:59Z")), "2025-12-07")
})

describe("step1.log", () => {
  const folder = Effect.acquireRelease(
    Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "football-log-"))),
    (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
  )
  const write = (folder: string, day: string, text = day) => {
    const file = path.join(folder, LogFile.fileName)
    fs.writeFileSync(file, `${text}\n`)
    fs.utimesSync(file, new Date(`${day}T16:00:00Z`), new Date(`${day}T16:00:00Z`))
  }

  it.effect("is moved aside at the first line of a new day, and seven days are kept", () =>
    Effect.scoped(Effect.gen(function*() {
      const at = yield* folder
      for (let day = 1; day <= 9; day++) {
        write(at, `2025-06-0${day}`)
        LogFile.rotate(at, new Date(`2025-06-${String(day + 1).padStart(2, "0")}T16:00:00Z`))
      }
      assert.deepStrictEqual(fs.readdirSync(at).toSorted(), [3, 4, 5, 6, 7, 8, 9].map((day) => `step1.log.2025-06-0${day}`))
      // The same day again, by a second process.
      write(at, "2025-06-09", "later")
      LogFile.rotate(at, new Date("2025-06-10T16:00:00Z"))
      assert.strictEqual(fs.readFileSync(path.join(at, "step1.log.2025-06-09"), "utf8"), "2025-06-09\nlater\n")
    })))

  it.effect("stays where the day is the same, and nothing is done without one", () =>
    Effect.scoped(Effect.gen(function*() {
      const at = yield* folder
      LogFile.rotate(at, new Date())
      write(at, "2025-06-01")
      // 03:59 UTC is still the day before in New York.
      LogFile.rotate(at, new Date("2025-06-02T03:59:00Z"))
      assert.deepStrictEqual(fs.readdirSync(at), ["step1.log"])
    })))

  it.effect("gets what is logged, a line each, without secrets", () =>
    Effect.scoped(Effect.gen(function*() {
      const at = path.join(yield* folder, "deep", "er")
      const file = yield* LogFile.logger(at)
      yield* Effect.logWarning("API call failed\nfor a reason").pipe(Effect.provide(Logger.layer([file])))
      yield* Effect.logError("bad").pipe(Effect.provide(Logger.layer([file])))
      const [first, second] = fs.readFileSync(path.join(at, "step1.log"), "utf8").trim().split("\n")
      assert.match(first!, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - WARNING - API call failed \| for a reason$/)
      assert.match(second!, / - ERROR - bad$/)
    })))

  it.effect("hides what is in the environment", () =>
    Effect.withFiber((fiber) => {
      const line = LogFile.format(
        { message: "secret=abcdef user=ghijkl", logLevel: "Info", cause: Cause.empty, fiber, date: new Date(0) },
        { THESPORTS_SECRET: "abcdef", THESPORTS_USER: "ghijkl" }
      )
      assert.include(line, "secret=*** user=***")
      return Effect.void
    }))

  it.effect("says in one sentence where it cannot be written", () =>
    Effect.scoped(Effect.gen(function*() {
      const at = path.join(yield* folder, "file")
      fs.writeFileSync(at, "")
      const refused = yield* Effect.flip(LogFile.logger(at))
      assert.match(refused.message, /^The log cannot be written in .*file: /)
    })))
})
