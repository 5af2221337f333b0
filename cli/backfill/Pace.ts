/** How quickly a backfill goes on, and when it will be done at that. */
import type { BackfillSummary } from "../../engine/record/BackfillStore.ts"
import * as Text from "../terminal/Text.ts"
import * as Wording from "./Wording.ts"

/** Milliseconds from the start to the end, or to now. A lost one has no known end. */
export const millisOf = (backfill: BackfillSummary, now: number = Date.now()): number | undefined =>
  Wording.stateOf(backfill) === "lost" ? undefined : Math.max(0, (backfill.finishedAt?.getTime() ?? now) - backfill.startedAt.getTime())

export interface Pace {
  readonly perSecond: number
  /** What it is the mean of. */
  readonly over: "the last minute" | "all its time"
  /** Undefined where that cannot be told: it does not run, or nothing ended lately. */
  readonly millisLeft: number | undefined
}

const minute = 60_000

/**
 * The pace over the last minute while it runs, else over all its time; `lastMinute` is the number of steps recorded in
 * it. Undefined: nothing is done, or it is lost.
 */
export const of = (backfill: BackfillSummary, lastMinute: number, now: number = Date.now()): Pace | undefined => {
  const millis = millisOf(backfill, now)
  const done = Wording.done(backfill)
  if (millis === undefined || done === 0) return undefined
  if (Wording.stateOf(backfill) === "running" && lastMinute > 0) {
    const perSecond = lastMinute * 1000 / Math.max(1, Math.min(minute, millis))
    return { perSecond, over: "the last minute", millisLeft: (backfill.planned - done) * 1000 / perSecond }
  }
  return { perSecond: done * 1000 / Math.max(1, millis), over: "all its time", millisLeft: undefined }
}

/** `9,800/s over the last minute · 9 s left` */
export const describe = ({ millisLeft, over, perSecond }: Pace): string => {
  const left = millisLeft === undefined || millisLeft === 0 ? "" : ` · ${Text.duration(millisLeft)} left`
  return `${Text.rate(perSecond)} over ${over}${left}`
}
