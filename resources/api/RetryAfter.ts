/** The header Retry-After: seconds, or a date. */
import { Duration } from "effect"

const longest = Duration.toMillis("31 days")

/** A time that an API asks for, within what clocks and timers can count. */
export const bounded = (millis: number): number => Math.min(Math.max(0, millis), longest)

/** How long to wait by it, in milliseconds; null: it is absent, or says nothing that can be read. */
export const retryAfterMillis = (header: string | undefined, now: number): number | null => {
  const text = header?.trim() ?? ""
  if (/^\d+(\.\d+)?$/.test(text)) return bounded(Number(text) * 1000)
  // A date has letters; Date.parse would read "-5" as a year.
  const date = /[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? null : bounded(date - now)
}
