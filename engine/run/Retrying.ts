/** A retry policy at work: which errors pass, and how long until the next try of a step, or of a group of steps. */
import { Cause, Clock, Duration, Effect, Result, Schedule } from "effect"
import type { Retry } from "../definition/Retry.ts"
import * as Failure from "./Failure.ts"
import { LeaseLost } from "../record/RunStore.ts"

/** How often something was tried, and when the first try began. */
export interface Tries {
  readonly attempts: number
  readonly startedAt: Date
}

/** One more try, which begins now. */
export const next = (before: Tries | undefined): Tries => ({
  attempts: (before?.attempts ?? 0) + 1,
  startedAt: before?.startedAt ?? new Date()
})

export interface Retrying {
  /** Whether the policy tries again after this error, as long as its schedule goes on. */
  readonly isRetried: (error: unknown) => boolean
  readonly failureOf: (error: unknown) => Failure.Failure
  /** The failure that a cause stands for; a defect is permanent. */
  readonly failureOfCause: (cause: Cause.Cause<unknown>) => Failure.Failure
  /** Milliseconds until the next try; undefined: there is none. Each call is a step of the policy's schedule. */
  readonly delay: (error: unknown) => Effect.Effect<number | undefined>
  readonly delayOfCause: (cause: Cause.Cause<unknown>) => Effect.Effect<number | undefined>
}

const none = Effect.succeed(undefined)

/** The policy from its first try on; undefined: there is but one. */
export const make = (retry: Retry<never> | undefined): Retrying => {
  // The policy is typed by the asset's own errors; errors of the engine reach it too.
  const matches = retry?.matches as ((error: unknown) => boolean) | undefined
  let step: Step | undefined

  /** A lost claim is no failure of the step; and a policy that cannot read an error it was not written for does not match. */
  const isRetried = (error: unknown): boolean => {
    if (matches === undefined || error instanceof LeaseLost) return false
    try {
      return matches(error)
    } catch {
      return false
    }
  }
  const failureOf = (error: unknown): Failure.Failure => {
    const failure = Failure.ofError(error)
    return failure.transient || !isRetried(error) ? failure : { ...failure, transient: true }
  }
  const delay = (error: unknown): Effect.Effect<number | undefined> => {
    if (retry === undefined || !isRetried(error)) return none
    return Effect.gen(function*() {
      step ??= yield* Schedule.toStep(retry.schedule)
      const [, wait] = yield* step(yield* Clock.currentTimeMillis, error)
      return Duration.toMillis(wait)
      // The end of a schedule is a failure of its own kind, of which the types of schedules do not tell here.
    }).pipe(Effect.catchCause((cause) => Cause.hasInterrupts(cause) ? Effect.interrupt : none))
  }
  return {
    isRetried,
    failureOf,
    failureOfCause: (cause) => {
      const error = Cause.findError(cause)
      return Result.isSuccess(error) ? failureOf(error.success) : Failure.ofCause(cause)
    },
    delay,
    delayOfCause: (cause) => {
      const error = Cause.findError(cause)
      return Result.isSuccess(error) ? delay(error.success) : none
    }
  }
}

type Step = Effect.Success<ReturnType<typeof Schedule.toStep<unknown, unknown, never, never>>>
