/**
 * Automation: when the cells of an asset are to be materialized by themselves. A daemon asks for those of which a
 * condition is true, of all that exist and not only the newest. `engine/automation` evaluates it.
 */
import { Duration } from "effect"
import * as Zone from "../partition/Zone.ts"
import * as Cron from "../schedule/Cron.ts"
import { type Condition, title } from "./Condition.ts"

export type { Condition } from "./Condition.ts"

/** A condition with a bound on the cells that are asked for. */
export interface Automation {
  /** What it is called in lists: `eager`, or its condition in words. */
  readonly name: string
  readonly when: Condition
  /** So many cells of the asset are asked for and not ended, at most. */
  readonly atMost: number
  /** Which cells go first where there are more. */
  readonly order: "newest" | "oldest"
}

/** The cell was never materialized, and its last step did not fail. */
export const missing: Condition = { _tag: "Missing" }
/** It is materialized, and its code version, its inputs or what it has read have changed. */
export const stale: Condition = { _tag: "Stale" }
/** Its last step failed, whether it has data from before or not. */
export const failed: Condition = { _tag: "Failed" }
/** It has data, be it stale or from before a failure. */
export const stored: Condition = { _tag: "Stored" }
/** It is computed now, a backfill has it before it, or it was asked for by automation in a run that has not ended. */
export const inProgress: Condition = { _tag: "InProgress" }
/** Something that it needs is not stored, so that it could not be computed. */
export const blocked: Condition = { _tag: "Blocked" }
/** The asset reads no other one. */
export const source: Condition = { _tag: "Source" }

/** True in the evaluation that is the first one after a tick, of all cells. Throws on a malformed expression. */
export const cronTick = (cron: string, timezone = "UTC"): Condition => {
  const zone = Zone.make(timezone)
  return { _tag: "Cron", cron: Cron.make(cron, zone), zone }
}

/**
 * The last time windows: so many (`inLast(3)`), or those that have ended within a span or not yet (`inLast("2 days")`).
 * Without time windows: so many keys, the last ones added; a span means all.
 */
export const inLast = (what: number | Exclude<Duration.Input, number>): Condition => {
  if (typeof what !== "number") {
    const millis = Duration.toMillis(Duration.fromInputUnsafe(what))
    if (!Number.isFinite(millis) || millis <= 0) throw new Error("Automation.inLast needs a span of time such as \"2 days\".")
    return { _tag: "LastTime", millis }
  }
  if (!Number.isInteger(what) || what < 1) throw new Error(`Automation.inLast needs 1 partition or more, not ${what}.`)
  return { _tag: "LastPartitions", count: what }
}

/**
 * The cell has data, and was materialized last so long ago. Of an asset with very many cells say it together with `inLast`:
 * `and(olderThan("1 hour"), inLast(2))` looks at two records, alone it looks at all of them.
 */
export const olderThan = (span: Exclude<Duration.Input, number>): Condition => {
  const millis = Duration.toMillis(Duration.fromInputUnsafe(span))
  if (!Number.isFinite(millis) || millis < 1000) throw new Error("Automation.olderThan needs a span of time of at least a second, such as \"1 hour\".")
  return { _tag: "OlderThan", millis }
}

export const and = (...of: ReadonlyArray<Condition>): Condition => ({ _tag: "And", of })
export const or = (...of: ReadonlyArray<Condition>): Condition => ({ _tag: "Or", of })
export const not = (of: Condition): Condition => ({ _tag: "Not", of })

/** The condition is true of one of the upstream cells, or more, that the cell reads. */
export const anyUpstream = (of: Condition): Condition => ({ _tag: "AnyUpstream", of })
/** The condition is true of all upstream cells that the cell reads; also where it reads none. */
export const allUpstream = (of: Condition): Condition => ({ _tag: "AllUpstream", of })
/** True now, and not at the evaluation before. */
export const newly = (of: Condition): Condition => ({ _tag: "Newly", of })
/** True from when `of` is true until `reset` is; by default until the cell is asked for. Where both are true at once it is true. */
export const since = (of: Condition, reset?: Condition): Condition => ({ _tag: "Since", of, reset })

/** What it reads is stored, and nothing of it is being computed. */
const ready = [not(blocked), not(anyUpstream(inProgress))]

/** As many as one run takes in its stride. */
const defaultAtMost = 1000

const automation = (name: string, when: Condition): Automation => ({ name, when, atMost: defaultAtMost, order: "newest" })

/** What is missing, stale or has failed, as soon as what it reads is there: whenever an upstream has changed. */
export const eager: Automation = automation("eager", and(or(missing, stale, failed), ...ready))

/** What has no data, never tried or failed, as soon as what it reads is there. What is stale is left as it is. */
export const onMissing: Automation = automation("onMissing", and(not(stored), ...ready))

/**
 * After each tick, once: what is missing, stale or has failed by then or until the next tick, as soon as what it reads is
 * there; and the newest cell of an asset that reads no other, be it fresh.
 */
export const onCron = (cron: string, timezone = "UTC"): Automation =>
  automation(`onCron ${cron} in ${timezone}`, and(since(cronTick(cron, timezone)), or(missing, stale, failed, and(source, inLast(1))), ...ready))

/** An own condition. A run that is asked for computes what is not fresh, and what is fresh where the condition is true of it. */
export const when = (condition: Condition): Automation => automation(title(condition), condition)

/** The same automation with another bound, from 1 to 10,000. Default: 1000 cells, the newest first. */
export const limited = (
  automation: Automation,
  limit: { readonly atMost?: number; readonly order?: "newest" | "oldest" }
): Automation => {
  const { atMost = automation.atMost, order = automation.order } = limit
  if (!Number.isInteger(atMost) || atMost < 1 || atMost > 10_000) {
    throw new Error(`Automation.limited needs a whole number of cells from 1 to 10000, not ${atMost}.`)
  }
  return { ...automation, atMost, order }
}
