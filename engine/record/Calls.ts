/** The calls of outside things in a run: sums by resource and route, with histograms that can be added up. */
import type { Call, UsedLimit } from "../definition/Usage.ts"

/** Milliseconds in buckets that each are 10 % wider than the one before: bucket → how many. Bucket 0 ends at 1 ms. */
export type Latencies = Readonly<Record<number, number>>

/** What one worker, or all of them, called on one route of a resource. */
export interface Calls {
  readonly resource: string
  readonly route: string
  /** Tries, good or bad. */
  readonly calls: number
  /** How many of them ended in which error. */
  readonly errors: Readonly<Record<string, number>>
  readonly latencies: Latencies
  /** Sums, in milliseconds. */
  readonly millis: number
  readonly waitMillis: number
  /** When the first one was sent, and the last one answered. */
  readonly firstAt: Date
  readonly lastAt: Date
  readonly limit: UsedLimit | null
}

const width = Math.log(1.1)

const bucketOf = (millis: number): number => millis <= 1 ? 0 : Math.ceil(Math.log(millis) / width)

/** The middle of a bucket, in milliseconds. */
const middleOf = (bucket: number): number => bucket === 0 ? 1 : Math.exp((bucket - 0.5) * width)

/** How long the quickest `share` of the calls took at most, to about 5 %; undefined: there are none. */
export const quantile = (latencies: Latencies, share: number): number | undefined => {
  const buckets = Object.entries(latencies).map(([bucket, count]) => [Number(bucket), count] as const).sort(([a], [b]) => a - b)
  const total = buckets.reduce((sum, [, count]) => sum + count, 0)
  let seen = 0
  for (const [bucket, count] of buckets) {
    seen += count
    if (seen >= share * total) return middleOf(bucket)
  }
  return undefined
}

export const failures = ({ errors }: Calls): number => Object.values(errors).reduce((sum, count) => sum + count, 0)

/** Counts that are still growing. */
interface Growing extends Calls {
  calls: number
  readonly errors: Record<string, number>
  readonly latencies: Record<number, number>
  millis: number
  waitMillis: number
  firstAt: Date
  lastAt: Date
  limit: UsedLimit | null
}

/** Counts of this process. */
interface Counting extends Growing {
  /** `lastAt`, in milliseconds. */
  last: number
}

const add = (counts: Record<string, number>, key: string | number, count: number): void => {
  counts[key] = (counts[key] ?? 0) + count
}

const empty = (resource: string, route: string, at: Date): Growing => ({
  resource, route, calls: 0, errors: {}, latencies: {}, millis: 0, waitMillis: 0, firstAt: at, lastAt: at, limit: null
})

export interface Counter {
  readonly add: (call: Call) => void
  /** What has changed since it was last asked, as sums from the beginning on. */
  readonly changed: () => ReadonlyArray<Calls>
}

/** Sums up the calls of one worker. */
export const counter = (): Counter => {
  const byRoute = new Map<string, Counting>()
  const dirty = new Set<Counting>()
  let latest: Counting | undefined
  const sumsOf = ({ millis, resource, route }: Call, now: number): Counting => {
    // Calls of one route come by the thousand.
    if (latest?.route === route && latest.resource === resource) return latest
    const key = `${resource}\n${route}`
    latest = byRoute.get(key) ?? { ...empty(resource, route, new Date(now - millis)), last: now }
    byRoute.set(key, latest)
    return latest
  }
  return {
    add: (call) => {
      const now = Date.now()
      const sums = sumsOf(call, now)
      dirty.add(sums)
      sums.calls++
      sums.millis += call.millis
      sums.waitMillis += call.waitMillis
      sums.last = now
      sums.limit = call.limit ?? sums.limit
      add(sums.latencies, bucketOf(call.millis), 1)
      if (call.error !== null) add(sums.errors, call.error, 1)
    },
    changed: () => {
      const changed = [...dirty].map(({ last, ...sums }) =>
        ({ ...sums, lastAt: new Date(last), errors: { ...sums.errors }, latencies: { ...sums.latencies } }))
      dirty.clear()
      return changed
    }
  }
}

/** The sums of several workers as one for each route, by resource and route. */
export const merge = (all: ReadonlyArray<Calls>): ReadonlyArray<Calls> =>
  Array.from(Map.groupBy(all, ({ resource, route }) => `${resource}\n${route}`).values(), (parts): Calls => {
    const sums = empty(parts[0]!.resource, parts[0]!.route, parts[0]!.firstAt)
    for (const part of parts) {
      sums.calls += part.calls
      sums.millis += part.millis
      sums.waitMillis += part.waitMillis
      if (part.firstAt < sums.firstAt) sums.firstAt = part.firstAt
      if (part.lastAt > sums.lastAt) sums.lastAt = part.lastAt
      // What each worker has for itself is had once more by each further one.
      sums.limit = part.limit === null || sums.limit === null || part.limit.shared
        ? part.limit ?? sums.limit
        : { ...part.limit, perSecond: sums.limit.perSecond + part.limit.perSecond }
      for (const [bucket, count] of Object.entries(part.latencies)) add(sums.latencies, bucket, count)
      for (const [error, count] of Object.entries(part.errors)) add(sums.errors, error, count)
    }
    return sums
  }).sort((a, b) => a.resource < b.resource ? -1 : a.resource > b.resource ? 1 : a.route < b.route ? -1 : 1)

/** How much of a limit was used, from 0 to 1, over the time in which calls were made under it. */
export interface Utilisation extends UsedLimit {
  readonly used: number
}

/** By limit. Limits under which less than two calls were made are left out: there is no time between them. */
export const utilisation = (all: ReadonlyArray<Calls>): ReadonlyArray<Utilisation> =>
  Array.from(Map.groupBy(all, ({ limit }) => limit?.name).values()).flatMap((routes) => {
    const [{ limit }] = routes as [Calls, ...Array<Calls>]
    const calls = routes.reduce((sum, route) => sum + route.calls, 0)
    if (limit === null || calls < 2) return []
    const first = Math.min(...routes.map(({ firstAt }) => firstAt.getTime()))
    const last = Math.max(...routes.map(({ lastAt }) => lastAt.getTime()))
    return [{ ...limit, used: (calls - 1) / Math.max(0.001, (last - first) / 1000) / limit.perSecond }]
  })
