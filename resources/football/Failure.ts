/** A request of a cycle that gave nothing: a row for each, so that one failing request takes no other along. */
import { Schema } from "effect"
import type { ApiError } from "../api/ApiError.ts"

export const Failure = Schema.Struct({
  /** What was asked for: `details`, `odds`, `team`, `team_changes`, … */
  kind: Schema.String,
  /** The id that was asked for, or "". */
  id: Schema.String,
  /** The name of the reason: `TimedOut`, `Status`, `Limited`, `Refused`, … */
  error: Schema.String,
  message: Schema.String,
  /** Whether the same request may succeed in the next cycle. */
  transient: Schema.Boolean,
  attempts: Schema.Int
})
export type Failure = typeof Failure.Type

export const fromError = (kind: string, id: string, { message, reason, transient, tries }: ApiError): Failure => ({
  kind,
  id,
  error: reason._tag,
  message,
  transient,
  attempts: tries
})
