/** Rates by the hour: which of them hold at an instant, over midnight and changes of the clock. */
import * as Zone from "../partition/Zone.ts"
import type { Frequency, Rate } from "./RateLimit.ts"

/** Hours of the local day, `22:00-06:00`; they may pass midnight. */
export type Hours = `${number}:${number}-${number}:${number}`

/** What a limit is at which hours; outside of them the declared rate holds. */
export interface Definition {
  /** The IANA name of the zone whose clock is meant. */
  readonly timezone: string
  readonly [hours: Hours]: Frequency
}

export interface Entry {
  /** Minutes of the local day; `to` is not part of it and may be before `from`. */
  readonly from: number
  readonly to: number
  readonly rate: Rate
}

export interface Timetable {
  readonly zone: Zone.Zone
  readonly entries: ReadonlyArray<Entry>
}

const minuteMillis = 60_000
const dayMinutes = 1440

const minuteOf = (hour: string | undefined, minute: string | undefined): number | undefined => {
  const minutes = Number(hour) * 60 + Number(minute)
  return Number(minute) < 60 && minutes <= dayMinutes ? minutes : undefined
}

const holdsAt = ({ from, to }: Entry, minute: number): boolean =>
  from < to ? from <= minute && minute < to : from <= minute || minute < to

/** Reads a definition; throws, naming the limit, on hours that are none, are empty, or are there twice. */
export const make = (name: string, definition: Definition, rateOf: (frequency: Frequency) => Rate): Timetable => {
  const refuse = (why: string): never => {
    throw new Error(`The timetable of the rate limit "${name}" ${why}.`)
  }
  const entries: Array<Entry> = []
  for (const [hours, frequency] of Object.entries(definition)) {
    if (hours === "timezone" || typeof frequency === "string") continue
    const match = /^(\d\d?):(\d\d)-(\d\d?):(\d\d)$/.exec(hours)
    const from = minuteOf(match?.[1], match?.[2])
    const to = minuteOf(match?.[3], match?.[4])
    if (match === null || from === undefined || to === undefined || from === dayMinutes) {
      return refuse(`has "${hours}": write hours like "22:00-06:00"`)
    }
    if (from === to) return refuse(`has "${hours}", which are no hours: the end is not the beginning`)
    entries.push({ from, to: to === 0 ? dayMinutes : to, rate: rateOf(frequency) })
  }
  for (let minute = 0; minute < dayMinutes; minute++) {
    if (entries.filter((entry) => holdsAt(entry, minute)).length > 1) {
      const time = new Date(minute * minuteMillis).toISOString().slice(11, 16)
      return refuse(`gives two rates for ${time}: let its hours not overlap`)
    }
  }
  return { zone: Zone.make(definition.timezone), entries }
}

/** The one rate that is asked for at an instant. */
export const rateAt = ({ entries, zone }: Timetable, otherwise: Rate, instant: number): Rate => {
  const local = instant + zone.offsetAt(instant)
  const minute = Math.floor((((local % Zone.dayMillis) + Zone.dayMillis) % Zone.dayMillis) / minuteMillis)
  return entries.find((entry) => holdsAt(entry, minute))?.rate ?? otherwise
}

/** Permits that are given now are used within this time, where the process is awake. */
export const ahead = 1500

/**
 * The rates that hold at an instant: that of the hour, each that begins before what is given now is used and its window
 * is over, and each that has ended no longer than its window ago. So a window that touches the hours of a lower rate
 * holds no more than that.
 */
export const ratesAt = (timetable: Timetable, otherwise: Rate, instant: number): ReadonlyArray<Rate> => {
  const widest = Math.max(otherwise.perMillis, ...timetable.entries.map(({ rate }) => rate.perMillis))
  const rates = new Set([rateAt(timetable, otherwise, instant)])
  // Rates change at full minutes of the clock, and so do the offsets of zones.
  const last = Math.floor((instant + widest + ahead) / minuteMillis)
  for (let minute = Math.floor((instant - widest) / minuteMillis); minute <= last; minute++) {
    const begins = minute * minuteMillis
    const rate = rateAt(timetable, otherwise, begins)
    if (begins <= instant + rate.perMillis + ahead && begins + minuteMillis > instant - rate.perMillis) rates.add(rate)
  }
  return [...rates]
}
