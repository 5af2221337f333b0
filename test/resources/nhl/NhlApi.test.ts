/** The NHL resource against answers that tests make: every kind of harm, through the real client and a real server. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { flatten } from "../../../resources/nhl/GameStat.ts"
import { NhlApi, type NhlError } from "../../../resources/nhl/NhlApi.ts"
import { ApiError } from "../../../resources/api/ApiError.ts"
import { NhlApiError } from "../../../resources/nhl/NhlApiError.ts"
import { boxscore, oldFeed, oldGame, oldSchedule, webGame, week } from "./bodies.ts"
import { type Answer, json, nhl, raw, serve } from "./LocalAnswers.ts"

const feedOf = (answer: Answer, id: number, shape: string, more: Record<string, string> = {}) =>
  Effect.gen(function*() {
    const server = yield* serve(answer)
    const result = yield* Effect.flatMap(NhlApi, (api) => api.feed(id)).pipe(
      Effect.provide(nhl({ NHL_SOURCE: server.url, NHL_SHAPE: shape, ...more })),
      Effect.result
    )
    return { ...server, result }
  })

const scheduleOf = (answer: Answer, date: string, shape: string) =>
  Effect.gen(function*() {
    const server = yield* serve(answer)
    const result = yield* Effect.flatMap(NhlApi, (api) => api.schedule({ key: date })).pipe(
      Effect.provide(nhl({ NHL_SOURCE: server.url, NHL_SHAPE: shape })),
      Effect.result
    )
    return { ...server, result }
  })

const errorOf = <A>(result: Result.Result<A, unknown>): NhlError => {
  if (Result.isSuccess(result)) return assert.fail("it should have failed")
  const error = result.failure
  return error instanceof ApiError || error instanceof NhlApiError ? error : assert.fail(`another error: ${String(error)}`)
}

describe("answers that are no bodies", () => {
  const cases: ReadonlyArray<[name: string, answer: Answer, tag: string, transient: boolean, says: RegExp]> = [
    ["HTML", raw(`<html>\n<body>${"busy ".repeat(100)}`), "NotJson", true, /with an HTML page: <html> <body>busy/],
    ["an empty body", raw(""), "NotJson", true, /game 2022020001 at \S+ with an empty body/],
    ["half a body", raw("{\"gamePk\": 20220"), "NotJson", true, /not JSON: \{"gamePk": 20220$/],
    ["404", json({ message: "Object not found" }, 404), "Status", false, /does not know game 2022020001/],
    ["400", json({}, 400), "Status", false, /answered game 2022020001 with 400/],
    ["429", json({}, 429), "Limited", true, /asked too often for game 2022020001/],
    ["500", raw("oops", 500), "Status", true, /with 500 at .*: oops$/],
    ["503", raw("<html>", 503), "Status", true, /with 503/],
    ["a redirect in circles", (path, response) => {
      response.writeHead(307, { location: path }).end()
    }, "Status", false, /redirects more than 3 times/],
    ["a cut connection", (_, response) => {
      response.socket?.destroy()
    }, "Unreachable", true, /gave no answer for game 2022020001/],
    ["a cut in the middle", (_, response) => {
      response.writeHead(200, { "content-length": "1000" }).write("{\"gamePk\"", () => response.socket?.destroy())
    }, "NotJson", true, /with a body that ends early: \{"gamePk"$/],
    ["a list", json([]), "Unexpected", false, /the body is a list, not object/],
    ["null", json(null), "Unexpected", false, /the body is null/],
    ["another game", json({ ...oldFeed(), gamePk: 2022020002 }), "Unexpected", false, /gamePk is 2022020002/]
  ]
  for (const [name, answer, tag, transient, says] of cases) {
    it.live(`${name}: ${tag}, ${transient ? "transient" : "permanent"}`, () =>
      Effect.gen(function*() {
        const { result } = yield* feedOf(answer, 2022020001, "statsapi")
        const error = errorOf(result)
        assert.strictEqual(error.reason._tag, tag)
        assert.strictEqual(error.transient, transient)
        assert.match(error.message, says)
        assert.notInclude(error.message, "\n")
      }))
  }

  it.live("HTML is quoted up to its first 200 bytes", () =>
    Effect.gen(function*() {
      const { result } = yield* feedOf(raw("é".repeat(500)), 2022020001, "statsapi")
      const { reason } = errorOf(result)
      assert.isTrue(reason._tag === "NotJson" && reason.head === "é".repeat(100))
    }))

  it.live("nobody listens: Unreachable, and the URL's password is not shown", () =>
    Effect.gen(function*() {
      const server = yield* serve(json({}))
      server.close()
      const source = server.url.replace("//", "//user:hunter2@")
      const error = errorOf(
        yield* Effect.flatMap(NhlApi, (api) => api.feed(2022020001)).pipe(
          Effect.provide(nhl({ NHL_SOURCE: source })),
          Effect.result
        )
      )
      assert.strictEqual(error.reason._tag, "Unreachable")
      assert.isTrue(error.transient)
      assert.notInclude(JSON.stringify(error) + error.message, "hunter2")
    }))
})

describe("requests", () => {
  it.live("one request a feed, by sluice", () =>
    Effect.gen(function*() {
      const { agents, paths } = yield* feedOf(json(boxscore()), 2024020001, "api-web")
      assert.deepStrictEqual(paths, ["/v1/gamecenter/2024020001/boxscore"])
      assert.deepStrictEqual(agents, ["sluice/0.1"])
    }))

  it.live("redirects are followed", () =>
    Effect.gen(function*() {
      const { result } = yield* feedOf((path, response) =>
        path.startsWith("/moved")
          ? json(boxscore())(path, response)
          : void response.writeHead(307, { location: `/moved${path}` }).end(), 2024020001, "api-web")
      assert.isTrue(Result.isSuccess(result))
    }))

  it.live("both shapes: the old one is asked when api-web does not know the game, and only then", () =>
    Effect.gen(function*() {
      const known: Answer = (path, response) =>
        path.startsWith("/api/v1/game/") ? json(oldFeed())(path, response) : json({}, 404)(path, response)
      const old = yield* feedOf(known, 2022020001, "both")
      assert.strictEqual(Result.getOrThrow(old.result).shape, "statsapi")
      const down = yield* feedOf(raw("", 503), 2022020001, "both")
      assert.strictEqual(down.paths.length, 1)
      const nowhere = yield* feedOf(json({}, 404), 2022020001, "both")
      assert.isTrue(errorOf(nowhere.result).notFound)
    }))

  it.live("full names are asked for by setting, and may be missing", () =>
    Effect.gen(function*() {
      const spots = [{ playerId: 8000001, firstName: { default: "Full" }, lastName: { default: "Name" }, teamId: 1 }]
      const named = yield* feedOf((path, response) =>
        json(path.endsWith("play-by-play") ? { rosterSpots: spots } : boxscore())(path, response), 2024020001,
        "api-web", { NHL_FULL_NAMES: "true" })
      const rows = Result.getOrThrow(flatten(Result.getOrThrow(named.result)))
      assert.deepStrictEqual(rows.map((row) => row.player_name), ["Full Name", "T. Goalie"])
      const unnamed = yield* feedOf((path, response) =>
        path.endsWith("play-by-play") ? json({}, 404)(path, response) : json(boxscore())(path, response), 2024020001,
        "api-web", { NHL_FULL_NAMES: "true" })
      assert.isTrue(Result.isSuccess(unnamed.result))
    }))

  it.live("no request is made for what is no game id and no day", () =>
    Effect.gen(function*() {
      const server = yield* serve(json({}))
      yield* Effect.gen(function*() {
        const api = yield* NhlApi
        assert.match((yield* Effect.flip(api.feed("../secrets"))).message, /"..\/secrets" is not the id of a game/)
        assert.match((yield* Effect.flip(api.schedule({ key: "today" }))).message, /"today" is not a day/)
      }).pipe(Effect.provide(nhl({ NHL_SOURCE: server.url })))
      assert.deepStrictEqual(server.paths, [])
    }))
})

describe("schedules", () => {
  it.live("api-web: only the day asked for counts", () =>
    Effect.gen(function*() {
      const { result } = yield* scheduleOf(json(week(webGame())), "2024-10-11", "api-web")
      assert.deepStrictEqual(result, Result.succeed([{
        game_id: 2024020001,
        season: "20242025",
        game_type: "regular" as const,
        game_date: "2024-10-11",
        starts_at: new Date("2024-10-12T01:00:00Z"),
        state: "scheduled" as const,
        away_team_id: 1,
        away_team_name: "Away Team",
        home_team_id: 2,
        home_team_name: "Home Team",
        away_score: null,
        home_score: null,
        venue: "Rink"
      }]))
    }))

  it.live("api-web: without a week the score day is asked", () =>
    Effect.gen(function*() {
      const { result } = yield* scheduleOf((path, response) =>
        path === "/v1/score/2024-10-11"
          ? json({ currentDate: "2024-10-11", games: [webGame()] })(path, response)
          : json({}, 404)(path, response), "2024-10-11", "api-web")
      assert.strictEqual(Result.getOrThrow(result).length, 1)
    }))

  const states: ReadonlyArray<[gameState: string, scheduleState: string | undefined, is: string]> = [
    ["FUT", "OK", "scheduled"], ["PRE", "OK", "scheduled"], ["LIVE", "OK", "live"], ["CRIT", "OK", "live"],
    ["OVER", "OK", "final"], ["FINAL", "OK", "final"], ["OFF", undefined, "final"], ["FUT", "PPD", "postponed"],
    ["FUT", "CNCL", "cancelled"], ["FUT", "TBD", "scheduled"], ["LIVE", "SUSP", "postponed"],
    ["HUH", "WHAT", "scheduled"]
  ]
  it.live("api-web: states, known and unknown", () =>
    Effect.gen(function*() {
      const games = states.map(([gameState, gameScheduleState], i) => ({
        ...webGame(),
        id: 2024020001 + i,
        gameState,
        gameScheduleState
      }))
      const { result } = yield* scheduleOf(json(week(...games)), "2024-10-11", "api-web")
      assert.deepStrictEqual(Result.getOrThrow(result).map((game) => game.state), states.map(([, , is]) => is))
    }))

  it.live("statsapi: states; a score only once the game has begun", () =>
    Effect.gen(function*() {
      const states = [
        ["Preview", "Scheduled", "scheduled"], ["Live", "In Progress - Critical", "live"],
        ["Final", "Game Over", "final"],
        ["Preview", "Postponed", "postponed"], ["Final", "Postponed", "postponed"], ["Final", "Cancelled", "cancelled"],
        ["Intermission?", "New", "scheduled"]
      ] as const
      const games = states.map(([abstractGameState, detailedState], i) => ({
        ...oldGame(),
        gamePk: 2022020001 + i,
        status: { abstractGameState, detailedState }
      }))
      const rows = Result.getOrThrow((yield* scheduleOf(json(oldSchedule(...games)), "2022-10-11", "statsapi")).result)
      assert.deepStrictEqual(rows.map((row) => row.state), states.map(([, , state]) => state))
      for (const row of rows) {
        assert.strictEqual(row.home_score, row.state === "live" || row.state === "final" ? 0 : null)
      }
    }))

  it.live("numbers as text, null names, guests without an id, unknown fields", () =>
    Effect.gen(function*() {
      const game = {
        ...webGame(),
        id: "2024020001",
        season: "20242025",
        gameType: "9",
        surprise: { deep: [1] },
        venue: null,
        gameState: "LIVE",
        awayTeam: { id: null, name: { default: "Eisbären" }, score: "2" },
        homeTeam: { placeName: { default: null }, commonName: null, abbrev: "TBD", score: 0 }
      }
      const [row] = Result.getOrThrow((yield* scheduleOf(json(week(game)), "2024-10-11", "api-web")).result)
      assert.deepInclude(row, {
        game_id: 2024020001,
        game_type: "other" as const,
        venue: null,
        away_team_id: null,
        away_team_name: "Eisbären",
        away_score: 2,
        home_team_name: "TBD",
        home_score: 0
      })
    }))

  it.live("a missing field is named by its path and its day", () =>
    Effect.gen(function*() {
      const { gameState: _, ...game } = webGame()
      const error = errorOf((yield* scheduleOf(json(week(webGame(), game)), "2024-10-11", "api-web")).result)
      assert.match(error.message, /schedule of 2024-10-11 .* gameWeek\[0\]\.games\[1\]\.gameState is missing/)
      assert.isFalse(error.transient)
      const old = errorOf((yield* scheduleOf(json({ copyright: "" }), "2022-10-11", "statsapi")).result)
      assert.match(old.message, /dates is missing/)
    }))

  it.live("a postponed game without a time does not hide the other games of its day", () =>
    Effect.gen(function*() {
      const { startTimeUTC: _, ...game } = webGame()
      const postponed = { ...game, id: 2024020999, gameScheduleState: "PPD" }
      const { result } = yield* scheduleOf(json(week(webGame(), postponed)), "2024-10-11", "api-web")
      const games = Result.getOrThrow(result)
      assert.deepStrictEqual(games.map((game) => [game.state, game.starts_at === null]), [["scheduled", false], ["postponed", true]])
    }))

  it.live("clubs have their full names where a body gives the place or the nickname alone", () =>
    Effect.gen(function*() {
      const named = { ...webGame(), awayTeam: { id: 2, abbrev: "NYI", placeName: { default: "New York" } }, homeTeam: { id: 3, abbrev: "NYR", name: { default: "Rangers" } } }
      const { result } = yield* scheduleOf(json(week(named)), "2024-10-11", "api-web")
      const [game] = Result.getOrThrow(result)
      assert.deepStrictEqual([game?.away_team_name, game?.home_team_name], ["New York Islanders", "New York Rangers"])
    }))

  it.live("both: the games of both shapes, api-web's first", () =>
    Effect.gen(function*() {
      const { result } = yield* scheduleOf((path, response) =>
        json(
          path.startsWith("/v1/")
            ? { gameWeek: [{ date: "2022-10-11", games: [{ ...webGame(), id: 2022020001, gameState: "OFF" }] }] }
            : oldSchedule(oldGame(), { ...oldGame(), gamePk: 2022020002 })
        )(path, response), "2022-10-11", "both")
      assert.deepStrictEqual(
        Result.getOrThrow(result).map((game) => [game.game_id, game.state]),
        [[2022020001, "final"], [2022020002, "scheduled"]]
      )
    }))
})

describe("settings", () => {
  const failing = (values: Record<string, string>) =>
    Effect.flip(Effect.provide(NhlApi, nhl(values))).pipe(Effect.map((error) => error.message))
  it.live("a wrong one ends in a sentence", () =>
    Effect.gen(function*() {
      assert.match(yield* failing({ NHL_SHAPE: "soap" }), /^NHL_SHAPE is "soap"; write api-web, statsapi or both\.$/)
      assert.match(yield* failing({ NHL_SOURCE: "simulater" }), /"simulater": there is no such folder\. Write sim/)
      assert.match(yield* failing({ NHL_SOURCE: import.meta.filename }), /this is a file, not a folder/)
      assert.match(yield* failing({ NHL_SOURCE: import.meta.dirname }), /holds no \.json file/)
      assert.match(yield* failing({ NHL_SOURCE: "http://" }), /not a URL/)
      assert.match(yield* failing({ NHL_SOURCE: "live", NHL_SHAPE: "statsapi" }), /withdrew/)
    }))
})
