/** The one error of APIs: what was asked for, what came instead, and whether asking again can help. */
import { Schema } from "effect"
import * as Span from "../../engine/Span.ts"

/** No answer: refused, reset, unknown host. */
export class Unreachable extends Schema.TaggedClass<Unreachable>()("Unreachable", {
  problem: Schema.String,
  /** The connection was there and ended without an answer: it may be this request that the API cannot bear. */
  cut: Schema.optionalKey(Schema.Boolean)
}) {}

/** No whole answer within the time-out of one try. */
export class TimedOut extends Schema.TaggedClass<TimedOut>()("TimedOut", {
  millis: Schema.Finite,
  /** So many calls of this API in a row got no answer at all, this one included. Default 1. */
  inARow: Schema.optionalKey(Schema.Int)
}) {}

/** An answer whose status is not 2xx; `head` is the beginning of its body. */
export class Status extends Schema.TaggedClass<Status>()("Status", {
  status: Schema.Int,
  head: Schema.String,
  /** How long it wants not to be asked, where it says so. */
  retryAfterMillis: Schema.optionalKey(Schema.Finite)
}) {}

/** The API says that it was asked too often: 429, or its own word for it in a 200 body. */
export class Limited extends Schema.TaggedClass<Limited>()("Limited", {
  /** How long it wants not to be asked; null: it did not say. */
  retryAfterMillis: Schema.NullOr(Schema.Finite),
  head: Schema.String
}) {}

/** A 2xx answer that is not JSON, is empty, or ends early. */
export class NotJson extends Schema.TaggedClass<NotJson>()("NotJson", {
  head: Schema.String,
  /** What it is instead, as in "an HTML page". Default "something that is not JSON". */
  instead: Schema.optionalKey(Schema.String)
}) {}

/** An error that the API tells in a 200 body; `text` is a text of the API. */
export class Refused extends Schema.TaggedClass<Refused>()("Refused", {
  code: Schema.NullOr(Schema.Union([Schema.String, Schema.Finite])),
  text: Schema.String,
  transient: Schema.Boolean
}) {}

/** JSON that lacks something that is read, or has it in another form; `path` leads from the body's root to it. */
export class Unexpected extends Schema.TaggedClass<Unexpected>()("Unexpected", {
  path: Schema.String,
  problem: Schema.String
}) {}

/** A body that is larger than the API's `maxBody`. */
export class TooLarge extends Schema.TaggedClass<TooLarge>()("TooLarge", {
  limitBytes: Schema.Finite
}) {}

/** A request that a replayed folder has no answer for. */
export class NotRecorded extends Schema.TaggedClass<NotRecorded>()("NotRecorded", {
  folder: Schema.String,
  /** The recorded request that is most like it; null: none is. */
  nearest: Schema.optionalKey(Schema.NullOr(Schema.String))
}) {}

/** The API cannot be asked as it is set up; `problem` is a whole sentence. */
export class Setting extends Schema.TaggedClass<Setting>()("Setting", {
  problem: Schema.String
}) {}

export const Reason = Schema.Union([
  Unreachable,
  TimedOut,
  Status,
  Limited,
  NotJson,
  Refused,
  Unexpected,
  TooLarge,
  NotRecorded,
  Setting
])
export type Reason = typeof Reason.Type

/** A beginning of a body, as a sentence ends with it. */
const says = (head: string): string => head === "" ? "." : `: ${head}`

/** From so many calls in a row without any answer on, the address may be blocked. */
const suspicious = 3

export class ApiError extends Schema.TaggedError<ApiError>()("ApiError", {
  /** The API's title, or else its name. */
  api: Schema.String,
  route: Schema.String,
  /** What was asked for, as in "the live matches". */
  subject: Schema.String,
  /** Without its secrets. */
  url: Schema.String,
  reason: Reason,
  /** So many requests were made, of which the last one told `reason`. */
  tries: Schema.Int
}) {
  override get message(): string {
    const { api, reason, subject, tries, url } = this
    const answered = `The ${api} API answered ${subject}`
    const after = tries > 1 ? ` (after ${tries} tries)` : ""
    switch (reason._tag) {
      case "Unreachable":
        return `The ${api} API gave no answer for ${subject} at ${url}${after}: ${reason.problem}.`
      case "TimedOut": {
        const blocked = (reason.inARow ?? 1) >= suspicious
          ? `; the last ${reason.inARow} calls timed out without a single answer: this address may be blocked`
          : ""
        return `The ${api} API gave no whole answer for ${subject} at ${url} within ${Span.rounded(reason.millis)}${after}${blocked}.`
      }
      case "Status":
        return reason.status === 404
          ? `The ${api} API does not know ${subject} (404 from ${url})${says(reason.head)}`
          : `${answered} with ${reason.status} at ${url}${after}${says(reason.head)}`
      case "Limited": {
        const later = reason.retryAfterMillis === null ? "" : ` and wants to be asked again in ${Span.rounded(reason.retryAfterMillis)}`
        return `The ${api} API says it was asked too often for ${subject} at ${url}${later}${after}${says(reason.head)}`
      }
      case "NotJson":
        return `${answered} at ${url} with ${reason.instead ?? "something that is not JSON"}${after}${says(reason.head)}`
      case "Refused": {
        const code = reason.code === null ? "" : ` (code ${reason.code})`
        return `The ${api} API refused ${subject} at ${url}${code}${after}${says(reason.text)}`
      }
      case "Unexpected":
        return `The ${api} body of ${subject} from ${url} cannot be read: ${reason.path} ${reason.problem}.`
      case "TooLarge":
        return `${answered} at ${url} with more than ${reason.limitBytes} bytes; raise maxBody of the ${api} API if that is right.`
      case "NotRecorded": {
        const near = typeof reason.nearest === "string" ? `; the nearest one that is recorded is ${reason.nearest}` : ""
        return `${reason.folder} has no recorded answer for ${subject}: ${url}${near}.`
      }
      case "Setting":
        return reason.problem
    }
  }

  /**
   * True where the same request may succeed later: no answer, a time-out, 408, 429, 5xx, bodies that are not JSON (which
   * overloaded APIs and their proxies send with status 200), and refusals that say so. False for all else.
   */
  get transient(): boolean {
    return isTransient(this.reason)
  }

  /** True where the API answered that it does not know the subject. */
  get notFound(): boolean {
    return this.reason._tag === "Status" && (this.reason.status === 404 || this.reason.status === 410)
  }
}

export const isTransient = (reason: Reason): boolean => {
  switch (reason._tag) {
    case "Unreachable":
    case "TimedOut":
    case "Limited":
    case "NotJson":
      return true
    case "Status":
      return reason.status === 408 || reason.status === 425 || reason.status === 429 || reason.status >= 500
    case "Refused":
      return reason.transient
    case "Unexpected":
    case "TooLarge":
    case "NotRecorded":
    case "Setting":
      return false
  }
}

/** A reason whose texts are passed through `redact`. */
export const redacted = (reason: Reason, redact: (text: string) => string): Reason => {
  switch (reason._tag) {
    case "Unreachable":
      return new Unreachable({ ...reason, problem: redact(reason.problem) })
    case "Status":
      return new Status({ ...reason, head: redact(reason.head) })
    case "Limited":
      return new Limited({ retryAfterMillis: reason.retryAfterMillis, head: redact(reason.head) })
    case "NotJson":
      return new NotJson({ ...reason, head: redact(reason.head) })
    case "Refused":
      return new Refused({ ...reason, code: typeof reason.code === "string" ? redact(reason.code) : reason.code, text: redact(reason.text) })
    case "Unexpected":
      return new Unexpected({ path: redact(reason.path), problem: redact(reason.problem) })
    case "TimedOut":
    case "TooLarge":
    case "NotRecorded":
    case "Setting":
      return reason
  }
}
