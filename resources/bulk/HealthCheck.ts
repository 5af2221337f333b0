/** Whether the record API is up: its health check, asked apart from the records, without their limit and breaker. */
import { Clock, Effect, Result, type Scope } from "effect"
import type { LimitStore } from "../../engine/limit/LimitStore.ts"
import * as Api from "../api/Api.ts"
import type { ApiError } from "../api/ApiError.ts"

export interface Health {
  /** Without user and query, in which secrets may be. */
  readonly url: string
  /** How long the check took. */
  readonly millis: number
}

/** A check that is younger than this is not made again: thousands of records may ask at once. */
const freshFor = "1 second"

export interface HealthCheck {
  /** Asks now. */
  readonly now: Effect.Effect<Health, ApiError>
  /** Whether the API was up a moment ago. */
  readonly isUp: Effect.Effect<boolean>
}

/** `url` is asked with GET: any 2xx means that the API is up, whatever its body. */
export const make = Effect.fnUntraced(function*(
  url: string,
  auth: Api.Auth | undefined
): Effect.fn.Return<HealthCheck, never, LimitStore | Scope.Scope> {
  const api = yield* Api.make({
    name: "bulk-health",
    title: "record",
    baseUrl: url,
    source: Api.live,
    connections: 2,
    timeout: "5 seconds",
    routes: { health: {} },
    retry: false,
    breaker: false,
    ...(auth === undefined ? {} : { auth })
  })
  const { origin, pathname } = new URL(url)
  const shown = `${origin}${pathname}`
  const ask = Effect.gen(function*() {
    const began = yield* Clock.currentTimeMillis
    const answer = yield* Effect.result(api.call({ route: "health", path: "", subject: "the health check" }))
    const millis = (yield* Clock.currentTimeMillis) - began
    if (Result.isFailure(answer) && answer.failure.reason._tag !== "NotJson") return yield* answer.failure
    return { url: shown, millis } satisfies Health
  })
  const isUp = yield* Effect.cachedWithTTL(Effect.map(Effect.result(ask), Result.isSuccess), freshFor)
  return { now: ask, isUp }
})
