/**
 * Invented matches for a cycle whose API cannot be asked, where that is allowed. Every row of them says `_mock: true`, so
 * that none passes as real.
 */
import { Context, Effect } from "effect"
import { FootballApi } from "./FootballApi.ts"
import type { ApiError } from "../api/ApiError.ts"
import type { LiveMatch } from "./LiveMatch.ts"
import type { MatchDetails } from "./MatchDetails.ts"
import type { OddsPick } from "./Odds.ts"
import type { Competition, Country, Team } from "./Reference.ts"

/** Whether mock matches may stand in for the API's. Default false. */
export class MockAllowed extends Context.Reference<boolean>("resources/football/MockAllowed", { defaultValue: () => false }) {}

const names = ["Alder", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Linden", "Maple", "Oak", "Pine", "Rowan", "Spruce", "Walnut", "Willow", "Yew", "Ash"]
const leagues = ["Mock League", "Mock Cup"]

/** Eight matches, of each state that the board shows and of two that it does not. */
const statuses = [2, 2, 3, 4, 4, 7, 1, 8]

export const matches: ReadonlyArray<LiveMatch> = statuses.map((status, i) => ({
  match_id: `mock-match-${i + 1}`,
  status_id: status,
  kickoff: null,
  home_scores: [i % 3, 0, 0, i % 2, 2, 0, 0],
  away_scores: [i % 2, 0, 0, 1, 3, 0, 0],
  incidents: [],
  stats: [],
  _mock: true
}))

/** Which of the mock matches it is, from 0. */
const place = (id: string): number => Number(/\d+$/.exec(id)?.[0] ?? 1) - 1

export const details = (match: LiveMatch): MatchDetails => {
  const i = place(match.match_id)
  return {
    match_id: match.match_id,
    season_id: null,
    competition_id: `mock-competition-${i % leagues.length + 1}`,
    home_team_id: `mock-team-${2 * i + 1}`,
    away_team_id: `mock-team-${2 * i + 2}`,
    status_id: match.status_id,
    kickoff: null,
    venue_id: null,
    referee_id: null,
    neutral: false,
    note: "mock",
    home_scores: match.home_scores,
    away_scores: match.away_scores,
    home_position: null,
    away_position: null,
    coverage: null,
    round: null,
    environment: null,
    updated_at: null,
    _mock: true
  }
}

export const odds = (match: LiveMatch): ReadonlyArray<OddsPick> => [{
  match_id: match.match_id,
  market: "eu",
  company_id: "0",
  minute: 3,
  at: null,
  home: 2,
  line: 3.5,
  away: 4,
  score: null,
  raw: [],
  _mock: true
}]

const never = new Date(0)
const asked = { updated_at: null, fetched_at: never, _mock: true }

export const reference = (matches: ReadonlyArray<MatchDetails>): {
  readonly teams: ReadonlyArray<Team>
  readonly competitions: ReadonlyArray<Competition>
  readonly countries: ReadonlyArray<Country>
} => ({
  teams: matches.flatMap(({ away_team_id, home_team_id }) => [home_team_id, away_team_id]).filter((id) => id !== null).map((id) => ({
    team_id: id,
    name: `Mock ${names[place(id) % names.length]}`,
    short_name: null,
    country_id: "mock-country-1",
    competition_id: null,
    logo: null,
    national: false,
    ...asked
  })),
  competitions: leagues.map((name, i) => ({
    competition_id: `mock-competition-${i + 1}`,
    name,
    short_name: null,
    country_id: "mock-country-1",
    category_id: null,
    logo: null,
    type: null,
    season_id: null,
    ...asked
  })),
  countries: [{ country_id: "mock-country-1", name: "Mockland", category_id: null, logo: null, ...asked }]
})

/** The live matches; mock ones where the API gives none and mock is allowed. A setting that cannot be used is an error. */
export const liveOrMock: Effect.Effect<ReadonlyArray<LiveMatch>, ApiError, FootballApi> = Effect.gen(function*() {
  const api = yield* FootballApi
  return yield* Effect.catch(api.live, (error) =>
    Effect.gen(function*() {
      if (error.reason._tag === "Setting" || !(yield* MockAllowed)) return yield* Effect.fail(error)
      if (error.reason._tag === "Refused") yield* Effect.logError(`API Authorization Error: ${error.reason.text}`)
      yield* Effect.logWarning("Falling back to mock data for testing: all rows of this cycle are marked _mock.")
      return matches
    }))
}).pipe(Effect.withSpan("football.live"))
