/** The NHL's games as queryable statistics: schedule → bodies of the games → figures of the players → totals. */
import { Pipeline } from "sluice"
import { everyPlayerHasATeam, goalsMakeTheScore, noPlayerTwice, pointsAddUp } from "../assets/nhl/checks.ts"
import { games } from "../assets/nhl/games.ts"
import { gameStats, liveFeed } from "../assets/nhl/gameStats.ts"
import { playerTotals, teamGames, teamTotals, topScorers } from "../assets/nhl/totals.ts"
import { evening, season } from "./nhl/Season.ts"

export { liveGames } from "./nhl/LiveGames.ts"

export const nhl = Pipeline.make("nhl", {
  description: "Schedule → bodies of the games → figures of the players → totals.",
  assets: [games, liveFeed, gameStats, teamGames, teamTotals, playerTotals, topScorers],
  checks: [noPlayerTwice, pointsAddUp, everyPlayerHasATeam, goalsMakeTheScore],
  // The league's schedule of the day, again and again while games can be on; its games are those of the sensor.
  schedule: {
    every: "10 seconds",
    timezone: "America/New_York",
    during: season,
    request: ({ due }) => ({ select: games, partitions: evening(due), force: true })
  }
})
