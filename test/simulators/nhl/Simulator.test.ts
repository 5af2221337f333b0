/** The simulator: both shapes say the same of a game, at every moment of it, and its faults are those asked for. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Ref } from "effect"
import { flatten } from "../../../resources/nhl/GameStat.ts"
import { NhlApi } from "../../../resources/nhl/NhlApi.ts"
import type { Side } from "../../../simulators/nhl/facts/Facts.ts"
import * as realFacts from "../../../simulators/nhl/facts/index.ts"
import type { Facts } from "../../../simulators/nhl/SimulatedGame.ts"
import * as Simulator from "../../../simulators/nhl/Simulator.ts"
import { nhl } from "../../resources/nhl/LocalAnswers.ts"

const side = (team: number, goals: ReadonlyArray<number>): Side => ({
  team,
  score: goals.reduce((sum, n) => sum + n, 0),
  shots: 30,
  skaters: goals.map((count, i) => ({
    player: team * 100 + i, number: 10 + i, position: i % 2 === 0 ? "C" : "D",
    goals: count, assists: 2 * count, hits: 3 + i, penaltyMinutes: 2 * i, timeOnIce: "20:00", shots: 15
  })),
  goalies: [{
    player: team * 100 + 90, number: 30, goals: 0, assists: 1, penaltyMinutes: 0,
    timeOnIce: "60:00", shotsAgainst: 30, saves: 28
  }],
  scratches: [[team * 100 + 95, 77]]
})

const facts: Facts = {
  teams: [{ id: 1, abbrev: "AAA", place: "Alpha", name: "As" }, { id: 2, abbrev: "BBB", place: "Beta", name: "Bs" }],
  players: [1, 2].flatMap((team) =>
    [0, 1, 90, 95].map((n) => ({ id: team * 100 + n, name: `First Last${team * 100 + n}`, birthDate: "1995-10-12" }))
  ),
  games: [{
    id: 2022020005, season: "20222023", type: "regular", date: "2022-10-11", startsAt: "2022-10-12T00:00:00Z",
    venue: "Rink", away: side(1, [3, 1]), home: side(2, [2, 0])
  }]
}

const start = DateTime.makeUnsafe("2022-10-12T00:00:00Z")
const after = (minutes: number) => DateTime.addDuration(start, Duration.minutes(minutes))

const ask = Effect.fnUntraced(function*(url: string, shape: string) {
  return yield* Effect.gen(function*() {
    const api = yield* NhlApi
    const games = yield* api.schedule({ key: "2022-10-11" })
    const rows = yield* Effect.fromResult(flatten(yield* api.feed(2022020005)))
    return { game: games.find((game) => game.game_id === 2022020005), games, rows }
  }).pipe(Effect.provide(nhl({ NHL_SOURCE: url, NHL_SHAPE: shape })))
})

const total = (rows: ReadonlyArray<{ goals: number | null }>) => rows.reduce((sum, row) => sum + (row.goals ?? 0), 0)

describe("Simulator", () => {
  it.live("a finished game has its real figures in both shapes", () =>
    Effect.gen(function*() {
      const { url } = yield* Simulator.make(facts)
      const old = yield* ask(url, "statsapi")
      const web = yield* ask(url, "api-web")
      assert.deepStrictEqual(old.game, web.game)
      assert.deepInclude(old.game, {
        state: "final" as const, away_score: 4, home_score: 2, away_team_name: "Alpha As", venue: "Rink"
      })
      assert.deepStrictEqual([old.rows.length, web.rows.length], [8, 6])
      for (const row of web.rows) {
        const same = old.rows.find(({ player_id }) => player_id === row.player_id)
        assert.strictEqual(same?.hits, row.hits)
        assert.strictEqual(same?.penalty_minutes, row.penalty_minutes)
        if (row.player_position !== "G") assert.deepStrictEqual([same?.goals, same?.points], [row.goals, row.points])
      }
      assert.deepInclude(old.rows.find((row) => row.player_id === 195), { goals: null, player_number: 77 })
      const find = (rows: typeof old.rows) => rows.find((row) => row.player_id === 100)
      assert.deepInclude(find(old.rows), { player_age: 26, player_name: "First Last100" })
      assert.deepInclude(find(web.rows), { player_age: null, player_name: "F. Last100" })
    }))

  it.live("figures grow with the clock, and the score is the sum of the goals", () =>
    Effect.gen(function*() {
      const clock = yield* Ref.make(after(-60))
      const { url } = yield* Simulator.make(facts, { clock: Ref.get(clock) })
      const seen: Array<[string | undefined, number]> = []
      let before = 0
      for (const minutes of [-60, -10, 0, 30, 60, 90, 120, 149, 150, 10_000]) {
        yield* Ref.set(clock, after(minutes))
        const old = yield* ask(url, "statsapi")
        const web = yield* ask(url, "api-web")
        assert.deepStrictEqual(old.game, web.game)
        const goals = total(old.rows)
        assert.isAtLeast(goals, before)
        assert.strictEqual(total(web.rows), goals)
        if (old.game?.state !== "scheduled") {
          assert.strictEqual((old.game?.away_score ?? 0) + (old.game?.home_score ?? 0), goals)
        }
        before = goals
        seen.push([old.game?.state, old.rows.length])
      }
      assert.deepStrictEqual(seen, [
        ["scheduled", 0], ["scheduled", 0], ["live", 8], ["live", 8], ["live", 8],
        ["live", 8], ["live", 8], ["live", 8], ["final", 8], ["final", 8]
      ])
      assert.strictEqual(before, 6)
    }))

  it.live("one postponed game, marked as invented", () =>
    Effect.gen(function*() {
      const server = yield* Simulator.make(facts)
      const { games } = yield* ask(server.url, "api-web")
      assert.deepStrictEqual(games.map((game) => game.state).sort(), ["final", "postponed"])
      const text = yield* Effect.promise(async () => (await fetch(`${server.url}/v1/schedule/2022-10-11`)).text())
      assert.strictEqual(text.split("\"synthetic\":true").length, 2)
      const plain = yield* Simulator.make(facts, { postponed: false })
      assert.strictEqual((yield* ask(plain.url, "statsapi")).games.length, 1)
    }))

  it.live("counts its requests", () =>
    Effect.gen(function*() {
      const server = yield* Simulator.make(facts)
      yield* ask(server.url, "api-web")
      assert.deepStrictEqual(yield* server.requests, { week: 1, boxscore: 1 })
    }))

  it.live("faults: 503 and cut connections, the same for the same seed, at the rate asked for", () =>
    Effect.gen(function*() {
      const outcomes = Effect.fnUntraced(function*(seed: number) {
        const { url } = yield* Simulator.make(facts, { errorRate: 0.5, seed })
        return yield* Effect.gen(function*() {
          const api = yield* NhlApi
          return yield* Effect.forEach(
            Array.from({ length: 200 }, (_, i) => i),
            () => Effect.match(api.feed(2022020005), {
              onSuccess: () => "ok",
              onFailure: (error) => {
                assert.isTrue(error.transient)
                return error.reason._tag
              }
            })
          )
        }).pipe(Effect.provide(nhl({ NHL_SOURCE: url, NHL_SHAPE: "api-web" })))
      })
      const first = yield* outcomes(7)
      assert.deepStrictEqual(yield* outcomes(7), first)
      assert.notDeepEqual(yield* outcomes(8), first)
      const count = (tag: string) => first.filter((outcome) => outcome === tag).length
      assert.isTrue(count("ok") > 60 && count("ok") < 140, `${count("ok")} of 200 succeeded`)
      assert.isTrue(count("Status") > 20 && count("Unreachable") > 20)
    }))

  it.live("latency holds each answer back", () =>
    Effect.gen(function*() {
      const slow = yield* Simulator.make(facts, { latency: "200 millis" })
      const fast = yield* Simulator.make(facts)
      const timed = (url: string) => Effect.map(Effect.timed(ask(url, "api-web")), ([took]) => Duration.toMillis(took))
      const quick = yield* timed(fast.url)
      assert.isAbove(yield* timed(slow.url), 400 - 20)
      assert.isBelow(quick, 5_000)
    }))

  it.live("an answer that nobody waits for any more does not hold up the end", () =>
    Effect.gen(function*() {
      const took = yield* Effect.gen(function*() {
        const { url } = yield* Simulator.make(facts, { latency: "10 minutes" })
        const late = yield* Effect.timeoutOption(ask(url, "api-web"), "100 millis")
        assert.strictEqual(late._tag, "None")
      }).pipe(Effect.scoped, Effect.timed)
      assert.isBelow(Duration.toMillis(took[0]), 30_000)
    }))

  it.live("with no settings the real facts are served, and every one of their games is read in both shapes", () =>
    Effect.gen(function*() {
      const days = [...new Set(realFacts.games.map((game) => game.date))]
      for (const shape of ["api-web", "statsapi"]) {
        yield* Effect.gen(function*() {
          const api = yield* NhlApi
          const listed = (yield* Effect.forEach(days, (key) => api.schedule({ key }))).flat()
          assert.strictEqual(listed.filter((game) => game.state === "final").length, realFacts.games.length)
          assert.strictEqual(listed.filter((game) => game.state === "postponed").length, 1)
          for (const { away, home, id } of realFacts.games) {
            const row = listed.find((game) => game.game_id === id)
            assert.deepInclude(row, { away_score: away.score, home_score: home.score })
            const rows = yield* Effect.fromResult(flatten(yield* api.feed(id)))
            const expected = [away, home].reduce((sum, side) =>
              sum + side.skaters.length + side.goalies.length + (shape === "statsapi" ? side.scratches.length : 0), 0)
            assert.strictEqual(rows.length, expected)
            assert.strictEqual(total(rows), away.score + home.score)
          }
          const invented = yield* api.feed(Simulator.postponedId(realFacts.games))
          assert.deepStrictEqual(yield* Effect.fromResult(flatten(invented)), [])
        }).pipe(Effect.provide(nhl(shape === "api-web" ? {} : { NHL_SHAPE: shape })))
      }
    }))
})
