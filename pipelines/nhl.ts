/** The NHL's games as queryable statistics: schedule → bodies of the games → figures of the players → totals. */
import { Pipeline } from "sluice"
import { everyPlayerHasATeam, goalsMakeTheScore, noPlayerTwice, pointsAddUp } from "../assets/nhl/checks.ts"
import { games } from "../assets/nhl/games.ts"
import { gameStats, liveFeed } from "../assets/nhl/gameStats.ts"
import { playerTotals, teamGames, teamTotals, topScorers } from "../assets/nhl/totals.ts"

export const nhl = Pipeline.make("nhl", {
  description: "Schedule → bodies of the games → figures of the players → totals.",
  assets: [games, liveFeed, gameStats, teamGames, teamTotals, playerTotals, topScorers],
  checks: [noPlayerTwice, pointsAddUp, everyPlayerHasATeam, goalsMakeTheScore]
})
