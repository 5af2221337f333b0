/** `sluice backfill` and its commands, as processes on one database. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFile, rm } from "node:fs/promises"
import * as path from "node:path"
import { escapes, type Project, project } from "../fixture.ts"

/**
 * Orders by day with a report of each, box scores by endpoint and game. A cell writes to ran.log when it starts; while
 * the file "wait" is there it does not end. MS is how long it takes, FAIL are days that fail, and BROKEN throw.
 */
const main = `
import { appendFileSync, existsSync } from "node:fs"
import { Data, Effect, Layer, Schema } from "effect"
import { Asset, Deployment, Documents, Document, Partitions, Pipeline, Rows, Warehouse } from "sluice"

class Busy extends Data.TaggedError("Busy")<{ readonly message: string; readonly transient: boolean }> {}

const day = Partitions.daily({ start: "2024-01-01", end: "2024-03-01" })
const Row = Schema.Struct({ id: Schema.String })
const work = (name: string, key: string) =>
  Effect.gen(function*() {
    appendFileSync("ran.log", name + "@" + key + "\\n")
    yield* Effect.sleep(Number(process.env.MS ?? "0"))
    while (existsSync("wait")) yield* Effect.sleep(20)
    if ((process.env.FAIL ?? "").split(",").includes(key)) return yield* new Busy({ message: "The shop is busy.", transient: true })
    if ((process.env.BROKEN ?? "").split(",").includes(key)) throw new TypeError("till is undefined")
    return [{ id: key }]
  })

const orders = Asset.make("shop/orders", {
  partitions: day, output: Rows.of(Row, { key: ["id"] }), io: Warehouse, run: (_, { key }) => work("orders", key)
})
const report = Asset.make("shop/report", {
  partitions: day, inputs: { orders }, output: Document.of(Schema.Struct({ orders: Schema.Int })), io: Documents,
  run: ({ orders }) => Effect.succeed({ orders: orders.length })
})
const box = Asset.make("nba/box", {
  partitions: Partitions.product({ endpoint: Partitions.fixed(["box", "play", "shots"]), game: Partitions.dynamic("nba/game") }),
  output: Rows.of(Row, { key: ["id"] }), io: Warehouse, run: (_, { endpoint, game }) => work("box", endpoint + "|" + game)
})
const total = Asset.make("show/total", { output: Rows.of(Row, { key: ["id"] }), io: Warehouse, run: () => work("total", "all") })

export default Deployment.make({
  pipelines: [Pipeline.make("shop", { assets: [orders, report] }), Pipeline.make("nba", { assets: [box] }), Pipeline.make("show", { assets: [total] })],
  io: Layer.mergeAll(Warehouse.layer, Documents.layer),
  resources: process.env.CLOSED === "1" ? Layer.effectDiscard(Effect.fail(new Error("The shop has no key."))) : Layer.empty
})
`

const words = (line: string) => line.split(" ")

const lines = (text: string): ReadonlyArray<Record<string, unknown>> =>
  text.trim().split("\n").map((line): Record<string, unknown> => JSON.parse(line))

const shown = ({ run }: Project, id = 1) =>
  Effect.map(run(["backfill", "show", String(id), "--json"]), ({ stdout }): Record<string, unknown> => JSON.parse(stdout))

const hold = ({ write }: Project) => write("wait", "")
const letGo = ({ folder }: Project) => Effect.promise(() => rm(path.join(folder, "wait")))

/** Waits for what is true sooner or later. */
const until = <A>(look: Effect.Effect<A>, holds: (value: A) => boolean) =>
  Effect.repeat(Effect.delay(look, "50 millis"), { until: holds })

const ended = (running: { readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> }) =>
  Effect.promise(() => running.ended)

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
})

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe("a backfill that means nothing", () => {
  it.live("is refused in one sentence with what would be right, and nothing is begun", () =>
    Effect.gen(function*() {
      const { run } = yield* project(main)
      yield* run(words("partitions add nba/game 0022300001 0022300002"))
      const wrong: ReadonlyArray<readonly [string, string]> = [
        ["backfill", "\"sluice backfill\" needs <selection>"],
        ["backfill shpo", "There is no asset, pipeline or group \"shpo\". Did you mean"],
        ["backfill 7", "\"7\" is no selection of assets: `sluice backfill show 7` shows a backfill."],
        ["backfill shwo 3", "\"sluice backfill\" has no command \"shwo\". Did you mean \"show\"?"],
        ["backfill show x", "\"x\" is not a value of <id>: a whole number."],
        ["backfill --from 2024-01-01 show 3", "\"sluice backfill show\" has no option --from."],
        ["backfill show 7", "There is no backfill 7"],
        ["backfill pause 7", "There is no backfill 7"],
        ["backfill resume 7", "There is no backfill 7"],
        ["backfill cancel 7", "There is no backfill 7"],
        ["backfill retry-failed 7", "There is no backfill 7"],
        ["backfill join 7", "There is no backfill 7"],
        ["backfill shop --from 2024-02-01 --to 2024-01-01", "the range ends before it begins"],
        ["backfill shop --from 2024-13-01", "--from \"2024-13-01\" is not a date"],
        ["backfill shop --from 2024-05-01", "shop/orders: --from 2024-05-01 is after its end"],
        ["backfill shop --last 30x", "--last \"30x\" is not a span of time"],
        ["backfill nba --where endpont=box", "No selected asset has a dimension \"endpont\": there are endpoint and game. Did you mean \"endpoint\"?"],
        ["backfill nba --where endpoint=bxo", "did you mean \"box\"?"],
        ["backfill nba --where box", "\"--where box\" is not of the form DIMENSION=KEY"],
        ["backfill nba --param-list 0022300001 0022300009", "0022300009"],
        ["backfill nba --param-start 5 --param-end 2", "--param-start 5 is not before --param-end 2"],
        ["backfill nba --param-start 9", "--param-start 9"],
        ["backfill nba --param-start -1", "\"-1\" is not a value of --param-start: a whole number from 0 on."],
        ["backfill nba --param-limit 0", "\"0\" is not a value of --param-limit: a whole number from 1 on."],
        ["backfill nba --param-list", "The option --param-list needs a value"],
        ["backfill nba --param-list 1 nba --param-file none.txt", "The file of keys none.txt does not exist."],
        ["backfill shop --partitions 2024-3-1", "a day is written like"],
        ["backfill shop --only faild", "\"faild\" is not a value of --only: write missing, stale, failed or all. Did you mean \"failed\"?"],
        ["backfill shop --order up", "\"up\" is not a value of --order"],
        ["backfill shop --max-failures 0", "\"0\" is not a value of --max-failures"],
        ["backfill shop --batch 0", "\"0\" is not a value of --batch: a whole number from 1 on."],
        ["backfill shop --forse", "\"sluice backfill\" has no option --forse."],
        ["backfill shop --set MS", "\"--set MS\" is not of the form NAME=VALUE."],
        ["backfills --limit 0", "\"0\" is not a value of --limit: a whole number from 1 on."]
      ]
      const all = yield* Effect.forEach(wrong, ([line]) => run(words(line)))
      wrong.forEach(([line, sentence], i) => {
        const { code, stderr, stdout } = all[i]!
        assert.strictEqual(code, 2, `${line}: ${stdout}${stderr}`)
        const [first, ...rest] = stderr.trim().split("\n")
        assert.include(first, sentence, line)
        assert.isTrue(first?.startsWith("error: "))
        assert.isAtMost(rest.length, 1, stderr)
        assert.notInclude(stderr, "    at ")
        assert.strictEqual(stdout, "")
      })
      const node = yield* run(["backfill", "shop", "--node-id", "a b"])
      assert.deepStrictEqual([node.code, node.stderr], [2, "error: \"a b\" of --node-id is no name of a machine: write up to 100 characters without blanks.\n"])
      assert.include((yield* run(["backfills"])).stdout, "There are no backfills yet")
    }))

  it.live("an empty master set says what to do first", () =>
    Effect.gen(function*() {
      const { run } = yield* project(main)
      const { code, stderr } = yield* run(words("backfill nba --param-limit 5"))
      assert.strictEqual(code, 2, stderr)
      assert.include(stderr, "sluice partitions add nba/game")
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
