/**
 * Time windows as a calendar. Of the forms below the finest that fits is taken: hours in days, days in weeks, days in
 * months, weeks in years, months in years; no form is finer than the windows are.
 */
import type { Range } from "../../engine/partition/Histogram.ts"
import * as LocalTime from "../../engine/partition/LocalTime.ts"
import type { TimeWindows } from "../../engine/partition/Partitions.ts"
import { dayMillis } from "../../engine/partition/Zone.ts"
import * as LocalDays from "./LocalDays.ts"
import * as Picture from "./Picture.ts"

/** A form with more rows is not taken: five years of months. */
const mostRows = 60

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
const weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

interface Form {
  readonly days: LocalDays.LocalDays
  readonly columns: number
}

type Draw = (form: Form) => Picture.Picture | undefined

const list = <A>(length: number, at: (index: number) => A): ReadonlyArray<A> => Array.from({ length }, (_, i) => at(i))

/** Marks with a blank between them where that fits. */
const isSpaced = (marks: number, room: number): boolean => Picture.widthOf(marks, true) <= room

/** A line of labels, each above a mark. */
const ruler = (
  labels: ReadonlyArray<{ readonly mark: number; readonly text: string }>,
  spaced: boolean,
  room: number
): string => Picture.ruler(labels.map(({ mark, text }) => ({ column: mark * (spaced ? 2 : 1), text })), room)

/** One row a day, one mark an hour of the clock. */
const hoursInDays: Draw = ({ columns, days }) => {
  const rows = days.lastDay - days.firstDay + 1
  if (rows > mostRows) return undefined
  const labelWidth = 11
  const spaced = isSpaced(24, columns - labelWidth)
  return {
    header: [ruler([0, 6, 12, 18].map((hour) => ({ mark: hour, text: String(hour).padStart(2, "0") })), spaced, columns - labelWidth)],
    rows: list(rows, (i) => ({
      label: LocalTime.dayText(days.firstDay + i),
      marks: list(24, (hour) => days.inHour(days.firstDay + i, hour))
    })),
    labelWidth,
    spaced,
    unit: "an hour"
  }
}

/** One column a week, one row a weekday, as in a contribution graph. */
const daysInWeeks: Draw = ({ columns, days }) => {
  const labelWidth = 5
  const monday = days.firstDay - LocalDays.weekdayOf(days.firstDay)
  const weeks = Math.floor((days.lastDay - monday) / 7) + 1
  if (weeks > columns - labelWidth) return undefined
  const spaced = isSpaced(weeks, columns - labelWidth)
  const yearLabels: Array<{ mark: number; text: string }> = []
  const monthLabels: Array<{ mark: number; text: string }> = []
  for (let week = 0; week < weeks; week++) {
    // The month of a column is that of its last day: the column in which a month begins is the first with its name.
    const { month, year } = LocalDays.dateOf(Math.min(days.lastDay, monday + 7 * week + 6))
    const before = LocalDays.dateOf(monday + 7 * week - 1)
    if (week === 0 || before.month !== month) monthLabels.push({ mark: week, text: months[month]! })
    if (week === 0 || before.year !== year) yearLabels.push({ mark: week, text: String(year) })
  }
  return {
    header: [ruler(yearLabels, spaced, columns - labelWidth), ruler(monthLabels, spaced, columns - labelWidth)],
    rows: weekdays.map((label, weekday) => ({
      label,
      marks: list(weeks, (week) => {
        const day = monday + 7 * week + weekday
        return day < days.firstDay || day > days.lastDay ? undefined : days.onDays(day, day)
      })
    })),
    labelWidth,
    spaced,
    unit: "a day"
  }
}

/** One row a month, one mark a day. */
const daysInMonths: Draw = ({ columns, days }) => {
  const first = LocalDays.dateOf(days.firstDay)
  const last = LocalDays.dateOf(days.lastDay)
  const rows = 12 * (last.year - first.year) + last.month - first.month + 1
  if (rows > mostRows) return undefined
  const labelWidth = 8
  const spaced = isSpaced(31, columns - labelWidth)
  return {
    header: [ruler([1, 8, 15, 22, 29].map((day) => ({ mark: day - 1, text: String(day) })), spaced, columns - labelWidth)],
    rows: list(rows, (i) => {
      const start = LocalDays.dayOf(first.year, first.month + i, 1)
      const length = LocalDays.dayOf(first.year, first.month + i + 1, 1) - start
      return {
        label: LocalTime.dayText(start).slice(0, 7),
        marks: list(length, (day) => days.onDays(start + day, start + day))
      }
    }),
    labelWidth,
    spaced,
    unit: "a day"
  }
}

const yearsOf = (days: LocalDays.LocalDays): { readonly first: number; readonly rows: number } => {
  const first = LocalDays.dateOf(days.firstDay).year
  return { first, rows: LocalDays.dateOf(days.lastDay).year - first + 1 }
}

/** One row a year, one mark for seven days from 1 January on: in each of them exactly one weekly window begins. */
const weeksInYears: Draw = ({ columns, days }) => {
  const { first, rows } = yearsOf(days)
  const labelWidth = 5
  if (rows > mostRows || columns < labelWidth + 53) return undefined
  const spaced = isSpaced(53, columns - labelWidth)
  const markOf = (month: number) => Math.floor((LocalDays.dayOf(2023, month, 1) - LocalDays.dayOf(2023, 0, 1)) / 7)
  return {
    header: [ruler(months.map((text, month) => ({ mark: markOf(month), text })), spaced, columns - labelWidth)],
    rows: list(rows, (i) => {
      const start = LocalDays.dayOf(first + i, 0, 1)
      const end = LocalDays.dayOf(first + i + 1, 0, 1) - 1
      return {
        label: String(first + i),
        marks: list(53, (week) => days.onDays(start + 7 * week, Math.min(end, start + 7 * week + 6)))
      }
    }),
    labelWidth,
    spaced,
    unit: "a week"
  }
}

/** One row a year, one mark a month. */
const monthsInYears: Draw = ({ columns, days }) => {
  const { first, rows } = yearsOf(days)
  if (rows > mostRows) return undefined
  const labelWidth = 5
  const spaced = isSpaced(12, columns - labelWidth)
  return {
    header: [spaced ? months.map((name) => name[0]).join(" ") : months.map((name) => name[0]).join("")],
    rows: list(rows, (i) => ({
      label: String(first + i),
      marks: list(12, (month) =>
        days.onDays(LocalDays.dayOf(first + i, month, 1), LocalDays.dayOf(first + i, month + 1, 1) - 1))
    })),
    labelWidth,
    spaced,
    unit: "a month"
  }
}

const forms: ReadonlyArray<Draw> = [hoursInDays, daysInWeeks, daysInMonths, weeksInYears, monthsInYears]

/** The finest form for windows; those of a cron expression are measured by their mean length. */
const finest = ({ calendar, every }: TimeWindows, { from, to }: Range): Draw => {
  if (every === "hour") return hoursInDays
  if (every === "day") return daysInWeeks
  if (every === "week") return weeksInYears
  if (every === "month") return monthsInYears
  const days = to === from ? 1 : (calendar.startOf(to) - calendar.startOf(from)) / (to - from) / dayMillis
  return days < 0.9 ? hoursInDays : days < 6 ? daysInWeeks : days < 27 ? weeksInYears : monthsInYears
}

/** The calendar of the windows in a range, `columns` (at least 40) wide; undefined where no form fits. */
export const picture = (partitions: TimeWindows, range: Range, columns: number): Picture.Picture | undefined => {
  const form: Form = { days: LocalDays.make(partitions, range), columns }
  for (const draw of forms.slice(forms.indexOf(finest(partitions, range)))) {
    const found = draw(form)
    if (found !== undefined) return found
  }
  return undefined
}
