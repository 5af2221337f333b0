/** The endpoints' assets on the simulator: what is asked, what is stored, and what a failure leaves. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Asset, Executor } from "../../../index.ts"
import { endpointAssets } from "../../../assets/nba/endpoints.ts"
import { teams } from "../../../assets/nba/masters.ts"
import * as Api from "../../../resources/api/Api.ts"
import { endpoints } from "../../../resources/nba/catalogue.ts"
import * as Simulator from "../../../simulators/nba/Simulator.ts"
import { api, graph, query, request, season, stores, years } from "./deployed.ts"

const small = { years, playersATeam: 9, retired: 4, gamesASeason: 6 }

const simulated = (options: Simulator.Options = {}) => Simulator.make({ ...small, ...options })

const run = (simulator: Simulator.Simulator, selection: string, partitions: string | null = null) =>
  Effect.provide(Executor.start(graph, request(selection, partitions)), api(Api.at(simulator.url)))

const countsOf = ({ counts }: Simulator.Simulator, endpoint: string) =>
  [...counts].filter(([key]) => key.startsWith(`${endpoint} `)).map(([, count]) => count)

const rowsOf = (table: string) => Effect.map(query(`select count(*)::int as rows from ${table}`), ([row]) => row?.["rows"])

describe("the NBA's endpoints", () => {
  it.live("are an asset each, with its category and priority", () =>
    Effect.sync(() => {
      assert.strictEqual(endpointAssets.length, 43)
      assert.deepStrictEqual(endpointAssets.map(({ key }) => key), endpoints.map(({ name }) => `nba/${name.toLowerCase()}`))
      assert.strictEqual(endpointAssets[0]?.tags["category"], "game_based")
    }))

  it.live("answer each game by one request, and are not asked again; master tables give the games", () =>
    Effect.gen(function*() {
      const simulator = yield* simulated()
      const first = yield* run(simulator, "nba/games,nba/players,nba/teams", season)
      assert.deepStrictEqual([first.state, first.failed], ["succeeded", []])
      assert.strictEqual(yield* rowsOf("nba_games"), 6)
      assert.strictEqual(yield* rowsOf("nba_players"), 30 * 9 + 4)
      assert.strictEqual((yield* Asset.load(teams)).length, 30)
      const some = "nba/boxscoreadvancedv3,nba/boxscoresummaryv2,nba/playbyplayv3,nba/gamerotation"
      const report = yield* run(simulator, some)
      assert.deepStrictEqual([report.state, report.failed, report.materialized], ["succeeded", [], 24])
      for (const endpoint of ["boxscoreadvancedv3", "boxscoresummaryv2", "playbyplayv3", "gamerotation"]) {
        assert.deepStrictEqual(countsOf(simulator, endpoint), Array.from({ length: 6 }, () => 1), endpoint)
      }
      assert.strictEqual(yield* rowsOf("nba_boxscoreadvancedv3_teamstats"), 12)
      assert.strictEqual(yield* rowsOf("nba_boxscoreadvancedv3_playerstats"), 6 * 18)
      const asked = simulator.arrivals.length
      assert.strictEqual((yield* run(simulator, some)).materialized, 0)
      assert.strictEqual(simulator.arrivals.length, asked)
      const [told] = yield* query(`select metadata from sluice.steps where asset = 'nba/boxscoreadvancedv3' limit 1`)
      assert.deepInclude(told?.["metadata"], { frames: { type: "number", value: 2 }, rows: { type: "number", value: 20 } })
    }).pipe(Effect.provide(stores), Effect.scoped), 30_000)

  it.live("all 43 take what the API answers, one request a cell", () =>
    Effect.gen(function*() {
      const simulator = yield* simulated({ gamesASeason: 1, playersATeam: 1, retired: 0 })
      yield* run(simulator, "nba/games,nba/players,nba/teams", season)
      const before = simulator.arrivals.length
      const player = "1600001"
      const team = "1610612737"
      const [game] = yield* query("select gameid from nba_games")
      const keys: Readonly<Record<string, string>> = { game_based: String(game?.["gameid"]), player_based: player, team_based: team, league_based: season }
      for (const category of ["game_based", "player_based", "team_based", "league_based"]) {
        const own = endpoints.filter((endpoint) => endpoint.category === category).map(({ name }) => `nba/${name.toLowerCase()}`)
        const report = yield* run(simulator, own.join(","), keys[category] ?? null)
        assert.deepStrictEqual([report.state, report.failed, report.materialized], ["succeeded", [], own.length], category)
      }
      assert.strictEqual(simulator.arrivals.length - before, 43)
      const [career] = yield* query(`select count(*)::int as tables from information_schema.tables where table_name like 'nba_playercareerstats_%'`)
      assert.isAtLeast(Number(career?.["tables"]), 10)
      // A name of 63 bytes is the longest that there is.
      const [long] = yield* query(`select max(octet_length(table_name))::int as bytes from information_schema.tables where table_name like 'nba_%'`)
      assert.isAtMost(Number(long?.["bytes"]), 63)
    }).pipe(Effect.provide(stores), Effect.scoped), 30_000)

  it.live("that have no data of a game have been asked all the same", () =>
    Effect.gen(function*() {
      const simulator = yield* simulated({ years: [1990], gamesASeason: 2 })
      yield* run(simulator, "nba/games", "1990-91")
      const report = yield* run(simulator, "nba/boxscoreadvancedv3")
      assert.deepStrictEqual([report.state, report.materialized], ["succeeded", 2])
      assert.strictEqual((yield* run(simulator, "nba/boxscoreadvancedv3")).materialized, 0)
      assert.deepStrictEqual(countsOf(simulator, "boxscoreadvancedv3"), [1, 1])
    }).pipe(Effect.provide(stores), Effect.scoped), 30_000)

  it.live("are tried three times; what fails for ever fails alone, and what fails in passing arrives", () =>
    Effect.gen(function*() {
      const faults: ReadonlyArray<Simulator.Fault> = ["500", "error", "html", "empty", "cut", "reset"]
      const simulator = yield* simulated({
        fault: ({ before, endpoint, value }) => {
          if (endpoint !== "boxscoremiscv3") return "none"
          const n = Number(value.slice(-1))
          return n === 1 ? "500" : before === 0 ? faults[n - 1] : "none"
        }
      })
      yield* run(simulator, "nba/games", season)
      const report = yield* run(simulator, "nba/boxscoremiscv3")
      assert.strictEqual(report.state, "failed")
      assert.strictEqual(report.materialized, 5)
      assert.deepStrictEqual(report.failed.map(({ cell }) => cell.partition), ["0022400001"])
      assert.include(JSON.stringify(report.failed), "An error has occurred.")
      assert.strictEqual(simulator.counts.get("boxscoremiscv3 0022400001"), 3)
      assert.deepStrictEqual(countsOf(simulator, "boxscoremiscv3").sort(), [2, 2, 2, 2, 2, 3])
      assert.strictEqual(yield* rowsOf("nba_boxscoremiscv3_teamstats"), 10)
    }).pipe(Effect.provide(stores), Effect.scoped), 30_000)

  it.live("leave no frame of a call of which one cannot be stored; others of the same commit are", () =>
    Effect.gen(function*() {
      const simulator = yield* simulated()
      yield* run(simulator, "nba/games", season)
      yield* run(simulator, "nba/boxscoreusagev3", "0022400001")
      yield* query(`alter table nba_boxscoreusagev3_teamstats add constraint refuses check (gameid <> '0022400003')`)
      const report = yield* run(simulator, "nba/boxscoreusagev3")
      assert.deepStrictEqual([report.state, report.materialized], ["failed", 4])
      assert.deepStrictEqual(report.failed.map(({ cell }) => cell.partition), ["0022400003"])
      assert.deepStrictEqual(yield* query(`select from nba_boxscoreusagev3_playerstats where gameid = '0022400003'`), [])
      assert.strictEqual(yield* rowsOf("nba_boxscoreusagev3_playerstats"), 5 * 18)
      assert.strictEqual(yield* rowsOf("nba_boxscoreusagev3_teamstats"), 10)
    }).pipe(Effect.provide(stores), Effect.scoped), 30_000)
})
