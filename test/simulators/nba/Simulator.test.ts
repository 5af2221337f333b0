/** The NBA's simulator: bodies of every endpoint in the API's shapes, faults, and NBA_SOURCE. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Result } from "effect"
import { endpoints } from "../../../resources/nba/catalogue.ts"
import { framesOf } from "../../../resources/nba/frames/Response.ts"
import { queryOf } from "../../../resources/nba/Parameters.ts"
import * as Bodies from "../../../simulators/nba/Bodies.ts"
import * as League from "../../../simulators/nba/League.ts"
import * as Simulator from "../../../simulators/nba/Simulator.ts"
import * as Source from "../../../simulators/nba/Source.ts"

const options = { seed: 1, years: [2024], gamesASeason: 3, playersATeam: 9, retired: 5 }
const season = "2024-25"

/** The frames that an endpoint is answered with, about the first game, player or team. */
const framesFrom = (league: League.League, endpoint: (typeof endpoints)[number]) => {
  const ids = { game_based: league.games(season)[0]?.id, player_based: league.players[0]?.id, team_based: league.teams[0]?.id, league_based: "" }
  const query = queryOf(endpoint, { id: String(ids[endpoint.category]), season, dates: { from: "", to: "" }, versus: String(league.players[1]?.id) })
  const texts = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)]))
  // Through JSON, as it is sent.
  return Result.getOrThrow(framesOf(JSON.parse(JSON.stringify(Bodies.body(league, endpoint.name.toLowerCase(), texts, season)))))
}

const source = (settings: Record<string, string>) =>
  Effect.provide(Source.open, ConfigProvider.layer(ConfigProvider.fromUnknown(settings)))

describe("the NBA's simulator", () => {
  it("answers all 43 endpoints with rows, the same ones for the same seed", () => {
    const [a, b, c] = [options, options, { ...options, seed: 2 }].map(League.make)
    let differ = 0
    for (const endpoint of endpoints) {
      if (a === undefined || b === undefined || c === undefined) continue
      const frames = framesFrom(a, endpoint)
      assert.isAbove(frames.length, 0, endpoint.name)
      assert.deepStrictEqual(framesFrom(b, endpoint), frames, endpoint.name)
      if (JSON.stringify(framesFrom(c, endpoint)) !== JSON.stringify(frames)) differ++
    }
    assert.isAbove(differ, 25)
  })

  it("knows nothing of games before there was tracking", () => {
    const league = League.make({ ...options, years: [1990] })
    assert.deepStrictEqual(Result.getOrThrow(framesOf(JSON.parse(JSON.stringify(Bodies.body(league, "boxscoreusagev3", { GameID: "0029000001" }, season))))), [])
  })

  it.live("spoils answers as it is told, and counts what was asked", () =>
    Effect.gen(function*() {
      const faults: ReadonlyArray<Simulator.Fault> = ["500", "429", "error", "html", "empty", "cut", "reset"]
      const simulator = yield* Simulator.make({ ...options, fault: ({ before }) => faults[before] ?? "none" })
      const ask = Effect.promise(() =>
        fetch(`${simulator.url}/boxscoremiscv3?GameID=0022400001`).then(
          async (response) => [response.status, await response.text().catch(() => "broken")],
          () => ["no answer", ""]
        ))
      const told = yield* Effect.forEach([...faults, "none"], () => ask)
      assert.deepStrictEqual(told.map(([status]) => status), [500, 429, 200, 200, 200, 200, "no answer", 200])
      assert.deepStrictEqual(told.slice(2, 6).map(([, text]) => String(text).slice(0, 7)), ["{\"Messa", "<html><", "", "broken"])
      assert.deepStrictEqual([...simulator.counts], [["boxscoremiscv3 0022400001", 8]])
      assert.strictEqual(simulator.arrivals.length, 8)
      const unknown = yield* Effect.promise(() => fetch(`${simulator.url}/nothing`))
      assert.strictEqual(unknown.status, 404)
      yield* Effect.promise(() => unknown.text())
    }).pipe(Effect.scoped))

  it.live("is what NBA_SOURCE means unless it says otherwise", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* source({}))._tag, "At")
      assert.deepStrictEqual(yield* source({ NBA_SOURCE: "live" }), { _tag: "Live" })
      assert.deepStrictEqual(yield* source({ NBA_SOURCE: "replay:/some/folder" }), { _tag: "Replay", folder: "/some/folder" })
      assert.include((yield* Effect.flip(source({ NBA_SOURCE: "somewhere" }))).message, "NBA_SOURCE is \"somewhere\"; write simulator, live")
    }).pipe(Effect.scoped))
})
