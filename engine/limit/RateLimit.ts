/** A rate limit as a value: how many calls in a window, who shares it, and at which hours it is another one. */
import { Duration } from "effect"
import * as Timetable from "./Timetable.ts"

/**
 * Who shares the limit: every process on the database (`global`), those of one machine, by the name it has in records
 * (`node`), or each process for itself (`process`).
 */
export type Scope = "process" | "node" | "global"

/** So many calls in any window of that length. */
export interface Frequency {
  /** At most so many calls; a whole number from 1 on. */
  readonly calls: number
  /** The length of the window, from 1 millisecond to 31 days. */
  readonly per: Duration.Input
}

/** A frequency as the limiter counts it. */
export interface Rate {
  readonly calls: number
  readonly perMillis: number
  /** How many calls may follow each other at once; 1: each is `perMillis / calls` after the one before. */
  readonly burst: number
}

export interface RateLimit {
  readonly _tag: "RateLimit"
  readonly name: string
  readonly scope: Scope
  /** The declared rate: what applies outside of the timetable's hours. */
  readonly rate: Rate
  readonly timetable: Timetable.Timetable | undefined
  /** See `Options.reaches`. */
  readonly reachesMillis: number | undefined
}

export interface Options extends Frequency {
  /** Default "global". */
  readonly scope?: Scope | undefined
  /** `true`: all calls of a window may be made at once; a number: so many of them. Default: evenly spaced. */
  readonly burst?: boolean | number | undefined
  /**
   * States that a request is at the server at most so long after it was sent. Without it a call counts until its window
   * after its *answer*, since it may have arrived at any moment before that; with slow answers this costs throughput.
   */
  readonly reaches?: Duration.Input | undefined
  /** Other rates at other hours: `{ timezone: "Europe/Berlin", "22:00-06:00": { calls: 10, per: "1 second" } }`. */
  readonly timetable?: Timetable.Definition | undefined
}

const longest = Duration.toMillis("31 days")
/** The store counts calls in integers of four bytes. */
const mostCalls = 1_000_000_000

const refuse = (name: string, why: string): never => {
  throw new Error(`The rate limit "${name}" ${why}.`)
}

const millisOf = (name: string, what: string, input: Duration.Input): number => {
  const millis = Duration.toMillis(Duration.fromInputUnsafe(input))
  return Number.isFinite(millis) && millis >= 1 && millis <= longest
    ? millis
    : refuse(name, `has "${what}: ${String(input)}": it is a time from 1 millisecond to 31 days`)
}

/** Why this is no rate, as a half sentence; undefined: it is one. */
export const whyNot = ({ calls, perMillis }: Pick<Rate, "calls" | "perMillis">): string | undefined =>
  !Number.isSafeInteger(calls) || calls < 1 || calls > mostCalls
    ? `calls are a whole number from 1 to ${mostCalls.toLocaleString("en")}`
    : !Number.isFinite(perMillis) || perMillis < 1 || perMillis > longest
    ? "its window is a time from 1 millisecond to 31 days"
    : undefined

/** The rate of a frequency. Throws, naming the limit, where it is none. */
export const rateOf = (name: string, frequency: Frequency, burst: boolean | number = false): Rate => {
  const { calls, per } = frequency
  const why = whyNot({ calls, perMillis: 1 })
  if (why !== undefined) refuse(name, `has "calls: ${calls}": ${why}`)
  const most = burst === true ? calls : burst === false ? 1 : burst
  if (!Number.isSafeInteger(most) || most < 1) refuse(name, `has "burst: ${most}": it is true, false or a whole number from 1 on`)
  return { calls, perMillis: millisOf(name, "per", per), burst: Math.min(most, calls) }
}

/**
 * Declares a limit. The name is how it is shared, overridden (`--limit nba=5/s`) and listed; letters, digits and `_ . -`
 * in parts separated by `/`. Throws on what cannot be a limit, since limits are parts of definitions.
 */
export const make = (name: string, options: Options): RateLimit => {
  if (!/^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/.test(name) || name.length > 100) {
    refuse(name, "has no valid name: it is of up to 100 letters, digits and _ . - in parts separated by /")
  }
  const rate = rateOf(name, options, options.burst)
  return {
    _tag: "RateLimit",
    name,
    scope: options.scope ?? "global",
    rate,
    timetable: options.timetable === undefined
      ? undefined
      : Timetable.make(name, options.timetable, (frequency) => rateOf(name, frequency, options.burst)),
    reachesMillis: options.reaches === undefined ? undefined : millisOf(name, "reaches", options.reaches)
  }
}

/** The rates that hold at an instant, all of them at once; two or more only near the borders of a timetable. */
export const ratesAt = (limit: RateLimit, instant: number): ReadonlyArray<Rate> =>
  limit.timetable === undefined ? [limit.rate] : Timetable.ratesAt(limit.timetable, limit.rate, instant)

/** Every rate that the limit ever has. */
export const allRates = (limit: RateLimit): ReadonlyArray<Rate> =>
  limit.timetable === undefined ? [limit.rate] : [limit.rate, ...limit.timetable.entries.map(({ rate }) => rate)]

/** The longest window of rates that hold together, in milliseconds: after it no call counts any more. */
export const windowOf = (rates: ReadonlyArray<Rate>): number => Math.max(...rates.map(({ perMillis }) => perMillis))

const units = [["d", 86_400_000], ["h", 3_600_000], ["min", 60_000], ["s", 1000]] as const

const decimal = (value: number): string => String(Math.round(value * 1e6) / 1e6)

const isShort = (value: number): boolean => Number.isInteger(Math.round(value * 1e9) / 1e6)

/** `5/s`, `120/min`, `1/0.3s`, as `--limit` takes it. */
export const rateText = ({ calls, perMillis }: Pick<Rate, "calls" | "perMillis">): string => {
  for (const [unit, millis] of units) if (perMillis === millis) return `${calls}/${unit}`
  for (const [unit, millis] of units) if (perMillis > millis && isShort(perMillis / millis)) return `${calls}/${decimal(perMillis / millis)}${unit}`
  return perMillis >= 100 ? `${calls}/${decimal(perMillis / 1000)}s` : `${calls}/${decimal(perMillis)}ms`
}
