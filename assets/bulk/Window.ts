/**
 * How many records of a chunk are on their way at once: as many as keep the rate limit busy, and few beyond that. More of
 * them would only wait for permits, and a record that waits is garbage that has grown old: with 640 on their way at 5,000
 * calls a second a process has twice the memory.
 */

export interface Window {
  /** So many may be on their way now. */
  readonly size: () => number
  /** One is back; it waited so long before its last try was sent, in milliseconds. Undefined: it was never sent. */
  readonly leave: (waitMillis: number | undefined) => void
}

/** Records that wait less than this before they are sent: there may be too few of them to use the limit. */
const brief = 20
/** Records that wait longer: there are more than the limit lets through. */
const long = 50

const least = 32

/** Begins small, and follows what records wait; `most` at a time. */
export const make = (most: number): Window => {
  let size = Math.min(least, most)
  return {
    size: () => size,
    leave: (waitMillis) => {
      if (waitMillis === undefined) return
      if (waitMillis < brief) size = Math.min(most, size + 1)
      else if (waitMillis > long) size = Math.max(Math.min(least, most), size - 1)
    }
  }
}
