/**
 * A time zone as two fast questions: the offset at an instant, and the instants of a local time. Local times are
 * written as the milliseconds they would be in UTC.
 */
import { DateTime, Option } from "effect"

export interface Zone {
  /** As its user wrote it. */
  readonly name: string
  /** The same for all names of one zone. */
  readonly id: string
  /** Milliseconds to add to UTC for local time. */
  readonly offsetAt: (instant: number) => number
  /** None in a gap, two where clocks are set back, ascending. */
  readonly instantsOf: (local: number) => ReadonlyArray<number>
  /** The first instant of that local time; in a gap the first valid instant after it. */
  readonly instantOf: (local: number) => number
  /** The instants at which clocks leapt ahead by a day or nearly one: the zone crossed the date line. */
  readonly leaps: () => ReadonlyArray<number>
}

export const dayMillis = 86_400_000

const zones = new Map<string, Zone>()

/** The zone of an IANA name. Throws on an unknown one, since zones are named in definitions. */
export const make = (name: string): Zone => {
  const known = zones.get(name)
  if (known !== undefined) return known
  const named = Option.getOrUndefined(DateTime.zoneMakeNamed(name))
  if (named === undefined) {
    throw new Error(`"${name}" is not a time zone: write an IANA name such as "America/New_York" or "UTC".`)
  }
  const zone = name === "UTC" ? utc : fromNamed(name, named)
  zones.set(name, zone)
  return zone
}

const utc: Zone = {
  name: "UTC",
  id: "UTC",
  offsetAt: () => 0,
  instantsOf: (local) => [local],
  instantOf: (local) => local,
  leaps: () => []
}

/** The offsets of one day of UTC: `before` until the instant `at`, then `after`. */
interface Day {
  readonly before: number
  readonly at: number
  readonly after: number
}

const fromNamed = (name: string, zone: DateTime.TimeZone.Named): Zone => {
  const exactOffsetAt = (instant: number) =>
    DateTime.zonedOffset(DateTime.makeZonedUnsafe(instant, { timeZone: zone }))

  const days = new Map<number, Day>()

  // Intl needs 5 µs an offset; a day of UTC without a change of offset answers for all of its instants.
  const dayAt = (day: number): Day => {
    const known = days.get(day)
    if (known !== undefined) return known
    const before = exactOffsetAt(day * dayMillis)
    const after = exactOffsetAt((day + 1) * dayMillis)
    const at = before === after ? Number.POSITIVE_INFINITY : change(day * dayMillis, (day + 1) * dayMillis, exactOffsetAt)
    const made = { before, at, after }
    days.set(day, made)
    return made
  }

  const offsetAt = (instant: number): number => {
    const day = dayAt(Math.floor(instant / dayMillis))
    return instant < day.at ? day.before : day.after
  }

  const instantsOf = (local: number): ReadonlyArray<number> => {
    const before = offsetAt(local - dayMillis)
    const after = offsetAt(local + dayMillis)
    if (before === after) return [local - before]
    return [local - before, local - after]
      .filter((instant) => offsetAt(instant) === local - instant)
      .sort((a, b) => a - b)
  }

  const instantOf = (local: number): number =>
    instantsOf(local)[0] ?? change(local - dayMillis, local + dayMillis, offsetAt)

  let known: ReadonlyArray<number> | undefined
  const leaps = () => known ??= years.flatMap((start, i) => {
    const end = years[i + 1] ?? start
    const before = offsetAt(start)
    const side = (instant: number) => offsetAt(instant) - before > dayMillis / 2 ? 1 : 0
    return side(end) === 1 ? [change(start, end, side)] : []
  })

  return { name, id: zone.id, offsetAt, instantsOf, instantOf, leaps }
}

// Manila was the first to cross the date line, in 1844. No other change of a clock comes near half a day.
const years = Array.from({ length: 51 }, (_, i) => Date.UTC(1840 + 4 * i, 6))

/** The instant between two of different offset at which the offset changes, by bisection. */
export const change = (from: number, to: number, offsetAt: (instant: number) => number): number => {
  const before = offsetAt(from)
  let low = from
  let high = to
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetAt(middle) === before) low = middle
    else high = middle
  }
  return high
}
