/**
 * What becomes of the ticks of a schedule: a function of how it stands, so that all daemons decide alike. Which of them
 * start, wait or are skipped, and when there is something to decide next.
 */
import type { Decision, Standing } from "../record/TickStore.ts"
import type { Moment } from "../schedule/Cron.ts"
import type { Schedule, Timing } from "../schedule/Schedule.ts"
import * as Ticks from "../schedule/Ticks.ts"

export interface Choice {
  readonly decisions: ReadonlyArray<Decision>
  /** When to look again, in milliseconds since 1970; infinite: after the end of a run. */
  readonly next: number
}

/** What a tick that may start becomes. */
export type Asking = (moment: Moment) => Decision

/** A tick that is decided upon so late is missed: a busy machine, or a daemon that takes over, is in time yet. */
export const missedAfterMillis = 10_000

/** Of ticks that are missed and not caught up, so many are recorded, the latest. */
const mostRecorded = 100

/** Ticks that are caught up are decided upon in portions. */
const mostCaughtUp = 500

type CronTiming = Extract<Timing, { readonly _tag: "Cron" }>
type LoopTiming = Extract<Timing, { readonly _tag: "Loop" }>

export const choose = (schedule: Schedule, standing: Standing, ask: Asking): Choice => {
  if (!standing.running) return { decisions: [], next: Number.POSITIVE_INFINITY }
  return schedule.timing._tag === "Cron"
    ? byCron(schedule, schedule.timing, standing, ask)
    : byLoop(schedule, schedule.timing, standing, ask)
}

/** Up to `jitter` after it is due; the same for every daemon. */
const startsAt = (schedule: Schedule, { jitterMillis }: CronTiming, { instant }: Moment): number => {
  if (jitterMillis === 0) return instant
  let hash = 0x811c9dc5
  for (const character of `${schedule.name} ${instant}`) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193)
  return instant + Math.floor(((hash >>> 0) / 2 ** 32) * jitterMillis)
}

const byCron = (schedule: Schedule, timing: CronTiming, standing: Standing, ask: Asking): Choice => {
  const { now } = standing
  const after = Math.max(standing.since, standing.last?.due ?? Number.NEGATIVE_INFINITY)
  const found = dueTicks(schedule, timing, after, now)
  // In order: a tick whose jitter is not over holds those after it back.
  const unripe = found.findIndex((moment) => startsAt(schedule, timing, moment) > now)
  const ripe = unripe < 0 ? found : found.slice(0, unripe)

  const decisions: Array<Decision> = []
  let runs = standing.runs.length
  let waiting = standing.waiting.length
  const start = (moment: Moment) => {
    const decision = ask(moment)
    if (decision._tag === "Start") runs++
    decisions.push(decision)
  }
  for (const due of standing.waiting) {
    if (runs > 0) break
    waiting--
    start(Ticks.between(schedule, due - 1, due, 1)[0] ?? { instant: due })
  }
  for (const [i, moment] of ripe.entries()) {
    const due = moment.instant
    const isFree = timing.overlap === "allow" || runs + waiting === 0
    const late = now - startsAt(schedule, timing, moment)
    const missed = late > missedAfterMillis
    const reason = missed ? notCaughtUp(timing, late, i === ripe.length - 1) : undefined
    if (reason !== undefined) decisions.push({ _tag: "Skip", due, reason })
    else if (isFree) start(moment)
    else if (missed || (timing.overlap === "queue" && waiting === 0)) {
      waiting++
      decisions.push({ _tag: "Wait", due })
    } else decisions.push({ _tag: "Skip", due, reason: overlapping(timing, standing, waiting) })
  }
  const first = unripe < 0 ? Ticks.next(schedule, Math.max(after, now)) : found[unripe]
  const isWhole = found.length < mostCaughtUp
  return { decisions, next: !isWhole ? now : first === undefined ? Number.POSITIVE_INFINITY : startsAt(schedule, timing, first) }
}

/** The ticks to decide upon, ascending; of those that only want to be told of, the last ones. */
const dueTicks = (schedule: Schedule, { catchUp, jitterMillis }: CronTiming, after: number, now: number): ReadonlyArray<Moment> => {
  if (catchUp === "none" || catchUp === "latest") return Ticks.lastBetween(schedule, after, now, mostRecorded)
  if (catchUp === "all") return Ticks.between(schedule, after, now, mostCaughtUp)
  const from = Math.max(after, now - catchUp.withinMillis - jitterMillis - missedAfterMillis)
  const told = from === after ? [] : Ticks.lastBetween(schedule, after, from, mostRecorded)
  return [...told, ...Ticks.between(schedule, from, now, mostCaughtUp - told.length)]
}

/** Why a missed tick is not caught up; undefined: it is. */
const notCaughtUp = ({ catchUp }: CronTiming, late: number, isLast: boolean): string | undefined => {
  const missed = "missed: no daemon was up"
  if (catchUp === "none") return `${missed}, and nothing is caught up`
  if (catchUp === "latest") return isLast ? undefined : `${missed}, and a later tick stands for it`
  return catchUp === "all" || late <= catchUp.withinMillis ? undefined : `${missed}, and it was too long ago to be caught up`
}

const overlapping = ({ overlap }: CronTiming, { runs }: Standing, waiting: number): string =>
  overlap === "queue" && waiting > 0
    ? "another tick waits already"
    : runs.length > 0
    ? `run ${runs.at(-1)} of an earlier tick goes on`
    : "the run of an earlier tick goes on"

const byLoop = (schedule: Schedule, { everyMillis }: LoopTiming, standing: Standing, ask: Asking): Choice => {
  const { last, now, runs, since } = standing
  const earliest = last === undefined || last.at < since ? since : beganAt(last, everyMillis) + everyMillis
  const due = Math.max(earliest, schedule.during?.openingAt(earliest).start ?? earliest)
  if (due > now) return { decisions: [], next: due }
  if (runs.length > 0) return { decisions: [], next: Number.POSITIVE_INFINITY }
  // A late one asks for what is wanted when it starts: its due moment may be of before the daemons were down.
  return { decisions: [{ ...ask({ instant: now }), due }], next: now + everyMillis }
}

/** One that began a little late counts as begun in time, so that a loop does not drift by the milliseconds of each start. */
const beganAt = ({ at, due }: { readonly at: number; readonly due: number }, everyMillis: number): number =>
  at - due < everyMillis / 10 ? due : at
