/** When a failed attempt of a step is tried again: which errors, how often, how long between. */
import { Duration, Effect, Schedule } from "effect"

export interface Retry<in E> {
  readonly matches: (error: E) => boolean
  /** Gives the delays; its end is the end of the tries. */
  readonly schedule: Schedule.Schedule<unknown, unknown>
  readonly description: string
}

export interface Backoff {
  /** Tries after the first one. */
  readonly times: number
  /** The first delay; each further one is twice as long, with jitter of ±20 %. Default 1 second. */
  readonly base?: Duration.Input
  /** No delay is longer than this. Default 1 minute. */
  readonly max?: Duration.Input
}

const backoff = (options: Backoff): Schedule.Schedule<unknown, unknown> =>
  Schedule.exponential(options.base ?? "1 second").pipe(
    Schedule.jittered,
    Schedule.modifyDelay(({ duration }) => Effect.succeed(Duration.min(duration, Duration.fromInputUnsafe(options.max ?? "1 minute")))),
    Schedule.upTo({ times: options.times })
  )

const say = (what: string, options: Backoff) => `${what}, up to ${options.times} times`

/** Retries every error. */
export const always = (options: Backoff): Retry<unknown> => ({
  matches: () => true,
  schedule: backoff(options),
  description: say("any error", options)
})

/** Retries errors that say of themselves that they pass: `transient: true`. */
export const transient = (options: Backoff): Retry<unknown> => ({
  matches: (error) =>
    typeof error === "object" && error !== null && "transient" in error && error.transient === true,
  schedule: backoff(options),
  description: say("transient errors", options)
})

/** Retries the errors with one of these tags. */
export const onTags = (tags: ReadonlyArray<string>, options: Backoff): Retry<{ readonly _tag: string }> => ({
  matches: (error) => tags.includes(error._tag),
  schedule: backoff(options),
  description: say(tags.join(" and "), options)
})

/** Retries the errors that `matches` on a schedule of one's own. */
export const make = <E = unknown>(
  matches: (error: E) => boolean,
  schedule: Schedule.Schedule<unknown, unknown>
): Retry<NoInfer<E>> => ({ matches, schedule, description: "by its own schedule" })
