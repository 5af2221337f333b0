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

type Labels = Readonly<Record<string, string>>

// Labels are given where a metric is made: `withAttributes` makes a context at each update.
const metrics = {
  calls: (attributes: Labels) =>
    Metric.counter("sluice_api_calls_total", {
      description: "Tries of calls; `error` is the kind of what went wrong, or empty",
      incremental: true,
      attributes
    }),
  seconds: (attributes: Labels) =>
    Metric.histogram("sluice_api_call_seconds", { description: "From sending to the end of the answer", boundaries, attributes }),
  waiting: (attributes: Labels) =>
    Metric.histogram("sluice_api_wait_seconds", {
      description: "Before sending: for a connection, for rate limits and for a breaker",
      boundaries,
      attributes
    }),
  inFlight: (attributes: Labels) => Metric.gauge("sluice_api_in_flight", { description: "Calls that hold a connection", attributes }),
  breaker: (attributes: Labels) => Metric.gauge("sluice_api_breaker_state", { description: "0 closed, 1 half-open, 2 open", attributes }),
  trips: (attributes: Labels) =>
    Metric.counter("sluice_api_breaker_trips_total", { description: "How often the breaker has opened", incremental: true, attributes }),
  permits: (attributes: Labels) =>
    Metric.counter("sluice_limit_permits_total", { description: "Permits taken by this process", incremental: true, attributes }),
  rates: (attributes: Labels) =>
    Metric.gauge("sluice_limit_per_second", { description: "The declared rate: with the permits, how much of it is used", attributes })
}

const states = { Closed: 0, HalfOpen: 1, Open: 2 } as const

/** What a map has for a key, made where it has nothing. */
const ensure = <A>(map: Map<string, A>, key: string, make: () => A): A => {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

interface Route {
  readonly seconds: ReturnType<typeof metrics.seconds>
  readonly waiting: ReturnType<typeof metrics.waiting>
  /** By the kind of error. */
  readonly calls: Map<string, ReturnType<typeof metrics.calls>>
}

/** `context` holds the registry of metrics. */
export const make = (api: string, context: Context.Context<never>): Meter => {
  const routes = new Map<string, Route>()
  const limits = new Map<string, ReturnType<typeof metrics.permits>>()
  const inFlight = metrics.inFlight({ api })
  const state = metrics.breaker({ api })
  const trips = metrics.trips({ api })
  state.updateUnsafe(0, context)
  return {
    tried: ({ error, millis, route, waitMillis }) => {
      const { calls, seconds, waiting } = ensure(routes, route, () => ({
        seconds: metrics.seconds({ api, route }),
        waiting: metrics.waiting({ api, route }),
        calls: new Map()
      }))
      const kind = error ?? ""
      ensure(calls, kind, () => metrics.calls({ api, route, error: kind })).updateUnsafe(1, context)
      seconds.updateUnsafe(millis / 1000, context)
      waiting.updateUnsafe(waitMillis / 1000, context)
    },
    permitted: ({ name, rate }, weight) => {
      const permits = ensure(limits, name, () => {
        metrics.rates({ limit: name }).updateUnsafe(rate.calls / rate.perMillis * 1000, context)
        return metrics.permits({ limit: name })
      })
      permits.updateUnsafe(weight, context)
    },
    inFlight: (count) => inFlight.updateUnsafe(count, context),
    breaker: (to) => {
      state.updateUnsafe(states[to], context)
      if (to === "Open") trips.updateUnsafe(1, context)
    }
  }
}
