/** One setting of the environment: how it is read, and the sentence where it cannot be used. */
import { Config, Effect, Option, Schema } from "effect"

/** A line with a sentence for each setting that is missing or wrong. */
export class SettingsError extends Schema.TaggedError<SettingsError>()("SettingsError", { message: Schema.String }) {}

const wrong = (message: string) => new SettingsError({ message })

/** As it is written, without blanks around it; undefined: not set, or empty. */
export const text = (name: string): Effect.Effect<string | undefined, SettingsError> =>
  Config.String(name).pipe(
    Config.option,
    Effect.map((value) => Option.getOrUndefined(value)?.trim() || undefined),
    Effect.mapError(() => wrong(`${name} cannot be read.`))
  )

/** A whole number from `least` to `most`. */
export const count = (name: string, fallback: number, least: number, most: number): Effect.Effect<number, SettingsError> =>
  Effect.flatMap(text(name), (given) => {
    if (given === undefined) return Effect.succeed(fallback)
    const value = /^\d+$/.test(given) ? Number(given) : Number.NaN
    if (value >= least && value <= most) return Effect.succeed(value)
    const range = `a whole number from ${least.toLocaleString("en")} to ${most.toLocaleString("en")}`
    return Effect.fail(wrong(`${name} is "${given}"; write ${range}, like ${fallback}.`))
  })

/** A number of seconds from 0.001 to `most`; undefined where it is not set and has no fallback. */
export const seconds = <const F extends number | undefined>(
  name: string,
  fallback: F,
  most: number
): Effect.Effect<number | F, SettingsError> =>
  Effect.flatMap(text(name), (given): Effect.Effect<number | F, SettingsError> => {
    if (given === undefined) return Effect.succeed(fallback)
    const value = /^\d+(\.\d+)?$/.test(given) ? Number(given) : Number.NaN
    if (value >= 0.001 && value <= most) return Effect.succeed(value)
    return Effect.fail(wrong(`${name} is "${given}"; write seconds from 0.001 to ${most.toLocaleString("en")}, like ${fallback ?? 0.01}.`))
  })

/** A number from 0 to 1. */
export const share = (name: string, fallback: number): Effect.Effect<number, SettingsError> =>
  Effect.flatMap(text(name), (given) => {
    if (given === undefined) return Effect.succeed(fallback)
    const value = /^\d+(\.\d+)?$/.test(given) ? Number(given) : Number.NaN
    if (value <= 1) return Effect.succeed(value)
    return Effect.fail(wrong(`${name} is "${given}"; write a share from 0 to 1, like ${fallback}.`))
  })

/** One of some words, in whatever case. */
export const word = <const W extends string>(
  name: string,
  fallback: NoInfer<W>,
  words: ReadonlyArray<W>
): Effect.Effect<W, SettingsError> =>
  Effect.flatMap(text(name), (given) => {
    const found = given === undefined ? fallback : words.find((one) => one.toLowerCase() === given.toLowerCase())
    return found === undefined ? Effect.fail(wrong(`${name} is "${given}"; write ${words.join(", ")}.`)) : Effect.succeed(found)
  })

/** What must be set; `what` says what it is, as in "the URL that records are sent to". */
export const required = (name: string, what: string): Effect.Effect<string, SettingsError> =>
  Effect.flatMap(text(name), (given) =>
    given === undefined
      ? Effect.fail(wrong(`${name} is not set: give ${what} in the environment or in .env of the project.`))
      : Effect.succeed(given))

/** Reads all of them; fails with every sentence there is, not with the first alone. */
export const all = <const R extends Readonly<Record<string, Effect.Effect<unknown, SettingsError>>>>(
  settings: R
): Effect.Effect<{ readonly [N in keyof R]: Effect.Success<R[N]> }, SettingsError> =>
  Effect.gen(function*() {
    const [found, sentences] = [new Map<string, unknown>(), new Array<string>()]
    for (const [name, setting] of Object.entries(settings)) {
      const read = yield* Effect.result(setting)
      if (read._tag === "Success") found.set(name, read.success)
      else sentences.push(read.failure.message)
    }
    if (sentences.length > 0) return yield* wrong(sentences.join("\n"))
    // Each name has what its own setting gave.
    return Object.fromEntries(found) as { readonly [N in keyof R]: Effect.Success<R[N]> }
  })
