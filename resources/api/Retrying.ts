/** Which failed tries are made again, and after how long. */
import { Duration } from "effect"
import { isTransient, type Reason } from "./ApiError.ts"
import type { RetryOptions } from "./Options.ts"

export const standard: RetryOptions = { times: 3 }

/** The API is not waited for longer than this, whatever it asks for; in milliseconds. */
export const longestWait = (options: RetryOptions | false): number =>
  Duration.toMillis((options === false ? undefined : options.maxRetryAfter) ?? "5 minutes")

/** How long the API wants not to be asked, where it says so. */
const askedFor = (reason: Reason): number =>
  reason._tag === "Limited" || reason._tag === "Status" ? reason.retryAfterMillis ?? 0 : 0

/**
 * Milliseconds until the next try after so many; undefined: there is none. `random` in [0, 1). An API that says when it
 * wants to be asked again is not asked before.
 */
export const delay = (options: RetryOptions | false, tries: number, reason: Reason, random: number): number | undefined => {
  if (options === false || tries > options.times || !isTransient(reason)) return undefined
  const base = Duration.toMillis(options.base ?? "1 second")
  const max = Duration.toMillis(options.max ?? "30 seconds")
  const backoff = Math.min(max, base * 2 ** (tries - 1) * (0.8 + 0.4 * random))
  return Math.max(backoff, Math.min(askedFor(reason), longestWait(options)))
}
