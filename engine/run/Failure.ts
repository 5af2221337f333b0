/** Why a step failed, as one name and one sentence, from any error a user's code or the engine can raise. */
import { Cause, Result } from "effect"

export interface Failure {
  /** The error's tag or class. */
  readonly name: string
  readonly message: string
  /** Whether the error says, by its type, that another try may succeed. */
  readonly transient: boolean
}

/** One attempt took longer than the asset's `timeout`. */
export class StepTimeout extends Error {
  readonly _tag = "StepTimeout"
  readonly transient = true
}

/** Messages are kept, and shown, up to this length. */
const maxLength = 1000

/** Whether an error says of itself that it passes. */
export const isTransient = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "transient" in error && error.transient === true

/** Told of an error that was raised; one in the code is told by `ofDefect`. */
export const ofError = (error: unknown): Failure => ({ ...told(error), transient: isTransient(error) })

/** An exception in the code passes by no further try, whatever it says of itself. */
export const ofDefect = (defect: unknown): Failure => ({ ...told(defect), transient: false })

const told = (error: unknown): Omit<Failure, "transient"> => {
  if (typeof error === "object" && error !== null) {
    const name = "_tag" in error && typeof error._tag === "string"
      ? error._tag
      : error instanceof Error
      ? error.name
      : "Error"
    const message = "message" in error && typeof error.message === "string" && error.message !== ""
      ? error.message
      : `${name} without a message`
    return { name, message: message.slice(0, maxLength) }
  }
  return { name: "Error", message: String(error).slice(0, maxLength) }
}

/** A failure, or a defect (an exception in the code), whichever the cause holds first; a defect is told with its place. */
export const ofCause = (cause: Cause.Cause<unknown>): Failure => {
  const error = Cause.findError(cause)
  if (Result.isSuccess(error)) return ofError(error.success)
  const failure = ofDefect(Cause.squash(cause))
  const defect = cause.reasons.find(Cause.isDieReason)?.defect
  const place = defect instanceof Error ? placeOf(defect) : undefined
  return place === undefined ? failure : { ...failure, message: `${failure.message} (${place})` }
}

/** The first line of a stack that is neither Node's nor a package's: `assets/shop.ts:12:9`. */
const placeOf = (error: Error): string | undefined => {
  for (const line of error.stack?.split("\n") ?? []) {
    const [, place] = /^\s+at .*?((?:file:\/\/)?\/[^()\s]+:\d+:\d+)\)?$/.exec(line) ?? []
    if (place !== undefined && !place.includes("node_modules")) {
      return place.replace(/^file:\/\//, "").replace(`${process.cwd()}/`, "")
    }
  }
  return undefined
}
