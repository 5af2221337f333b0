/** How the API is at a moment: whether it is up, and which of its answers fail. */

export interface Outage {
  /** Begins when so many calls have arrived. */
  readonly after: number
  readonly millis: number
}

export interface Options {
  /** The share of calls that are answered with 503 in place of their answer. Default 0. */
  readonly errorRate: number
  /** In which every call and the health check are answered with 503. */
  readonly outages: ReadonlyArray<Outage>
  readonly seed: number
}

export interface Weather {
  /** Whether the API is down, after so many calls. */
  readonly isDown: (calls: number, now: number) => boolean
  /** Of a batch, the `i`-th record. */
  readonly fails: (call: number, i?: number) => boolean
  readonly setErrorRate: (rate: number) => void
}

/** A number in [0, 1) that belongs to this call under this seed. */
const draw = (seed: number, call: number): number => {
  let hash = Math.imul(seed ^ 2_166_136_261, 16_777_619) ^ Math.imul(call + 1, 2_654_435_761)
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_507)
  hash = Math.imul(hash ^ (hash >>> 13), 3_266_489_909)
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296
}

export const make = ({ errorRate, outages, seed }: Options): Weather => {
  const pending = outages.toSorted((a, b) => a.after - b.after)
  let until = 0
  let share = errorRate
  return {
    isDown: (calls, now) => {
      const [next] = pending
      if (next !== undefined && calls >= next.after) {
        pending.shift()
        until = now + next.millis
      }
      return now < until
    },
    fails: (call, i = 0) => share > 0 && draw(seed + i * 7919, call) < share,
    setErrorRate: (rate) => {
      share = rate
    }
  }
}
