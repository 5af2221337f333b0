/** `sluice nhl` as a user runs it: child processes, the simulator at chosen moments, real Postgres. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { spawnSync } from "node:child_process"
import { leagueDay } from "../../../pipelines/nhl/Season.ts"
import * as facts from "../../../simulators/nhl/facts/index.ts"
import * as Simulator from "../../../simulators/nhl/Simulator.ts"
import * as fixture from "../../cli/fixture.ts"
import { serve } from "../../resources/nhl/LocalAnswers.ts"
import { figures, main, nowhere, query } from "./project.ts"

/** The second conference final of the week, of Friday evening in New York. */
const friday = facts.games.find((game) => game.date === "2023-05-19")!
const thursday = facts.games.find((game) => game.date === "2023-05-18")!

/** A simulated league whose clock the test sets, in minutes from the beginning of Friday's game. */
const league = (options: Simulator.Options = {}) =>
  Effect.gen(function*() {
    let now = DateTime.makeUnsafe(friday.startsAt)
    const simulator = yield* Simulator.make(facts, { ...options, clock: Effect.sync(() => now) })
    const set = (minutes: number) => {
      now = DateTime.add(DateTime.makeUnsafe(friday.startsAt), { minutes })
    }
    const at = () => ["--at", DateTime.formatIso(now)]
    const count = (kind: string) => Effect.map(simulator.requests, (requests) => requests[kind] ?? 0)
    return { url: simulator.url, env: { NHL_SOURCE: simulator.url, NHL_SHAPE: "api-web" }, set, at, count }
  })

const goalsOf = ({ away, home }: typeof friday) =>
  [away, home].flatMap((side) => [...side.skaters, ...side.goalies]).reduce((sum, line) => sum + line.goals, 0)

/** A child of a process; 0: it has none. */
const childOf = (pid: number | undefined): number => {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" })
  const [child] = stdout.split("\n").map((line) => line.trim().split(/\s+/)).find(([, parent]) => parent === String(pid)) ?? []
  return Number(child ?? 0)
}

describe("sluice nhl ingest", () => {
  it.live("one API call, upsert and end; again changes nothing; a later moment updates", () =>
    Effect.gen(function*() {
      const { count, env, set } = yield* league()
      const project = yield* fixture.project(main)
      const ingest = project.run(["nhl", "ingest", String(friday.id)], { env })

      set(60)
      const first = yield* ingest
      assert.strictEqual(first.code, 0, first.stderr + first.stdout)
      assert.deepStrictEqual([yield* count("boxscore"), yield* count("week")], [1, 0])
      const early = yield* figures(project, friday.id)
      assert.isAbove(early.players, 30)
      assert.isBelow(early.goals, goalsOf(friday))

      assert.strictEqual((yield* ingest).code, 0)
      assert.strictEqual(yield* count("boxscore"), 2)
      assert.deepStrictEqual(yield* figures(project, friday.id), early)

      set(600)
      assert.strictEqual((yield* ingest).code, 0)
      assert.deepStrictEqual(yield* figures(project, friday.id), { players: early.players, goals: goalsOf(friday) })
      assert.strictEqual(yield* count("boxscore"), 3)
    }))

  it.live("a failure ends with 1 and harms neither the other games nor the next time", () =>
    Effect.gen(function*() {
      const { env, set } = yield* league()
      set(600)
      const project = yield* fixture.project(main)
      const broken = yield* serve((_, response) => response.writeHead(400).end())
      const failed = yield* project.run(["nhl", "ingest", String(friday.id)], { env: { ...env, NHL_SOURCE: broken.url } })
      assert.strictEqual(failed.code, 1)
      assert.include(failed.stdout, "The NHL API answered game 2022030321 with 400")
      assert.strictEqual((yield* project.run(["nhl", "ingest", String(friday.id), String(thursday.id)], { env })).code, 0)
      assert.strictEqual((yield* figures(project, friday.id)).goals, goalsOf(friday))
      assert.strictEqual((yield* figures(project, thursday.id)).goals, goalsOf(thursday))
    }))

  it.live("no database: 2 and a sentence", () =>
    Effect.gen(function*() {
      const { count, env } = yield* league()
      const project = yield* fixture.folderWith(main, { DATABASE_URL: nowhere })
      const { code, stderr } = yield* project.run(["nhl", "ingest", String(friday.id)], { env })
      assert.strictEqual(code, 2)
      assert.match(stderr, /No Postgres server answers at 127\.0\.0\.1 port 1/)
      assert.notInclude(stderr, "nothing@")
      assert.strictEqual(yield* count("boxscore"), 0)
    }))

  it.live("a game that is not there: 1, and no partition is left of it", () =>
    Effect.gen(function*() {
      const { env } = yield* league()
      const project = yield* fixture.project(main)
      const { code, stderr } = yield* project.run(["nhl", "ingest", "2029999999"], { env })
      assert.strictEqual(code, 1)
      assert.include(stderr, "The NHL API has no body of game 2029999999")
      const keys = yield* project.run(["partitions", "nhl/game_stats", "--json"], { env })
      assert.notInclude(keys.stdout, "2029999999")
    }))

  it.live("what is no id of a game is refused before anything is opened", () =>
    Effect.gen(function*() {
      const project = yield* fixture.folderWith(main, { DATABASE_URL: nowhere })
      for (const id of ["20220303", "abc", "20220303211", "2022030321'"]) {
        const { code, stderr } = yield* project.run(["nhl", "ingest", String(friday.id), id])
        assert.strictEqual(code, 2)
        assert.include(stderr, `"${id}" is not the id of a game`)
      }
    }))

  it.live("never twice at once for one game, however slow the API is", () =>
    Effect.gen(function*() {
      const { count, env, set } = yield* league({ latency: "3 seconds" })
      set(60)
      const project = yield* fixture.project(main)
      const slow = project.start(["nhl", "ingest", String(friday.id)], { env })
      yield* Effect.repeat(Effect.delay(count("boxscore"), "20 millis"), { until: (n) => n > 0 })
      const second = yield* project.run(["nhl", "ingest", String(friday.id)], { env })
      assert.deepStrictEqual([second.code, yield* count("boxscore")], [0, 1])
      assert.include(second.stderr, `Another process ingests ${friday.id} now`)
      assert.strictEqual((yield* Effect.promise(() => slow.ended)).code, 0)
      assert.isAbove((yield* figures(project, friday.id)).players, 30)
    }))

  it.live("a killed one leaves nothing behind that keeps the next from working", () =>
    Effect.gen(function*() {
      const { count, env, set } = yield* league({ latency: "2 seconds" })
      set(60)
      const project = yield* fixture.project(main)
      const slow = project.start(["nhl", "ingest", String(friday.id)], { env })
      yield* Effect.repeat(Effect.delay(count("boxscore"), "20 millis"), { until: (n) => n > 0 })
      slow.process.kill("SIGKILL")
      yield* Effect.promise(() => slow.ended)
      const next = yield* project.run(["nhl", "ingest", String(friday.id)], { env })
      assert.strictEqual(next.code, 0, next.stderr)
      assert.isAbove((yield* figures(project, friday.id)).players, 30)
    }))
})

describe("sluice nhl monitor", () => {
  it.live("--list needs no database and asks for three days of the schedule at once", () =>
    Effect.gen(function*() {
      const { at, count, env, set } = yield* league()
      const project = yield* fixture.folderWith(main, { DATABASE_URL: nowhere })
      const list = (...more: ReadonlyArray<string>) =>
        Effect.suspend(() => project.run(["nhl", "monitor", "--once", "--list", ...at(), ...more], { env }))
      set(60)
      const live = yield* list()
      assert.deepStrictEqual([live.code, yield* count("week")], [0, 1], live.stderr)
      assert.match(live.stdout, new RegExp(`^${friday.id}  live   .+\\n$`))
      set(-60)
      assert.include((yield* list()).stdout, "No game is on")
      set(200)
      assert.match((yield* list()).stdout, new RegExp(`^${friday.id}  final  `))
      set(540)
      assert.deepStrictEqual(JSON.parse((yield* list("--json")).stdout), [])
      const within = JSON.parse((yield* list("--json", "--last-look", "30")).stdout)
      assert.deepStrictEqual(within.map((game: { readonly game_id: number }) => game.game_id), [friday.id])
      assert.strictEqual(yield* count("boxscore"), 0)
    }))

  it.live("a failing ingest is told and ends with 1; two monitors at once do no harm", () =>
    Effect.gen(function*() {
      const { at, env, set } = yield* league()
      set(60)
      const without = yield* fixture.folderWith(main, { DATABASE_URL: nowhere })
      const failed = yield* without.run(["nhl", "monitor", "--once", ...at()], { env })
      assert.strictEqual(failed.code, 1)
      assert.match(failed.stderr, new RegExp(`The ingest of ${friday.id} ended with 2: .*No Postgres server answers`))

      const project = yield* fixture.project(main)
      const poll = project.run(["nhl", "monitor", "--once", ...at()], { env })
      const both = yield* Effect.all([poll, poll], { concurrency: 2 })
      assert.deepStrictEqual(both.map((ended) => ended.code), [0, 0], both.map((ended) => ended.stderr).join(""))
      const [row] = yield* query<{ readonly rows: number; readonly players: number }>(
        project,
        "select count(*)::int as rows, count(distinct player_id)::int as players from nhl.game_stats"
      )
      assert.strictEqual(row!.rows, row!.players)
    }))

  it.live("goes on by itself: a game that is scheduled, then live, then final", () =>
    Effect.gen(function*() {
      const began = Date.now() - 3_600_000
      const today = leagueDay(DateTime.makeUnsafe(began))
      const game = { ...friday, date: today, startsAt: new Date(began).toISOString() }
      let minutes = -60
      const simulator = yield* Simulator.make({ ...facts, games: [game] }, {
        clock: Effect.sync(() => DateTime.makeUnsafe(began + minutes * 60_000)), postponed: false
      })
      const count = (kind: string) => Effect.map(simulator.requests, (requests) => requests[kind] ?? 0)
      const until = <A, E>(effect: Effect.Effect<A, E>, holds: (found: A) => boolean) =>
        Effect.repeat(Effect.delay(effect, "50 millis"), { until: holds })
      const project = yield* fixture.project(main)
      const always = ["--months", "1-12", "--hours", "00:00-24:00"]
      const monitor = project.start(["nhl", "monitor", "--every", "1", "--final-every", "2", ...always], {
        env: { NHL_SOURCE: simulator.url, NHL_SHAPE: "api-web" }
      })
      yield* until(count("week"), (polls) => polls >= 2)
      assert.strictEqual(yield* count("boxscore"), 0)
      minutes = 60
      // The first ingest dies; a later poll makes another one.
      process.kill(yield* until(Effect.sync(() => childOf(monitor.process.pid)), (child) => child > 0), "SIGKILL")
      yield* until(Effect.catch(figures(project, friday.id), () => Effect.succeed({ players: 0, goals: 0 })), ({ players }) => players > 30)
      assert.isBelow((yield* figures(project, friday.id)).goals, goalsOf(friday))
      minutes = 600
      yield* until(figures(project, friday.id), ({ goals }) => goals === goalsOf(friday))
      monitor.process.kill("SIGTERM")
      const ended = yield* Effect.promise(() => monitor.ended)
      assert.strictEqual(ended.code, 130, ended.stderr)
      assert.include(ended.stderr, `The ingest of ${friday.id} ended with 137`)
      for (const state of ["live ", "final"]) {
        assert.match(ended.stdout, new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d  ${friday.id}  ${state}  `, "m"))
      }
      assert.isBelow(yield* count("boxscore"), yield* count("week"))
    }))

  it.live("takes a moment for one look only, and hours and months that there are", () =>
    Effect.gen(function*() {
      const project = yield* fixture.folderWith(main, { DATABASE_URL: nowhere })
      for (const [args, sentence] of [
        [["--at", "2023-05-20T01:30:00Z"], "--at is the moment of one look: give it with --once."],
        [["--months", "9"], "\"9\" is not a value of --months: written like 9-5."],
        [["--months", "9-13"], "Schedule \"nhl/monitor\": 13 of \"during\" is no month: write 1 to 12."]
      ] as const) {
        const { code, stderr } = yield* project.run(["nhl", "monitor", ...args])
        assert.deepStrictEqual([code, stderr.split("\n")[0]], [2, `error: ${sentence}`])
      }
    }))
})

describe("sluice nhl ingest-seasons", () => {
  it.live("every game of the season that is final, one call each, and nothing the second time", () =>
    Effect.gen(function*() {
      const { count, env, set } = yield* league()
      set(0)
      const project = yield* fixture.project(main)
      const season = project.run(["nhl", "ingest-seasons", "20222023"], { env })
      const first = yield* season
      assert.strictEqual(first.code, 0, first.stderr + first.stdout)
      const begun = facts.games.filter((game) => game.startsAt <= friday.startsAt)
      assert.strictEqual(yield* count("boxscore"), begun.length)
      const stored = yield* query<{ readonly game_id: number }>(project, "select distinct game_id from nhl.game_stats order by 1")
      assert.deepStrictEqual(stored.map((row) => row.game_id), begun.map((game) => game.id).sort())
      const second = yield* season
      assert.strictEqual(second.code, 0, second.stderr)
      assert.strictEqual(yield* count("boxscore"), begun.length)
    }))

  it.live("what is no season is refused", () =>
    Effect.gen(function*() {
      const project = yield* fixture.folderWith(main, { DATABASE_URL: nowhere })
      for (const [season, why] of [["2022", "eight digits"], ["20222024", "after 2022 comes 2023"], ["20192020", "was over before"]] as const) {
        const { code, stderr } = yield* project.run(["nhl", "ingest-seasons", "20222023", season])
        assert.strictEqual(code, 2)
        assert.include(stderr, why)
      }
    }))
})

describe("sluice nhl api and costs", () => {
  it.live("serves what was ingested, and ends on a signal", () =>
    Effect.gen(function*() {
      const { env, set } = yield* league()
      set(600)
      const project = yield* fixture.project(main)
      yield* project.run(["nhl", "ingest", String(friday.id)], { env })
      const api = project.start(["nhl", "api", "--port", "0"], { env })
      let output = ""
      api.process.stdout?.on("data", (chunk: string) => output += chunk)
      yield* Effect.promise(() => api.says("is served"))
      const url = /http:\S+\/game-stats/.exec(output)![0]
      assert.include(url, "http://127.0.0.1:")
      const rows = yield* Effect.promise(() => fetch(`${url}/${friday.id}`).then((response) => response.json()))
      assert.strictEqual((rows as ReadonlyArray<unknown>).length, (yield* figures(project, friday.id)).players)
      const port = new URL(url).port
      const taken = yield* project.run(["nhl", "api"], { env: { ...env, API_PORT: port } })
      assert.strictEqual(taken.code, 2)
      assert.include(taken.stderr, `Nothing can be served at 127.0.0.1 port ${port}: another program listens there`)
      api.process.kill("SIGTERM")
      assert.strictEqual((yield* Effect.promise(() => api.ended)).code, 130)
    }))

  it.live("costs are figures of a month, from the options", () =>
    Effect.gen(function*() {
      const project = yield* fixture.folderWith(main, { DATABASE_URL: nowhere })
      const table = yield* project.run(["nhl", "costs"])
      assert.strictEqual(table.code, 0, table.stderr)
      for (const part of ["212,400", "637,200 s", "6,480", "100.9 GB", "25.92 MB", "803.5 MB"]) assert.include(table.stdout, part)
      const { monitor } = JSON.parse((yield* project.run(["nhl", "costs", "--hours", "24", "--json"])).stdout)
      assert.strictEqual(monitor.executions, 267_840)
      assert.strictEqual((yield* project.run(["nhl", "costs", "--every", "0"])).code, 2)
    }))
})
