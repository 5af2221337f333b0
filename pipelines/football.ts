/** One look at the football that is on: live list → details and odds → teams, competitions, countries → matches → board. */
import { Pipeline } from "sluice"
import { board } from "../assets/football/board.ts"
import { everyRequestAnswered, everyTeamIsNamed } from "../assets/football/checks.ts"
import { enrichment } from "../assets/football/enrichment.ts"
import { live } from "../assets/football/live.ts"
import { matches, matchHistory } from "../assets/football/matches.ts"

export const football = Pipeline.make("football", {
  description: "Live matches → details and odds → teams, competitions and countries → matches → live board.",
  assets: [
    live,
    enrichment.details,
    enrichment.odds,
    enrichment.teams,
    enrichment.competitions,
    enrichment.countries,
    enrichment.looks,
    enrichment.failures,
    matches,
    matchHistory,
    board
  ],
  checks: [everyRequestAnswered, everyTeamIsNamed],
  schedule: { every: "60 seconds", request: { force: true } }
})
