/** The permits that a limiter has in hand: slots of lots, first in first out, in local time. */
import type { Lot } from "./LimitStore.ts"

interface Run {
  readonly start: number
  readonly first: number
  readonly spacing: number
  readonly count: number
}

export interface Hand {
  readonly count: () => number
  readonly add: (lot: Lot, now: number) => void
  /** When the last of the next `weight` permits may be used; undefined where there are not so many. */
  readonly due: (weight: number) => number | undefined
  readonly use: (weight: number) => void
  /** Drops all; gives how many there were. */
  readonly clear: () => number
}

export const make = (): Hand => {
  let runs: Array<Run> = []
  // How many permits of the first run have been used.
  let used = 0
  let count = 0
  return {
    count: () => count,
    add: ({ count: added, firstInMillis, spacingMillis, startsInMillis }, now) => {
      runs.push({ start: now + startsInMillis, first: now + firstInMillis, spacing: spacingMillis, count: added })
      count += added
    },
    due: (weight) => {
      let skip = used + weight - 1
      for (const run of runs) {
        if (skip < run.count) return Math.max(run.start, run.first + skip * run.spacing)
        skip -= run.count
      }
      return undefined
    },
    use: (weight) => {
      used += weight
      count -= weight
      while (runs[0] !== undefined && used >= runs[0].count) used -= runs.shift()!.count
    },
    clear: () => {
      const dropped = count
      runs = []
      used = 0
      count = 0
      return dropped
    }
  }
}
