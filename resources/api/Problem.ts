/** What a `decode` function finds wrong with a 200 body. */
import { Duration } from "effect"
import { Limited, Refused, type Unexpected } from "./ApiError.ts"
import { bounded } from "./RetryAfter.ts"

export type ApiProblem = Refused | Limited | Unexpected

export interface Refusal {
  /** The API's own code. */
  readonly code?: string | number
  readonly message: string
  /** Whether the same request may succeed later. Default false. */
  readonly transient?: boolean
}

/** The API tells an error in a 200 body. */
export const refused = ({ code, message, transient }: Refusal): Refused =>
  new Refused({ code: code ?? null, text: message, transient: transient ?? false })

/** The API tells in a 200 body that it was asked too often. */
export const limited = (options: { readonly retryAfter?: Duration.Input; readonly message: string }): Limited =>
  new Limited({
    retryAfterMillis: options.retryAfter === undefined ? null : bounded(Duration.toMillis(options.retryAfter)),
    head: options.message
  })
