/** Moments and dates in text: ISO 8601, and what databases and spreadsheets make of it. */
import { DateTime, Option } from "effect"
import { isPlainDate } from "../warehouse/Scalar.ts"
import { refuse } from "./FormatError.ts"

const pattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?: ?(Z|z|UTC|[+-]\d\d(?::?\d\d)?))?)?$/

const offsetOf = (zone: string): number => {
  if (!/^[+-]/.test(zone)) return 0
  const digits = zone.slice(1).replace(":", "")
  const hours = Number(digits.slice(0, 2))
  const minutes = Number(digits.slice(2) || "0")
  if (hours > 15 || minutes > 59) return refuse(`expected a zone between -15:59 and +15:59, found ${zone}`)
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

/** Two digits; NaN where they are none. */
const two = (text: string, at: number): number => {
  const [a, b] = [text.charCodeAt(at) - 48, text.charCodeAt(at + 1) - 48]
  return a >= 0 && a <= 9 && b >= 0 && b <= 9 ? a * 10 + b : Number.NaN
}

/** Where what stands in a moment that Date writes. */
const [signs, places] = ["--T::.Z", [4, 7, 10, 13, 16, 19, 23]] as const

/** What Date writes, 2024-02-29T13:00:00.000Z, with no pattern to match: most moments of files look so. A part of a text; NaN for others. */
export const written = (text: string, from: number, to: number): number => {
  if (to - from !== 24) return Number.NaN
  for (let i = 0; i < signs.length; i++) if (text.charCodeAt(from + places[i]!) !== signs.charCodeAt(i)) return Number.NaN
  const year = two(text, from) * 100 + two(text, from + 2)
  const month = two(text, from + 5)
  const day = two(text, from + 8)
  const hour = two(text, from + 11)
  const minute = two(text, from + 14)
  const second = two(text, from + 17)
  const tenth = text.charCodeAt(from + 20) - 48
  const millis = tenth >= 0 && tenth <= 9 ? tenth * 100 + two(text, from + 21) : Number.NaN
  // Days from the 29th on, and years of few digits, are left to the pattern.
  const plain = year >= 1000 && month >= 1 && month <= 12 && day >= 1 && day <= 28 && hour <= 23 && minute <= 59 && second <= 59 && millis >= 0 && millis <= 999
  return plain ? Date.UTC(year, month - 1, day, hour, minute, second, millis) : Number.NaN
}

/** Milliseconds since 1970; digits below a millisecond are cut. `zone` is that of texts that name none. */
export const parse = (text: string, zone: string | undefined): number => {
  const quick = written(text, 0, text.length)
  if (!Number.isNaN(quick)) return quick
  const match = pattern.exec(text)
  if (match === null) return refuse(`expected a moment such as 2024-02-29T13:00:00Z, found ${JSON.stringify(text.slice(0, 80))}`)
  const [, year = "", month = "", day = "", hour, minute = "0", second = "0", fraction = "", named] = match
  if (!isPlainDate(`${year}-${month}-${day}`)) return refuse(`there is no day ${year}-${month}-${day}`)
  if (Number(hour ?? 0) > 23 || Number(minute) > 59 || Number(second) > 59) {
    return refuse(`there is no time ${hour}:${minute}:${second}; the day ends at 23:59:59`)
  }
  const parts = [Number(year), Number(month) - 1, Number(day), Number(hour ?? 0), Number(minute), Number(second)] as const
  const local = new Date(0)
  local.setUTCFullYear(parts[0], parts[1], parts[2])
  local.setUTCHours(parts[3], parts[4], parts[5], Number(fraction.padEnd(3, "0").slice(0, 3)))
  if (named !== undefined) return local.getTime() - offsetOf(named)
  if (zone === undefined) {
    return refuse(`${JSON.stringify(text)} has no time zone; give the option \`timezone\` (such as "UTC"), or write it as 2024-02-29T13:00:00Z`)
  }
  if (zone === "UTC") return local.getTime()
  const zoned = DateTime.makeZoned(local.getTime(), { timeZone: zone, adjustForTimeZone: true, disambiguation: "reject" })
  if (Option.isNone(zoned)) return refuse(`${text} is not one moment in ${zone}: the clocks are changed there`)
  return zoned.value.epochMilliseconds
}
