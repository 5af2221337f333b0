/** The league's API as a service: the games of a day, and the body of a game. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Context, Effect, Layer, Result, Schema } from "effect"
import { HttpClient, type HttpClientError, HttpClientRequest } from "effect/http"
import * as ApiWeb from "./ApiWeb.ts"
import { GameFeed } from "./GameFeed.ts"
import { boxscore } from "./GameStat.ts"
import { NhlApiError, NotJson, setting, Status, Unreachable } from "./NhlApiError.ts"
import type { ScheduledGame } from "./ScheduledGame.ts"
import { NhlSource, type Source } from "./Source.ts"
import * as StatsApi from "./StatsApi.ts"

const timeout = "30 seconds"

/** The API's redirects, from …/now to a day, need one. */
const maxRedirects = 3

/** The first season of the present API; games before it are asked for in the old shape first, which then knew more. */
const firstOfApiWeb = 2_023_000_000

const parseJson = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Json))

/** The first 200 bytes of a body, on one line. */
const head = (body: string): string =>
  new TextDecoder().decode(new TextEncoder().encode(body).slice(0, 200)).replace(/\s+/g, " ").trim()

const problemOf = (error: HttpClientError.HttpClientError): string => {
  let cause: unknown = error.reason.cause
  while (cause instanceof Error && cause.message === "" && cause.cause !== undefined) cause = cause.cause
  const text = cause instanceof Error ? cause.message || cause.name : error.reason._tag
  return head(text).replace(/\.$/, "")
}

const make = Effect.fnUntraced(function*({ fullNames, shape, url: base }: Source) {
  const client = (yield* HttpClient.HttpClient).pipe(
    HttpClient.mapRequest((request) =>
      HttpClientRequest.acceptJson(HttpClientRequest.setHeader(request, "user-agent", "sluice/0.1"))
    ),
    HttpClient.followRedirects(maxRedirects)
  )

  // A URL may hold a password; no error shows it.
  const shown = base.replace(/\/\/[^/@]*@/, "//")

  const get = Effect.fnUntraced(function*(path: string, subject: string) {
    const url = `${shown}${path}`
    const unreachable = (problem: string) => new NhlApiError({ subject, reason: new Unreachable({ url, problem }) })
    const { body, status } = yield* client.get(`${base}${path}`).pipe(
      // The body is read whatever the status, or its connection would stay busy.
      Effect.flatMap((response) => Effect.map(response.text, (body) => ({ body, status: response.status }))),
      Effect.mapError((error) => unreachable(problemOf(error))),
      Effect.timeoutOrElse({
        duration: timeout,
        orElse: () => Effect.fail(unreachable(`nothing complete came within ${timeout}`))
      })
    )
    if (status < 200 || status > 299) {
      return yield* new NhlApiError({ subject, reason: new Status({ url, status }) })
    }
    const json = parseJson(body)
    if (Result.isSuccess(json)) return json.success
    return yield* new NhlApiError({ subject, reason: new NotJson({ url, head: head(body) }) })
  })

  const webSchedule = Effect.fnUntraced(function*(date: string, subject: string) {
    const week = yield* Effect.result(get(`/v1/schedule/${date}`, subject))
    if (Result.isSuccess(week)) return yield* Effect.fromResult(ApiWeb.week(week.success, subject))
    if (!week.failure.notFound) return yield* week.failure
    return yield* Effect.fromResult(ApiWeb.scoreDay(yield* get(`/v1/score/${date}`, subject), subject))
  })

  const oldSchedule = (date: string, subject: string) =>
    Effect.flatMap(get(`/api/v1/schedule?date=${date}`, subject), (body) =>
      Effect.fromResult(StatsApi.schedule(body, subject)))

  const schedule = Effect.fn("NhlApi.schedule")(function*(day: { readonly key: string }) {
    const date = day.key
    if (!/^\d{4}-\d\d-\d\d$/.test(date)) return yield* setting(`"${date}" is not a day; write it like 2023-03-09.`)
    const subject = `the schedule of ${date}`
    const none: ReadonlyArray<ScheduledGame> = []
    const unknown = (error: NhlApiError) => error.notFound ? Effect.succeed(none) : Effect.fail(error)
    const games = shape === "api-web"
      ? yield* webSchedule(date, subject)
      : shape === "statsapi"
      ? yield* oldSchedule(date, subject)
      // A source of both shapes may hold some games of a day in one of them alone; api-web's word comes first.
      : [
        ...yield* Effect.catch(webSchedule(date, subject), unknown),
        ...yield* Effect.catch(oldSchedule(date, subject), unknown)
      ]
    const byId = new Map<number, ScheduledGame>()
    for (const game of games) {
      if (game.game_date === date && !byId.has(game.game_id)) byId.set(game.game_id, game)
    }
    return [...byId.values()]
  })

  const webFeed = Effect.fnUntraced(function*(gameId: number, subject: string) {
    const body = yield* get(`/v1/gamecenter/${gameId}/boxscore`, subject)
    const names = fullNames ? yield* Effect.result(get(`/v1/gamecenter/${gameId}/play-by-play`, subject)) : undefined
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
    const read = (shape: GameFeed["shape"]): Effect.Effect<GameFeed, NhlApiError> =>
      Effect.map(
        shape === "api-web" ? webFeed(gameId, subject) : get(`/api/v1/game/${gameId}/feed/live`, subject),
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
  /** The games of one day of the league's calendar (New York), `key` as "2023-03-09"; none on a day without games. */
  readonly schedule: (day: { readonly key: string }) => Effect.Effect<ReadonlyArray<ScheduledGame>, NhlApiError>
  /**
   * The body of a game, whole, checked to hold all that `flatten` reads. One request; two with NHL_FULL_NAMES or
   * for a game that a source of both shapes has in the old one.
   */
  readonly feed: (gameId: string | number) => Effect.Effect<GameFeed, NhlApiError>
}>()("resources/NhlApi") {
  /** Asks where `NhlSource` says. */
  static readonly layer: Layer.Layer<NhlApi, never, NhlSource> = Layer.effect(NhlApi, Effect.flatMap(NhlSource, make)).pipe(
    Layer.provide(NodeHttpClient.layerUndiciOptions({ connections: 16 }))
  )

  /** A given source, whatever the settings say. */
  static readonly layerSource = (source: Source): Layer.Layer<NhlApi> =>
    NhlApi.layer.pipe(Layer.provide(Layer.succeed(NhlSource, source)))
}
