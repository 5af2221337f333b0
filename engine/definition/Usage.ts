/** How a resource tells the run it works for of each call that it made. */
import { Context } from "effect"

/** One try of a call to an outside thing. */
export interface Call {
  /** The resource's name: `football`. */
  readonly resource: string
  /** The kind of call: `odds`. */
  readonly route: string
  /** From sending to the end of the answer, in milliseconds. */
  readonly millis: number
  /** Before it was sent: for a connection, for its rate limits and for a breaker to close; in milliseconds. */
  readonly waitMillis: number
  /** The tag of the error's reason (`TimedOut`, `Limited`, …); null: it was answered well. */
  readonly error: string | null
}

/** Where the running step's calls are told; outside a run they are counted by nobody. */
export class Usage extends Context.Reference<(call: Call) => void>("engine/Usage", {
  defaultValue: () => () => {}
}) {}
