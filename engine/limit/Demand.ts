/** How many permits will be wanted in the next moments, by how many were wanted in the last ones. */

export interface Demand {
  readonly add: (weight: number, now: number) => void
  /** So many in the time that permits are asked for ahead. */
  readonly ahead: (now: number) => number
}

/**
 * So many times what is asked for ahead makes a stretch of time: what is wanted comes in bursts, and between two of them
 * too little would be asked for.
 */
const times = 5

/** Counts in two stretches: the present one, and the one before. */
export const make = (millis: number): Demand => {
  const stretch = times * millis
  let begun = 0
  let present = 0
  let before = 0
  const turn = (now: number) => {
    const past = Math.floor((now - begun) / stretch)
    if (past === 0) return
    before = past === 1 ? present : 0
    present = 0
    begun += past * stretch
  }
  return {
    add: (weight, now) => {
      turn(now)
      present += weight
    },
    ahead: (now) => {
      turn(now)
      return Math.max(before / times, present * millis / Math.max(now - begun, millis))
    }
  }
}
