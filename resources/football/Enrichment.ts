/**
 * What is asked for beside the list of live matches, in two phases: the details and odds of every match, and then the
 * teams, competitions and countries that these name. All calls of a phase are under way at once, as far as the
 * connections go; one that fails is listed, and the others go on.
 */
import { Clock, Duration, Effect, Result } from "effect"
import type { ApiError } from "../api/ApiError.ts"
import { type Changes, FootballApi } from "./FootballApi.ts"
import * as Failure from "./Failure.ts"
import type { LiveMatch } from "./LiveMatch.ts"
import type { MatchDetails } from "./MatchDetails.ts"
import * as Mock from "./Mock.ts"
import type { OddsPick } from "./Odds.ts"
import type { Competition, Country, Team } from "./Reference.ts"

interface Call<out A> {
  readonly kind: string
  readonly id: string
  readonly ask: Effect.Effect<A, ApiError>
}

interface Answers<out A> {
  readonly answers: ReadonlyArray<A>
  readonly failures: ReadonlyArray<Failure.Failure>
}

/** All at once over the connections there are. */
const askAll = <A>(calls: ReadonlyArray<Call<A>>, connections: number): Effect.Effect<Answers<A>> =>
  Effect.forEach(calls, ({ ask, id, kind }) =>
    Effect.map(Effect.result(ask), Result.mapError((error) => Failure.fromError(kind, id, error))), { concurrency: connections }).pipe(
      Effect.map((results) => ({
        answers: results.flatMap((result) => Result.isSuccess(result) ? [result.success] : []),
        failures: results.flatMap((result) => Result.isFailure(result) ? [result.failure] : [])
      }))
    )

/** Waits as long as is set between phases, where anything is asked at all. */
const paused = Effect.fnUntraced(function*(calls: ReadonlyArray<unknown>) {
  const { phaseDelay } = yield* (yield* FootballApi).settings
  if (calls.length > 0) yield* Effect.sleep(phaseDelay)
})

/** What a phase asked for, for how long. */
export interface Phase {
  readonly failures: ReadonlyArray<Failure.Failure>
  readonly requests: number
}

export interface Phase1 extends Phase {
  readonly details: ReadonlyArray<MatchDetails>
  readonly odds: ReadonlyArray<OddsPick>
}

/** The details and the odds of each match: two calls a match, none for mock matches. */
export const phase1 = Effect.fn("football.phase1")(function*(
  matches: ReadonlyArray<LiveMatch>
): Effect.fn.Return<Phase1, ApiError, FootballApi> {
  if (matches.some((match) => match._mock)) {
    return { details: matches.map(Mock.details), odds: matches.flatMap(Mock.odds), failures: [], requests: 0 }
  }
  const api = yield* FootballApi
  const ids = [...new Set(matches.map((match) => match.match_id))]
  const details = ids.map((id) => ({ kind: "details", id, ask: Effect.map(api.details(id), (details) => ({ details, odds: [] })) }))
  // Odds come last, since their limit may hold them up.
  const odds = ids.map((id) => ({ kind: "odds", id, ask: Effect.map(api.odds(id), (odds) => ({ details: undefined, odds })) }))
  const calls: ReadonlyArray<Call<{ details: MatchDetails | undefined; odds: ReadonlyArray<OddsPick> }>> = [...details, ...odds]
  yield* paused(calls)
  const { answers, failures } = yield* askAll(calls, (yield* api.settings).connections)
  return {
    details: answers.flatMap(({ details }) => details === undefined ? [] : [details]),
    odds: answers.flatMap(({ odds }) => odds),
    failures,
    requests: calls.length
  }
})

/** Up to which moment the changes of a listing are known, and when it was last asked for them. */
export interface Look {
  readonly listing: "team" | "competition"
  readonly looked_at: Date
  readonly until: Date
}

/** What earlier cycles have learnt. */
export interface Known {
  readonly teams: ReadonlyArray<Team>
  readonly competitions: ReadonlyArray<Competition>
  readonly countries: ReadonlyArray<Country>
  readonly looks: ReadonlyArray<Look>
}

export const nothingKnown: Known = { teams: [], competitions: [], countries: [], looks: [] }

export interface Phase2 extends Known, Phase {}

/** The vendor's documented limits of the listings: changes once a minute, countries once a day. */
const changesEvery = 60_000
const countriesEvery = 24 * 3_600_000

const distinct = (ids: ReadonlyArray<string | null>): ReadonlyArray<string> =>
  [...new Set(ids.filter((id) => id !== null))]

type Learnt =
  | { readonly _tag: "Team"; readonly items: ReadonlyArray<Team>; readonly until?: Date }
  | { readonly _tag: "Competition"; readonly items: ReadonlyArray<Competition>; readonly until?: Date }
  | { readonly _tag: "Country"; readonly items: ReadonlyArray<Country> }

/** The moment from which on changes have to be asked for; undefined: now is too early, or nothing is known yet. */
const since = (
  listing: Look["listing"],
  known: ReadonlyArray<{ readonly updated_at: Date | null; readonly fetched_at: Date }>,
  looks: ReadonlyArray<Look>,
  now: number
): Date | undefined => {
  const look = looks.find((look) => look.listing === listing)
  if (look !== undefined) return now - look.looked_at.getTime() >= changesEvery ? look.until : undefined
  const oldest = known.reduce((oldest, { fetched_at }) => Math.min(oldest, fetched_at.getTime()), Infinity)
  return now - oldest >= changesEvery ? new Date(oldest) : undefined
}

/**
 * Each team and competition once, and the countries. Without `known`, all of them are asked for; with it, those that are
 * not in it, the changes since the last look if that was a minute ago, and the countries if a day has passed. Gives what
 * was learnt now.
 */
export const phase2 = Effect.fn("football.phase2")(function*(
  details: ReadonlyArray<MatchDetails>,
  known: Known = nothingKnown
): Effect.fn.Return<Phase2, ApiError, FootballApi> {
  if (details.some((match) => match._mock)) return { ...Mock.reference(details), looks: [], failures: [], requests: 0 }
  const api = yield* FootballApi
  const now = yield* Clock.currentTimeMillis
  const mine = <A extends { readonly _mock: boolean }>(items: ReadonlyArray<A>) => items.filter((item) => !item._mock)
  const [teams, competitions, countries] = [mine(known.teams), mine(known.competitions), mine(known.countries)]
  const knownTeams = new Set(teams.map((team) => team.team_id))
  const knownCompetitions = new Set(competitions.map((competition) => competition.competition_id))

  const missing = (ids: ReadonlyArray<string>, known: ReadonlySet<string>) => ids.filter((id) => !known.has(id))
  const teamIds = missing(distinct(details.flatMap((match) => [match.home_team_id, match.away_team_id])), knownTeams)
  const competitionIds = missing(distinct(details.map((match) => match.competition_id)), knownCompetitions)
  const teamsSince = teams.length === 0 ? undefined : since("team", teams, known.looks, now)
  const competitionsSince = competitions.length === 0 ? undefined : since("competition", competitions, known.looks, now)
  const isRecent = countries.some(({ fetched_at }) => now - fetched_at.getTime() < countriesEvery)

  const teamChanges = ({ items, until }: Changes<Team>): Learnt =>
    ({ _tag: "Team", items: items.filter((team) => knownTeams.has(team.team_id)), until })
  const competitionChanges = ({ items, until }: Changes<Competition>): Learnt =>
    ({ _tag: "Competition", items: items.filter((item) => knownCompetitions.has(item.competition_id)), until })
  const calls: ReadonlyArray<Call<Learnt>> = [
    ...teamIds.map((id) => ({
      kind: "team", id, ask: Effect.map(api.team(id), (team): Learnt => ({ _tag: "Team", items: [team] }))
    })),
    ...competitionIds.map((id) => ({
      kind: "competition", id, ask: Effect.map(api.competition(id), (item): Learnt => ({ _tag: "Competition", items: [item] }))
    })),
    ...(isRecent ? [] : [{ kind: "country", id: "", ask: Effect.map(api.countries, (items): Learnt => ({ _tag: "Country", items })) }]),
    ...(teamsSince === undefined ? [] : [{ kind: "team_changes", id: "", ask: Effect.map(api.teamChanges(teamsSince), teamChanges) }]),
    ...(competitionsSince === undefined
      ? []
      : [{ kind: "competition_changes", id: "", ask: Effect.map(api.competitionChanges(competitionsSince), competitionChanges) }])
  ]
  yield* paused(calls)
  const { answers, failures } = yield* askAll(calls, (yield* api.settings).connections)
  const looked_at = new Date(yield* Clock.currentTimeMillis)
  return {
    teams: unique(answers.flatMap((answer) => answer._tag === "Team" ? answer.items : []), (team) => team.team_id),
    competitions: unique(answers.flatMap((answer) => answer._tag === "Competition" ? answer.items : []), (item) => item.competition_id),
    countries: unique(answers.flatMap((answer) => answer._tag === "Country" ? answer.items : []), (country) => country.country_id),
    looks: answers.flatMap((answer): ReadonlyArray<Look> =>
      answer._tag === "Country" || answer.until === undefined
        ? []
        : [{ listing: answer._tag === "Team" ? "team" : "competition", looked_at, until: answer.until }]),
    failures,
    requests: calls.length
  }
})

/** The last of each key: one commit writes a key once. */
const unique = <A>(items: ReadonlyArray<A>, key: (item: A) => string): ReadonlyArray<A> =>
  [...new Map(items.map((item) => [key(item), item])).values()]

/** With the seconds that it took. */
const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.timed(effect), ([duration, value]) => ({ ...value, seconds: Duration.toMillis(duration) / 1000 }))

/** Both phases. What is known already is looked up while the first one is under way. */
export const enrich = Effect.fn("football.enrich")(function*<E, R>(
  matches: ReadonlyArray<LiveMatch>,
  known: Effect.Effect<Known, E, R>
) {
  const [first, before] = yield* Effect.all([timed(phase1(matches)), known], { concurrency: 2 })
  return { first, second: yield* timed(phase2(first.details, before)) }
})
