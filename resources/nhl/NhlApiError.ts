/** The error of bodies that cannot be read, and of settings that cannot be used. Calls that fail do so with `ApiError`. */
import { Schema } from "effect"

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

export const Reason = Schema.Union([Unexpected, Setting])
export type Reason = typeof Reason.Type

/** `subject` is what was asked for, as in "game 2022021032" or "the schedule of 2023-03-09". */
export class NhlApiError extends Schema.TaggedError<NhlApiError>()("NhlApiError", {
  subject: Schema.String,
  reason: Reason
}) {
  override get message(): string {
    const reason = this.reason
    switch (reason._tag) {
      case "Unexpected":
        return `The ${reason.shape} body of ${this.subject} cannot be read: ${reason.path} ${reason.problem}.`
      case "Setting":
        return reason.problem
    }
  }

  /** The same request gives the same body, and the same settings are still there. */
  get transient(): boolean {
    return false
  }

  /** The API knew the subject. */
  get notFound(): boolean {
    return false
  }
}

/** The error of a setting; `problem` is a whole sentence. */
export const setting = (problem: string): NhlApiError =>
  new NhlApiError({ subject: "the settings", reason: new Setting({ problem }) })
