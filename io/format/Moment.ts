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
  const a = text.charCodeAt(at) - 48
  const b = text.charCodeAt(at + 1) - 48
  return a >= 0 && a <= 9 && b >= 0 && b <= 9 ? a * 10 + b : Number.NaN
}

const twoBytes = (bytes: Uint8Array, at: number): number => {
  const a = bytes[at]! - 48
  const b = bytes[at + 1]! - 48
  return a >= 0 && a <= 9 && b >= 0 && b <= 9 ? a * 10 + b : Number.NaN
}

/** Days before a month, of a year that begins in March. */
const daysBefore = [306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275] as const

/** Those that every year has: the 29th of February is left to the pattern. */
const daysIn = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

/** What Date.UTC gives, in a fifth of its time; NaN for the 29th of February, years of few digits and what there is not. */
const utc = (year: number, month: number, day: number, hour: number, minute: number, second: number, millis: number): number => {
  const plain = year >= 1000 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn[month - 1]! && hour <= 23 && minute <= 59 && second <= 59 && millis >= 0 && millis <= 999
  if (!plain) return Number.NaN
  const years = month < 3 ? year - 1 : year
  const days = years * 365 + Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400) + daysBefore[month - 1]! + day - 719_469
  return days * 86_400_000 + hour * 3_600_000 + minute * 60_000 + second * 1000 + millis
}

/** Where what stands in a moment that Date writes. */
const [signs, places] = ["--T::.Z", [4, 7, 10, 13, 16, 19, 23]] as const

/** What Date writes, 2024-02-29T13:00:00.000Z, with no pattern to match: most moments of files look so. A part of a text; NaN for others. */
export const written = (text: string, from: number, to: number): number => {
  if (to - from !== 24) return Number.NaN
  for (let i = 0; i < signs.length; i++) if (text.charCodeAt(from + places[i]!) !== signs.charCodeAt(i)) return Number.NaN
  return utc(
    two(text, from) * 100 + two(text, from + 2), two(text, from + 5), two(text, from + 8), two(text, from + 11),
    two(text, from + 14), two(text, from + 17), two(text, from + 20) * 10 + two(text, from + 21) % 10
  )
}

/** The same of the 24 bytes from there on: a byte costs half as much as a character. */
export const writtenBytes = (bytes: Uint8Array, from: number): number => {
  if (from + 24 > bytes.length) return Number.NaN
  const isDate = bytes[from + 4] === 45 && bytes[from + 7] === 45 && bytes[from + 10] === 84
  if (!isDate || bytes[from + 13] !== 58 || bytes[from + 16] !== 58 || bytes[from + 19] !== 46 || bytes[from + 23] !== 90) return Number.NaN
  return utc(
    twoBytes(bytes, from) * 100 + twoBytes(bytes, from + 2), twoBytes(bytes, from + 5), twoBytes(bytes, from + 8), twoBytes(bytes, from + 11),
    twoBytes(bytes, from + 14), twoBytes(bytes, from + 17), twoBytes(bytes, from + 20) * 10 + twoBytes(bytes, from + 21) % 10
  )
}

/** A moment as text, which is read back as the same one: years have four digits. Throws `Refused`. */
export const print = (millis: number): string => {
  const text = new Date(millis).toISOString()
  return text.length === 24 && text > "0001" ? text : refuse(`${text} is no moment of the years 0001 to 9999, which text holds`)
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
