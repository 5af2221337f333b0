/** Seasons of the league, "2024-25": a new one begins in October. */
import { DateTime } from "effect"

/** The first season that the league counts as its own. */
const first = 1946

/** When it turns October for the league. */
const zone = DateTime.zoneMakeNamedUnsafe("America/New_York")

const local = (now: DateTime.DateTime) => DateTime.toParts(DateTime.setZone(now, zone))

/** "2024-25" for 2024; the second year has two digits: "1999-00". */
export const named = (year: number): string => `${year}-${String((year + 1) % 100).padStart(2, "0")}`

/** The year in which the season of a moment began. */
const yearOf = (now: DateTime.DateTime): number => {
  const { month, year } = local(now)
  return month >= 10 ? year : year - 1
}

/** The season that is on, or was the last. */
export const current = (now: DateTime.DateTime): string => named(yearOf(now))

/** All seasons up to the one that is on, the oldest first. */
export const all = (now: DateTime.DateTime): ReadonlyArray<string> =>
  Array.from({ length: Math.max(1, yearOf(now) - first + 1) }, (_, i) => named(first + i))

/** Whether a text is a season as the API writes it. */
export const isSeason = (text: string): boolean => {
  const year = Number(/^(\d{4})-\d\d$/.exec(text)?.[1])
  return text === named(year)
}

/** The dates of a season, as the API takes them: from the first of October to today, or to the end of September. */
export const dates = (season: string, now: DateTime.DateTime): { readonly from: string; readonly to: string } => {
  const year = Number(season.slice(0, 4))
  const { day, month, year: ofToday } = local(now)
  const today = `${String(month).padStart(2, "0")}/${String(day).padStart(2, "0")}/${ofToday}`
  return { from: `10/01/${year}`, to: yearOf(now) === year ? today : `09/30/${year + 1}` }
}
