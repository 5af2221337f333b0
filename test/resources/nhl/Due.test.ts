/** Which games a poll finds due. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import { due } from "../../../resources/nhl/Due.ts"
import type { GameState, GameType, ScheduledGame } from "../../../resources/nhl/ScheduledGame.ts"

const now = DateTime.makeUnsafe("2023-05-20T02:00:00Z")
const types: ReadonlyArray<GameType> = ["preseason", "regular", "playoff", "all-star"]

const game = (game_id: number, state: GameState, hoursAgo: number, game_type: GameType = "regular"): ScheduledGame => ({
  game_id,
  season: "20222023",
  game_type,
  game_date: "2023-05-19",
  starts_at: new Date(DateTime.toEpochMillis(now) - hoursAgo * 3_600_000),
  state,
  away_team_id: 1,
  away_team_name: "A",
  home_team_id: 2,
  home_team_name: "B",
  away_score: null,
  home_score: null,
  venue: null
})

const ids = (games: ReadonlyArray<ScheduledGame>, lastLookHours = 4) =>
  due(games, { now, types, lastLookHours }).map((found) => found.game_id)

describe("due", () => {
  it("is every live game and no other, however early it began or late it is", () => {
    const games = [
      game(1, "live", 2), game(2, "live", -1), game(3, "live", 30),
      game(4, "scheduled", 1), game(5, "scheduled", -3), game(6, "postponed", 1), game(7, "cancelled", 1), game(8, "final", 24)
    ]
    assert.deepStrictEqual(ids(games), [1, 2, 3])
  })

  it("a final game gets its last looks for some hours from its beginning", () => {
    const games = [game(1, "final", 2.5), game(2, "final", 4), game(3, "final", 4.01)]
    assert.deepStrictEqual(ids(games), [1, 2])
    assert.deepStrictEqual(ids(games, 0), [])
    assert.deepStrictEqual(ids([game(4, "final", -0.5), game(5, "final", 0)]), [5])
  })

  it("one ingest for a game that two days of the schedule name", () => {
    assert.deepStrictEqual(ids([game(1, "live", 2), game(1, "live", 2), game(2, "live", 2)]), [1, 2])
  })

  it("games outside the league are left out", () => {
    assert.deepStrictEqual(ids([game(1, "live", 1, "other"), game(2, "live", 1, "playoff"), game(3, "live", 1, "preseason")]), [2, 3])
  })
})
