/** The permits that a limiter has in hand: the slots of its lots, first in first out. */
import { countOf, type Segment } from "./Segment.ts"

export interface Hand {
  readonly count: () => number
  /** `from`: the moment from which on the slots are told. */
  readonly add: (lot: ReadonlyArray<Segment>, from: number) => void
  /** When the last of the next `weight` permits may be used; undefined where there are not so many. */
  readonly due: (weight: number) => number | undefined
  readonly use: (weight: number) => void
  /** Drops all; gives how many there were. */
  readonly clear: () => number
}

export const make = (): Hand => {
  let segments: Array<Segment> = []
  // How many permits of the first segment have been used.
  let used = 0
  let count = 0
  return {
    count: () => count,
    add: (lot, from) => {
      for (const segment of lot) segments.push({ ...segment, at: from + segment.at })
      count += countOf(lot)
    },
    due: (weight) => {
      let skip = used + weight - 1
      for (const segment of segments) {
        if (skip < segment.count) return segment.at + skip * segment.spacing
        skip -= segment.count
      }
      return undefined
    },
    use: (weight) => {
      used += weight
      count -= weight
      while (segments[0] !== undefined && used >= segments[0].count) used -= segments.shift()!.count
    },
    clear: () => {
      const dropped = count
      segments = []
      used = 0
      count = 0
      return dropped
    }
  }
}
