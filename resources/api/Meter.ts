/** The metrics of an API, for Prometheus and OTLP: calls, errors by kind, latency, waiting, calls in flight, the breaker. */
import { type Context, Metric } from "effect"
import type { RateLimit } from "../../engine/limit/RateLimit.ts"
import type { Call } from "../../engine/definition/Usage.ts"
import type { Breaker } from "./Breaker.ts"

export interface Meter {
  readonly tried: (call: Call) => void
  readonly inFlight: (count: number) => void
  /** So many permits of a limit were taken. */
  readonly permitted: (limit: RateLimit, weight: number) => void
  readonly breaker: (state: Breaker["_tag"]) => void
}

/** Seconds: 5 ms, 10 ms, 20 ms, … 82 s. */
const boundaries = Metric.exponentialBoundaries({ start: 0.005, factor: 2, count: 15 })

const calls = Metric.counter("sluice_api_calls_total", {
  description: "Tries of calls; `error` is the kind of what went wrong, or empty",
  incremental: true
})
const seconds = Metric.histogram("sluice_api_call_seconds", { description: "From sending to the end of the answer", boundaries })
const waiting = Metric.histogram("sluice_api_wait_seconds", {
  description: "Before sending: for a connection, for rate limits and for a breaker",
  boundaries
})
const flying = Metric.gauge("sluice_api_in_flight", { description: "Calls that hold a connection" })
const breaker = Metric.gauge("sluice_api_breaker_state", { description: "0 closed, 1 half-open, 2 open" })
const trips = Metric.counter("sluice_api_breaker_trips_total", { description: "How often the breaker has opened", incremental: true })

const permits = Metric.counter("sluice_limit_permits_total", { description: "Permits taken by this process", incremental: true })
const rates = Metric.gauge("sluice_limit_per_second", { description: "The declared rate: with the permits, how much of it is used" })

const states = { Closed: 0, HalfOpen: 1, Open: 2 } as const

/** `context` holds the registry of metrics. */
export const make = (api: string, context: Context.Context<never>): Meter => {
  const routes = new Map<string, { readonly seconds: typeof seconds; readonly waiting: typeof waiting; readonly calls: Map<string, typeof calls> }>()
  const routeOf = (route: string) => {
    const known = routes.get(route)
    if (known !== undefined) return known
    const labels = { api, route }
    const made = {
      seconds: Metric.withAttributes(seconds, labels),
      waiting: Metric.withAttributes(waiting, labels),
      calls: new Map<string, typeof calls>()
    }
    routes.set(route, made)
    return made
  }
  const taken = new Map<string, typeof permits>()
  const inFlight = Metric.withAttributes(flying, { api })
  const state = Metric.withAttributes(breaker, { api })
  const opened = Metric.withAttributes(trips, { api })
  state.updateUnsafe(0, context)
  return {
    tried: ({ error, millis, route, waitMillis }) => {
      const metrics = routeOf(route)
      const kind = error ?? ""
      const counter = metrics.calls.get(kind) ?? Metric.withAttributes(calls, { api, route, error: kind })
      metrics.calls.set(kind, counter)
      counter.updateUnsafe(1, context)
      metrics.seconds.updateUnsafe(millis / 1000, context)
      metrics.waiting.updateUnsafe(waitMillis / 1000, context)
    },
    permitted: (limit, weight) => {
      const known = taken.get(limit.name) ?? Metric.withAttributes(permits, { limit: limit.name })
      if (!taken.has(limit.name)) {
        taken.set(limit.name, known)
        Metric.withAttributes(rates, { limit: limit.name }).updateUnsafe(limit.rate.calls / limit.rate.perMillis * 1000, context)
      }
      known.updateUnsafe(weight, context)
    },
    inFlight: (count) => inFlight.updateUnsafe(count, context),
    breaker: (to) => {
      state.updateUnsafe(states[to], context)
      if (to === "Open") opened.updateUnsafe(1, context)
    }
  }
}
