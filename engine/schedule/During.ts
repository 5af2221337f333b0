/** The months, days and hours in which a schedule is due: a season, office hours, a night. */
import { dayMillis, type Zone } from "../partition/Zone.ts"

export type Weekday = "Mon" | "Tue" | "Wed" | "Thu" | "Fri" | "Sat" | "Sun"

/** What is absent limits nothing. Hours that pass midnight belong to the day on which they begin. */
export interface Definition {
  /** Months from 1 to 12, both included; they may pass the end of the year. */
  readonly months?: { readonly from: number; readonly to: number }
  readonly days?: ReadonlyArray<Weekday>
  /** Local times such as 10:00; `to` is not part of it and may be before `from`. */
  readonly hours?: { readonly from: string; readonly to: string }
}

/** A stretch of time in which it is open: from `start`, to before `end`. */
export interface Opening {
  readonly start: number
  readonly end: number
}

export interface During {
  readonly definition: Definition
  /** The first opening that ends after the instant. */
  readonly openingAt: (instant: number) => Opening
}

const weekdays: ReadonlyArray<Weekday> = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]

const minuteMillis = 60_000

/** Reads a definition. Throws on months, days or hours that are none. */
export const make = (definition: Definition, zone: Zone): During => {
  const isMonth = monthsOf(definition)
  const isDay = daysOf(definition)
  const { from, to } = hoursOf(definition)
  const openingAt = (instant: number): Opening => {
    // The hours of the day before may not be over.
    for (let day = Math.floor((instant + zone.offsetAt(instant)) / dayMillis) - 1;; day++) {
      if (!isMonth(new Date(day * dayMillis).getUTCMonth() + 1) || !isDay(weekdays[((day % 7) + 7) % 7]!)) continue
      const start = zone.instantOf(day * dayMillis + from)
      const end = zone.instantOf(day * dayMillis + to)
      if (end > instant && end > start) return { start, end }
    }
  }
  return { definition, openingAt }
}

const monthsOf = ({ months }: Definition): (month: number) => boolean => {
  if (months === undefined) return () => true
  const { from, to } = months
  for (const month of [from, to]) {
    if (!Number.isInteger(month) || month < 1 || month > 12) throw new Error(`${month} of "during" is no month: write 1 to 12.`)
  }
  return (month) => from <= to ? from <= month && month <= to : from <= month || month <= to
}

const daysOf = ({ days }: Definition): (day: Weekday) => boolean => {
  if (days === undefined) return () => true
  if (days.length === 0) throw new Error("\"during\" has no days: name some, or leave `days` out.")
  const wrong = days.find((day) => !weekdays.includes(day))
  if (wrong !== undefined) throw new Error(`"${wrong}" of "during" is no day: write Mon, Tue, Wed, Thu, Fri, Sat or Sun.`)
  return (day) => days.includes(day)
}

/** Milliseconds of the local day; `to` is on the next one where the hours pass midnight. */
const hoursOf = ({ hours }: Definition): { readonly from: number; readonly to: number } => {
  if (hours === undefined) return { from: 0, to: dayMillis }
  const [from, to] = [hours.from, hours.to].map((text) => {
    const [, hour, minute] = /^(\d\d?):(\d\d)$/.exec(text) ?? []
    const minutes = Number(hour) * 60 + Number(minute)
    if (hour === undefined || Number(minute) > 59 || minutes > 24 * 60) {
      throw new Error(`"${text}" of "during" is no time of day: write one like "10:00".`)
    }
    return minutes * minuteMillis
  }) as [number, number]
  if (from === to) throw new Error(`"during" has the hours ${hours.from} to ${hours.to}, which are none: leave \`hours\` out for the whole day.`)
  return { from, to: to < from ? to + dayMillis : to }
}
