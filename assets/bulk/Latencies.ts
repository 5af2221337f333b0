/** Response times in buckets that each are 5 % wider than the one before: bounded, however many calls there are. */

export interface Latencies {
  readonly add: (millis: number) => void
  readonly count: () => number
  readonly mean: () => number
  readonly max: () => number
  /** How long the quickest `share` of the calls took at most, to about 2.5 %; 0 where there are none. */
  readonly quantile: (share: number) => number
}

const width = Math.log(1.05)
/** Bucket 0 ends at 1 ms, the last one at about five hours. */
const buckets = 344

const bucketOf = (millis: number): number => millis <= 1 ? 0 : Math.min(buckets - 1, Math.ceil(Math.log(millis) / width))

const middleOf = (bucket: number): number => bucket === 0 ? 1 : Math.exp((bucket - 0.5) * width)

export const make = (): Latencies => {
  const counts = new Uint32Array(buckets)
  let [count, sum, max] = [0, 0, 0]
  return {
    add: (millis) => {
      counts[bucketOf(millis)]!++
      count++
      sum += millis
      max = Math.max(max, millis)
    },
    count: () => count,
    mean: () => count === 0 ? 0 : sum / count,
    max: () => max,
    quantile: (share) => {
      let seen = 0
      for (let bucket = 0; bucket < buckets && count > 0; bucket++) {
        seen += counts[bucket]!
        if (seen >= share * count) return Math.min(max, middleOf(bucket))
      }
      return 0
    }
  }
}
