/** What clocks of a zone show, asked of Intl alone and walked through step by step: the model that calendars are held to. */

const second = 1000
const hour = 3_600_000

/** A time between two changes of the clock: `from` belongs to it, `to` to the next. */
export interface Stretch {
  readonly from: number
  readonly to: number
  readonly offset: number
}

/** The milliseconds to add to UTC for local time. */
const offsets = (zone: string): (instant: number) => number => {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone, era: "short", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric",
    second: "numeric", hourCycle: "h23"
  })
  return (instant) => {
    const shown = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
    const local = Date.UTC(shown["year"]!, shown["month"]! - 1, shown["day"], shown["hour"], shown["minute"], shown["second"])
    return local - Math.floor(instant / second) * second
  }
}

/** The stretches of a period, in order; asked for every hour, so that no change is missed. */
export const stretches = (zone: string, from: number, to: number): ReadonlyArray<Stretch> => {
  const offsetAt = offsets(zone)
  const found: Array<Stretch> = []
  let start = from
  let offset = offsetAt(from)
  for (let instant = from; instant < to; instant += hour) {
    const next = offsetAt(Math.min(instant + hour, to))
    if (next === offset) continue
    let change = instant
    while (offsetAt(change) === offset) change += second
    found.push({ from: start, to: change, offset })
    start = change
    offset = next
  }
  return [...found, { from: start, to, offset }]
}

/** The first instant at which the clock shows a local time or a later one. */
export const firstInstant = (clock: ReadonlyArray<Stretch>, local: number): number | undefined => {
  for (const { from, offset, to } of clock) {
    const instant = Math.max(from, local - offset)
    if (instant < to) return instant
  }
  return undefined
}

/**
 * Where hours begin: of each hour of UTC the first instant whose local time is at the minute given, or else the change of
 * the clock in it.
 */
export const hourStarts = (clock: ReadonlyArray<Stretch>, minute: number): ReadonlyArray<number> => {
  const starts: Array<number> = []
  const [first, last] = [clock[0]!.from, clock[clock.length - 1]!.to]
  for (let base = Math.ceil(first / hour) * hour; base + hour <= last; base += hour) {
    const within = clock.flatMap(({ from, offset, to }) => {
      const begin = Math.max(base, from)
      const end = Math.min(base + hour, to)
      if (begin >= end) return []
      const sinceMark = (((begin + offset - minute * 60_000) % hour) + hour) % hour
      const mark = begin + (sinceMark === 0 ? 0 : hour - sinceMark)
      return mark < end ? [mark] : []
    })
    starts.push(within[0] ?? clock.find(({ from }) => from > base)!.from)
  }
  return starts
}
