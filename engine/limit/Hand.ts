/** The permits that a limiter has in hand, by the moments from which on they may be used: first in, first out. */

export interface Hand {
  readonly count: () => number
  readonly add: (moments: ReadonlyArray<number>) => void
  /** When the last of the next `weight` permits may be used; undefined where there are not so many. */
  readonly due: (weight: number) => number | undefined
  readonly use: (weight: number) => void
  /** Drops all; gives how many there were. */
  readonly clear: () => number
}

export const make = (): Hand => {
  let moments: Array<number> = []
  // How many of them have been used.
  let used = 0
  const count = () => moments.length - used
  return {
    count,
    add: (lot) => {
      moments = [...moments.slice(used), ...lot]
      used = 0
    },
    due: (weight) => moments[used + weight - 1],
    use: (weight) => {
      used += weight
    },
    clear: () => {
      const dropped = count()
      moments = []
      used = 0
      return dropped
    }
  }
}
