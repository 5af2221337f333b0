/** The one error of the NHL resource: what was asked for, what came instead, and whether asking again can help. */
import { Schema } from "effect"

/** No complete answer: refused, reset, timed out, cut off. */
export class Unreachable extends Schema.TaggedClass<Unreachable>()("Unreachable", {
  url: Schema.String,
  problem: Schema.String
}) {}

/** An answer whose status is not 2xx. */
export class Status extends Schema.TaggedClass<Status>()("Status", {
  url: Schema.String,
  status: Schema.Int
}) {}

/** A 2xx answer that is not JSON; `head` is its first 200 bytes. */
export class NotJson extends Schema.TaggedClass<NotJson>()("NotJson", {
  url: Schema.String,
  head: Schema.String
}) {}

/** JSON that lacks something that is read, or has it in another form; `path` leads from the body's root to it. */
export class Unexpected extends Schema.TaggedClass<Unexpected>()("Unexpected", {
  shape: Schema.Literals(["statsapi", "api-web"]),
  path: Schema.String,
  problem: Schema.String
}) {}

/** A setting of the resource that cannot be used. */
export class Setting extends Schema.TaggedClass<Setting>()("Setting", {
  problem: Schema.String
}) {}

export const Reason = Schema.Union([Unreachable, Status, NotJson, Unexpected, Setting])
export type Reason = typeof Reason.Type

/** `subject` is what was asked for, as in "game 2022021032" or "the schedule of 2023-03-09". */
export class NhlApiError extends Schema.TaggedError<NhlApiError>()("NhlApiError", {
  subject: Schema.String,
  reason: Reason
}) {
  override get message(): string {
    const reason = this.reason
    switch (reason._tag) {
      case "Unreachable":
        return `The NHL API gave no answer for ${this.subject} at ${reason.url}: ${reason.problem}.`
      case "Status":
        return reason.status === 404
          ? `The NHL API does not know ${this.subject} (404 from ${reason.url}).`
          : `The NHL API answered ${reason.status} for ${this.subject} at ${reason.url}.`
      case "NotJson":
        return reason.head === ""
          ? `The NHL API answered ${this.subject} at ${reason.url} with an empty body.`
          : `The NHL API answered ${this.subject} at ${reason.url} with something that is not JSON: ${reason.head}`
      case "Unexpected":
        return `The ${reason.shape} body of ${this.subject} cannot be read: ${reason.path} ${reason.problem}.`
      case "Setting":
        return reason.problem
    }
  }

  /**
   * True where the same request may succeed later: no answer, 408, 429, 5xx, and bodies that are not JSON,
   * which the API's proxies send with status 200 while it is overloaded. False for all else.
   */
  get transient(): boolean {
    const reason = this.reason
    switch (reason._tag) {
      case "Unreachable":
      case "NotJson":
        return true
      case "Status":
        return reason.status === 408 || reason.status === 429 || reason.status >= 500
      case "Unexpected":
      case "Setting":
        return false
    }
  }

  /** True where the API answered that it does not know the subject. */
  get notFound(): boolean {
    return this.reason._tag === "Status" && this.reason.status === 404
  }
}

/** The error of a setting; `problem` is a whole sentence. */
export const setting = (problem: string): NhlApiError =>
  new NhlApiError({ subject: "the settings", reason: new Setting({ problem }) })
