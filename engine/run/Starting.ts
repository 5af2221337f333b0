/** What every step waits for before it starts: a process that is about to end lets none start any more. */
import { Context, Effect } from "effect"

/** Default: nothing. One that never ends holds steps back, and whoever sets it interrupts the run. */
export class Starting extends Context.Reference<Effect.Effect<void>>("sluice/engine/run/Starting", {
  defaultValue: () => Effect.void
}) {}
