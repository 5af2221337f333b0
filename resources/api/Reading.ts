/** From an answer to JSON: statuses, bodies that are not JSON, and errors that the API tells in 200 bodies. */
import { Result } from "effect"
import { Limited, NotJson, type Reason, Status } from "./ApiError.ts"
import * as Digits from "./Digits.ts"
import type { Answer } from "./Exchange.ts"
import { headOf, insteadOfJson } from "./Head.ts"
import type { Decode } from "./Options.ts"
import { retryAfterMillis } from "./RetryAfter.ts"

/** Faster than a schema for text that holds JSON, which matters at thousands of calls a second; undefined: it is none. */
const parseJson = (text: string, keepsDigits: boolean): unknown => {
  try {
    return keepsDigits ? Digits.parse(text) : JSON.parse(text)
  } catch {
    return undefined
  }
}

const decoder = new TextDecoder()

export interface ReadOptions {
  readonly decode: Decode | undefined
  readonly keepsDigits: boolean
  readonly redact: (text: string) => string
}

/** The JSON of an answer, or why there is none. `now` in milliseconds since 1970. */
export const read = (
  route: string,
  { body, headers, status }: Answer,
  now: number,
  { decode, keepsDigits, redact }: ReadOptions
): Result.Result<unknown, Reason> => {
  const head = () => headOf(body, redact)
  if (status === 429) {
    return Result.fail(new Limited({ retryAfterMillis: retryAfterMillis(headers["retry-after"], now), head: head() }))
  }
  if (status < 200 || status > 299) {
    const retryAfter = retryAfterMillis(headers["retry-after"], now)
    return Result.fail(new Status({ status, head: head(), ...(retryAfter === null ? {} : { retryAfterMillis: retryAfter }) }))
  }
  // Nothing is to be said: it was done, and is not to be asked for again.
  if (status === 204 || status === 205) return Result.succeed(null)
  const parsed = parseJson(decoder.decode(body), keepsDigits)
  if (parsed === undefined) return Result.fail(new NotJson({ head: head(), instead: insteadOfJson(body) }))
  return decode === undefined ? Result.succeed(parsed) : decode(parsed, { route, status, headers })
}
