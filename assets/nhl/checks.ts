/** What must be true of the games' figures. */
import { Effect } from "effect"
import { Check } from "sluice"
import { gameStats } from "./gameStats.ts"
import { teamGames } from "./totals.ts"

export const noPlayerTwice = Check.make("no player twice in a game", {
  asset: gameStats,
  run: (rows) => Effect.succeed(Check.unique(rows, "game_id", "player_id"))
})

export const pointsAddUp = Check.make("points are goals and assists", {
  asset: gameStats,
  run: (rows) =>
    Effect.succeed(Check.none(rows, (row) => row.points !== null && row.points !== (row.goals ?? 0) + (row.assists ?? 0)))
})

export const everyPlayerHasATeam = Check.make("every player has a team", {
  asset: gameStats,
  run: (rows) => Effect.succeed(Check.none(rows, (row) => row.team_id === null))
})

/** A won shoot-out counts as one goal of the team that no player scored. */
export const goalsMakeTheScore = Check.make("goals of the players make the score", {
  asset: teamGames,
  // The league's own figures lag behind each other while a game is on.
  severity: "warn",
  run: (rows) =>
    Effect.succeed(
      Check.every(rows, ({ goals, score, shootout }) =>
        score === null || goals === score || (shootout && goals === score - 1))
    )
})
