/** Which time windows lie between two dates, or within a span back from now. */
import { Result } from "effect"
import * as LocalTime from "../partition/LocalTime.ts"
import type { TimeWindows } from "../partition/Partitions.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import type { SpaceDimension } from "../partition/SpaceDimension.ts"
import type { Calendar } from "../partition/TimeWindows.ts"
import { dayMillis, type Zone } from "../partition/Zone.ts"
import type { Target } from "../record/Backfill.ts"

export type WindowLimit = Pick<Target, "from" | "to" | "last">

export interface Limited {
  readonly positions: PartitionSet.PartitionSet
  /** Half sentences: where the windows end before the limit does. */
  readonly notes: ReadonlyArray<string>
}

/** The limit as its options are written. */
export const optionOf = ({ from, last, to }: WindowLimit): string =>
  [from === null ? "" : `--from ${from}`, to === null ? "" : `--to ${to}`, last === null ? "" : `--last ${last}`]
    .filter((option) => option !== "").join(" ")

/**
 * The windows of a dimension that are within the limit, at the moment `now` (milliseconds). `from` begins with the first
 * window that overlaps its date, `to` ends with the last one that begins on or before the end of its date; `last` is of
 * windows that begin within the span back from now, or from the beginning of the window that is open and does not exist
 * yet: 30 days are 30 windows of a day. The failure is a half sentence, in words that follow the asset's name.
 */
export const windows = (
  dimension: SpaceDimension,
  partitions: TimeWindows,
  limit: WindowLimit,
  now: number
): Result.Result<Limited, string> =>
  Result.gen(function*() {
    const { calendar } = partitions
    const from = limit.from === null ? undefined : yield* endOf(dimension, calendar, "--from", limit.from)
    const to = limit.to === null ? undefined : yield* endOf(dimension, calendar, "--to", limit.to)
    if (from !== undefined && to !== undefined && isBefore(to, from)) {
      return yield* Result.fail(`the range ends before it begins: --to ${limit.to} is before --from ${limit.from}`)
    }
    const [first] = PartitionSet.firstPoint(dimension.all) ?? []
    const [last] = PartitionSet.lastPoint(dimension.all) ?? []
    if (first === undefined || last === undefined) {
      return yield* Result.fail(noneYet(dimension, calendar, partitions.startInstant))
    }
    const firstText = `the first partition is "${calendar.key(first)}"`
    const open = calendar.positionAt(now)
    const back = open > last ? calendar.startOf(open) : now
    const since = limit.last === null ? undefined : yield* spanBack(calendar.zone, limit.last, back)
    const lastText = `the last partition so far is "${calendar.key(last)}"`
    const notes: Array<string> = []
    let low = first
    let high = last
    if (from !== undefined) {
      const position = from.position ?? calendar.positionAt(from.start)
      if (position > last) return yield* Result.fail(`--from ${limit.from} is after its end: ${lastText}`)
      if (position < first) notes.push(`${firstText}: --from ${limit.from} begins there`)
      low = Math.max(low, position)
    }
    if (to !== undefined) {
      const position = to.position ?? calendar.positionAt(to.end - 1)
      if (position < first) return yield* Result.fail(`--to ${limit.to} is before its beginning: ${firstText}`)
      if (position > last) notes.push(`${lastText}: --to ${limit.to} ends there`)
      high = Math.min(high, position)
    }
    if (since !== undefined) {
      // A span of thousands of years is no date any more.
      const around = since > calendar.startOf(first) ? calendar.positionAt(since) : first
      const begins = calendar.startOf(around) < since ? around + 1 : around
      const until = Math.min(last, open)
      if (begins > until) return yield* Result.fail(`no partition begins within --last ${limit.last}: ${lastText}`)
      low = Math.max(low, begins)
      high = Math.min(high, until)
    }
    return low > high
      ? yield* Result.fail(`${optionOf(limit)} leave no partition, since they do not overlap`)
      : { positions: PartitionSet.intersection(PartitionSet.range(low, high), dimension.all), notes }
  })

/** Why a calendar has no window: as the dimension says it of its first one. */
const noneYet = (dimension: SpaceDimension, calendar: Calendar, start: number): string =>
  Result.match(dimension.positionOf(calendar.key(calendar.positionAt(start))), {
    onFailure: (reason) => reason,
    onSuccess: () => "none exists yet"
  })

/** One end of a range: the window of a key, or the time of a date. */
interface End {
  readonly position: number | undefined
  /** Instants; the end is excluded. */
  readonly start: number
  readonly end: number
}

const isBefore = (to: End, from: End): boolean =>
  to.position !== undefined && from.position !== undefined ? to.position < from.position : to.end <= from.start

const endOf = (dimension: SpaceDimension, calendar: Calendar, option: string, text: string): Result.Result<End, string> => {
  const position = dimension.everPositionOf(text.trim())
  if (position !== undefined && Number.isFinite(position)) {
    return Result.succeed({ position, start: calendar.startOf(position), end: calendar.startOf(position + 1) })
  }
  return Result.mapBoth(LocalTime.parse(text.trim()), {
    onSuccess: (time) => ({ position: undefined, ...spanOf(calendar.zone, time) }),
    onFailure: (reason) => {
      const why = reason === "it is not a date" ? "write a day like 2024-03-31" : reason
      return `${option} "${text}" is not a date: ${why}`
    }
  })
}

/** The time that a month, a day or a moment takes. */
const spanOf = (zone: Zone, time: LocalTime.LocalTime): { readonly start: number; readonly end: number } => {
  const { local, precision } = time
  switch (precision) {
    case "month": {
      const month = new Date(local)
      return { start: zone.instantOf(local), end: zone.instantOf(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1)) }
    }
    case "day":
      return { start: zone.instantOf(local), end: zone.instantOf(local + dayMillis) }
    case "time": {
      // An hour that repeats begins with its first occurrence and ends with its second.
      const instants = LocalTime.instantsOf(zone, time)
      const start = instants[0] ?? zone.instantOf(local)
      return { start, end: (instants[instants.length - 1] ?? start) + 1 }
    }
  }
}

const hourMillis = 3_600_000

/** The instant that lies the span before now; days and longer are counted in local time, so that clocks may change. */
const spanBack = (zone: Zone, text: string, now: number): Result.Result<number, string> => {
  const match = /^(\d{1,7})(h|d|w|mo|y)$/.exec(text.trim())
  const amount = Number(match?.[1])
  if (match === null || amount === 0) {
    return Result.fail(`--last "${text}" is not a span of time: write one like 12h, 30d, 4w, 6mo or 2y`)
  }
  const local = now + zone.offsetAt(now)
  const back = (before: number) => Result.succeed(Number.isFinite(before) ? zone.instantOf(before) : Number.NEGATIVE_INFINITY)
  switch (match[2]) {
    case "h":
      return Result.succeed(now - amount * hourMillis)
    case "d":
      return back(local - amount * dayMillis)
    case "w":
      return back(local - amount * 7 * dayMillis)
    case "mo":
      return back(monthsBefore(local, amount))
    default:
      return back(monthsBefore(local, amount * 12))
  }
}

/** The same day and time so many months before, or the last day of a month that is shorter. */
const monthsBefore = (local: number, months: number): number => {
  const date = new Date(local)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() - months, date.getUTCDate()]
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  return Date.UTC(year, month, Math.min(day, lastDay)) + (local - Math.floor(local / dayMillis) * dayMillis)
}
