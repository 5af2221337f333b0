/**
 * When runs start by themselves, and what they are asked for: by the clock of a zone (`cron`), or in a loop from start to
 * start (`every`).
 */
import { Duration } from "effect"
import * as Zone from "../partition/Zone.ts"
import * as Cron from "./Cron.ts"
import * as During from "./During.ts"
import type { Selected } from "./Selected.ts"
import * as Ticks from "./Ticks.ts"

export type { Selected } from "./Selected.ts"
export type { Tick } from "./Ticks.ts"

/** What a run is asked for: all that is missing, stale or failed of it is done. */
export interface Ask {
  /** Default: the schedule's name, which is the pipeline's where the schedule is that of a pipeline. */
  readonly select?: Selected
  /**
   * "latest": the newest partition at the moment of the tick. Or a partition expression, or a list of keys, each of which
   * means itself whatever its signs; of a product, the keys of its dimensions in declared order. Default: all partitions.
   */
  readonly partitions?: string | ReadonlyArray<string | ReadonlyArray<string>>
  /** Fresh cells too. Default false. */
  readonly force?: boolean
  /** Steps that run at once. Default 8. */
  readonly concurrency?: number
  /**
   * As a backfill, of partitions by the hundred thousand: in bounded memory, shared with other processes that join it, and
   * to be paused. Default false.
   */
  readonly backfill?: boolean
}

/** A tick for which no run is wanted, and why. */
export interface Skip {
  readonly _tag: "Skip"
  readonly reason: string
}

/** What every tick asks for, or what this one does: a function that depends on its tick alone. */
export type Request = Ask | ((tick: Ticks.Tick) => Ask | Skip)

/** What becomes of the ticks that were due while no daemon was up. */
export type CatchUp = "none" | "latest" | "all" | { readonly within: Duration.Input }

/** What becomes of a tick while the run of an earlier one goes on. */
export type Overlap = "skip" | "queue" | "allow"

interface Common {
  readonly description?: string
  /** The IANA name of the zone whose clock is meant. Default UTC. */
  readonly timezone?: string
  /** It is due only then. Default: always. */
  readonly during?: During.Definition
  /** Default: the pipeline of the schedule's name. */
  readonly request?: Request
}

export interface ByCron extends Common {
  /** Five or six fields; several expressions together are due whenever one of them is. */
  readonly cron: string | ReadonlyArray<string>
  readonly every?: never
  /** Runs start up to so much later than they are due, each tick at a moment of its own. Default 0. */
  readonly jitter?: Duration.Input
  /** Default "latest". */
  readonly catchUp?: CatchUp
  /** Default "skip". */
  readonly overlap?: Overlap
}

/** A loop is never in two runs at once: a run that is late starts as soon as the one before has ended. */
export interface ByLoop extends Common {
  /** From the start of a run to the start of the next. */
  readonly every: Duration.Input
  readonly cron?: never
  readonly jitter?: never
  readonly catchUp?: never
  readonly overlap?: never
}

export type Options = ByCron | ByLoop

export type Timing =
  | {
    readonly _tag: "Cron"
    readonly crons: ReadonlyArray<Cron.Cron>
    readonly jitterMillis: number
    readonly catchUp: "none" | "latest" | "all" | { readonly withinMillis: number }
    readonly overlap: Overlap
  }
  | { readonly _tag: "Loop"; readonly everyMillis: number }

export interface Schedule {
  readonly _tag: "Schedule"
  readonly name: string
  readonly description: string | undefined
  readonly zone: Zone.Zone
  readonly during: During.During | undefined
  readonly timing: Timing
  readonly request: Request
  /** When it is due, as text: with another one, what was due before is not caught up. */
  readonly definition: string
}

/** Defines a schedule. Throws on a malformed name, expression, zone, window or span, since a definition is code. */
export const make = (name: string, options: Options): Schedule => {
  if (!/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/.test(name)) {
    throw new Error(`Schedule name "${name}" is not valid: use letters, digits, "_", "-" and "/" between them.`)
  }
  try {
    return defined(name, options)
  } catch (error) {
    throw new Error(`Schedule "${name}": ${error instanceof Error ? error.message : String(error)}`)
  }
}

/**
 * The ticks from one moment up to and with another: a function of the definition alone. Those of a loop begin at `from`,
 * and are what they are when no run is late. Default: a thousand at most.
 */
export const ticks = (
  schedule: Schedule,
  span: { readonly from: Date; readonly to: Date; readonly limit?: number }
): ReadonlyArray<Ticks.Tick> =>
  Ticks.between(schedule, span.from.getTime() - 1, span.to.getTime(), span.limit ?? 1000)
    .map((moment) => Ticks.tickOf(schedule, moment))

/** No run is wanted for this tick. */
export const skip = (reason: string): Skip => ({ _tag: "Skip", reason })

const defined = (name: string, options: Options): Schedule => {
  const zone = Zone.make(options.timezone ?? "UTC")
  const during = options.during === undefined ? undefined : During.make(options.during, zone)
  const timing = options.every === undefined ? cronTiming(options, zone) : loopTiming(options)
  const when = timing._tag === "Cron" ? { cron: timing.crons.map(({ text }) => text) } : { everyMillis: timing.everyMillis }
  const schedule: Schedule = {
    _tag: "Schedule",
    name,
    description: options.description,
    zone,
    during,
    timing,
    request: options.request ?? {},
    definition: JSON.stringify({ ...when, timezone: zone.id, during: options.during })
  }
  // From a fixed moment, so that a definition means the same at any time.
  if (timing._tag === "Cron" && Ticks.next(schedule, Date.UTC(2024, 0)) === undefined) {
    throw new Error("it is never due, because its cron has no time in `during`.")
  }
  return schedule
}

const cronTiming = (options: ByCron, zone: Zone.Zone): Timing => {
  const { catchUp = "latest", cron, jitter = 0, overlap = "skip" } = options
  const texts = typeof cron === "string" ? [cron] : cron
  if (texts.length === 0) throw new Error("it has no cron expression.")
  return {
    _tag: "Cron",
    crons: texts.map((text) => Cron.make(text, zone)),
    jitterMillis: span("jitter", jitter, 0),
    catchUp: typeof catchUp === "string" ? catchUp : { withinMillis: span("catchUp.within", catchUp.within, 1) },
    overlap
  }
}

const loopTiming = ({ every }: ByLoop): Timing => ({ _tag: "Loop", everyMillis: span("every", every, 100) })

const span = (option: string, given: Duration.Input, least: number): number => {
  const millis = Duration.toMillis(Duration.fromInputUnsafe(given))
  if (!Number.isFinite(millis) || millis < least) {
    throw new Error(`${option} should be a span of time${least > 1 ? ` of at least ${least} ms` : ""}, such as "10 seconds".`)
  }
  return millis
}
