/** How many permits will be wanted in the next moments, by how many were wanted in the last ones. */

export interface Demand {
  readonly add: (weight: number, now: number) => void
  /** So many in the time that permits are asked for ahead. */
  readonly ahead: (now: number) => number
}

/** Counts in two stretches of that length: the present one, and the one before. */
export const make = (millis: number): Demand => {
  let begun = 0
  let present = 0
  let before = 0
  const turn = (now: number) => {
    const past = Math.floor((now - begun) / millis)
    if (past === 0) return
    before = past === 1 ? present : 0
    present = 0
    begun += past * millis
  }
  return {
    add: (weight, now) => {
      turn(now)
      present += weight
    },
    ahead: (now) => {
      turn(now)
      return Math.max(before, present)
    }
  }
}
