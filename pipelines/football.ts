/** One look at the football that is on: live list → details and odds → teams, competitions, countries → matches → board. */
import { Pipeline } from "sluice"
import { board } from "../assets/football/board.ts"
import { everyTeamIsNamed, phase1Answered, phase2Answered } from "../assets/football/checks.ts"
import { phase1, phase2 } from "../assets/football/enrichment.ts"
import { live } from "../assets/football/live.ts"
import { matches, matchHistory } from "../assets/football/matches.ts"

export const football = Pipeline.make("football", {
  description: "Live matches → details and odds → teams, competitions and countries → matches → live board.",
  assets: [
    live,
    phase1.details,
    phase1.odds,
    phase1.failures,
    phase2.teams,
    phase2.competitions,
    phase2.countries,
    phase2.looks,
    phase2.failures,
    matches,
    matchHistory,
    board
  ],
  checks: [phase1Answered, phase2Answered, everyTeamIsNamed]
})
