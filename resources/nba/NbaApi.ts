/** The league's statistics, stats.nba.com, as a service: an endpoint and a value in, all data sets of the answer out. */
import { Config, Context, DateTime, Effect, Layer, Result, Schema, type Scope } from "effect"
import type { FrameSet } from "../../engine/definition/Frames.ts"
import type { LimitStore } from "../../engine/limit/LimitStore.ts"
import * as RateLimit from "../../engine/limit/RateLimit.ts"
import * as Api from "../api/Api.ts"
import { ApiError, Unexpected } from "../api/ApiError.ts"
import { type Endpoint, keyOf } from "./catalogue.ts"
import { framesOf, refusal } from "./frames/Response.ts"
import { NbaSource } from "./NbaSource.ts"
import * as Parameters from "./Parameters.ts"
import * as Season from "./Season.ts"

export const baseUrl = "https://stats.nba.com/stats"

/** The API answers browsers only: other agents wait until they time out. */
const headers = {
  accept: "application/json, text/plain, */*",
  "accept-language": "en-US,en;q=0.9",
  "cache-control": "no-cache",
  origin: "https://www.nba.com",
  pragma: "no-cache",
  referer: "https://www.nba.com/",
  "user-agent":
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
  "x-nba-stats-origin": "stats",
  "x-nba-stats-token": "true"
}

/** One call per 600 ms of each address; `--limit nba=1/0.3s` overrides it. */
export const limit = RateLimit.make("nba", { calls: 1, per: "600 millis", scope: "node" })

/** All data sets of an answer, and where they came from. */
export interface Answer {
  /** Empty where the API has no data of what was asked, such as tracking of a game before there was any. */
  readonly frames: FrameSet
  readonly url: string
}

export interface Question {
  readonly endpoint: Pick<Endpoint, "name" | "parameters">
  /** The id of a game, player or team, for endpoints that are asked about one. */
  readonly value?: string
  /** Default: `NBA_SEASON`, else the season that is on. */
  readonly season?: string
}

const decode = (body: unknown): Result.Result<unknown, Api.ApiProblem> => {
  // The body was parsed from JSON.
  const said = refusal(body as Schema.Json)
  // "An error has occurred." may pass, or stay for ever for this combination of parameters: a few tries tell.
  return said === undefined ? Result.succeed(body) : Result.fail(Api.refused({ message: said, transient: true }))
}

const text = (name: string, otherwise: string) => Config.String(name).pipe(Config.withDefault(otherwise))

/** LeBron James has met most of those who are asked about. */
const standardVersus = "2544"

export interface Options {
  /** How often it may be asked. Default: `limit`. */
  readonly limit?: RateLimit.RateLimit
  /** Default: two further tries, from 1 second on, at most 8 seconds apart. */
  readonly retry?: Api.RetryOptions
}

const make = Effect.fnUntraced(function*(
  options: Options
): Effect.fn.Return<NbaApi["Service"], Config.ConfigError, NbaSource | LimitStore | Scope.Scope> {
  const source = yield* NbaSource
  const ownSeason = yield* text("NBA_SEASON", "")
  const versus = yield* text("NBA_VS_PLAYER", standardVersus)
  const api = yield* Api.make({
    name: "nba",
    baseUrl,
    headers,
    source,
    limits: [options.limit ?? limit],
    timeout: "30 seconds",
    routes: { stats: {} },
    retry: options.retry ?? { times: 2, base: "1 second", max: "8 seconds" },
    // Some parameters are answered with 500 for ever: a few in a row are no outage.
    breaker: { failures: 10, cooldown: "30 seconds" },
    decode
  })

  const get = Effect.fn("NbaApi.get")(function*(path: string, query: Parameters.Query, subject: string) {
    const body = yield* api.call({ route: "stats", path, query, subject, schema: Schema.Json })
    const texts = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)]))
    const url = `${baseUrl}${path}?${new URLSearchParams(texts).toString()}`
    const frames = framesOf(body)
    if (Result.isSuccess(frames)) return { frames: frames.success, url }
    const reason = new Unexpected(frames.failure)
    return yield* new ApiError({ api: "nba", route: "stats", subject, url, reason, tries: 1 })
  })

  const ask = Effect.fn("NbaApi.ask")(function*({ endpoint, season: asked, value = "" }: Question) {
    const now = yield* DateTime.now
    const season = asked ?? (ownSeason === "" ? Season.current(now) : ownSeason)
    const query = Parameters.queryOf(endpoint, { id: value, season, dates: Season.dates(season, now), versus })
    const about = keyOf({ ...endpoint, category: "league_based", priority: "low", frequency: "weekly" })
    const subject = about === undefined ? `${endpoint.name} of ${season}` : `${endpoint.name} of ${about.from} ${value}`
    return yield* get(`/${endpoint.name.toLowerCase()}`, query, subject)
  })

  return { ask, get }
})

export class NbaApi extends Context.Service<NbaApi, {
  /** Asks one endpoint, with one request (and some more where it fails). */
  readonly ask: (question: Question) => Effect.Effect<Answer, ApiError>
  /** Asks any path below the base URL. */
  readonly get: (path: string, query: Parameters.Query, subject: string) => Effect.Effect<Answer, ApiError>
}>()("resources/nba/NbaApi") {
  static readonly layerWith = (options: Options): Layer.Layer<NbaApi, Config.ConfigError, NbaSource | LimitStore> =>
    Layer.effect(NbaApi, make(options))

  static readonly layer: Layer.Layer<NbaApi, Config.ConfigError, NbaSource | LimitStore> = NbaApi.layerWith({})
}
