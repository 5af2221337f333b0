/** A season as the league writes it, "20202021", the days it can have games on, and the hours. */
import { DateTime, Result } from "effect"

/** The first day of the calendar of `nhl/games`. */
export const firstDay = "2020-10-01"

/** The league's calendar day at a moment, plus some days. */
export const leagueDay = (at: DateTime.DateTime, plus = 0): string =>
  DateTime.formatIsoDate(DateTime.add(DateTime.setZoneNamedUnsafe(at, "America/New_York"), { days: plus }))

/** When games can be on, by the clock of New York. Playoffs that run into June need another month. */
export const season = { months: { from: 9, to: 5 }, hours: { from: "10:00", to: "04:00" } } as const

/** The league's day whose games can be on at a moment: until four in the morning, the day before. */
export const evening = (at: DateTime.DateTime): string => {
  const { hour } = DateTime.toParts(DateTime.setZoneNamedUnsafe(at, "America/New_York"))
  return leagueDay(at, hour < 4 ? -1 : 0)
}

export interface Span {
  readonly from: string
  readonly to: string
}

/**
 * The days from 1 September to 31 August that belong to a season, up to today; preseason and playoffs are in it, and
 * no day is in two seasons. Fails with a sentence about the season.
 */
export const span = (season: string, today: string): Result.Result<Span, string> => {
  const [, first, second] = /^(\d{4})(\d{4})$/.exec(season) ?? []
  if (first === undefined || second === undefined) {
    return Result.fail(`"${season}" is not a season; write the eight digits of its two years, like 20202021.`)
  }
  if (Number(second) !== Number(first) + 1) {
    return Result.fail(`"${season}" is not a season: after ${first} comes ${Number(first) + 1}, like ${first}${Number(first) + 1}.`)
  }
  const [from, to] = [`${first}-09-01`, `${second}-08-31`]
  if (to < firstDay) return Result.fail(`The season ${season} was over before ${firstDay}, where the calendar of nhl/games begins.`)
  if (from > today) return Result.fail(`The season ${season} has not begun: it is ${today}.`)
  return Result.succeed({ from: from < firstDay ? firstDay : from, to: to > today ? today : to })
}
