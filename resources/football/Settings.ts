/** How the football API is asked: the settings FOOTBALL_… and THESPORTS_…, read when it is first asked. */
import { Config, type Duration, Effect, Option, Redacted } from "effect"
import { ApiError, Setting } from "../api/ApiError.ts"

/**
 * - `vendor` (default): teams, competitions and countries are kept between cycles, as the vendor's documented limits
 *   want it. Only those that are new are asked for, and what has changed at most once a minute.
 * - `seed`: every cycle asks for all of them again.
 */
export type Mode = "vendor" | "seed"

/** At most so many connections at once, by a word. */
export const presets = { conservative: 15, balanced: 30, aggressive: 50 } as const
export type Preset = keyof typeof presets

export interface Settings {
  readonly mode: Mode
  readonly connections: number
  /** Of one try. */
  readonly timeout: Duration.Input
  /** Between two phases. */
  readonly phaseDelay: Duration.Input
}

export interface Credentials {
  readonly user: string
  readonly secret: Redacted.Redacted
}

/** The error of a setting; `problem` is a whole sentence. */
export const setting = (problem: string): ApiError =>
  new ApiError({ api: "football", route: "live", subject: "the settings", url: "", reason: new Setting({ problem }), tries: 0 })

const text = (name: string): Effect.Effect<string | undefined, ApiError> =>
  Config.String(name).pipe(
    Config.option,
    Effect.map((value) => Option.getOrUndefined(value)?.trim() || undefined),
    Effect.mapError(() => setting(`${name} cannot be read.`))
  )

const figure = (name: string, fallback: number, wanted: string, fits: (value: number) => boolean) =>
  Effect.flatMap(text(name), (value) => {
    if (value === undefined) return Effect.succeed(fallback)
    const given = Number(value)
    return Number.isFinite(given) && fits(given)
      ? Effect.succeed(given)
      : Effect.fail(setting(`${name} is "${value}"; write ${wanted}.`))
  })

const isPreset = (word: string): word is Preset => word in presets

const connections = Effect.flatMap(text("FOOTBALL_CONNECTIONS"), (word) =>
  word !== undefined && isPreset(word)
    ? Effect.succeed(presets[word])
    : figure(
      "FOOTBALL_CONNECTIONS",
      presets.balanced,
      "a whole number from 1 to 1000, or conservative (15), balanced (30) or aggressive (50)",
      (value) => Number.isInteger(value) && value >= 1 && value <= 1000
    ))

const mode = Effect.flatMap(text("FOOTBALL_MODE"), (word = "vendor"): Effect.Effect<Mode, ApiError> =>
  word === "vendor" || word === "seed"
    ? Effect.succeed(word)
    : Effect.fail(setting(`FOOTBALL_MODE is "${word}"; write vendor or seed.`)))

/**
 * - `FOOTBALL_MODE`: `vendor` (default) or `seed`.
 * - `FOOTBALL_CONNECTIONS`: a number, default 30, or a preset.
 * - `FOOTBALL_TIMEOUT`: seconds, default 30.
 * - `FOOTBALL_PHASE_DELAY`: seconds, default 0.
 */
export const read: Effect.Effect<Settings, ApiError> = Effect.gen(function*() {
  const timeout = yield* figure("FOOTBALL_TIMEOUT", 30, "seconds, more than 0 and up to 600", (n) => n > 0 && n <= 600)
  const phaseDelay = yield* figure("FOOTBALL_PHASE_DELAY", 0, "seconds, from 0 to 600", (n) => n >= 0 && n <= 600)
  return {
    mode: yield* mode,
    connections: yield* connections,
    timeout: timeout * 1000,
    phaseDelay: phaseDelay * 1000
  }
})

/** `FOOTBALL_SOURCE` as written; default `live`. */
export const source = Effect.map(text("FOOTBALL_SOURCE"), (word) => word ?? "live")

/** `THESPORTS_USER` and `THESPORTS_SECRET`; one sentence where one is missing. */
export const credentials: Effect.Effect<Credentials, ApiError> = Effect.gen(function*() {
  const user = yield* text("THESPORTS_USER")
  const secret = yield* text("THESPORTS_SECRET")
  if (user !== undefined && secret !== undefined) return { user, secret: Redacted.make(secret) }
  const missing = [user === undefined ? "THESPORTS_USER" : "", secret === undefined ? "THESPORTS_SECRET" : ""].filter((name) => name !== "")
  return yield* setting(
    `${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} not set: put the vendor's user and secret into the ` +
      "environment or into .env of the project, or look at invented matches with `sluice football --demo`."
  )
})
