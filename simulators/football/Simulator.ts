/** A local TheSports football API with invented matches, on 127.0.0.1, with latency, faults and a record of its traffic. */
import { Duration, Effect, type Scope } from "effect"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import * as Bodies from "./Bodies.ts"
import * as Fault from "./Fault.ts"
import * as Odds from "./Odds.ts"
import * as Traffic from "./Traffic.ts"
import * as World from "./World.ts"

export interface Options extends Partial<World.Sizes> {
  /** Decides names, matches and faults. Default 1. */
  readonly seed?: number
  /** Every answer takes so long. Default 0. */
  readonly latency?: Duration.Input
  /** The share of requests that fail in ways which pass. Default 0. */
  readonly errorRate?: number
  /** Decides by itself which requests fail and how, in place of `errorRate`. */
  readonly faults?: Fault.Faults
  /** Rows of each market of each company: 12 (default) make about 14 kB a match, 360 the vendor's 400 kB. */
  readonly oddsRows?: number
  /** The present, in milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number
}

export interface Simulator {
  /** Where the API is: `http://127.0.0.1:43211/v1/football`. */
  readonly url: string
  readonly world: World.World
  readonly traffic: Traffic.Traffic
}

const prefix = "/v1/football"

const kinds: Readonly<Record<string, Traffic.Kind>> = {
  "/match/detail_live": "live",
  "/match/recent/list": "details",
  "/odds/history": "odds",
  "/team/additional/list": "team",
  "/competition/additional/list": "competition",
  "/country/list": "country"
}

/** Items of a page, as the vendor has it. */
const pageSize = 1000

const unauthorized = JSON.stringify({ err: "Unauthorized access, please contact our business staff." })
const unknownPath = JSON.stringify({ code: 404, msg: "Not found" })

/** A listing: one item by `uuid`, those changed from `time` on, or a page. */
const listing = <A extends { readonly id: string; readonly updated_at: number }>(query: URLSearchParams, items: ReadonlyArray<A>) => {
  const uuid = query.get("uuid")
  if (uuid !== null) {
    const results = items.filter((item) => item.id === uuid)
    return { code: 0, query: { total: results.length, type: "uuid", uuid }, results }
  }
  const time = query.get("time")
  if (time !== null) {
    const results = items.filter((item) => item.updated_at >= Number(time))
      .toSorted((a, b) => a.updated_at - b.updated_at).slice(0, pageSize)
    const times = results.map((item) => item.updated_at)
    const query = { total: results.length, type: "time", time: Number(time), min_time: times[0] ?? 0, max_time: times.at(-1) ?? 0 }
    return { code: 0, query, results }
  }
  const page = Math.max(1, Number(query.get("page") ?? "1"))
  const results = items.slice((page - 1) * pageSize, page * pageSize)
  return { code: 0, query: { total: results.length, type: "page", page }, results }
}

const bodyOf = (world: World.World, kind: Traffic.Kind, query: URLSearchParams, now: number, oddsRows: number): string => {
  const { competitions, countries, matches, teams } = world
  switch (kind) {
    case "live":
      // As recorded: without a query.
      return JSON.stringify({ code: 0, results: matches.map((match) => Bodies.live(world, match, now)) })
    case "details":
      return JSON.stringify(listing(query, matches.map((match) => Bodies.recent(world, match, now))))
    case "odds": {
      const uuid = query.get("uuid") ?? ""
      const match = matches.find(({ id }) => id === uuid)
      const results = match === undefined ? [] : Odds.results(world, match, now, oddsRows)
      return JSON.stringify({ code: 0, query: { total: 1, type: "uuid", uuid }, results })
    }
    case "team":
      return JSON.stringify(listing(query, teams.map((team) => Bodies.team(world, team))))
    case "competition":
      return JSON.stringify(listing(query, competitions.map(Bodies.competition)))
    case "country":
      return JSON.stringify({ code: 0, query: { total: countries.length }, results: countries.map(Bodies.country) })
    case "unknown":
      return unknownPath
  }
}

const send = (response: ServerResponse, status: number, body: string): void => {
  const headers = { "content-type": "application/json", ...(status === 429 ? { "retry-after": "1" } : {}) }
  response.writeHead(status, headers).end(body)
}

const listen = (server: Server): Effect.Effect<number> =>
  Effect.callback<number>((resume) => {
    server.once("error", (error) => resume(Effect.die(error)))
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/** Serves until the scope closes, on a free port. */
export const make = Effect.fnUntraced(function*(options: Options = {}): Effect.fn.Return<Simulator, never, Scope.Scope> {
  const { oddsRows = 12, seed = 1 } = options
  const clock = options.now ?? Date.now
  const seconds = () => Math.floor(clock() / 1000)
  const world = World.make(seed, seconds(), Object.fromEntries(
    Object.entries({ matches: options.matches, teams: options.teams, competitions: options.competitions })
      .filter(([, size]) => size !== undefined)
  ))
  const faults = options.faults ?? Fault.share(options.errorRate ?? 0, seed)
  const latency = Duration.toMillis(Duration.fromInputUnsafe(options.latency ?? 0))
  const sockets = new Set<object>()
  const traffic = Traffic.make(() => sockets.size)

  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1")
    const kind = kinds[url.pathname.startsWith(prefix) ? url.pathname.slice(prefix.length) : url.pathname] ?? "unknown"
    const id = url.searchParams.get("uuid") ?? ""
    const nth = traffic.total()
    const seen = traffic.begin(kind, id)
    response.on("close", () => traffic.end(seen))
    const fault = faults({ kind, id, nth })
    const body = () => bodyOf(world, kind, url.searchParams, seconds(), oddsRows)
    const timer = setTimeout(() => {
      // Counted as over before the client can have the answer, so that its next request never seems to be one more.
      if (fault !== "hang") traffic.end(seen)
      const known = (url.searchParams.get("user") ?? "") !== "" && (url.searchParams.get("secret") ?? "") !== ""
      const spoiled = !known ? [200, unauthorized] as const : fault === undefined ? [200, body()] as const : Fault.spoil(fault, body)
      if (spoiled === "reset") request.socket.resetAndDestroy()
      else if (spoiled !== "hang") send(response, spoiled[0], spoiled[1])
    }, latency)
    response.on("close", () => clearTimeout(timer))
  }

  const server = yield* Effect.acquireRelease(
    Effect.sync(() => createServer({ keepAliveTimeout: 30_000 }, answer)),
    (server) =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
  server.on("connection", (socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
  })
  const port = yield* listen(server)
  return { url: `http://127.0.0.1:${port}${prefix}`, world, traffic }
})
