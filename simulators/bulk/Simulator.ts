/**
 * A stand-in record API on 127.0.0.1: `POST /process` takes one record with its header `idempotency-key`, or an array of
 * `{ idempotency_key, record }`, and answers such an array with a word about each; `GET /health` says whether it is up. It
 * counts what arrives, refuses what is too much, and fails when told to.
 */
import { Duration, Effect, type Scope } from "effect"
import * as Arrivals from "./Arrivals.ts"
import * as Ledger from "./Ledger.ts"
import * as Weather from "./Weather.ts"
import * as Wire from "./Wire.ts"
import * as Work from "./Work.ts"

export interface Options {
  /** Of an answer to a record. Default 0. */
  readonly latency?: Duration.Input
  /** See `Weather.Options`. */
  readonly errorRate?: number
  readonly outages?: ReadonlyArray<Weather.Outage>
  /** An array with a record that can never be processed is refused as a whole, with 422. Default: each for itself. */
  readonly atomic?: boolean
  /** More calls than these in any window are answered with 429 and Retry-After. Default: no limit. */
  readonly limit?: { readonly calls: number; readonly per: Duration.Input }
  /** Decides which calls fail. Default 1. */
  readonly seed?: number
  /** Default: a free one. */
  readonly port?: number
}

/** What the server saw. */
export interface Seen {
  /** Calls with a record, whatever they were answered with. */
  readonly arrivals: number
  readonly processed: number
  /** Calls for a record that was processed already, such as one whose answer was lost. */
  readonly repeated: number
  /** Calls for what can never be processed: 422. */
  readonly refused: number
  /** Calls answered with 429, and with 503. */
  readonly limited: number
  readonly failed: number
  /** The most calls in any window of the length that was asked for. */
  readonly most: number
  readonly spanMillis: number
  readonly mostInFlight: number
  /** The most records of a call. */
  readonly mostRecords: number
  /** TCP connections: ever opened, and at most at once. */
  readonly connections: number
  readonly mostConnections: number
}

export interface Simulator {
  /** Where records are sent: `http://127.0.0.1:43211/process`. */
  readonly url: string
  readonly seen: (windowMillis: number) => Seen
  readonly ledger: Ledger.Ledger
  /** Changes how quickly records are answered from now on. */
  readonly setLatency: (latency: Duration.Input) => void
  /** Changes the share of calls that fail from now on. */
  readonly setErrorRate: (rate: number) => void
}

const millisOf = (input: Duration.Input): number => Duration.toMillis(Duration.fromInputUnsafe(input))

/** Serves until the scope closes. */
export const make = Effect.fnUntraced(function*(options: Options = {}): Effect.fn.Return<Simulator, never, Scope.Scope> {
  const arrivals = Arrivals.make()
  // Those that were let through: what is refused does not count against the limit.
  const admitted = Arrivals.make()
  const ledger = Ledger.make()
  const weather = Weather.make({ errorRate: options.errorRate ?? 0, outages: options.outages ?? [], seed: options.seed ?? 1 })
  const limit = options.limit === undefined ? undefined : { calls: options.limit.calls, perMillis: millisOf(options.limit.per) }
  let latency = millisOf(options.latency ?? 0)
  let [refused, limited, failed, inFlight, mostInFlight, mostRecords] = [0, 0, 0, 0, 0, 0]

  /** As it stands when the call arrives. */
  const answerTo = (call: number, now: number, key: string | undefined, body: string): Work.Answer => {
    if (weather.isDown(call, now)) {
      failed++
      return Work.down
    }
    const told = Work.answer(body, key, { ledger, atomic: options.atomic ?? false, fails: (i) => weather.fails(call, i) })
    mostRecords = Math.max(mostRecords, told.records)
    if (told.status === 503) failed++
    if (told.status === 422) refused++
    return told
  }

  const take = ({ body, header }: Wire.Request, respond: Wire.Respond) => {
    const now = performance.now()
    const call = arrivals.count()
    arrivals.note(now)
    if (limit !== undefined && admitted.recent(now, limit.perMillis) >= limit.calls) {
      limited++
      const retryAfter = String(Math.ceil(limit.perMillis / 1000))
      return respond(429, JSON.stringify({ error: "too many requests" }), { "retry-after": retryAfter })
    }
    if (limit !== undefined) admitted.note(now)
    const { status, text } = answerTo(call, now, header("idempotency-key"), body)
    if (latency === 0) return respond(status, text)
    setTimeout(() => respond(status, text), latency)
  }

  const answer = (request: Wire.Request, respond: Wire.Respond) => {
    if (request.method === "GET" && request.path.endsWith("/health")) {
      const isDown = weather.isDown(arrivals.count(), performance.now())
      return respond(isDown ? 503 : 200, JSON.stringify({ status: isDown ? "down" : "ok" }))
    }
    if (request.method !== "POST" || request.path !== "/process") return respond(404, JSON.stringify({ error: "not found" }))
    mostInFlight = Math.max(mostInFlight, ++inFlight)
    take(request, (...answer) => {
      inFlight--
      respond(...answer)
    })
  }

  const wire = yield* Wire.listen(options.port ?? 0, answer)
  return {
    url: `http://127.0.0.1:${wire.port}/process`,
    ledger,
    setLatency: (input) => {
      latency = millisOf(input)
    },
    setErrorRate: weather.setErrorRate,
    seen: (windowMillis) => ({
      arrivals: arrivals.count(),
      processed: ledger.processed(),
      repeated: ledger.repeated(),
      refused,
      limited,
      failed,
      most: arrivals.most(windowMillis),
      spanMillis: arrivals.span(),
      mostInFlight,
      mostRecords,
      connections: wire.opened(),
      mostConnections: wire.most()
    })
  }
})
