/**
 * How many records of a chunk are on their way at once: as many as keep the rate limit busy, and few beyond that. More of
 * them would only wait for permits, and a record that waits is garbage that has grown old: with 640 on their way at 5,000
 * calls a second a process has twice the memory.
 */
import { Effect } from "effect"

export interface Window {
  /** Waits until one more may be on its way. For one caller at a time. */
  readonly enter: Effect.Effect<void>
  /** One is back; it waited so long before its last try was sent, in milliseconds. Undefined: it was never sent. */
  readonly leave: (waitMillis: number | undefined) => void
  readonly size: () => number
}

/** Records that wait less than this before they are sent: there may be too few of them to use the limit. */
const brief = 20
/** Records that wait longer: there are more than the limit lets through. */
const long = 50

const least = 32

/** Begins small, and follows what records wait; `most` at a time. */
export const make = (most: number): Window => {
  let size = Math.min(least, most)
  let used = 0
  let wake: (() => void) | undefined
  return {
    enter: Effect.callback<void>((resume) => {
      const enter = () => {
        used++
        wake = undefined
        resume(Effect.void)
      }
      if (used < size) return enter()
      wake = enter
      return Effect.sync(() => {
        wake = undefined
      })
    }),
    leave: (waitMillis) => {
      used--
      if (waitMillis !== undefined) {
        if (waitMillis < brief) size = Math.min(most, size + 1)
        else if (waitMillis > long) size = Math.max(Math.min(least, most), size - 1)
      }
      if (used < size) wake?.()
    },
    size: () => size
  }
}
