/**
 * Calendars: time cut into half-open windows, numbered by whole positions.
 *
 * The positions of hours, days, weeks and months are absolute: hours of UTC, local days, weeks and months since
 * 1970-01-01, whatever the start of the partitions is. A local time that does not exist begins at the first valid
 * instant after it; one that exists twice, at its first occurrence. A day that a zone skipped (Samoa, 30 December 2011)
 * is an empty window.
 */
import { DateTime, Result } from "effect"
import * as LocalTime from "./LocalTime.ts"
import { change, dayMillis, type Zone } from "./Zone.ts"

/** One partition in time: `start` belongs to it, `end` to the next. */
export interface Window {
  readonly key: string
  readonly start: DateTime.Utc
  readonly end: DateTime.Utc
  readonly timezone: string
}

export interface Calendar {
  readonly zone: Zone
  /** Calendars with the same id have the same windows at the same positions. */
  readonly id: string
  /** Calendars with the same family have the same windows where both exist, perhaps at other positions. */
  readonly family: string
  /** The instant (milliseconds since the epoch) at which the window begins and the one before ends. */
  readonly startOf: (position: number) => number
  /** The window that contains the instant. */
  readonly positionAt: (instant: number) => number
  readonly key: (position: number) => string
  /** The windows that have no time. Absent: there are none. */
  readonly empty?: () => ReadonlyArray<number>
  /** The position of a key; a half sentence when it names no window. Keys beyond `horizon` may give `Infinity`. */
  readonly parse: (key: string, horizon: number) => Result.Result<number, string>
}

export type Every = "hour" | "day" | "week" | "month"

/** Where the windows of a regular calendar begin. */
export interface Alignment {
  readonly minuteOffset: number
  readonly hourOffset: number
  /** The day of the month, 1 to 28. */
  readonly dayOfMonth: number
  /** 0 is Sunday. */
  readonly weekStart: number
}

const hourMillis = 3_600_000

/** The calendar of hours, days, weeks or months in a zone. */
export const regular = (every: Every, zone: Zone, at: Alignment): Calendar => {
  const id = [every, zone.id, at.minuteOffset, at.hourOffset, at.dayOfMonth, at.weekStart].join(" ")
  const named = { zone, id, family: id }
  if (every === "hour") return { ...named, ...hours(zone, at.minuteOffset * 60_000) }
  const offset = (at.hourOffset * 60 + at.minuteOffset) * 60_000
  const days = every === "day" ? dayUnit : every === "week" ? weekUnit(at.weekStart) : monthUnit(at.dayOfMonth)
  const startOf = (position: number) => zone.instantOf(days.firstDay(position) * dayMillis + offset)
  const positionAt = (instant: number) => {
    let position = days.positionOf(Math.floor((instant + zone.offsetAt(instant) - offset) / dayMillis))
    // The clock has shown the start of this window, but where it was set back or leapt ahead it may be past the next one.
    while (startOf(position + 1) <= instant) position++
    return position
  }
  // The day that a leap over the date line skips is the one before the window that begins with the leap.
  let known: ReadonlyArray<number> | undefined
  const empty = () =>
    known ??= zone.leaps().map((leap) => positionAt(leap) - 1)
      .filter((position) => startOf(position) === startOf(position + 1))
  return { ...named, startOf, positionAt, key: days.key, parse: days.parse, ...(every === "day" ? { empty } : {}) }
}

/** A calendar of whole local days; days are counted from 1970-01-01. */
interface DayUnit {
  readonly firstDay: (position: number) => number
  readonly positionOf: (day: number) => number
  readonly key: (position: number) => string
  readonly parse: (key: string) => Result.Result<number, string>
}

const parseDay = (key: string): Result.Result<number, string> =>
  Result.flatMap(
    LocalTime.parse(key),
    ({ local, precision }) =>
      precision === "day" ? Result.succeed(local / dayMillis) : Result.fail("a day is written like 2024-03-31")
  ).pipe(Result.mapError((reason) => reason === "it is not a date" ? "a day is written like 2024-03-31" : reason))

const dayUnit: DayUnit = {
  firstDay: (position) => position,
  positionOf: (day) => day,
  key: LocalTime.dayText,
  parse: parseDay
}

const weekUnit = (weekStart: number): DayUnit => {
  // 1970-01-01 was a Thursday: week 0 is the one that begins on or before it.
  const zero = -((4 - weekStart + 7) % 7)
  const firstDay = (position: number) => position * 7 + zero
  const positionOf = (day: number) => Math.floor((day - zero) / 7)
  return {
    firstDay,
    positionOf,
    key: (position) => LocalTime.dayText(firstDay(position)),
    parse: (key) =>
      Result.flatMap(parseDay(key), (day) => {
        const position = positionOf(day)
        return firstDay(position) === day ? Result.succeed(position) : Result.fail(
          `it is a ${LocalTime.dayNames[(((day + 4) % 7) + 7) % 7]} and weeks begin on ${LocalTime.dayNames[weekStart]}: ` +
            `write "${LocalTime.dayText(firstDay(position))}"`
        )
      })
  }
}

const monthUnit = (dayOfMonth: number): DayUnit => {
  const firstDay = (position: number) => Date.UTC(1970, position, dayOfMonth) / dayMillis
  const monthOf = (day: number) => {
    const date = new Date(day * dayMillis)
    return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth()
  }
  // A month that does not begin on its first day is named by the day on which it begins.
  const length = dayOfMonth === 1 ? 7 : 10
  const example = dayOfMonth === 1 ? "2024-03" : `2024-03-${String(dayOfMonth).padStart(2, "0")}`
  const shape = `a month is written like ${example}`
  return {
    firstDay,
    positionOf: (day) => firstDay(monthOf(day)) <= day ? monthOf(day) : monthOf(day) - 1,
    key: (position) => LocalTime.dayText(firstDay(position)).slice(0, length),
    parse: (key) =>
      Result.flatMap(LocalTime.parse(key), ({ local, precision }) => {
        const position = monthOf(local / dayMillis)
        if (precision !== (dayOfMonth === 1 ? "month" : "day")) return Result.fail(shape)
        return dayOfMonth === 1 || firstDay(position) === local / dayMillis
          ? Result.succeed(position)
          : Result.fail(`months begin on day ${dayOfMonth}`)
      }).pipe(Result.mapError((reason) => reason === "it is not a date" ? shape : reason))
  }
}

/**
 * Local hours: position p is the window that begins within the hour p of UTC, at the first local hour mark in it. Where
 * clocks move by half an hour (Lord Howe) an hour of UTC may hold no mark; the window then begins at the change, so
 * that one window a year has 30 minutes, one has 90, and none is missing.
 */
const hours = (zone: Zone, minuteOffset: number): Omit<Calendar, "zone" | "id" | "family"> => {
  const markAfter = (base: number, offset: number) =>
    base + ((((minuteOffset - offset - base) % hourMillis) + hourMillis) % hourMillis)
  const startOf = (position: number) => {
    const base = position * hourMillis
    const offset = zone.offsetAt(base)
    const mark = markAfter(base, offset)
    if (zone.offsetAt(mark) === offset) return mark
    const later = markAfter(base, zone.offsetAt(mark))
    if (zone.offsetAt(later) === zone.offsetAt(mark)) return later
    return change(base, mark, zone.offsetAt)
  }
  const positionAt = (instant: number) => {
    const position = Math.floor(instant / hourMillis)
    return startOf(position) > instant ? position - 1 : position
  }
  const key = (position: number) => LocalTime.instantText(zone, startOf(position))
  return {
    startOf,
    positionAt,
    key,
    parse: (text) =>
      parseStart(zone, { startOf, positionAt }, text, (position) =>
        `windows begin at minute ${minuteOffset / 60_000}: the one around it is "${key(position)}"`)
  }
}

/** Reads the local time at which a window begins. */
export const parseStart = (
  zone: Zone,
  calendar: Pick<Calendar, "startOf" | "positionAt">,
  text: string,
  notAStart: (position: number) => string
): Result.Result<number, string> =>
  Result.flatMap(LocalTime.parse(text), (time) => {
    if (time.precision !== "time") return Result.fail("it is not a date")
    const instants = LocalTime.instantsOf(zone, time)
    if (instants.length === 0) {
      return Result.fail(
        time.offset === undefined || zone.instantsOf(time.local).length === 0
          ? `clocks in ${zone.name} skip that time`
          : `${zone.name} is then at ${LocalTime.offsetText(zone.offsetAt(zone.instantOf(time.local)))}`
      )
    }
    const starts = instants.filter((instant) => calendar.startOf(calendar.positionAt(instant)) === instant)
    if (starts.length === 1) return Result.succeed(calendar.positionAt(starts[0]!))
    return Result.fail(
      starts.length === 0
        ? notAStart(calendar.positionAt(instants[0]!))
        : `that hour repeats: write ${starts.map((instant) => `"${LocalTime.instantText(zone, instant)}"`).join(" or ")}`
    )
  }).pipe(Result.mapError((reason) => reason === "it is not a date" ? "a time is written like 2024-03-31T05:00" : reason))

/** What a run sees of the window at a position. */
export const windowAt = (calendar: Calendar, position: number): Window => ({
  key: calendar.key(position),
  start: DateTime.makeUnsafe(calendar.startOf(position)),
  end: DateTime.makeUnsafe(calendar.startOf(position + 1)),
  timezone: calendar.zone.name
})

/** Which windows of a calendar exist. */
export interface Span {
  readonly calendar: Calendar
  /** Windows that begin before this instant do not exist. */
  readonly startInstant: number
  /** Windows that end after this instant do not exist. */
  readonly endInstant: number | undefined
  /** How many windows beyond those that are over exist; negative: the last ones that are over do not. */
  readonly endOffset: number
}

/** The first and last position that exist at the moment `now`; none exist when the last is before the first. */
export const positions = (span: Span, now: number): { readonly first: number; readonly last: number } => {
  const { calendar, endInstant, endOffset, startInstant } = span
  const around = calendar.positionAt(startInstant)
  const last = calendar.positionAt(now) - 1 + endOffset
  // An end in the far future must not make a cron calendar list its ticks until then.
  const lastByEnd = endInstant === undefined
    ? Number.POSITIVE_INFINITY
    : calendar.positionAt(Math.min(endInstant, calendar.startOf(last + 2))) - 1
  return {
    first: calendar.startOf(around) === startInstant ? around : around + 1,
    last: Math.min(last, lastByEnd)
  }
}
