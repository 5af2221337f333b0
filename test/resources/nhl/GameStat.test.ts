/** Bodies to rows: what may be missing and becomes null, and what may not and is named by its path. */
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import type { GameFeed } from "../../../resources/nhl/GameFeed.ts"
import { flatten, GameStat } from "../../../resources/nhl/GameStat.ts"
import { boxscore, oldFeed, skater, skaterStats } from "./bodies.ts"

const asJson = (value: unknown): Schema.Json => JSON.parse(JSON.stringify(value))

const feed = (body: unknown): GameFeed => {
  const json = asJson(body)
  const old = typeof json === "object" && json !== null && "gamePk" in json
  return old
    ? { shape: "statsapi", game_id: 2022020001, body: json }
    : { shape: "api-web", game_id: 2024020001, body: json }
}

const rows = (body: unknown) => Result.getOrThrow(flatten(feed(body)))

const message = (body: unknown, gameId?: number) => {
  const result = flatten(gameId === undefined ? feed(body) : { ...feed(body), game_id: gameId })
  return Result.isFailure(result) ? result.failure.message : assert.fail("it should have failed")
}

const oldPlayer = (player: unknown) => {
  const body = oldFeed()
  body.liveData.boxscore.teams.away.players = { ID8000001: player }
  return body
}

const webSkaters = (...forwards: ReadonlyArray<unknown>) => ({
  ...boxscore(),
  playerByGameStats: {
    awayTeam: { forwards, defense: [], goalies: [] },
    homeTeam: { forwards: [skater()], defense: [], goalies: [] }
  }
})

describe("statsapi", () => {
  it("a skater and a goalie", () => {
    assert.deepStrictEqual(rows(oldFeed()), [
      {
        game_id: 2022020001, player_id: 8000001, player_name: "Full Name", team_id: 1, team_name: "Away Team",
        player_age: 30, player_number: 16, player_position: "C", assists: 2, goals: 1, hits: 4, points: 3,
        penalty_minutes: 5, opponent_team_id: 2, opponent_team_name: "Home Team"
      },
      {
        game_id: 2022020001, player_id: 8000002, player_name: "The Goalie", team_id: 2, team_name: "Home Team",
        player_age: null, player_number: 30, player_position: "G", assists: 1, goals: 0, hits: null, points: 1,
        penalty_minutes: 2, opponent_team_id: 1, opponent_team_name: "Away Team"
      }
    ])
  })

  it("a scratched player has null figures, and takes number and position from his record", () => {
    const [row] = rows(oldPlayer({
      person: { id: 8000001, fullName: null },
      jerseyNumber: "",
      position: { code: "N/A" },
      stats: {}
    }))
    assert.deepInclude(row, { player_name: "Full Name", player_number: 77, player_position: "L" })
    assert.deepInclude(row, { goals: null, assists: null, points: null, hits: null, penalty_minutes: null })
  })

  it("numbers as text, unknown fields, null names", () => {
    const [row] = rows(oldPlayer({
      person: { id: "8000001", fullName: null }, jerseyNumber: 9, position: { code: "D", more: [1] }, odd: {},
      stats: { skaterStats: { ...skaterStats, goals: "3", new: true } }
    }))
    assert.deepInclude(row, { goals: 3, points: 5, player_number: 9, player_name: "Full Name" })
    const body = oldPlayer({ person: { id: 8000009, fullName: null }, stats: {} })
    assert.deepInclude(rows(body)[0], { player_name: null, player_age: null, player_number: null })
    assert.deepInclude(rows(body)[0], { player_position: null })
  })

  for (const field of ["goals", "assists", "hits", "penaltyMinutes"] as const) {
    it(`missing ${field} is named by its path`, () => {
      const { [field]: _, ...rest } = skaterStats
      assert.strictEqual(
        message(oldPlayer({ person: { id: 8000001 }, stats: { skaterStats: rest } })),
        "The statsapi body of game 2022020001 cannot be read: " +
          `liveData.boxscore.teams.away.players.ID8000001.stats.skaterStats.${field} is missing.`
      )
    })
  }

  it("a wrong figure is shown", () => {
    const wrong = (goals: unknown) =>
      oldPlayer({ person: { id: 8000001 }, stats: { skaterStats: { ...skaterStats, goals } } })
    assert.match(message(wrong("many")), /skaterStats\.goals is "many", not/)
    assert.match(message(wrong(null)), /skaterStats\.goals is null, not/)
    assert.match(message(wrong(1.5)), /skaterStats\.goals is 1\.5, not an integer/)
  })

  it("hits may be missing before the league counted them", () => {
    const { hits: _, ...rest } = skaterStats
    const body = { ...oldPlayer({ person: { id: 8000001 }, stats: { skaterStats: rest } }), gamePk: 1995020001 }
    const result = flatten({ shape: "statsapi", game_id: 1995020001, body: asJson(body) })
    assert.deepInclude(Result.getOrThrow(result)[0], { hits: null, goals: 1 })
  })

  it("a game to come may have no players, a final one must", () => {
    const empty = oldFeed()
    empty.liveData.boxscore.teams.away.players = {}
    empty.liveData.boxscore.teams.home.players = {}
    assert.match(message(empty), /teams\.away\.players is empty although the game is final/)
    empty.gameData.status = { abstractGameState: "Preview", detailedState: "Scheduled" }
    assert.deepStrictEqual(rows(empty), [])
  })
})

describe("api-web", () => {
  it("a skater and a goalie", () => {
    const [first, second] = rows(boxscore())
    assert.deepStrictEqual(first, {
      game_id: 2024020001, player_id: 8000001, player_name: "F. Name", team_id: 1, team_name: "Away Team",
      player_age: null, player_number: 16, player_position: "C", assists: 2, goals: 1, hits: 4, points: 3,
      penalty_minutes: 5, opponent_team_id: 2, opponent_team_name: "Home Team"
    })
    assert.deepInclude(second, { goals: null, assists: null, points: null, hits: null, penalty_minutes: 2 })
  })

  it("a goalie who scores", () => {
    const goalies = [{ playerId: 1, name: { default: "G" }, goals: 1, pim: 0 }]
    const awayTeam = { forwards: [], defense: [], goalies }
    const homeTeam = { forwards: [skater()], defense: [], goalies: [] }
    const [row] = rows({ ...boxscore(), playerByGameStats: { awayTeam, homeTeam } })
    assert.deepInclude(row, { goals: 1, assists: null, points: 1 })
  })

  it("missing points are goals and assists; absent names are null; numbers may be text", () => {
    const { name: _, points: __, ...rest } = skater()
    assert.deepInclude(rows(webSkaters({ ...rest, goals: "2", sweaterNumber: "" }))[0], {
      points: 4, player_name: null, goals: 2, player_number: null
    })
  })

  it("a player who is listed twice has one row", () => {
    assert.strictEqual(rows(webSkaters(skater(), skater())).length, 1)
  })

  it("the figures of 2023-24 stood one level deeper", () => {
    const { playerByGameStats, ...rest } = boxscore()
    assert.deepStrictEqual(rows({ ...rest, boxscore: { playerByGameStats } }), rows(boxscore()))
  })

  it("team names of every season", () => {
    const named = (awayTeam: unknown) => rows({ ...boxscore(), awayTeam })[0]?.team_name
    const d = (text: string) => ({ default: text })
    assert.strictEqual(named({ id: 1, placeName: d("New York"), commonName: d("Rangers") }), "New York Rangers")
    assert.strictEqual(named({ id: 1, placeName: d("Utah"), commonName: d("Utah Hockey Club") }), "Utah Hockey Club")
    assert.strictEqual(named({ id: 1, placeName: d("Calgary"), name: d("Flames") }), "Calgary Flames")
    assert.strictEqual(named({ id: 1, placeName: d("Columbus") }), "Columbus")
    assert.strictEqual(named({ id: 1, abbrev: "TBD" }), "TBD")
    assert.strictEqual(named({ id: 1 }), null)
  })

  it("missing structure is named by its path", () => {
    const { playerByGameStats: _, ...bare } = boxscore()
    assert.match(message(bare), /playerByGameStats is missing although the game is final/)
    assert.match(message({ ...bare, playerByGameStats: {} }), /playerByGameStats\.awayTeam is missing/)
    const { pim: __, ...noPim } = skater()
    assert.match(message(webSkaters(skater(), noPim)), /playerByGameStats\.awayTeam\.forwards\[1\]\.pim is missing/)
    const { hits: ___, ...noHits } = skater()
    assert.match(message(webSkaters(noHits)), /playerByGameStats\.awayTeam\.forwards\[0\]\.hits is missing/)
    assert.match(message(boxscore(), 2024020002), /id is 2024020001, which is another game/)
    assert.deepStrictEqual(rows({ ...bare, gameState: "FUT" }), [])
    assert.deepStrictEqual(rows({ ...bare, gameScheduleState: "PPD" }), [])
  })

  it("rows are of their schema", () => {
    for (const row of rows(boxscore())) assert.isTrue(Schema.is(GameStat)(row))
  })
})
