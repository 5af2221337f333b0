import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { freePort, project } from "../fixture.ts"

/** A step of two seconds, asked for each second; and two schedules that are not due for long. */
const shop = `
import { appendFileSync } from "node:fs"
import { Effect, Layer, Schema } from "effect"
import { Asset, Deployment, Pipeline, Rows, Schedule, Warehouse } from "sluice"

const orders = Asset.make("shop/orders", {
  output: Rows.of(Schema.Struct({ id: Schema.String }), { key: ["id"] }),
  io: Warehouse,
  run: () => Effect.gen(function*() {
    appendFileSync("ran.log", "began\\n")
    yield* Effect.logInfo("orders are counted")
    yield* Effect.sleep("2 seconds")
    appendFileSync("ran.log", "ended\\n")
    return [{ id: "1" }]
  })
})

export default Deployment.make({
  pipelines: [Pipeline.make("shop", { assets: [orders], schedule: { cron: "* * * * * *", request: { force: true } } })],
  schedules: [
    Schedule.make("yearly", {
      cron: "30 2 29 3 *", timezone: "Europe/Berlin", catchUp: { within: "2 hours" }, overlap: "queue", request: { select: orders },
      during: { months: { from: 3, to: 4 } }, description: "Once a year"
    }),
    Schedule.make("shop/season", { every: "10 seconds", during: { months: { from: 3, to: 3 } }, request: { select: "shop" } })
  ],
  io: Warehouse.layer,
  resources: Layer.empty
})
`

describe("schedules on the command line", () => {
  it.live("are listed, shown, previewed, started and stopped; wrong words are refused in one sentence", () =>
    Effect.gen(function*() {
      const { run } = yield* project(shop)
      const listed = yield* run(["schedules"])
      assert.match(listed.stdout, /shop +new +\* \* \* \* \* \* in UTC/, listed.stderr)
      assert.match(listed.stdout, /shop\/season +new +every 10 s in UTC/)
      const [first] = JSON.parse((yield* run(["schedules", "--json"])).stdout)
      assert.deepInclude(first, { name: "shop", state: "new", cron: ["* * * * * *"], asks: "shop (forced)", last: [] })

      const shown = yield* run(["schedule", "show", "yearly"])
      for (const text of ["Once a year", "30 2 29 3 * in Europe/Berlin", "Mar to Apr", "within 2 h", "queue", "shop/orders", "no daemon has seen it"]) {
        assert.include(shown.stdout, text)
      }
      const preview = yield* run(["schedule", "preview", "yearly", "--from", "2026-03", "--to", "2027-03-29"])
      assert.deepStrictEqual(preview.stdout.split("\n").slice(1, 3), [
        "2026-03-29T03:00:00+02:00  2026-03-29T01:00:00Z  clocks skip 02:30", "2027-03-29T02:30:00+02:00  2027-03-29T00:30:00Z"
      ])
      const json = yield* run(["schedule", "preview", "shop", "--from", "2026-01-01", "--limit", "1", "--json"])
      assert.deepStrictEqual(JSON.parse(json.stdout), [{ due: "2026-01-01T00:00:00.000Z", local: "2026-01-01T00:00:00+00:00", note: null }])
      assert.include((yield* run(["schedule", "preview", "yearly", "--from", "2026-04", "--to", "2026-05"])).stdout, "is not due in that span")

      const stopped = yield* run(["schedule", "stop", "shop"])
      assert.strictEqual(stopped.stdout, "The schedule shop is stopped: no tick starts a run until `sluice schedule start shop`.\n")
      assert.match((yield* run(["schedules"])).stdout, /shop +stopped +\* \* \* \* \* \* in UTC +·/)
      assert.include((yield* run(["schedule", "start", "shop"])).stdout, "is running")
      assert.include((yield* run(["ticks", "shop"])).stdout, "No tick of shop was decided upon yet")

      const refusals = [
        [["ticks", "shpo"], "There is no schedule \"shpo\". Did you mean \"shop\"?"],
        [["schedule", "show", "x"], "There is no schedule \"x\". `sluice schedules` lists those that exist."],
        [["schedule", "preview", "shop", "--from", "2026-02-30"], "\"2026-02-30\" of --from is not a time (February 2026 has 28 days): write one like 2026-03-29 or 2026-03-29T01:30."],
        [["schedule", "preview", "shop", "--from", "2026-02-02", "--to", "2026-02-01"], "\"2026-02-01\" of --to is before the beginning: let it be later."],
        [["daemon", "--grace=-1"], "\"-1\" is not a value of --grace: seconds, from 0 to 86400."],
        [["daemon", "--only", "shop", "--only", "shedules"], "\"shedules\" of --only is nothing that a daemon does. Did you mean \"schedules\"?"],
        [["daemon", "--only", "sensors"], "There is nothing of --only sensors in this project."],
        [["daemon", "--health-port", "70000"], "\"70000\" is not a value of --health-port: a port, from 1 to 65535."]
      ] as const
      for (const [args, sentence] of refusals) {
        const refused = yield* run(args)
        assert.deepStrictEqual([refused.code, refused.stderr.split("\n")[0]], [2, `error: ${sentence}`])
      }
    }), 60_000)

  it.live("SIGTERM lets a daemon end its running step, or leaves it to the next one", () =>
    Effect.gen(function*() {
      const { folder, ran, run, start } = yield* project(shop)
      const began = (times: number) =>
        Effect.gen(function*() {
          while ((yield* ran).filter((line) => line === "began").length < times) yield* Effect.sleep(20)
        })
      const last = Effect.map(run(["runs", "--json", "--limit", "1"]), ({ stdout }) => JSON.parse(stdout)[0])

      const impatient = start(["daemon", "--json", "--grace", "0.1"])
      yield* began(1)
      impatient.process.kill("SIGTERM")
      const left = yield* Effect.promise(() => impatient.ended)
      assert.strictEqual(left.code, 130, left.stderr)
      assert.match(left.stdout, /"event":"Stopped".*"left":\[1\]/)
      assert.deepInclude(yield* last, { id: 1, state: "lost" })

      const port = yield* freePort
      const next = start(["daemon", "--json", "--health-port", String(port), "--pid-file", "daemon.pid", "--log-file", "logs/daemon.log", "--only", "shop"])
      yield* began(2)
      const health = yield* Effect.promise(() => fetch(`http://127.0.0.1:${port}/health`).then((response) => response.json()))
      assert.deepInclude(health, { ok: true, state: "up", runs: [1], pid: Number(yield* Effect.promise(() => readFile(`${folder}/daemon.pid`, "utf8"))) })
      next.process.kill("SIGTERM")
      const { code, stdout } = yield* Effect.promise(() => next.ended)
      assert.deepStrictEqual([code, stdout], [0, ""])
      const log = yield* Effect.promise(() => readFile(`${folder}/logs/daemon.log`, "utf8"))
      assert.isFalse(existsSync(`${folder}/daemon.pid`))
      assert.match(log, /"event":"Up".*"schedules":1,"sensors":0,"automations":0/)
      assert.match(log, /"event":"Ended".*"run":1,"state":"succeeded"/)
      assert.match(log, /"event":"Adopted".*"run":1\}/)
      assert.match(log, /"event":"Logged","at":"[^"]+","level":"Info","message":"orders are counted"/)
      assert.deepStrictEqual(yield* ran, ["began", "began", "ended"])
      assert.deepInclude(yield* last, { id: 1, state: "succeeded" })
      const ticks = JSON.parse((yield* run(["ticks", "shop", "--json"])).stdout)
      assert.deepInclude(ticks.at(-1), { state: "started", run: 1, runState: "succeeded" })
      for (const tick of ticks.slice(0, -1)) assert.deepInclude(tick, { state: "skipped", run: null })
    }), 60_000)
})
