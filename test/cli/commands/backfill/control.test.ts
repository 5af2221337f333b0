/** Backfills that other processes act on, that are ended, and that go on in the background. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFile, rm } from "node:fs/promises"
import * as path from "node:path"
import { escapes, project } from "../../fixture.ts"
import { ended, hold, letGo, lines, main, shown, until, words } from "./shop.ts"

describe("a backfill that another terminal acts on", () => {
  it.live("pauses: what is under way is finished, nothing new starts; and goes on when it is resumed", () =>
    Effect.gen(function*() {
      const given = yield* project(main)
      const { ran, run, start } = given
      yield* hold(given)
      const running = start(words("backfill shop/orders -c 2 --node-id oven"))
      yield* until(ran, (cells) => cells.length === 2)
      const paused = yield* run(words("backfill pause 1"))
      assert.strictEqual(paused.code, 0, paused.stderr)
      assert.include(paused.stdout, "Backfill 1 is paused")
      yield* letGo(given)
      // Cells that were claimed before may still start: those of a lot of two fibers.
      yield* until(Effect.map(shown(given), ({ materialized }) => Number(materialized)), (cells) => cells >= 2)
      yield* Effect.sleep("500 millis")
      const started = (yield* ran).length
      assert.isAtMost(started, 4)
      yield* Effect.sleep("700 millis")
      assert.lengthOf(yield* ran, started)
      const { participants, state } = yield* shown(given)
      assert.strictEqual(state, "paused")
      assert.nestedPropertyVal({ participants }, "participants[0].host", "oven")
      assert.match((yield* run(["backfills"])).stdout, /1 +paused/)
      const resumed = yield* run(words("backfill resume 1"))
      assert.include(resumed.stdout, "Backfill 1 goes on, in 1 process.", resumed.stderr)
      const { code, stdout } = yield* ended(running)
      assert.strictEqual(code, 0, stdout)
      assert.include(stdout, "backfill 1 is paused\n")
      assert.lengthOf(yield* ran, 60)
    }))

  it.live("is cancelled: after `cancel` has returned no step starts, and its process ends with 130", () =>
    Effect.gen(function*() {
      const given = yield* project(main)
      const { ran, run, start } = given
      yield* hold(given)
      const running = start(words("backfill shop/orders -c 2"))
      yield* until(ran, (cells) => cells.length === 2)
      const cancelled = yield* run(words("backfill cancel 1"))
      yield* letGo(given)
      assert.strictEqual(cancelled.code, 0, cancelled.stderr)
      assert.include(cancelled.stdout, "Backfill 1 is cancelled: 0 materialized, 60 open.")
      const { code, stdout } = yield* ended(running)
      assert.strictEqual(code, 130)
      assert.include(stdout, "Backfill 1 cancelled")
      assert.lengthOf(yield* ran, 2)
      const refused = yield* run(words("run resume 1"))
      assert.deepStrictEqual([refused.code, refused.stderr], [2, "error: Run 1 is a backfill: go on with it by `sluice backfill resume 1`.\n"])
      const resumed = yield* run(words("backfill resume 1 -c 16"))
      assert.strictEqual(resumed.code, 0, resumed.stderr)
      assert.include(resumed.stdout, "60 materialized")
    }))

  it.live("is helped by a second process; a process that is interrupted leaves it to the other", () =>
    Effect.gen(function*() {
      const given = yield* project(main)
      const { ran, run, start } = given
      yield* hold(given)
      const first = start(words("backfill shop/orders -c 2"))
      yield* until(ran, (cells) => cells.length === 2)
      const second = start(words("backfill join 1"), { env: { SLUICE_NODE_ID: "helper" } })
      yield* Effect.promise(() => second.says("backfill 1 joined"))
      yield* until(Effect.map(shown(given), ({ participants }) => Array.isArray(participants) ? participants.length : 0), (n) => n === 2)
      yield* until(ran, (cells) => cells.length === 4)
      first.process.kill("SIGINT")
      const left = yield* ended(first)
      assert.strictEqual(left.code, 130)
      assert.include(left.stderr, "This process takes part in backfill 1 no more; 1 other process goes on with it.")
      yield* letGo(given)
      const { code, stdout } = yield* ended(second)
      assert.strictEqual(code, 0, stdout)
      const cells = yield* ran
      assert.strictEqual(new Set(cells).size, 60)
      assert.lengthOf(cells, 62, "two steps of the first process were interrupted, and are done again")
      const ledger = yield* run(words("backfill show 1"))
      assert.match(ledger.stdout, /helper +\d+ +left/)
    }))
})

describe("a process of a backfill that ends", () => {
  it.live("by Ctrl-C: what is finished stays, exit code 130, and it can be resumed", () =>
    Effect.gen(function*() {
      const given = yield* project(main)
      const { ran, run, start } = given
      yield* run(words("backfill shop/orders --to 2024-01-05"))
      yield* hold(given)
      const running = start(words("backfill shop/orders --to 2024-01-08"))
      yield* until(ran, (cells) => cells.length === 8)
      running.process.kill("SIGINT")
      const { code, stderr } = yield* ended(running)
      assert.strictEqual(code, 130)
      assert.include(stderr, "Backfill 2 is cancelled; go on with it: npx sluice backfill resume 2")
      assert.match((yield* run(["backfills"])).stdout, /2 +cancelled.* 3 +0%/)
      const hanging = start(words("backfill resume 2 --json"))
      yield* Effect.promise(() => hanging.says("Progress"))
      hanging.process.kill("SIGTERM")
      const interrupted = yield* ended(hanging)
      assert.deepStrictEqual([interrupted.code, lines(interrupted.stdout).at(-1)], [130, { event: "Interrupted", backfill: 2 }])
    }))

  it.live("by kill -9: resume takes over at once, and no finished cell is done again", () =>
    Effect.gen(function*() {
      const given = yield* project(main)
      const { ran, run, start } = given
      const running = start(words("backfill shop/orders -c 2"), { env: { MS: "100" } })
      yield* until(ran, (cells) => cells.length >= 10)
      running.process.kill("SIGKILL")
      yield* ended(running)
      const { materialized } = yield* shown(given)
      const before = (yield* ran).length
      const resumed = yield* run(words("backfill resume 1 -c 4"))
      assert.strictEqual(resumed.code, 0, resumed.stderr)
      assert.include(resumed.stdout, "60 materialized")
      const cells = yield* ran
      assert.strictEqual(new Set(cells).size, 60)
      assert.strictEqual(cells.length - before, 60 - Number(materialized))
    }))
})

describe("retry-failed", () => {
  it.live("of one that stopped does what failed and nothing else, also after kill -9; resume does the rest", () =>
    Effect.gen(function*() {
      const given = yield* project(main)
      const { ran, run, start } = given
      const broken = { env: { FAIL: "2024-01-03" } }
      const stopped = yield* run(words("backfill shop/orders --to 2024-01-21 --max-failures 1 -c 1"), broken)
      assert.strictEqual(stopped.code, 1, stopped.stderr)
      const before = (yield* ran).length
      const again = yield* run(words("backfill retry-failed 1"), broken)
      assert.strictEqual(again.code, 1, again.stdout)
      yield* hold(given)
      const killed = start(words("backfill retry-failed 1"))
      yield* until(ran, (cells) => cells.length === before + 2)
      killed.process.kill("SIGKILL")
      yield* ended(killed)
      yield* letGo(given)
      const resumed = yield* run(words("backfill resume 1"))
      assert.strictEqual(resumed.code, 0, resumed.stdout)
      assert.include(resumed.stdout, "✗ Backfill 1 failed")
      assert.match(
        resumed.stdout,
        /Only what had failed was tried again: \d+ open cells are left as before, and `npx sluice backfill resume 1` goes on\./
      )
      assert.deepStrictEqual((yield* ran).slice(before), Array.from({ length: 3 }, () => "orders@2024-01-03"))
      const { failed, materialized, open, state } = yield* shown(given)
      assert.deepStrictEqual([state, failed, Number(materialized) + Number(open)], ["failed", 0, 21])
      const rest = yield* run(words("backfill resume 1"))
      assert.strictEqual(rest.code, 0, rest.stdout)
      assert.include(rest.stdout, "Backfill 1 succeeded")
      assert.lengthOf(yield* ran, before + 3 + Number(open))
    }))

  it.live("of one whose process was killed just now does what failed and nothing else", () =>
    Effect.gen(function*() {
      const given = yield* project(main)
      const { ran, run, start } = given
      const running = start(words("backfill shop/orders --to 2024-01-12 -c 1"), { env: { FAIL: "2024-01-01", MS: "200" } })
      yield* until(ran, (cells) => cells.length === 4)
      running.process.kill("SIGKILL")
      yield* ended(running)
      const { code, stdout } = yield* run(words("backfill retry-failed 1"))
      assert.strictEqual(code, 0, stdout)
      assert.include(stdout, "1 failed cell of backfill 1 is tried again.")
      assert.deepStrictEqual((yield* ran).slice(4), ["orders@2024-01-01"])
      assert.deepInclude(yield* shown(given), { state: "cancelled", failed: 0 })
    }))

  it.live("of one that was cancelled does what failed and nothing else; a paused one is refused", () =>
    Effect.gen(function*() {
      const given = yield* project(main)
      const { ran, run, start } = given
      yield* hold(given)
      const running = start(words("backfill shop/orders --to 2024-01-12 -c 1"), { env: { FAIL: "2024-01-01" } })
      yield* until(ran, (cells) => cells.length === 1)
      yield* run(words("backfill pause 1"))
      yield* letGo(given)
      yield* until(Effect.map(shown(given), ({ failed }) => failed), (failed) => failed === 1)
      const refused = yield* run(words("backfill retry-failed 1 --json"))
      assert.deepStrictEqual([refused.code, refused.stdout], [2, ""])
      assert.strictEqual(refused.stderr, "error: Backfill 1 is paused, so what failed would wait too; write `sluice backfill resume 1` first.\n")
      yield* run(words("backfill cancel 1"))
      yield* ended(running)
      const before = (yield* ran).length
      const open = Number((yield* shown(given))["open"])
      const { code, stdout } = yield* run(words("backfill retry-failed 1 --json"))
      assert.strictEqual(code, 0, stdout)
      assert.deepInclude(lines(stdout)[0], { event: "Retrying", failed: 1, skipped: 0 })
      assert.deepInclude(lines(stdout).at(-1), { event: "Report", state: "cancelled", failed: 0, retrying: 0 })
      assert.deepStrictEqual((yield* ran).slice(before), ["orders@2024-01-01"])
      assert.deepInclude(yield* shown(given), { state: "cancelled", failed: 0, open })
    }))
})

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe("--detach", () => {
  it.live("goes on in the background, with its output in a file", () =>
    Effect.gen(function*() {
      const given = yield* project(main)
      const { folder, ran, run } = given
      yield* hold(given)
      const started = yield* run(words("backfill shop --to 2024-01-20 -c 2 --detach --set FAIL=2024-01-20"))
      assert.strictEqual(started.code, 0, started.stderr)
      assert.match(started.stdout, /Backfill 1 runs in the background, as process \d+; what it says is in \.sluice\/logs\/backfill-1\.log\./)
      yield* until(ran, (cells) => cells.length === 2)
      assert.strictEqual((yield* shown(given))["state"], "running")
      yield* letGo(given)
      yield* until(Effect.map(shown(given), ({ state }) => state), (state) => state !== "running")
      assert.strictEqual((yield* shown(given))["state"], "failed")
      assert.lengthOf(yield* ran, 20)
      const log = Effect.promise(() => readFile(path.join(folder, ".sluice/logs/backfill-1.log"), "utf8"))
      const text = yield* until(log, (text) => text.includes("Backfill 1 failed"))
      assert.include(text, "✗ 1 × Busy")
      assert.notMatch(text, escapes)
      yield* hold(given)
      const json = yield* run(words("backfill shop --detach --json"))
      const { backfill, event, pid } = JSON.parse(json.stdout)
      assert.deepStrictEqual([event, backfill], ["Detached", 2])
      yield* run(words("backfill cancel 2"))
      yield* until(Effect.sync(() => isAlive(pid)), (alive) => !alive)
    }))

  it.live("what cannot start is told here", () =>
    Effect.gen(function*() {
      const { run } = yield* project(main)
      const closed = yield* run(words("backfill shop --detach"), { env: { CLOSED: "1" } })
      assert.deepStrictEqual([closed.code, closed.stderr], [2, "error: The resources of main.ts cannot be built: The shop has no key.\n"])
      assert.include((yield* run(["backfills"])).stdout, "There are no backfills yet")
      const nothing = yield* run(words("backfill join 4 --detach"))
      assert.deepStrictEqual([nothing.code, nothing.stdout], [2, ""])
      assert.include(nothing.stderr, "There is no backfill 4")
    }))

  it.live("of a retry that is cancelled before the process takes part does nothing, and says so", () =>
    Effect.gen(function*() {
      const given = yield* project(`
        import * as fs from "node:fs"
        // Stands for a machine that is slow to start.
        if (process.argv.includes("join")) while (fs.existsSync("late")) await new Promise((done) => setTimeout(done, 20))
        ${main}
      `)
      const { folder, ran, run, start } = given
      yield* run(words("backfill shop/orders --to 2024-01-21 --max-failures 1 -c 1"), { env: { FAIL: "2024-01-03" } })
      const before = yield* ran
      yield* given.write("late", "")
      const retry = start(words("backfill retry-failed 1 --detach"))
      yield* until(Effect.map(shown(given), ({ retrying }) => retrying), (retrying) => retrying === 1)
      const cancelled = yield* run(words("backfill cancel 1"))
      assert.strictEqual(cancelled.code, 0, cancelled.stderr)
      yield* Effect.promise(() => rm(path.join(folder, "late")))
      const { code, stderr } = yield* ended(retry)
      assert.strictEqual(code, 2, stderr)
      assert.strictEqual(
        stderr.split("\n")[0],
        "error: The process in the background takes no part in backfill 1: Backfill 1 has already ended; " +
          "`sluice backfill resume 1` goes on with what is left of it. (its log is .sluice/logs/backfill-1.log.)"
      )
      assert.deepStrictEqual(yield* ran, before)
      assert.deepInclude(yield* shown(given), { state: "cancelled", failed: 0 })
      // `resume` means all that is left, also in the background.
      const resumed = yield* run(words("backfill resume 1 --detach"))
      assert.strictEqual(resumed.code, 0, resumed.stderr)
      yield* until(Effect.map(shown(given), ({ state }) => state), (state) => state === "succeeded")
      assert.lengthOf(new Set(yield* ran), 21)
    }))
})

describe("join", () => {
  it.live("of one that has ended begins nothing, and says what does", () =>
    Effect.gen(function*() {
      const given = yield* project(main)
      const { ran, run } = given
      yield* run(words("backfill shop/orders --to 2024-01-21 --max-failures 1 -c 1"), { env: { FAIL: "2024-01-03" } })
      const before = yield* ran
      const here = yield* run(words("backfill join 1"))
      assert.deepStrictEqual([here.code, here.stdout, here.stderr], [
        2, "", "error: Backfill 1 has already ended; `sluice backfill resume 1` goes on with what is left of it.\n"
      ])
      const detached = yield* run(words("backfill join 1 --detach"))
      assert.deepStrictEqual([detached.code, detached.stdout], [2, ""])
      assert.include(detached.stderr, "Backfill 1 has already ended; `sluice backfill resume 1` goes on with what is left of it.")
      assert.deepStrictEqual(yield* ran, before)
      assert.deepInclude(yield* shown(given), { state: "failed" })
    }))
})
