/** TheSports' football API as a service: live matches, and what is known of each match, team, competition and country. */
import { Clock, Context, Effect, Layer, Redacted, Result, Scope } from "effect"
import * as Api from "../api/Api.ts"
import { ApiError, type Unexpected } from "../api/ApiError.ts"
import * as ApiSource from "../api/Source.ts"
import { LimitStore } from "../../engine/limit/LimitStore.ts"
import * as Answer from "./Answer.ts"
import { attempting } from "./Attempts.ts"
import { Bodies } from "./Bodies.ts"
import * as Field from "./Field.ts"
import * as LiveMatch from "./LiveMatch.ts"
import * as MatchDetails from "./MatchDetails.ts"
import * as Odds from "./Odds.ts"
import * as Reference from "./Reference.ts"
import * as Routes from "./Routes.ts"
import * as Settings from "./Settings.ts"
import { type StandIn, StandIns, vendor } from "./Source.ts"

type Route = Routes.Route

/** Items that changed from a moment on, at most a page of 1000, and the moment up to which they reach. */
export interface Changes<out A> {
  readonly items: ReadonlyArray<A>
  readonly until: Date
}

/** Credentials of a stand-in, which lets everybody in who has some. */
const anybody: Settings.Credentials = { user: "demo", secret: Redacted.make("demo-secret") }

const open = Effect.fnUntraced(function*(standIns: StandIn) {
  const settings = yield* Settings.read
  const word = yield* Settings.source
  const standIn = yield* standIns(word)
  const source = standIn === undefined ? ApiSource.parse(word) : ApiSource.at(standIn)
  if (source === undefined) {
    return yield* Settings.setting(`FOOTBALL_SOURCE is "${word}"; write simulator, ${ApiSource.words}.`)
  }
  const isStandIn = standIn !== undefined || source._tag === "Replay"
  const { secret, user } = isStandIn ? anybody : yield* Settings.credentials
  const api = yield* Api.make({
    name: "football",
    baseUrl: vendor,
    source,
    headers: { "user-agent": "sluice/0.1" },
    query: { user: Redacted.make(user), secret },
    connections: settings.connections,
    timeout: settings.timeout,
    // A stand-in is nobody's paid account.
    routes: isStandIn ? Routes.unlimited : Routes.of(settings.mode),
    // `attempting` tries again.
    retry: false,
    // A cycle has to end in time: it does not wait for the vendor to come back, the next one does.
    breaker: false,
    decode: Answer.decode
  })
  return { settings, api }
})

const make = Effect.gen(function*() {
  const scope = yield* Scope.Scope
  const standIns = yield* StandIns
  const store = yield* LimitStore
  // Opened when it is first asked: a project that does not run football needs none of its settings.
  const opened = yield* Effect.cached(Scope.provide(Effect.provideService(open(standIns), LimitStore, store), scope))

  /** The `results` of a body, whatever they are. */
  const ask = Effect.fnUntraced(function*(route: Route, subject: string, query: Api.Query) {
    const { api } = yield* opened
    const body = yield* attempting(api.call({ route, path: Routes.paths[route], subject, query }), Routes.attempts(route))
    const id = query["uuid"]
    const tell = yield* Bodies
    tell({ route, id: typeof id === "string" ? id : "", body })
    return Field.record(body)?.["results"]
  })

  /** An answer that cannot be used; logged like the calls that fail. */
  const unusable = (route: Route, subject: string, reason: Unexpected) => {
    const error = new ApiError({ api: "football", route, subject, url: Routes.paths[route], reason, tries: 1 })
    return Effect.andThen(Effect.logError(`API call failed for ${subject}: ${error.message}`), Effect.fail(error))
  }

  const listed = Effect.fnUntraced(function*(route: Route, subject: string, query: Api.Query) {
    const results: unknown = yield* ask(route, subject, query)
    if (!Array.isArray(results)) return yield* unusable(route, subject, Api.unexpected(["results"], "is no list"))
    const items: ReadonlyArray<unknown> = results
    return items
  })

  /** The item that is asked for by its id. */
  const one = Effect.fnUntraced(function*<A>(
    route: Route,
    subject: string,
    id: string,
    read: (sent: unknown, at: Date) => Result.Result<A, Unexpected>
  ) {
    const items = yield* listed(route, subject, { uuid: id })
    // An API that leaves the id out of account would give the same match or team for every one that is asked for.
    const sent = items.find((item) => Field.text(Field.record(item)?.["id"]) === id)
    if (sent === undefined) {
      const problem = items.length === 0 ? "is empty: the vendor does not know the id" : "has no item with the id that was asked for"
      return yield* unusable(route, subject, Api.unexpected(["results"], problem))
    }
    const item = read(sent, new Date(yield* Clock.currentTimeMillis))
    if (Result.isSuccess(item)) return item.success
    return yield* unusable(route, subject, Api.unexpected(["results", 0, item.failure.path], item.failure.problem))
  })

  /** What of a listing can be read; the rest is logged. */
  const readable = Effect.fnUntraced(function*<A>(
    subject: string,
    items: ReadonlyArray<unknown>,
    read: (sent: unknown, at: Date) => Result.Result<A, Unexpected>
  ) {
    const at = new Date(yield* Clock.currentTimeMillis)
    const [misfits, found] = [new Array<Unexpected>(), new Array<A>()]
    for (const item of items) {
      const result = read(item, at)
      if (Result.isSuccess(result)) found.push(result.success)
      else misfits.push(result.failure)
    }
    const first = misfits[0]
    if (first !== undefined) {
      yield* Effect.logError(`${misfits.length} of ${items.length} items of ${subject} cannot be read: ${first.path} ${first.problem}`)
    }
    return found
  })

  const changes = Effect.fnUntraced(function*<A extends { readonly updated_at: Date | null }>(
    route: Route,
    subject: string,
    since: Date,
    read: (sent: unknown, at: Date) => Result.Result<A, Unexpected>
  ): Effect.fn.Return<Changes<A>, ApiError> {
    const sent = yield* listed(route, subject, { time: Math.floor(since.getTime() / 1000) })
    const items = yield* readable(subject, sent, read)
    const until = items.reduce((latest, { updated_at }) => updated_at !== null && updated_at > latest ? updated_at : latest, since)
    return { items, until }
  })

  return FootballApi.of({
    settings: Effect.map(opened, ({ settings }) => settings),
    live: Effect.gen(function*() {
      const subject = "the live matches"
      const sent = yield* listed("live", subject, {})
      const matches = yield* readable(subject, sent, LiveMatch.fromSent)
      // Of a match that is listed twice, the later entry counts.
      return [...new Map(matches.map((match) => [match.match_id, match])).values()]
    }).pipe(Effect.withSpan("FootballApi.live")),
    details: Effect.fn("FootballApi.details")((id) => one("details", `the details of match ${id}`, id, MatchDetails.fromSent)),
    odds: Effect.fn("FootballApi.odds")((id) =>
      Effect.map(ask("odds", `the odds of match ${id}`, { uuid: id }), (results) => Odds.pick(id, results))),
    team: Effect.fn("FootballApi.team")((id) => one("team", `team ${id}`, id, Reference.team)),
    competition: Effect.fn("FootballApi.competition")((id) => one("competition", `competition ${id}`, id, Reference.competition)),
    countries: Effect.flatMap(listed("country", "the countries", {}), (items) =>
      readable("the countries", items, Reference.country)).pipe(Effect.withSpan("FootballApi.countries")),
    teamChanges: Effect.fn("FootballApi.teamChanges")((since) =>
      changes("team_changes", "the teams that changed", since, Reference.team)),
    competitionChanges: Effect.fn("FootballApi.competitionChanges")((since) =>
      changes("competition_changes", "the competitions that changed", since, Reference.competition))
  })
})

export class FootballApi extends Context.Service<FootballApi, {
  /** Fails where a setting cannot be used, as do all others. */
  readonly settings: Effect.Effect<Settings.Settings, ApiError>
  /** All matches that are on, about to begin or ended within two hours; each once. */
  readonly live: Effect.Effect<ReadonlyArray<LiveMatch.LiveMatch>, ApiError>
  readonly details: (matchId: string) => Effect.Effect<MatchDetails.MatchDetails, ApiError>
  /** At most one pick a market; none where nobody gives odds. */
  readonly odds: (matchId: string) => Effect.Effect<ReadonlyArray<Odds.OddsPick>, ApiError>
  readonly team: (id: string) => Effect.Effect<Reference.Team, ApiError>
  readonly competition: (id: string) => Effect.Effect<Reference.Competition, ApiError>
  readonly countries: Effect.Effect<ReadonlyArray<Reference.Country>, ApiError>
  readonly teamChanges: (since: Date) => Effect.Effect<Changes<Reference.Team>, ApiError>
  readonly competitionChanges: (since: Date) => Effect.Effect<Changes<Reference.Competition>, ApiError>
}>()("resources/FootballApi") {
  /** Asks where FOOTBALL_SOURCE says; every call makes three attempts and logs those that fail. */
  static readonly layer: Layer.Layer<FootballApi, never, LimitStore> = Layer.effect(FootballApi, make)
}
