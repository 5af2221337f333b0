/** How a resource tells the run it works for that something about it has changed. */
import { Context } from "effect"

export interface Notice {
  /** `limit_changed`: a rate fell or recovered; `breaker_changed`: a circuit breaker opened, probed or closed. */
  readonly type: "limit_changed" | "breaker_changed"
  /** The limit's or the resource's name: `football`. */
  readonly resource: string
  /** A whole sentence. */
  readonly message: string
  /** Of a circuit breaker: what it is from now on. */
  readonly breaker?: "Closed" | "Open" | "HalfOpen"
}

/** Outside a run there is nobody who hears. */
export const unheard = (_notice: Notice): void => {}

/** Where the running step's notices are told. */
export class Notices extends Context.Reference<(notice: Notice) => void>("sluice/engine/definition/Notices", {
  defaultValue: () => unheard
}) {}
