/** `sluice football` as a user runs it: child processes, the simulator, real Postgres. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { Database } from "../../../resources/database/Database.ts"
import * as Simulator from "../../../simulators/football/Simulator.ts"
import * as fixture from "../../cli/fixture.ts"
import { secret } from "../../resources/football/api.ts"

const main = `
import { Layer } from "effect"
import { Deployment, Documents, Warehouse } from "sluice"
import { football } from "${fixture.root}/pipelines/football.ts"
import { footballCommand } from "${fixture.root}/pipelines/football/FootballCommand.ts"
import { FootballApi } from "${fixture.root}/resources/football/FootballApi.ts"
import * as FootballSimulators from "${fixture.root}/simulators/football/Source.ts"

export default Deployment.make({
  pipelines: [football],
  io: Layer.mergeAll(Warehouse.layer, Documents.layer),
  resources: FootballApi.layer.pipe(Layer.provide(FootballSimulators.layer)),
  commands: [footballCommand]
})
`

const query = <A extends object>(project: fixture.Project, statement: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe<A>(statement)).pipe(
    Effect.provide(Layer.provide(Database.layerClient({ connections: 1 }), Database.layerUrl(Redacted.make(project.databaseUrl))))
  )

const small = { matches: 6, teams: 12, competitions: 3 }
const simulator = "simulator?matches=6&teams=12&competitions=3"

const envOf = (url: string): NodeJS.ProcessEnv => ({
  FOOTBALL_SOURCE: url,
  THESPORTS_USER: "user-of-the-vendor",
  THESPORTS_SECRET: secret,
  FOOTBALL_MODE: "",
  FOOTBALL_CONNECTIONS: ""
})

const read = (project: fixture.Project, ...file: ReadonlyArray<string>) => fs.readFileSync(path.join(project.folder, ...file), "utf8")

const timingLines = [
  /^STEP 1a – LIVE FETCH: \d+\.\d\ds$/m,
  /^STEP 1b – ENRICH \(async\): \d+\.\d\ds$/m,
  /^STEP 2 – run_step2: \d+\.\d\ds$/m,
  /^STEP 7 – run_step7: \d+\.\d\ds$/m,
  /^WRITE – planning, commits and files: \d+\.\d\ds$/m,
  /^─{60}$/m,
  /^TOTAL CYCLE TIME: \d+\.\d\ds$/m
]

describe("sluice football", () => {
  it.live("makes one cycle, prints board and timing, logs, keeps its history; a second one asks for less", () =>
    Effect.gen(function*() {
      const project = yield* fixture.project(main)
      const { traffic, url } = yield* Simulator.make(small)
      const first = yield* project.run(["football", "--files", "out"], { env: envOf(url) })
      assert.strictEqual(first.code, 0, first.stderr + first.stdout)
      assert.deepStrictEqual(traffic.counts(), { live: 1, details: 6, odds: 6, team: 12, competition: 3, country: 1 })
      for (const line of timingLines) assert.match(first.stdout, line)
      assert.match(first.stdout, /^1b phase 2 .* 16 +0$/m)
      assert.match(first.stdout, / – .*\n {2}(first half|half-time|second half|overtime|penalties)/)

      const log = read(project, "step1.log")
      assert.match(log, /INFO - Cycle begins: at most 30 connections at once, mode vendor\./)
      const said = ["LIVE FETCH", "ENRICH", "run_step2", "run_step7", "TOTAL CYCLE TIME"].map((text) => log.indexOf(text))
      assert.deepStrictEqual(said, said.toSorted((a, b) => a - b))
      assert.isAbove(said[0]!, 0)

      const step1 = JSON.parse(read(project, "out", "step1.json"))
      assert.deepStrictEqual(
        [Object.keys(step1.match_details).length, Object.keys(step1.match_odds).length, Object.keys(step1.team_info).length],
        [6, 6, 12]
      )
      assert.strictEqual(JSON.parse(read(project, "out", "step2.json")).history[0].matches.length, 6)
      assert.include(read(project, "out", "step7_matches.log"), " matches\n")

      traffic.reset()
      const second = yield* project.run(["football", "--quiet", "--json", "--files", "out", "--keep", "1"], { env: envOf(url) })
      assert.strictEqual(second.code, 0, second.stderr)
      assert.deepStrictEqual(traffic.counts(), { live: 1, details: 6, odds: 6 })
      const report = JSON.parse(second.stdout)
      assert.deepStrictEqual([report.state, report.timing.requests, report.failures], ["succeeded", 13, []])
      assert.strictEqual(JSON.parse(read(project, "out", "step2.json")).history.length, 1)
      assert.strictEqual(Object.keys(JSON.parse(read(project, "out", "step1.json")).team_info).length, 12)
      const [rows] = yield* query<{ matches: number; history: number; unnamed: number }>(project, `
        select (select count(*)::int from football.matches) as matches,
          (select count(*)::int from football.match_history) as history,
          (select count(*)::int from football.matches where home_team is null or competition is null) as unnamed`)
      assert.deepStrictEqual({ ...rows }, { matches: 6, history: 12, unnamed: 0 })

      const status = yield* project.run(["football", "status"])
      assert.strictEqual(status.code, 0, status.stderr)
      assert.match(status.stdout, /^2 cycles, 0 of them not finished/)
      assert.match(status.stdout, /^6 matches since midnight in New York\.$/m)
      assert.match(status.stdout, /^error rate .* normal$/m)
    }))

  it.live("goes on without a request that fails, and tells of it everywhere but with a secret", () =>
    Effect.gen(function*() {
      const project = yield* fixture.project(main)
      let team = ""
      const { url, world } = yield* Simulator.make({ ...small, faults: ({ id }) => id === team ? "not authorized" : undefined })
      team = world.teams[0]!.id
      const ended = yield* project.run(["football", "--log-dir", "logs"], { env: envOf(url) })
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.include(ended.stdout, `✗ team ${team}: Refused`)
      const log = read(project, "logs", "step1.log")
      assert.match(log, /ERROR - API call failed for team .* after 1 attempt: .*not authorized/)
      assert.match(log, /WARNING - 1 of 29 requests failed in this cycle\./)
      const [row] = yield* query<{ kind: string; error: string }>(project, "select kind, error from football.failures")
      assert.deepStrictEqual({ ...row }, { kind: "team", error: "Refused" })
      const tables = yield* query<{ text: string }>(
        project,
        "select string_agg(t::text, '') as text from (select to_jsonb(s) as t from sluice.steps s union all select to_jsonb(f) from football.failures f) as all_rows"
      )
      for (const text of [ended.stdout, ended.stderr, log, tables[0]!.text]) {
        assert.notInclude(text, secret)
        assert.notInclude(text, "user-of-the-vendor")
      }
    }))

  it.live("fails where the live matches cannot be had, and goes on with mock ones only when that is asked for", () =>
    Effect.gen(function*() {
      const project = yield* fixture.project(main)
      const { traffic, url } = yield* Simulator.make({ ...small, faults: () => "not authorized" })
      const failed = yield* project.run(["football"], { env: envOf(url) })
      assert.strictEqual(failed.code, 1)
      assert.match(failed.stderr, /^✗ football\/live .*not authorized/m)
      assert.notInclude(failed.stderr, "skipped")
      assert.match(read(project, "step1.log"), /WARNING - football\/board skipped/)
      assert.notInclude(failed.stdout, "TOTAL CYCLE TIME")
      const mock = yield* project.run(["football", "--mock-fallback"], { env: envOf(url) })
      assert.strictEqual(mock.code, 0, mock.stderr)
      assert.include(mock.stdout, "[mock]")
      const log = read(project, "step1.log")
      assert.include(log, "API Authorization Error: ")
      assert.include(log, "Falling back to mock data for testing")
      const [row] = yield* query<{ real: number; mock: number }>(
        project,
        "select count(*) filter (where not _mock)::int as real, count(*) filter (where _mock)::int as mock from football.matches"
      )
      assert.deepStrictEqual({ ...row }, { real: 0, mock: 8 })
      assert.deepStrictEqual(traffic.counts(), { live: 2 })
    }))

  it.live("runs in the background by its script: start, status, logs, restart and stop", () =>
    Effect.gen(function*() {
      const project = yield* fixture.project(main)
      const script = (action: string, env: NodeJS.ProcessEnv = {}, timeout = 60_000) =>
        spawnSync(path.join(fixture.root, "deploy", "football.sh"), [action], {
          encoding: "utf8",
          timeout,
          env: { ...process.env, DATABASE_URL: project.databaseUrl, SLUICE_PROJECT: project.folder, FOOTBALL_SOURCE: simulator, ...env }
        })
      const wrong = script("start", { FOOTBALL_CONNECTIONS: "none" })
      assert.deepStrictEqual([wrong.status, wrong.stdout], [1, ""])
      assert.match(wrong.stderr, /FOOTBALL_CONNECTIONS is "none".*\nPipeline did not start/s)
      yield* Effect.addFinalizer(() => Effect.sync(() => script("stop")))
      const started = /^Pipeline is started \(PID: (\d+)\)\n$/.exec(script("start").stdout)?.[1]
      assert.include(script("start").stdout, `Pipeline is already running (PID: ${started})`)
      assert.deepInclude(script("status"), { status: 0, stdout: `Pipeline is running (PID: ${started})\n` })
      // It follows the log until it is ended.
      assert.include(script("logs", {}, 500).stdout, "Cycle begins")
      const [stopped, again] = script("restart").stdout.split("\n")
      assert.deepStrictEqual([stopped, again], ["Pipeline is stopped", `Pipeline is started (PID: ${read(project, "step1.pid").trim()})`])
      assert.notInclude(again, String(started))
      assert.strictEqual(script("stop").stdout, "Pipeline is stopped\n")
      assert.deepInclude(script("stop"), { status: 0, stdout: "Pipeline is not running\n" })
      assert.strictEqual(script("what").status, 2)
    }).pipe(Effect.scoped))

  it.live("goes on from start to start with --continuous, until it is ended", () =>
    Effect.gen(function*() {
      const project = yield* fixture.project(main)
      const { url } = yield* Simulator.make({ ...small, latency: 20 })
      const running = project.start(["football", "--continuous", "--period", "1.5", "--quiet"], { env: envOf(url) })
      const sleeps = () => fs.existsSync(path.join(project.folder, "step1.log"))
        ? Array.from(read(project, "step1.log").matchAll(/Sleep time: (\d+\.\d\d)s$/gm), ([, seconds]) => Number(seconds))
        : []
      while (sleeps().length < 2) yield* Effect.sleep(20)
      const second = yield* project.run(["football"], { env: envOf(url) })
      assert.match(second.stderr, /Another instance is already running/)
      const health = (...more: ReadonlyArray<string>) => project.run(["football", "health", ...more])
      const pid = read(project, "step1.pid").trim()
      const well = yield* health()
      assert.deepStrictEqual([well.code, well.stdout], [0, `Pipeline is running (PID: ${pid})\n`], well.stderr)
      const quiet = yield* health("--max-age", "0.001")
      assert.deepStrictEqual([quiet.code, quiet.stdout], [1, `Pipeline is running (PID: ${pid})\n`])
      assert.match(quiet.stderr, /^No cycle has succeeded for \d+ s, which is more than the 0\.001 s of --max-age/)
      running.process.kill("SIGTERM")
      const ended = yield* Effect.promise(() => running.ended)
      assert.strictEqual(ended.code, 130, ended.stderr)
      for (const line of [...timingLines, /^Sleep time: \d\.\d\ds$/m]) assert.match(ended.stdout, line)
      for (const seconds of sleeps()) assert.isBelow(seconds, 1.5)
      assert.isFalse(fs.existsSync(path.join(project.folder, "step1.pid")))
      const gone = yield* health()
      assert.deepStrictEqual([gone.code, gone.stdout], [1, "Pipeline is not running\n"])
      // The cycle that was ended by hand is no failure.
      assert.strictEqual((yield* project.run(["football", "status"])).code, 0)
      const log = read(project, "step1.log")
      assert.match(log, /Received SIGTERM, initiating graceful shutdown\.\.\.$/m)
      assert.match(log, /TOTAL PIPELINE TIME \(Step 1 → Step 7\): \d+\.\d\d seconds$/m)
      assert.match(log, /Cycle took \d+\.\d\ds; sleeping \d\.\d\ds before next run\.$/m)
      const gaps = yield* query<{ readonly gap: number }>(
        project,
        "select extract(epoch from started_at - lag(started_at) over (order by id))::float8 as gap from sluice.runs order by id offset 1"
      )
      // A cycle that begins late is followed by the next one when that is due, but after the pause that it tells.
      const pauses = sleeps()
      assert.isAbove(Math.max(...pauses), 0.5)
      for (const [i, { gap }] of gaps.entries()) assert.isAbove(gap, (pauses[i] ?? 0) - 0.02)
    }))

  it.live("refuses what it cannot use in one sentence", () =>
    Effect.gen(function*() {
      const project = yield* fixture.project(main)
      const env = { ...envOf(simulator), THESPORTS_SECRET: "", THESPORTS_USER: "" }
      const missing = yield* project.run(["football"], { env: { ...env, FOOTBALL_SOURCE: "" } })
      assert.strictEqual(missing.code, 2)
      assert.match(missing.stderr, /^error: THESPORTS_USER and THESPORTS_SECRET are not set: .*\n$/)
      const wrong: ReadonlyArray<[NodeJS.ProcessEnv, RegExp]> = [
        [{ FOOTBALL_SOURCE: "simulator?latncy=3" }, /"latncy=3" is no option of the simulator/],
        [{ FOOTBALL_MODE: "fast" }, /FOOTBALL_MODE is "fast"; write vendor or seed\./]
      ]
      for (const [more, says] of wrong) {
        const ended = yield* project.run(["football"], { env: { ...env, ...more } })
        assert.strictEqual(ended.code, 2)
        assert.match(ended.stderr, says)
      }
      for (const [line, says] of [
        ["football --connections 0", /--connections: a whole number from 1 to 1000/],
        ["football --preset aggressive --connections 5", /--connections and --preset exclude each other: give one\./]
      ] as const) {
        const option = yield* project.run(line.split(" "), { env })
        assert.deepStrictEqual([option.code, says.test(option.stderr)], [2, true], option.stderr)
      }
      assert.strictEqual((yield* project.run(["football", "status"])).code, 0)
    }))

  it.live("finds the credentials in .env, and shows its connections one by one with --sequential", () =>
    Effect.gen(function*() {
      const project = yield* fixture.project(main)
      const { traffic, url } = yield* Simulator.make(small)
      yield* project.write(".env", `THESPORTS_USER=someone\nTHESPORTS_SECRET="${secret}"\nFOOTBALL_SOURCE=${url}\n`)
      const ended = yield* project.run(["football", "--sequential"])
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.match(ended.stdout, /^STEP 1b – ENRICH \(sequential\): /m)
      assert.strictEqual(traffic.mostInFlight(), 1)
      assert.include(read(project, "step1.log"), "at most 1 connections at once")
    }))
})
