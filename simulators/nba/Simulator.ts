/** A stand-in for stats.nba.com on 127.0.0.1: an invented league, with latency and faults, and counts of what was asked. */
import { Data, Effect, type Scope } from "effect"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import * as Bodies from "./Bodies.ts"
import { draw } from "./Draw.ts"
import * as League from "./League.ts"

/** What comes in the place of an answer. */
export type Fault =
  /** 500 with the API's own `{"Message":"An error has occurred."}`. */
  | "500"
  /** 429 with `Retry-After: 1`. */
  | "429"
  /** The API's word for an error, with 200. */
  | "error"
  | "html"
  | "empty"
  /** JSON that ends in the middle. */
  | "cut"
  /** The connection is closed without an answer. */
  | "reset"
  /** No answer for as long as the caller waits. */
  | "hang"

export interface Asked {
  readonly endpoint: string
  /** The id that was asked about, or the season. */
  readonly value: string
  /** How often this was asked before. */
  readonly before: number
}

export interface Options extends Partial<League.Options> {
  /** Milliseconds before each answer. Default 0. */
  readonly latency?: number
  /** The share of requests that meet a fault. Default 0. */
  readonly faultRate?: number
  /** Which faults these are. Default: all but `hang`. */
  readonly faults?: ReadonlyArray<Fault>
  /** No request is answered before this. */
  readonly opens?: Promise<void>
  /** Decides for single requests; undefined: `faultRate` does. */
  readonly fault?: (asked: Asked) => Fault | "none" | undefined
}

export interface Simulator {
  readonly url: string
  /** Requests so far by endpoint and value: `boxscoreadvancedv3 0022300001`. Faults are counted too. */
  readonly counts: ReadonlyMap<string, number>
  /** When each request arrived: milliseconds of `performance.now()`. */
  readonly arrivals: ReadonlyArray<number>
}

/** The server cannot listen; `cause` says why. */
export class SimulatorError extends Data.TaggedError("SimulatorError")<{ readonly cause: unknown }> {}

const allFaults: ReadonlyArray<Fault> = ["500", "429", "error", "html", "empty", "cut", "reset"]

const valueOf = (query: Bodies.Query): string =>
  [query["GameID"], query["PlayerID"], query["TeamID"], query["Season"]].find((id) => id !== undefined && id !== "") ?? ""

const send = (response: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>> = {}) => {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers })
  response.end(text)
}

const spoil = (fault: Fault, text: string, response: ServerResponse): void => {
  const message = JSON.stringify({ Message: "An error has occurred." })
  switch (fault) {
    case "500":
      return send(response, 500, message)
    case "429":
      return send(response, 429, "Too many requests", { "retry-after": "1" })
    case "error":
      return send(response, 200, message)
    case "html":
      return send(response, 200, "<html><body>Access denied</body></html>", { "content-type": "text/html" })
    case "empty":
      return send(response, 200, "")
    case "cut":
      response.writeHead(200, { "content-type": "application/json", "content-length": String(Buffer.byteLength(text) + 10) })
      response.write(text.slice(0, Math.floor(text.length / 2)), () => response.socket?.destroy())
      return
    case "reset":
      response.socket?.destroy()
      return
    case "hang":
  }
}

const listen = (answer: (request: IncomingMessage, response: ServerResponse) => void) =>
  Effect.acquireRelease(
    Effect.callback<Server, SimulatorError>((resume) => {
      const server = createServer(answer)
      server.once("error", (cause) => resume(Effect.fail(new SimulatorError({ cause }))))
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )

const thisYear = (): number => {
  const now = new Date()
  return now.getUTCMonth() >= 9 ? now.getUTCFullYear() : now.getUTCFullYear() - 1
}

/** Serves until the scope closes. */
export const make = Effect.fnUntraced(function*(options: Options = {}): Effect.fn.Return<Simulator, SimulatorError, Scope.Scope> {
  const { faultRate = 0, faults = allFaults, latency = 0, seed = 1 } = options
  const years = options.years ?? [thisYear() - 1, thisYear()]
  const league = League.make({
    seed,
    years,
    gamesASeason: options.gamesASeason ?? 120,
    playersATeam: options.playersATeam ?? 12,
    retired: options.retired ?? 90
  })
  const counts = new Map<string, number>()
  const arrivals: Array<number> = []
  const now = years.at(-1) ?? thisYear()
  const season = `${now}-${String((now + 1) % 100).padStart(2, "0")}`
  const server = yield* listen((request, response) => {
    arrivals.push(performance.now())
    const url = new URL(request.url ?? "/", "http://127.0.0.1")
    const endpoint = url.pathname.replace(/^\/(stats\/)?/, "")
    const query = Object.fromEntries(url.searchParams)
    const value = valueOf(query)
    const key = `${endpoint} ${value}`
    const before = counts.get(key) ?? 0
    counts.set(key, before + 1)
    const drawn = draw("fault", seed, key, before) < faultRate
      ? faults[Math.floor(draw("which", seed, key, before) * faults.length)]
      : undefined
    const chosen = options.fault?.({ endpoint, value, before })
    const fault = chosen === "none" ? undefined : chosen ?? drawn
    const answer = () => {
      const body = Bodies.body(league, endpoint, query, season)
      if (body === undefined) send(response, 404, JSON.stringify({ Message: `No HTTP resource was found that matches ${url.pathname}.` }))
      else if (fault === undefined) send(response, 200, JSON.stringify(body))
      else spoil(fault, JSON.stringify(body), response)
    }
    void (options.opens ?? Promise.resolve()).then(() => setTimeout(answer, latency))
  })
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return { url: `http://127.0.0.1:${port}/stats`, counts, arrivals }
})
