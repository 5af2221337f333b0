/** Where the windows of a calendar lie in local time: the positions that begin on a local day, or in an hour of it. */
import type { Range } from "../../engine/partition/Histogram.ts"
import type { TimeWindows } from "../../engine/partition/Partitions.ts"
import { dayMillis } from "../../engine/partition/Zone.ts"

const hourMillis = 3_600_000

/** Days are counted from 1970-01-01; ranges are empty (`to < from`) where no window begins. */
export interface LocalDays {
  readonly firstDay: number
  readonly lastDay: number
  /** The windows that begin on these days. */
  readonly onDays: (from: number, to: number) => Range
  /** The windows that begin in this hour of the clock: none where clocks skip it, all of both where they repeat it. */
  readonly inHour: (day: number, hour: number) => Range
}

/** The days of the windows `first` to `last`. */
export const make = ({ calendar, every }: TimeWindows, { from: first, to: last }: Range): LocalDays => {
  const { zone } = calendar
  const clamped = (from: number, to: number): Range => ({ from: Math.max(first, from), to: Math.min(last, to) })
  /** The first window that begins at the local time or after it. */
  const firstFrom = (local: number): number => {
    const instant = zone.instantOf(local)
    const position = calendar.positionAt(instant)
    return calendar.startOf(position) === instant ? position : position + 1
  }
  const dayOf = (position: number): number => {
    const start = calendar.startOf(position)
    return Math.floor((start + zone.offsetAt(start)) / dayMillis)
  }
  const inHour = (day: number, hour: number): Range => {
    const local = day * dayMillis + hour * hourMillis
    return clamped(firstFrom(local), firstFrom(local + hourMillis) - 1)
  }
  // Positions of daily windows are local days. They are taken as such, for a day that a zone skipped has no instant.
  if (every === "day") return { firstDay: first, lastDay: last, onDays: clamped, inHour }
  return {
    firstDay: dayOf(first),
    lastDay: dayOf(last),
    onDays: (from, to) => clamped(firstFrom(from * dayMillis), firstFrom((to + 1) * dayMillis) - 1),
    inHour
  }
}

export interface LocalDate {
  readonly year: number
  /** 0 is January. */
  readonly month: number
  readonly day: number
}

export const dateOf = (day: number): LocalDate => {
  const date = new Date(day * dayMillis)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate() }
}

/** The day number of a date; months may be beyond the year. */
export const dayOf = (year: number, month: number, day: number): number => Date.UTC(year, month, day) / dayMillis

/** 0 is Monday. */
export const weekdayOf = (day: number): number => (((day + 3) % 7) + 7) % 7
