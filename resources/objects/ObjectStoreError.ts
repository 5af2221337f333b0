/** The one error of object stores: which object, what kind of fault, and a sentence that says what to do. */
import { Schema } from "effect"

/**
 * - `missing`: there is no such object, bucket or folder.
 * - `denied`: no credentials, wrong ones, or they may not do this; of files, the permissions of the system.
 * - `changed`: it is not the version any more that was asked for, or that reading began with.
 * - `unavailable`: no answer, or none that was whole, also after several tries; it may pass.
 * - `invalid`: it cannot be asked for like this: a URI that is none, a path that leads out of its root, a wrong region.
 */
export const Reason = Schema.Literals(["missing", "denied", "changed", "unavailable", "invalid"])
export type Reason = typeof Reason.Type

export class ObjectStoreError extends Schema.TaggedError<ObjectStoreError>()("ObjectStoreError", {
  reason: Reason,
  /** As it was asked for. */
  uri: Schema.String,
  /** A whole sentence, without secrets. */
  message: Schema.String
}) {
  /** The same may succeed later. */
  get transient(): boolean {
    return this.reason === "unavailable"
  }
}

export const failure = (reason: Reason, uri: string, message: string): ObjectStoreError => new ObjectStoreError({ reason, uri, message })
