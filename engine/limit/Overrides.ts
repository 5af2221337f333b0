/** Other rates for one run: the setting SLUICE_LIMITS, which `--limit` and `--rate-limit` of the command line set too. */
import { Config, Context, Effect, Result, Schema } from "effect"
import { didYouMean } from "../Suggestion.ts"
import type { RateLimit } from "./RateLimit.ts"
import * as Limits from "./RateLimit.ts"

/** A setting that is no list of rates, or names a limit that there is not. */
export class OverrideError extends Schema.TaggedError<OverrideError>()("OverrideError", { message: Schema.String }) {}

/** Calls in a window; no burst of its own. */
export interface Override {
  readonly calls: number
  readonly perMillis: number
}

export type Overrides = ReadonlyMap<string, Override>

/** Stands for every limit that is not named. */
export const every = "*"

const unitMillis: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000, sec: 1000, second: 1000, seconds: 1000,
  min: 60_000, minute: 60_000, minutes: 60_000,
  h: 3_600_000, hour: 3_600_000, hours: 3_600_000,
  d: 86_400_000, day: 86_400_000, days: 86_400_000
}

/** Reads `5/s`, `120/min`, `1/0.3s`; the failure is a half sentence. */
export const parseRate = (text: string): Result.Result<Override, string> => {
  const [, calls, amount, unit] = /^\s*(\d+)\s*\/\s*(\d+(?:\.\d+)?|\.\d+)?\s*([a-z]+)\s*$/i.exec(text) ?? []
  const millis = unitMillis[unit?.toLowerCase() ?? ""]
  if (calls === undefined || millis === undefined) return Result.fail("is no rate: write calls per time, like 5/s, 120/min or 1/0.3s")
  const perMillis = Number(amount ?? 1) * millis
  const why = Limits.whyNot({ calls: Number(calls), perMillis })
  return why === undefined ? Result.succeed({ calls: Number(calls), perMillis }) : Result.fail(`is no rate: ${why}`)
}

/** Seconds between two calls, as `--rate-limit` takes them; the failure is a half sentence. */
export const ofSeconds = (seconds: number): Result.Result<Override, string> => {
  const perMillis = seconds * 1000
  return perMillis >= 1 && Limits.whyNot({ calls: 1, perMillis }) === undefined
    ? Result.succeed({ calls: 1, perMillis })
    : Result.fail("is no time between calls: write seconds from 0.001 on, like 0.5")
}

/** Reads `nba=5/s`; the failure is a sentence. */
export const parseOne = (text: string): Result.Result<readonly [string, Override], string> => {
  const equals = text.indexOf("=")
  const name = text.slice(0, Math.max(0, equals)).trim()
  if (name === "") return Result.fail(`"${text}" is not of the form NAME=RATE: write it like nba=5/s.`)
  return Result.mapBoth(parseRate(text.slice(equals + 1)), {
    onFailure: (why) => `"${text.slice(equals + 1).trim()}" of the limit ${name} ${why}.`,
    onSuccess: (rate) => [name, rate] as const
  })
}

/** Reads `nba=5/s,odds=120/min`; the failure is a sentence. */
export const parse = (text: string): Result.Result<Overrides, string> => {
  const overrides = new Map<string, Override>()
  for (const part of text.split(",").map((part) => part.trim()).filter((part) => part !== "")) {
    const read = parseOne(part)
    if (Result.isFailure(read)) return Result.fail(read.failure)
    overrides.set(...read.success)
  }
  return Result.succeed(overrides)
}

/** As `parse` reads them. */
export const format = (overrides: Overrides): string =>
  Array.from(overrides, ([name, rate]) => `${name}=${Limits.rateText(rate)}`).join(",")

export const setting = "SLUICE_LIMITS"

/** What SLUICE_LIMITS says. */
export const current: Effect.Effect<Overrides, OverrideError> = Config.String(setting).pipe(
  Config.withDefault(""),
  Effect.mapError(() => new OverrideError({ message: `${setting} cannot be read.` })),
  Effect.flatMap((text) =>
    Effect.fromResult(Result.mapError(parse(text), (why) => new OverrideError({ message: `${setting}: ${why}` })))
  )
)

/** The limits for which a limiter was made in this process: the names that can be overridden. */
export class Declared extends Context.Reference<Set<string>>("sluice/engine/limit/Declared", { defaultValue: () => new Set() }) {}

/** The limit as it is in this process. Another rate is the same at all hours. */
export const apply = (limit: RateLimit, overrides: Overrides): RateLimit => {
  const found = overrides.get(limit.name) ?? overrides.get(every)
  if (found === undefined) return limit
  const { burst, calls } = limit.rate
  // One call at a time is no burst of all that there are.
  const isWhole = burst === calls && calls > 1
  return { ...limit, timetable: undefined, rate: { ...found, burst: isWhole ? found.calls : Math.min(burst, found.calls) } }
}

/** Fails on the name of a limit that there is not; to be asked when all limiters have been made. */
export const check: Effect.Effect<void, OverrideError> = Effect.gen(function*() {
  const overrides = yield* current
  const declared = yield* Declared
  const unknown = [...overrides.keys()].find((name) => name !== every && !declared.has(name))
  if (unknown === undefined) return
  const there = declared.size === 0 ? " No limit is declared." : ` There are: ${[...declared].sort().join(", ")}.`
  const hint = didYouMean(unknown, declared)
  yield* new OverrideError({ message: `There is no rate limit "${unknown}".${hint === "" ? there : hint}` })
})
