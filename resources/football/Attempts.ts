/** Tries a call several times and logs every failure, as those who watch the log expect it. */
import { Effect } from "effect"
import { ApiError } from "../api/ApiError.ts"

/** Milliseconds after the `n`th failed try: 1 s and 2 s, or as long as the API asks for, within reason. */
const delay = (n: number, { reason }: ApiError): number => {
  const asked = reason._tag === "Limited" ? reason.retryAfterMillis ?? 0 : 0
  return Math.max(2 ** (n - 1) * 1000, Math.min(asked, 60_000))
}

/** Words that the logs of this pipeline are searched for. */
const marked = (error: ApiError): string => error.reason._tag === "Limited" ? `rate limit (429): ${error.message}` : error.message

/**
 * The retries are here and not left to the API resource: each failed try is a line of the log, and the delays are exact
 * powers of two without jitter. Errors that no further try can settle are not tried again.
 */
export const attempting = <A>(call: Effect.Effect<A, ApiError>, most: number): Effect.Effect<A, ApiError> => {
  const from = (n: number): Effect.Effect<A, ApiError> =>
    Effect.catch(call, (error) => {
      const failed = new ApiError({ ...error, tries: n })
      if (!error.transient || n === most) {
        const after = `after ${n} ${n === 1 ? "attempt" : "attempts"}`
        return Effect.andThen(
          Effect.logError(`API call failed for ${error.subject} ${after}: ${marked(failed)}`),
          Effect.fail(failed)
        )
      }
      const wait = delay(n, error)
      return Effect.logWarning(
        `API call failed for ${error.subject} (attempt ${n} of ${most}), trying again in ${wait / 1000} s: ${marked(error)}`
      ).pipe(Effect.andThen(Effect.sleep(wait)), Effect.andThen(from(n + 1)))
    })
  return from(1)
}
