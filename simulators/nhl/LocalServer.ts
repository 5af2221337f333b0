/** A stand-in for the NHL's API on 127.0.0.1: the paths of both shapes, answered by whoever knows the bodies. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { DateTime, Effect, type Scope } from "effect"
import { HttpServer, type HttpServerError, HttpServerRequest, HttpServerResponse } from "effect/http"
import { createServer, IncomingMessage } from "node:http"

/** Days from `from` to `to`, both included, or all of a season. */
export type OldScheduleQuery =
  | { readonly from: string; readonly to: string }
  | { readonly season: string }

/** What a stand-in knows; undefined is answered with 404. */
export interface Bodies {
  readonly oldSchedule: (query: OldScheduleQuery) => Effect.Effect<unknown>
  readonly oldFeed: (id: string) => Effect.Effect<unknown>
  readonly week: (date: string) => Effect.Effect<unknown>
  readonly scoreDay: (date: string) => Effect.Effect<unknown>
  readonly gamecenter: (id: string, part: "boxscore" | "play-by-play" | "landing") => Effect.Effect<unknown>
}

/** What happens to a request before it is answered. */
export type Fault = "none" | "unavailable" | "cut"

export interface Options {
  readonly bodies: Bodies
  /** Runs before each answer: waits, and says whether the answer is spoiled. Default: neither. */
  readonly before?: Effect.Effect<Fault>
  /** What the server takes for the present; default the machine's clock. */
  readonly now?: Effect.Effect<DateTime.Utc>
}

export interface LocalServer {
  readonly url: string
  /** Requests so far by kind, redirects and faults included: { boxscore: 2, schedule: 1 }. */
  readonly requests: Effect.Effect<Readonly<Record<string, number>>>
}

const day = String.raw`(\d{4}-\d\d-\d\d)`
const routes = {
  oldSchedule: /^\/api\/v1\/schedule$/,
  oldFeed: /^\/api\/v1\/game\/(\d+)\/feed\/live$/,
  now: /^\/v1\/(schedule|score)\/now$/,
  week: new RegExp(`^/v1/schedule/${day}$`),
  scoreDay: new RegExp(`^/v1/score/${day}$`),
  gamecenter: /^\/v1\/gamecenter\/(\d+)\/(boxscore|play-by-play|landing)$/
}

const notFound = HttpServerResponse.jsonUnsafe({ title: "Not Found", status: 404 }, { status: 404 })
const reply = (body: Effect.Effect<unknown>) =>
  Effect.map(body, (json) => json === undefined ? notFound : HttpServerResponse.jsonUnsafe(json))

/** A day of the calendar, not 2023-02-31; undefined else. */
const dayOf = (text: string | undefined) =>
  text !== undefined && new Date(`${text}T00:00:00Z`).getTime() >= 0 && new Date(text).toJSON().startsWith(text)
    ? text
    : undefined

const part = (text: string | undefined) => text === "boxscore" || text === "play-by-play" ? text : "landing"

/** Serves until the scope closes, on a free port. */
export const make = Effect.fnUntraced(function*(options: Options): Effect.fn.Return<
  LocalServer,
  HttpServerError.ServeError,
  Scope.Scope
> {
  const { bodies } = options
  const now = options.now ?? DateTime.now
  const today = Effect.map(now, (at) => DateTime.formatIsoDate(DateTime.setZoneNamedUnsafe(at, "America/New_York")))
  const counts = new Map<string, number>()
  const count = (kind: string) => counts.set(kind, (counts.get(kind) ?? 0) + 1)

  const answer = Effect.fnUntraced(function*(url: URL) {
    const { pathname, searchParams } = url
    if (routes.oldSchedule.test(pathname)) {
      const season = searchParams.get("season")
      if (season !== null) return yield* reply(bodies.oldSchedule({ season }))
      const from = searchParams.get("startDate") ?? searchParams.get("date") ?? (yield* today)
      return yield* reply(bodies.oldSchedule({ from, to: searchParams.get("endDate") ?? from }))
    }
    const oldFeed = routes.oldFeed.exec(pathname)
    if (oldFeed !== null) return yield* reply(bodies.oldFeed(oldFeed[1] ?? ""))
    const redirect = routes.now.exec(pathname)
    if (redirect !== null) {
      return HttpServerResponse.redirect(`/v1/${redirect[1]}/${yield* today}`, { status: 307 })
    }
    const week = dayOf(routes.week.exec(pathname)?.[1])
    if (week !== undefined) return yield* reply(bodies.week(week))
    const scoreDay = dayOf(routes.scoreDay.exec(pathname)?.[1])
    if (scoreDay !== undefined) return yield* reply(bodies.scoreDay(scoreDay))
    const game = routes.gamecenter.exec(pathname)
    return game === null ? notFound : yield* reply(bodies.gamecenter(game[1] ?? "", part(game[2])))
  })

  const kindOf = (pathname: string): string => {
    const kind = Object.entries(routes).find(([, pattern]) => pattern.test(pathname))?.[0] ?? "unknown"
    return kind === "gamecenter" ? part(pathname.split("/").at(-1)) : kind
  }

  const listener = createServer()
  const server = yield* NodeHttpServer.make(() => listener, {
    host: "127.0.0.1",
    port: 0,
    // Answers that nobody waits for any more must not hold up the end of a run.
    gracefulShutdownTimeout: "100 millis"
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => listener.closeAllConnections()))
  yield* server.serve(Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const url = new URL(request.url, "http://127.0.0.1")
    count(kindOf(url.pathname))
    const fault = options.before === undefined ? "none" : yield* options.before
    if (fault === "unavailable") {
      return HttpServerResponse.text("<html><body>503 Service Unavailable</body></html>", { status: 503 })
    }
    if (fault === "cut") {
      if (request.source instanceof IncomingMessage) request.source.socket.destroy()
      return HttpServerResponse.empty()
    }
    return yield* answer(url)
  }).pipe(Effect.interruptible))
  return {
    url: HttpServer.formatAddress(server.address),
    requests: Effect.sync(() => Object.fromEntries(counts))
  }
})
