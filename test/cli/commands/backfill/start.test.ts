/** `sluice backfill`: what it does, plans and tells, on one database. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { project } from "../../fixture.ts"
import { lines, main, shown, words } from "./shop.ts"

describe("sluice backfill", () => {
  it.live("does what is missing, by date and by key, and leaves the rest alone", () =>
    Effect.gen(function*() {
      const { ran, run } = yield* project(main)
      const month = yield* run(words("backfill shop --from 2024-01-30 --to 2024-02-02"))
      assert.strictEqual(month.code, 0, month.stderr)
      assert.include(month.stdout, "✓ Backfill 1 succeeded")
      assert.include(month.stdout, "8 materialized")
      assert.deepStrictEqual((yield* ran).toSorted(), ["30", "31"].map((d) => `orders@2024-01-${d}`).concat(["orders@2024-02-01", "orders@2024-02-02"]))
      const again = yield* run(words("backfill shop --from 2024-01-30 --to 2024-02-02"))
      assert.deepStrictEqual([again.code, again.stdout], [0, "Nothing to do: 8 cells need nothing.\n"])
      yield* run(words("partitions add nba/game 0022300001 0022300002 0022300003"))
      const games = yield* run(words("backfill nba/box --where endpoint=box,play --param-list 0022300003 0022300001 --name two --order newest"))
      assert.strictEqual(games.code, 0, games.stderr)
      assert.deepStrictEqual((yield* ran).slice(4).toSorted(), ["box|0022300001", "box|0022300003", "play|0022300001", "play|0022300003"].map((key) => `box@${key}`))
      const listed = yield* run(["backfills"])
      assert.match(listed.stdout, /ID +NAME +STATE.*\n +2 +two +succeeded +nba\/box endpoint=box,play, 0022300003,0022300001 +4 +4 +100%/)
      const file = yield* run(words("backfill nba/box --param-file - --only all"), { input: "# one\n0022300002\n" })
      assert.include(file.stdout, "3 materialized", file.stderr)
      assert.match((yield* run(["runs"])).stdout, /3 +succeeded +backfill: nba\/box 0022300002 \(all states\)/)
      const named = yield* run(words("backfill group:show"))
      assert.include(named.stdout, "1 materialized", named.stderr)
    }))

  it.live("--dry-run tells cells, calls and time, and writes nothing", () =>
    Effect.gen(function*() {
      const { ran, run } = yield* project(main)
      const dry = yield* run(words("backfill shop nba --to 2024-01-10 --dry-run"))
      assert.strictEqual(dry.code, 0, dry.stderr)
      assert.match(dry.stdout, /shop\/orders +10 +10 +\? +8 +\? +2024-01-01\.\.2024-01-10/)
      assert.include(dry.stdout, "20 cells in 20 calls. Nothing was changed.")
      assert.include(dry.stdout, "nba/box")
      assert.deepStrictEqual(yield* ran, [])
      assert.deepStrictEqual(JSON.parse((yield* run(words("backfills --json"))).stdout), [])
      assert.deepStrictEqual(JSON.parse((yield* run(words("runs --json"))).stdout), [])
      yield* run(words("backfill shop --to 2024-01-02"), { env: { MS: "40" } })
      const json = JSON.parse((yield* run(words("backfill shop --to 2024-01-10 --dry-run --json -c 2"))).stdout)
      assert.deepStrictEqual([json.cells, json.calls, json.untimed, json.fresh], [16, 16, [], 4])
      assert.isAtLeast(json.computations[0].callMillis, 40)
      assert.strictEqual(json.computations[0].millis, 4 * json.computations[0].callMillis)
      assert.lengthOf(yield* ran, 2)
    }))

  it.live("failures: counts, groups, exit code 1, and retry-failed touches just those", () =>
    Effect.gen(function*() {
      const given = yield* project(main)
      const { ran, run } = given
      const env = { FAIL: "2024-01-02,2024-01-03", BROKEN: "2024-01-04", NO_COLOR: "1" }
      const failed = yield* run(words("backfill shop --to 2024-01-05"), { env })
      assert.strictEqual(failed.code, 1, failed.stderr)
      assert.include(failed.stdout, "failed shop/orders@2024-01-02: The shop is busy.")
      assert.match(failed.stdout, /✗ Backfill 1 failed in .*: 4 materialized .*3 failed, 3 skipped/)
      assert.include(failed.stdout, "✗ 2 × Busy (transient, another try may succeed), last shop/orders@2024-01-0")
      assert.match(failed.stdout, /✗ 1 × TypeError \(permanent\), last shop\/orders@2024-01-04 {2}till is undefined/)
      assert.include(failed.stdout, "npx sluice backfill retry-failed 1")
      const show = yield* run(words("backfill show 1"))
      assert.match(show.stdout, /shop\/orders +\S+ +5 +2 +· +3 +· +·/)
      assert.match(show.stdout, /shop\/report +\S+ +5 +2 +· +· +3 +·/)
      assert.match(show.stdout, /Failed\n {2}✗ 2 × Busy/)
      const idle = yield* run(words("backfill shop/orders --to 2024-01-05"))
      assert.include(idle.stdout, "Nothing to do", "failed cells are left alone")
      const resumed = yield* run(words("backfill resume 1"))
      assert.strictEqual(resumed.code, 2)
      assert.include(resumed.stderr, "Backfill 1 has ended, and no cell of it is open: `sluice backfill retry-failed 1` tries again what failed.")
      const before = (yield* ran).length
      const retried = yield* run(words("backfill retry-failed 1"))
      assert.strictEqual(retried.code, 0, retried.stderr)
      assert.include(retried.stdout, "3 failed cells and 3 that were skipped of backfill 1 are tried again.")
      assert.deepStrictEqual((yield* ran).slice(before).toSorted(), ["02", "03", "04"].map((d) => `orders@2024-01-${d}`))
      const { failed: left, materialized, planned } = yield* shown(given)
      assert.deepStrictEqual([planned, materialized, left], [10, 10, 0])
    }))

  it.live("--max-failures stops it by itself, and says so", () =>
    Effect.gen(function*() {
      const { run } = yield* project(main)
      const FAIL = Array.from({ length: 31 }, (_, i) => `2024-01-${String(i + 1).padStart(2, "0")}`).join(",")
      const stopped = yield* run(words("backfill shop/orders --max-failures 3 -c 1"), { env: { FAIL, MS: "30" } })
      assert.strictEqual(stopped.code, 1, stopped.stderr)
      assert.match(stopped.stdout, /Stopped: \d+ cells failed, which reaches the maximum of 3/)
      const { planned, failed, open, stopReason } = JSON.parse((yield* run(words("backfill show 1 --json"))).stdout)
      assert.isAbove(open, 0)
      assert.isAtMost(failed + open, planned)
      assert.match(stopReason, /maximum of 3/)
    }))

  it.live("--max-failures tells how many failed in all, also those under way when it stopped", () =>
    Effect.gen(function*() {
      const { run } = yield* project(main)
      const FAIL = Array.from({ length: 31 }, (_, i) => `2024-01-${String(i + 1).padStart(2, "0")}`).join(",")
      const { stdout } = yield* run(words("backfill shop/orders --max-failures 2 -c 1"), { env: { FAIL } })
      const [, head] = /Backfill 1 failed in .*, (\d+) failed/.exec(stdout) ?? []
      const [, sentence] = /Stopped: (\d+) cells failed, which reaches the maximum of 2:/.exec(stdout) ?? []
      assert.isAtLeast(Number(head), 2, stdout)
      assert.strictEqual(sentence, head, stdout)
    }))

  it.live("--json prints one object a line and the report last", () =>
    Effect.gen(function*() {
      const { run } = yield* project(main)
      const json = yield* run(words("backfill shop --to 2024-01-03 --json"), { env: { FAIL: "2024-01-02" } })
      assert.strictEqual(json.code, 1, json.stderr)
      const events = lines(json.stdout)
      assert.strictEqual(events[0]?.["event"], "BackfillStarted")
      assert.isTrue(events.some(({ event }) => event === "Progress"))
      assert.isTrue(events.some(({ event, partition }) => event === "StepFailed" && partition === "2024-01-02"))
      const { event, failed, id, materialized, skipped, state } = events.at(-1) ?? {}
      assert.deepStrictEqual([event, id, state, materialized, failed, skipped], ["Report", 1, "failed", 4, 1, 1])
      const retried = lines((yield* run(words("backfill retry-failed 1 --json"))).stdout)
      assert.deepStrictEqual([retried[0]?.["event"], retried.at(-1)?.["event"], retried.at(-1)?.["state"]], ["Retrying", "Report", "succeeded"])
      assert.deepStrictEqual(lines((yield* run(words("backfill shop --to 2024-01-03 --json"))).stdout), [{ event: "NothingToDo", fresh: 6 }])
      assert.lengthOf(JSON.parse((yield* run(words("backfills --json"))).stdout), 1)
    }))
})

/** Makes a pipe look like a terminal of 80 by 24. */
const terminal = ["--import", `data:text/javascript,${
  encodeURIComponent("Object.assign(process.stdout, { isTTY: true, columns: 80, rows: 24 })")
}`]

describe("on a terminal", () => {
  it.live("a block with a bar for each asset and a line for the whole redraws", () =>
    Effect.gen(function*() {
      const { run } = yield* project(main)
      const env = { TERM: "xterm", CI: "", NO_COLOR: "1", MS: "30", FAIL: "2024-01-02" }
      const { code, stderr, stdout } = yield* run(words("backfill shop -c 2 --to 2024-01-31"), { node: terminal, env })
      assert.strictEqual(code, 1, stderr)
      assert.match(stdout, / {2}backfill 1 · \d+ of 62 cells/)
      assert.isAbove(stdout.lastIndexOf("\x1b[?25h"), stdout.lastIndexOf("\x1b[?25l"))
      const last = stdout.slice(stdout.lastIndexOf("\x1b[0J"))
      assert.match(last, /shop\/orders +━{24} +31\/31 .*1 failed/)
      assert.match(last, /✗ Backfill 1 failed/)
      // oxlint-disable-next-line no-control-regex
      for (const line of stdout.slice(0, stdout.lastIndexOf("\x1b[0J")).split("\n")) assert.isAtMost(line.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, "").length, 80)
    }))
})
