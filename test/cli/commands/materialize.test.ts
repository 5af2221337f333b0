import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { escapes, launcher, project, weather } from "../fixture.ts"

const lines = (text: string): ReadonlyArray<Record<string, unknown>> =>
  text.trim().split("\n").map((line): Record<string, unknown> => JSON.parse(line))

describe("sluice materialize", () => {
  it.live("a failed step ends with 1, names the failure, skips what reads it, and resume does just the rest", () =>
    Effect.gen(function*() {
      const { ran, run } = yield* project(weather)
      const failed = yield* run(["materialize", "weather/readings", "weather/summary"], { env: { FAIL: "2024-03-04" } })
      assert.strictEqual(failed.code, 1, failed.stderr)
      assert.include(failed.stdout, "✗ Run 1 failed")
      assert.include(failed.stdout, "✗ weather/readings@2024-03-04  The station is silent.")
      assert.include(failed.stdout, "weather/summary@2024-03-04  skipped:")
      assert.include(failed.stdout, "npx sluice run resume 1")
      assert.notMatch(failed.stdout + failed.stderr, escapes)
      const shown = yield* run(["run", "show", "1"])
      assert.match(shown.stdout, /Failed\n {2}✗ weather\/readings@2024-03-04 {2}The station is silent\./)
      const before = (yield* ran).length
      const resumed = yield* run(["run", "resume", "1"])
      assert.strictEqual(resumed.code, 0, resumed.stdout + resumed.stderr)
      assert.strictEqual((yield* ran).length, before + 2)
      const over = yield* run(["run", "resume", "1"])
      assert.deepStrictEqual([over.code, over.stderr], [2, "error: Run 1 cannot be resumed because it has succeeded; start a new run.\n"])
    }))

  it.live("--json prints one object a line and the report last, whatever the pipelines print", () =>
    Effect.gen(function*() {
      const { run } = yield* project(weather.replace("ran(\"summary\")", "console.log(\"noise\")"))
      const json = yield* run(["materialize", "weather", "--json"])
      assert.strictEqual(json.code, 0, json.stderr)
      const events = lines(json.stdout)
      assert.strictEqual(events[0]?.["event"], "RunStarted")
      assert.lengthOf(events.filter(({ event }) => event === "StepMaterialized"), 11)
      assert.propertyVal(events.at(-1), "event", "Report")
      assert.propertyVal(events.at(-1), "materialized", 11)
      assert.include(json.stderr, "noise")
      const dry = yield* run(["materialize", "weather", "--force", "--dry-run", "--json"])
      assert.propertyVal(JSON.parse(dry.stdout), "fresh", 0)
      assert.deepStrictEqual(lines((yield* run(["materialize", "weather", "--json"])).stdout), [{ event: "NothingToDo", fresh: 11 }])
    }))

  it.live("partitions come as a key, a range, a file or standard input", () =>
    Effect.gen(function*() {
      const { ran, run, write } = yield* project(weather)
      yield* run(["materialize", "weather/readings", "--partition", "2024-03-01"])
      yield* run(["materialize", "weather/readings", "--partitions", "2024-03-01..2024-03-02"])
      yield* write("days.txt", "# the rest\n2024-03-03\n\n2024-03-04\n")
      yield* run(["materialize", "weather/readings", "--partition-set", "days.txt"])
      const piped = yield* run(["materialize", "weather/readings", "--partition-set", "-"], { input: "2024-03-05\n" })
      assert.strictEqual(piped.code, 0, piped.stderr)
      assert.deepStrictEqual(
        (yield* ran).toSorted(),
        ["01", "02", "03", "04", "05"].map((day) => `readings@2024-03-${day}`)
      )
    }))
})

describe("interrupted runs", () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it.live(`${signal} gives everything back, ends with 130, and the run can be resumed`, () =>
      Effect.gen(function*() {
        const { ran, run, start } = yield* project(weather)
        const running = start(["materialize", "weather/readings", "weather/summary"], { env: { HANG: "2024-03-05" } })
        yield* Effect.promise(() => running.says("run 1 started"))
        const recorded = Effect.map(run(["runs", "--json"]), ({ stdout }) => Number(JSON.parse(stdout)[0].materialized))
        yield* Effect.repeat(recorded, { until: (cells) => cells === 8 })
        running.process.kill(signal)
        const ended = yield* Effect.promise(() => running.ended)
        assert.strictEqual(ended.code, 130)
        assert.include(ended.stderr, "Run 1 is cancelled; go on with it: npx sluice run resume 1")
        assert.match((yield* run(["runs"])).stdout, /1 +cancelled/)
        const resumed = yield* run(["run", "resume", "1"])
        assert.strictEqual(resumed.code, 0, resumed.stderr)
        assert.strictEqual((yield* ran).length, 10)
      }))
  }

  it.live("a killed run is shown as lost, its claims end, and resume finishes it", () =>
    Effect.gen(function*() {
      const { ran, run, start } = yield* project(weather)
      const running = start(["materialize", "weather/readings"], { env: { HANG: "2024-03-05" } })
      yield* Effect.promise(() => running.says("run 1 started"))
      yield* Effect.repeat(Effect.delay(ran, 50), { until: (cells) => cells.length >= 4 })
      running.process.kill("SIGKILL")
      yield* Effect.promise(() => running.ended)
      const state = Effect.map(run(["runs", "--json"]), ({ stdout }) => String(JSON.parse(stdout)[0].state))
      assert.strictEqual(yield* Effect.repeat(Effect.delay(state, 500), { until: (name) => name !== "running" }), "lost")
      const resumed = yield* run(["run", "resume", "1"])
      assert.strictEqual(resumed.code, 0, resumed.stderr)
      assert.match((yield* run(["list", "weather/readings"])).stdout, /5 +5 +· +· +·/)
      assert.strictEqual((yield* run(["runs", "--json"])).stdout.includes("\"succeeded\""), true)
    }))

  it.live("another process can cancel a run", () =>
    Effect.gen(function*() {
      const { run, start } = yield* project(weather)
      const running = start(["materialize", "weather/readings"], { env: { HANG: "2024-03-05" } })
      yield* Effect.promise(() => running.says("run 1 started"))
      const cancelled = yield* run(["run", "cancel", "1"])
      assert.strictEqual(cancelled.code, 0, cancelled.stderr)
      const ended = yield* Effect.promise(() => running.ended)
      assert.strictEqual(ended.code, 130)
      assert.include(ended.stdout, "Run 1 cancelled")
    }))

  it.live("a second signal ends the process although a step cannot be interrupted", () =>
    Effect.gen(function*() {
      const { ran, run, start } = yield* project(weather.replace("return yield* Effect.never", "return yield* Effect.uninterruptible(Effect.never)"))
      const running = start(["materialize", "weather/readings"], { env: { HANG: "2024-03-05" } })
      yield* Effect.repeat(Effect.delay(ran, 50), { until: (cells) => cells.length >= 4 })
      running.process.kill("SIGINT")
      yield* Effect.sleep("600 millis")
      assert.isNull(running.process.exitCode)
      running.process.kill("SIGINT")
      const ended = yield* Effect.promise(() => running.ended)
      assert.strictEqual(ended.code, 130)
      assert.include(ended.stderr, "Ctrl-C again stops at once")
      assert.notInclude((yield* run(["runs"])).stdout, "succeeded")
    }))
})

describe("the last line of --json", () => {
  it.live("names the run when it was interrupted, and the report when a step failed", () =>
    Effect.gen(function*() {
      const { run, start } = yield* project(weather)
      const running = start(["materialize", "weather/readings", "--json"], { env: { HANG: "2024-03-05" } })
      yield* Effect.promise(() => running.says("StepMaterialized"))
      running.process.kill("SIGTERM")
      const interrupted = yield* Effect.promise(() => running.ended)
      assert.strictEqual(interrupted.code, 130)
      assert.deepStrictEqual(lines(interrupted.stdout).at(-1), { event: "Interrupted", run: 1 })
      const failed = yield* run(["run", "resume", "1", "--json"], { env: { FAIL: "2024-03-05" } })
      const { event, run: id, state } = lines(failed.stdout).at(-1) ?? {}
      assert.deepStrictEqual([failed.code, event, id, state], [1, "Report", 1, "failed"])
    }))
})

describe("standard output that goes away", () => {
  it.live("does not end a run whose reader has seen enough", () =>
    Effect.gen(function*() {
      const { ran, run, start } = yield* project(weather)
      for (const [env, code] of [[{ FAIL: "2024-03-05" }, 1], [{}, 0]] as const) {
        const running = start(["materialize", "weather/readings"], { env })
        running.process.stdout?.destroy()
        const ended = yield* Effect.promise(() => running.ended)
        assert.deepStrictEqual([ended.code, ended.stderr], [code, ""])
      }
      assert.lengthOf(yield* ran, 5)
      assert.match((yield* run(["runs"])).stdout, /2 +succeeded[^\n]*\n +1 +failed/)
    }))

  it.live.runIf(existsSync("/dev/full"))("ends a command that could not say all with 1 and a sentence", () =>
    Effect.gen(function*() {
      const { databaseUrl, folder } = yield* project(weather)
      const into = (args: string) =>
        Effect.promise(() =>
          new Promise<{ readonly code: number | null; readonly stderr: string }>((resolve) => {
            const child = spawn("sh", ["-c", `'${process.execPath}' '${launcher}' ${args} > /dev/full`], {
              cwd: folder,
              env: { ...process.env, DATABASE_URL: databaseUrl, NODE_OPTIONS: "" }
            })
            let stderr = ""
            child.stderr.setEncoding("utf8").on("data", (chunk: string) => void (stderr += chunk))
            child.on("close", (code) => resolve({ code, stderr }))
          })
        )
      for (const args of ["list", "--help", "materialize weather"]) {
        const { code, stderr } = yield* into(args)
        assert.strictEqual(code, 1, `${args}: ${stderr}`)
        assert.match(stderr, /error: Standard output cannot be written \(ENOSPC[^)]*\), so this command is stopped\./)
        assert.notInclude(stderr, "    at ")
      }
    }))
})

/** Makes a pipe look like a terminal of 80 by 24. */
const terminal = ["--import", `data:text/javascript,${
  encodeURIComponent("Object.assign(process.stdout, { isTTY: true, columns: 80, rows: 24 })")
}`]

describe("on a terminal", () => {
  it.live("a block redraws, what pipelines print scrolls by above it, and the cursor comes back", () =>
    Effect.gen(function*() {
      const { run } = yield* project(weather.replace("ran(\"summary\")", "console.log(\"noise\")"))
      const env = { TERM: "xterm", CI: "", NO_COLOR: "1" }
      const { code, stderr, stdout } = yield* run(["materialize", "weather"], { node: terminal, env })
      assert.strictEqual(code, 0, stderr)
      assert.isTrue(stdout.startsWith("\x1b[?25l"))
      assert.isAbove(stdout.lastIndexOf("\x1b[?25h"), stdout.lastIndexOf("\x1b[?25l"))
      assert.lengthOf(stdout.match(/noise\n/g) ?? [], 5)
      const last = stdout.slice(stdout.lastIndexOf("\x1b[0J"))
      assert.match(last, /weather\/readings +━{24} +5\/5/)
      assert.match(last, /weather\/warmest +━{24} +1\/1/)
      assert.match(last, /✓ Run 1 succeeded/)
      // oxlint-disable-next-line no-control-regex
      for (const line of stdout.split("\n")) assert.isAtMost(line.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, "").length, 80)
    }))
})
