/**
 * How many records of a chunk are on their way at once: as many as keep the rate limit busy, and few beyond that. More of
 * them would only wait for permits, and a record that waits is garbage that has grown old: with 640 on their way at 5,000
 * calls a second a process has twice the memory.
 */

/** The last try of a record, in milliseconds. */
export interface Way {
  /** Before it was sent: for a connection, the limit and the breaker. */
  readonly waitMillis: number
  /** From sending to the answer. */
  readonly millis: number
}

export interface Window {
  /** So many may be on their way now. */
  readonly size: () => number
  /** One is back; undefined: it was never sent. */
  readonly leave: (way: Way | undefined) => void
}

/** Records that wait less than this may be too few to use the limit, those that wait longer are more than it lets through. */
const goodWait = 25

const least = 32

/**
 * Begins small, and comes near to the number with which records wait for 25 ms; `most` at a time. Where `size` of them
 * take `wait + millis`, those who wait as they should are `size × (goodWait + millis) / (wait + millis)`. Each one moves
 * it by half of its share in that: with steps of one it swung between 32 and 500 where answers took 50 ms.
 */
export const make = (most: number): Window => {
  let size = Math.min(least, most)
  return {
    size: () => Math.round(size),
    leave: (way) => {
      if (way === undefined) return
      const { millis, waitMillis } = way
      const step = (goodWait - waitMillis) / (2 * Math.max(1, waitMillis + millis))
      size = Math.min(most, Math.max(Math.min(least, most), size + Math.min(1, step)))
    }
  }
}
