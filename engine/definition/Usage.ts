/** How a resource tells the run it works for of each call that it made. */
import { Context } from "effect"

/** The rate limit that a call was made under: the slowest one, where there are several. */
export interface UsedLimit {
  readonly name: string
  /** Calls a second, as declared. */
  readonly perSecond: number
  /** False: each machine, or each process, has it for itself. */
  readonly shared: boolean
}

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
  /** Undefined: it has none. */
  readonly limit?: UsedLimit | undefined
}

/** Where the running step's calls are told; outside a run they are counted by nobody. */
export class Usage extends Context.Reference<(call: Call) => void>("sluice/engine/definition/Usage", {
  defaultValue: () => () => {}
}) {}
