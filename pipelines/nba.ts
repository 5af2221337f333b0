/** The NBA's statistics: master tables of games, players and teams, and every endpoint asked about each of them. */
import { Pipeline } from "sluice"
import { endpointAssets } from "../assets/nba/endpoints.ts"
import { games, players, teams } from "../assets/nba/masters.ts"

export const nba = Pipeline.make("nba", {
  description: "Games, players and teams → the league's statistics about each of them, a table for every data set.",
  assets: [games, players, teams, ...endpointAssets]
})
