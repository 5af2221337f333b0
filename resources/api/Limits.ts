/** The rate limits of an API and of its routes: who waits for which permits, and which limits a complaint is about. */
import { Duration, Effect, type Scope } from "effect"
import type { UsedLimit } from "../../engine/definition/Usage.ts"
import type { LimitStore } from "../../engine/limit/LimitStore.ts"
import * as Limiter from "../../engine/limit/Limiter.ts"
import { type RateLimit, rateText } from "../../engine/limit/RateLimit.ts"
import type { Limited } from "./ApiError.ts"
import type { ApiOptions, RouteOptions } from "./Options.ts"
import * as Retrying from "./Retrying.ts"
import * as Slots from "./Slots.ts"

export interface RouteLimits {
  /**
   * So many calls of the route may wait for permits while they have a connection. The others wait before that: a route
   * with a slow limit must not keep all connections from the others.
   */
  readonly turns: Slots.Slots | undefined
  /** The slowest one. */
  readonly slowest: UsedLimit | undefined
  /** Asks for the permits of one call. */
  readonly request: Limiter.Request
  /** The permits of a call were taken. */
  readonly taken: (weight: number) => void
  /** The API says to a call that was sent so long ago that it was asked too often. */
  readonly slowDown: (limited: Limited, sentAgoMillis: number) => Effect.Effect<void>
}

/** Permits are given to so many milliseconds of calls at once. */
const aheadMillis = 50

const turnsOf = (limits: ReadonlyArray<RateLimit>, connections: number): number =>
  Math.max(1, Math.min(connections, ...limits.map(({ rate }) => Math.ceil(rate.calls / rate.perMillis * aheadMillis))))

/** The limits of each route; `changed` hears of each change of a rate, `permitted` of each permit. */
export const make = Effect.fnUntraced(function*<Routes extends string>(
  options: ApiOptions<Routes>,
  connections: number,
  changed: (limit: string, message: string) => Effect.Effect<void>,
  permitted: (limit: RateLimit, weight: number) => void
): Effect.fn.Return<(route: Routes) => RouteLimits, never, LimitStore | Scope.Scope> {
  // A limit that several routes share is one limiter.
  const limiters = new Map<string, { readonly declared: RateLimit; readonly limiter: Limiter.Limiter }>()
  const limiterOf = Effect.fnUntraced(function*(limit: RateLimit) {
    const known = limiters.get(limit.name)
    if (known !== undefined) {
      if (known.declared === limit || same(known.declared, limit)) return known.limiter
      return yield* Effect.die(new Error(
        `The ${options.name} API has two rate limits named "${limit.name}", of ${rateText(known.declared.rate)} and ${rateText(limit.rate)}: ` +
          "give them two names, or declare it once."
      ))
    }
    const made = yield* Limiter.make(limit, { onChange: (message) => changed(limit.name, message) })
    limiters.set(limit.name, { declared: limit, limiter: made })
    return made
  })
  const shared = yield* Effect.forEach(options.limits ?? [], limiterOf)
  const routes = new Map<string, RouteLimits>()
  for (const [route, { limits = [], retry = options.retry ?? Retrying.standard }] of Object.entries<RouteOptions>(options.routes)) {
    const own = yield* Effect.forEach(limits, limiterOf)
    const all = [...new Set([...own, ...shared])]
    const [slowest] = all.map(({ limit }) => usedOf(limit)).sort((a, b) => a.perSecond - b.perSecond)
    // Where a route has limits of its own, the complaint is about these.
    const blamed = own.length > 0 ? own : shared
    routes.set(route, {
      turns: own.length === 0 ? undefined : Slots.make(turnsOf(limits, connections)),
      slowest,
      request: Limiter.all(all),
      taken: (weight) => {
        for (const { limit } of all) permitted(limit, weight)
      },
      slowDown: ({ retryAfterMillis }, sentAgoMillis) => {
        // The pause is for all who share the limit, and outlives this process.
        const retryAfter = retryAfterMillis === null ? undefined : Duration.millis(Math.min(retryAfterMillis, Retrying.longestWait(retry)))
        return Effect.forEach(blamed, (limiter) => limiter.slowDown({ retryAfter, sentAgo: sentAgoMillis }), { discard: true })
      }
    })
  }
  return (route) => routes.get(route) ?? none
})

/** Whether two declarations say the same. */
const same = (a: RateLimit, b: RateLimit): boolean => JSON.stringify(a) === JSON.stringify(b)

const usedOf = ({ name, rate, scope }: RateLimit): UsedLimit => (
  { name, perSecond: rate.calls / rate.perMillis * 1000, shared: scope === "global" }
)

/** No limits: nobody is asked who could be asked too often. */
export const none: RouteLimits = { turns: undefined, slowest: undefined, request: Limiter.all([]), taken: () => {}, slowDown: () => Effect.void }
