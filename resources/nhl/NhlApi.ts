/** The league's API as a service: the games of a day, and the body of a game. */
import { Array as Arr, Context, Effect, Layer, Result, type Schema, type Scope } from "effect"
import type { LimitStore } from "../../engine/limit/LimitStore.ts"
import * as Api from "../api/Api.ts"
import type { ApiError } from "../api/ApiError.ts"
import * as ApiWeb from "./ApiWeb.ts"
import { GameFeed } from "./GameFeed.ts"
import { boxscore } from "./GameStat.ts"
import { type NhlApiError, setting } from "./NhlApiError.ts"
import type { ScheduledGame } from "./ScheduledGame.ts"
import { live, NhlSource, type Source } from "./Source.ts"
import * as StatsApi from "./StatsApi.ts"

type Route = "schedule" | "score" | "boxscore" | "play-by-play" | "feed"

/** Why there is no schedule or no body: the call failed, or what came cannot be read. */
export type NhlError = ApiError | NhlApiError

/** The first season of the present API; games before it are asked for in the old shape first, which then knew more. */
const firstOfApiWeb = 2_023_000_000

type Dates = Arr.NonEmptyReadonlyArray<string>

const datesFrom = (date: string, days: number): Dates =>
  Arr.makeBy(Math.min(Math.max(1, days), 7), (plus) =>
    plus === 0 ? date : new Date(Date.parse(date) + plus * 86_400_000).toISOString().slice(0, 10))

const make = Effect.fnUntraced(function*(
  { fullNames, shape, source }: Source
): Effect.fn.Return<NhlApi["Service"], never, LimitStore | Scope.Scope> {
  const api = yield* Api.make({
    name: "nhl",
    title: "NHL",
    baseUrl: live,
    source,
    connections: 16,
    timeout: "30 seconds",
    routes: { schedule: {}, score: {}, boxscore: {}, "play-by-play": {}, feed: {} },
    // How often a day or a game is tried says its asset.
    retry: false,
    breaker: { failures: 10, cooldown: "15 seconds", maxWait: "5 minutes" }
  })
  const get = (route: Route, path: string, subject: string) =>
    // Without a schema the value is what was parsed from JSON.
    Effect.map(api.call({ route, path, subject }), (body) => body as Schema.Json)

  const webSchedule = Effect.fnUntraced(function*(dates: Dates, subject: string) {
    const week = yield* Effect.result(get("schedule", `/v1/schedule/${dates[0]}`, subject))
    if (Result.isSuccess(week)) return yield* Effect.fromResult(ApiWeb.week(week.success, subject))
    if (!week.failure.notFound) return yield* week.failure
    const scores = yield* Effect.forEach(dates, (date) =>
      Effect.flatMap(get("score", `/v1/score/${date}`, subject), (body) => Effect.fromResult(ApiWeb.scoreDay(body, subject))))
    return scores.flat()
  })

  const oldSchedule = (dates: Dates, subject: string) => {
    const query = dates.length === 1 ? `date=${dates[0]}` : `startDate=${dates[0]}&endDate=${dates.at(-1)}`
    return Effect.flatMap(get("schedule", `/api/v1/schedule?${query}`, subject), (body) =>
      Effect.fromResult(StatsApi.schedule(body, subject)))
  }

  const schedule = Effect.fn("NhlApi.schedule")(function*(day: { readonly key: string }, days = 1) {
    const date = day.key
    if (!/^\d{4}-\d\d-\d\d$/.test(date)) return yield* setting(`"${date}" is not a day; write it like 2023-03-09.`)
    const dates = datesFrom(date, days)
    const subject = `the schedule of ${date}`
    const none: ReadonlyArray<ScheduledGame> = []
    const unknown = (error: NhlError) => error.notFound ? Effect.succeed(none) : Effect.fail(error)
    const games = shape === "api-web"
      ? yield* webSchedule(dates, subject)
      : shape === "statsapi"
      ? yield* oldSchedule(dates, subject)
      // A source of both shapes may hold some games of a day in one of them alone; api-web's word comes first.
      : [
        ...yield* Effect.catch(webSchedule(dates, subject), unknown),
        ...yield* Effect.catch(oldSchedule(dates, subject), unknown)
      ]
    const byId = new Map<number, ScheduledGame>()
    for (const game of games) {
      if (dates.includes(game.game_date) && !byId.has(game.game_id)) byId.set(game.game_id, game)
    }
    return [...byId.values()]
  })

  const webFeed = Effect.fnUntraced(function*(gameId: number, subject: string) {
    const body = yield* get("boxscore", `/v1/gamecenter/${gameId}/boxscore`, subject)
    const names = fullNames ? yield* Effect.result(get("play-by-play", `/v1/gamecenter/${gameId}/play-by-play`, subject)) : undefined
    if (names === undefined || (Result.isFailure(names) && names.failure.notFound)) return body
    const spots = yield* Effect.fromResult(
      Result.flatMap(names, (plays) => ApiWeb.rosterSpots(plays, subject))
    )
    return typeof body === "object" && body !== null && !Array.isArray(body) ? { ...body, rosterSpots: spots } : body
  })

  const feed = Effect.fn("NhlApi.feed")(function*(id: string | number) {
    if (!/^\d{10}$/.test(String(id))) {
      return yield* setting(`"${id}" is not the id of a game; it has ten digits, like 2022021032.`)
    }
    const gameId = Number(id)
    const subject = `game ${gameId}`
    const read = (shape: GameFeed["shape"]): Effect.Effect<GameFeed, NhlError> =>
      Effect.map(
        shape === "api-web" ? webFeed(gameId, subject) : get("feed", `/api/v1/game/${gameId}/feed/live`, subject),
        (body) => ({ shape, game_id: gameId, body })
      )
    const [first, second] = gameId < firstOfApiWeb ? ["statsapi", "api-web"] as const : ["api-web", "statsapi"] as const
    const found = shape === "both"
      ? yield* Effect.catch(read(first), (error) => error.notFound ? read(second) : Effect.fail(error))
      : yield* read(shape)
    yield* Effect.fromResult(boxscore(found))
    return found
  })

  return NhlApi.of({ schedule, feed })
})

export class NhlApi extends Context.Service<NhlApi, {
  /**
   * The games of one day of the league's calendar (New York), `key` as "2023-03-09", or from it on of so many `days`, seven
   * at most: one request. None on days without games.
   */
  readonly schedule: (day: { readonly key: string }, days?: number) => Effect.Effect<ReadonlyArray<ScheduledGame>, NhlError>
  /**
   * The body of a game, whole, checked to hold all that `flatten` reads. One request; two with NHL_FULL_NAMES or
   * for a game that a source of both shapes has in the old one.
   */
  readonly feed: (gameId: string | number) => Effect.Effect<GameFeed, NhlError>
}>()("resources/NhlApi") {
  /** Asks where `NhlSource` says. */
  static readonly layer: Layer.Layer<NhlApi, never, NhlSource | LimitStore> = Layer.effect(NhlApi, Effect.flatMap(NhlSource, make))
}
