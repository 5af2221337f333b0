/** The recorded bodies of both shapes, through the replay server, the real client and the decoders. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Result } from "effect"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import { boxscore, flatten, type GameStat } from "../../../resources/nhl/GameStat.ts"
import { NhlApi } from "../../../resources/nhl/NhlApi.ts"
import * as Replay from "../../../simulators/nhl/Replay.ts"
import { fixtures, withoutFixtures } from "../../fixtures.ts"
import * as bodies from "../../resources/nhl/bodies.ts"
import { nhl } from "../../resources/nhl/LocalAnswers.ts"

const folder = path.join(fixtures ?? "", "nhl")

/** A folder of its own with these files, gone with the scope. */
const folderOf = (files: Record<string, string>) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const at = await fs.mkdtemp(path.join(os.tmpdir(), "nhl-replay-"))
      for (const [name, text] of Object.entries(files)) {
        await fs.mkdir(path.dirname(path.join(at, name)), { recursive: true })
        await fs.writeFile(path.join(at, name), text)
      }
      return at
    }),
    (at) => Effect.promise(() => fs.rm(at, { recursive: true, force: true }))
  )

const recording = (name: string) => Effect.promise(() => fs.readFile(path.join(folder, "statsapi", name), "utf8"))

const rowsOf = Effect.fnUntraced(function*(gameId: number) {
  const api = yield* NhlApi
  return yield* Effect.fromResult(flatten(yield* api.feed(gameId)))
})

const sum = (rows: ReadonlyArray<GameStat>, team: number | null, figure: "goals" | "hits" | "penalty_minutes") =>
  rows.filter((row) => row.team_id === team).reduce((total, row) => total + (row[figure] ?? 0), 0)

interface Recording {
  readonly liveData: {
    readonly boxscore: {
      readonly teams: Record<"away" | "home", {
        readonly team: { readonly id: number }
        readonly teamStats: { readonly teamSkaterStats: { goals: number; pim: number; hits: number } }
      }>
    }
  }
}

const parse = (text: string): Recording => JSON.parse(text)

describe.skipIf(fixtures === undefined)(`recordings${withoutFixtures}`, () => {
  it.live("the final game has 44 rows, the other one 49, and shape both finds them", () =>
    Effect.gen(function*() {
      const final = yield* rowsOf(2022021032)
      assert.strictEqual(final.length, 44)
      assert.strictEqual((yield* rowsOf(2022021023)).length, 49)
      assert.strictEqual(final.filter((row) => row.goals === null).length, 6)
      assert.strictEqual(final.filter((row) => row.player_position === null).length, 0)
      assert.strictEqual(final.filter((row) => row.player_age === null || row.player_number === null).length, 0)
    }).pipe(Effect.provide(nhl({ NHL_SOURCE: folder }))))

  // The moment 02:57:59 is the league's own slip: its home total of hits is 15 while its players' sum is 16.
  const moments: ReadonlyArray<[file: string, game: number, slip: number]> = [
    ["live_20230309_013002.json", 2022021023, 0],
    ["live_20230309_022155.json", 2022021023, 0],
    ["live_20230309_025759.json", 2022021023, 1],
    ["live_20230310_163915.json", 2022021032, 0]
  ]
  for (const [file, game, slip] of moments) {
    it.live(`${file}: the players' figures are the recording's own team totals`, () =>
      Effect.gen(function*() {
        const text = yield* recording(file)
        const at = yield* folderOf({ "a.json": text })
        const rows = yield* rowsOf(game).pipe(Effect.provide(nhl({ NHL_SOURCE: at })))
        for (const side of ["away", "home"] as const) {
          const { team, teamStats: { teamSkaterStats: own } } = parse(text).liveData.boxscore.teams[side]
          assert.strictEqual(sum(rows, team.id, "goals"), own.goals)
          assert.strictEqual(sum(rows, team.id, "hits"), own.hits + (side === "home" ? slip : 0))
          assert.strictEqual(sum(rows, team.id, "penalty_minutes"), own.pim)
        }
      }))
  }

  it.live("of three moments of a game the latest counts, whatever the names of the files", () =>
    Effect.gen(function*() {
      const at = yield* folderOf({
        "1.json": yield* recording("live_20230309_025759.json"),
        "2.json": yield* recording("live_20230309_013002.json"),
        "deep/3.json": yield* recording("live_20230309_022155.json")
      })
      const rows = yield* rowsOf(2022021023).pipe(Effect.provide(nhl({ NHL_SOURCE: at })))
      assert.deepStrictEqual([sum(rows, 30, "goals"), sum(rows, 52, "goals"), sum(rows, 30, "hits")], [3, 2, 16])
    }))

  it.live("the boxscore of api-web", () =>
    Effect.gen(function*() {
      const feed = yield* Effect.flatMap(NhlApi, (api) => api.feed(2024020600))
      assert.strictEqual(feed.shape, "api-web")
      const rows = Result.getOrThrow(flatten(feed))
      assert.deepStrictEqual([rows.length, sum(rows, 20, "goals"), sum(rows, 23, "goals")], [40, 3, 1])
      assert.deepStrictEqual([sum(rows, 20, "hits"), sum(rows, 23, "hits")], [28, 29])
      assert.deepStrictEqual([sum(rows, 20, "penalty_minutes"), sum(rows, 23, "penalty_minutes")], [25, 25])
      assert.deepInclude(rows.find((row) => row.player_id === 8478444), {
        player_name: "B. Boeser", team_name: "Vancouver Canucks", opponent_team_name: "Calgary Flames",
        opponent_team_id: 20,
        player_number: 6, player_position: "R", player_age: null, goals: 1, assists: 0, points: 1
      })
      const goalie = rows.find((row) => row.player_id === 8481692)
      assert.deepInclude(goalie, { goals: null, points: null, hits: null, penalty_minutes: 0 })
      assert.strictEqual(Result.getOrThrow(boxscore(feed)).away.name, "Vancouver Canucks")
    }).pipe(Effect.provide(nhl({ NHL_SOURCE: folder }))))

  it.live("the season 2020-21 has 952 games on 167 days", () =>
    Effect.gen(function*() {
      const api = yield* NhlApi
      const file: { readonly dates: ReadonlyArray<{ readonly date: string }> } = JSON.parse(
        yield* recording("season20202021.json")
      )
      const days = yield* Effect.forEach(file.dates, ({ date }) => api.schedule({ key: date }), { concurrency: 4 })
      const games = days.flat()
      assert.deepStrictEqual([days.length, games.length], [167, 952])
      assert.strictEqual(new Set(games.map((game) => game.game_id)).size, 952)
      assert.isTrue(games.every((game) => game.state === "final" && game.home_score !== null))
      assert.isTrue(games.every((game) => game.season === "20202021"))
      assert.strictEqual(games.filter((game) => game.game_type === "playoff").length, 84)
    }).pipe(Effect.provide(nhl({ NHL_SOURCE: folder, NHL_SHAPE: "statsapi" }))))

  it.live("every recorded schedule is read, and days without one come from games", () =>
    Effect.gen(function*() {
      const api = yield* NhlApi
      const on = (key: string) => Effect.map(api.schedule({ key }), (games) => games.map((game) => game.game_id))
      assert.strictEqual((yield* on("2023-11-11")).length, 12)
      assert.deepStrictEqual(
        yield* Effect.forEach(["07", "08", "09", "10", "11", "12", "13", "14"], (day) =>
          Effect.map(on(`2025-10-${day}`), (games) => games.length)),
        [3, 4, 14, 0, 16, 1, 10, 0]
      )
      assert.strictEqual((yield* on("2026-04-15")).length, 3)
      assert.strictEqual((yield* on("2023-03-08")).length, 3)
      assert.deepStrictEqual(yield* on("2023-03-09"), [2022021032])
      assert.deepStrictEqual(yield* on("2024-12-31"), [2024020600])
      assert.deepStrictEqual(yield* on("2023-04-17"), [2022030181])
      assert.deepStrictEqual(yield* on("2019-01-01"), [])
      const [final] = yield* api.schedule({ key: "2023-03-09" })
      assert.deepInclude(final, { state: "final" as const, away_score: 2, home_score: 4, venue: "Enterprise Center" })
      assert.deepInclude(final, { away_team_name: "San Jose Sharks", home_team_name: "St. Louis Blues" })
      const live = yield* api.schedule({ key: "2023-11-10" })
      assert.deepStrictEqual(
        live.map((game) => [game.game_id, game.state]).sort(),
        [[2023020205, "live"], [2023020206, "live"], [2023020208, "final"]]
      )
    }).pipe(Effect.provide(nhl({ NHL_SOURCE: folder }))))
})

describe("a folder of bodies", () => {
  const files = {
    "feed.txt.json": JSON.stringify(bodies.oldFeed()),
    "a/b/c/whatever.JSON": JSON.stringify(bodies.boxscore()),
    "week.json": JSON.stringify(bodies.week(bodies.webGame())),
    "season.json": JSON.stringify(bodies.oldSchedule(bodies.oldGame())),
    "half.json": "{\"gamePk\": 1",
    "other.json": "{\"teams\": []}",
    "list.json": "[1, null]",
    "notes.txt": "gamePk"
  }

  it.live("bodies are recognised by content; what is no body is passed over, what cannot be parsed is warned of", () =>
    Effect.gen(function*() {
      const at = yield* folderOf(files)
      const warnings: Array<string> = []
      const logger = Logger.layer([Logger.make(({ message }) => void warnings.push(String(message)))])
      yield* Effect.gen(function*() {
        const api = yield* NhlApi
        assert.strictEqual((yield* api.feed(2022020001)).shape, "statsapi")
        assert.strictEqual((yield* api.feed(2024020001)).shape, "api-web")
        assert.strictEqual((yield* api.schedule({ key: "2024-10-11" })).length, 1)
        assert.strictEqual((yield* api.schedule({ key: "2022-10-11" })).length, 1)
        assert.isTrue((yield* Effect.flip(api.feed(2024020007))).notFound)
      }).pipe(Effect.provide(Layer.fresh(nhl({ NHL_SOURCE: at }))), Effect.provide(logger))
      assert.strictEqual(warnings.length, 1)
      assert.match(warnings[0] ?? "", /half\.json is skipped/)
    }))

  it.live("a folder without a body says so", () =>
    Effect.gen(function*() {
      const at = yield* folderOf({ "other.json": "{}", "list.json": "[]" })
      const error = yield* Effect.flip(Effect.provide(NhlApi, nhl({ NHL_SOURCE: at })))
      assert.match(error.message, /none of the folder's 2 \.json files is a body of the NHL's API/)
    }))

  it.live("a file that vanishes after the start is a 404, not a crash", () =>
    Effect.gen(function*() {
      const at = yield* folderOf(files)
      yield* Effect.gen(function*() {
        const api = yield* NhlApi
        yield* api.feed(2022020001)
        yield* Effect.promise(() => fs.rm(path.join(at, "feed.txt.json")))
        assert.isTrue((yield* Effect.flip(api.feed(2022020001))).notFound)
      }).pipe(Effect.provide(nhl({ NHL_SOURCE: at })))
    }))

  it.live("ranges, seasons, redirects and odd paths", () =>
    Effect.gen(function*() {
      const server = yield* Replay.make(yield* folderOf(files))
      const get = (at: string, redirect: "follow" | "manual" = "follow") =>
        Effect.promise(async () => {
          const response = await fetch(server.url + at, { redirect })
          return { status: response.status, text: await response.text(), location: response.headers.get("location") }
        })
      assert.include((yield* get("/api/v1/schedule?startDate=2022-10-10&endDate=2022-10-12")).text, "\"totalGames\":1")
      assert.include((yield* get("/api/v1/schedule?season=20222023")).text, "\"totalGames\":1")
      assert.include((yield* get("/api/v1/schedule?season=19992000")).text, "\"dates\":[]")
      assert.include((yield* get("/v1/score/2024-10-11")).text, "\"currentDate\":\"2024-10-11\"")
      const moved = yield* get("/v1/schedule/now", "manual")
      assert.strictEqual(moved.status, 307)
      assert.match(moved.location ?? "", /^\/v1\/schedule\/\d{4}-\d\d-\d\d$/)
      const days = ["/v1/schedule/2023-02-31", "/v1/schedule/2023-99-99", "/v1/score/0000-00-00"]
      for (const odd of ["/", "/%00", ...days, "/v1/gamecenter/1/boxscore", "/v1/gamecenter/x/boxscore"]) {
        assert.strictEqual((yield* get(odd)).status, 404, odd)
      }
      assert.deepInclude(yield* server.requests, { oldSchedule: 3, scoreDay: 2, now: 1, boxscore: 1 })
    }))
})
