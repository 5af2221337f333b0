/** The ticks of a schedule over any span of time: a function of its definition alone, not of the present. */
import { DateTime } from "effect"
import { offsetText } from "../partition/LocalTime.ts"
import { dayMillis, type Zone } from "../partition/Zone.ts"
import type { Moment } from "./Cron.ts"
import type { Schedule } from "./Schedule.ts"

/** A moment at which a schedule is due. */
export interface Tick {
  readonly due: DateTime.Utc
  /** The local time with its offset: `2026-03-29T03:00:00+02:00`. */
  readonly local: string
  /** What clocks that change have done to it. */
  readonly note: string | undefined
}

type Timed = Pick<Schedule, "zone" | "during" | "timing">

/** A date comes again after eight years at the latest, also 29 February around a year like 2100. */
const horizonMillis = 9 * 366 * dayMillis

/** The ticks from `from` on. Those of a loop are what they are when no run is late. */
const momentsOf = function*(schedule: Timed, from: number): Generator<Moment, void> {
  if (schedule.during === undefined) return yield* within(schedule, from)
  for (let at = from; at < from + horizonMillis;) {
    const opening = schedule.during.openingAt(at)
    for (const moment of within(schedule, Math.max(opening.start, from))) {
      if (moment.instant >= opening.end) break
      yield moment
    }
    at = opening.end
  }
}

const within = function*({ timing }: Timed, from: number): Generator<Moment, void> {
  if (timing._tag === "Loop") for (let instant = from;; instant += timing.everyMillis) yield { instant }
  const sources = timing.crons.map((cron) => cron.moments(from))
  const heads = sources.map((source) => source.next().value)
  for (;;) {
    let first: Moment | undefined
    for (const head of heads) if (head !== undefined && (first === undefined || head.instant < first.instant)) first = head
    if (first === undefined) return
    yield first
    for (const [i, head] of heads.entries()) {
      // A moment that several expressions share is one tick.
      if (head !== undefined && head.instant === first.instant) heads[i] = sources[i]!.next().value ?? undefined
    }
  }
}

/** The ticks after `after`, up to and with `until`: the first `limit` of them. */
export const between = (schedule: Timed, after: number, until: number, limit: number): ReadonlyArray<Moment> => {
  const found: Array<Moment> = []
  if (limit <= 0) return found
  for (const moment of momentsOf(schedule, after + 1)) {
    if (moment.instant > until) break
    found.push(moment)
    if (found.length === limit) break
  }
  return found
}

/** The last `limit` ticks after `after`, up to and with `until`, ascending; without a look at all those before them. */
export const lastBetween = (schedule: Timed, after: number, until: number, limit: number): ReadonlyArray<Moment> => {
  for (let span = 60_000;; span *= 8) {
    const from = Math.max(after, until - span)
    const found = between(schedule, from, until, Number.POSITIVE_INFINITY)
    if (from === after || found.length >= limit) return found.slice(-limit)
  }
}

/** The first tick after an instant. */
export const next = (schedule: Timed, after: number): Moment | undefined => momentsOf(schedule, after + 1).next().value ?? undefined

/** A moment as a tick: with its local time, and what clocks that change have done to it. */
export const tickOf = ({ zone }: Pick<Schedule, "zone">, { instant, skipped }: Moment): Tick => ({
  due: DateTime.makeUnsafe(instant),
  local: localText(zone, instant),
  note: skipped === undefined ? repetition(zone, instant) : `clocks skip ${timeText(skipped)}`
})

/** `2026-03-29T03:00:00+02:00` */
const localText = (zone: Zone, instant: number): string => {
  const offset = zone.offsetAt(instant)
  return `${new Date(instant + offset).toISOString().slice(0, 19)}${offsetText(offset)}`
}

const timeText = (local: number): string => new Date(local).toISOString().slice(11, local % 60_000 === 0 ? 16 : 19)

const repetition = (zone: Zone, instant: number): string | undefined => {
  const local = instant + zone.offsetAt(instant)
  const instants = zone.instantsOf(local)
  if (instants.length < 2) return undefined
  return `clocks show ${timeText(local)} twice: the ${instants[0] === instant ? "first" : "second"} time`
}
