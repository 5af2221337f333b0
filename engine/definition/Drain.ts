/** The end of a cell that is interrupted: what is under way in it comes back, and nothing more begins. */
import { Context, type Duration } from "effect"

export interface Drain {
  readonly isStopped: () => boolean
  /** Whoever has something under way that can be waited for: is told of the stop once, and may be woken by it. Gives what takes it out again. */
  readonly join: (stopped: () => void) => () => void
  readonly stop: () => void
  /** Somebody has something that can be waited for. */
  readonly isJoined: () => boolean
}

export const make = (): Drain => {
  const joined = new Set<() => void>()
  let isStopped = false
  return {
    isStopped: () => isStopped,
    join: (stopped) => {
      joined.add(stopped)
      return () => void joined.delete(stopped)
    },
    stop: () => {
      isStopped = true
      for (const stopped of joined) stopped()
    },
    isJoined: () => joined.size > 0
  }
}

/** Of the cell that is computed. Elsewhere it never stops. */
export class Draining extends Context.Reference<Drain>("sluice/engine/definition/Draining", { defaultValue: make }) {}

/**
 * How long cells that are interrupted may take to end, in place of what their checkpoints say: asked when it happens, by a
 * command that knows what is waited for. Undefined: as the checkpoint says.
 */
export class Grace extends Context.Reference<() => Duration.Input | undefined>("sluice/engine/definition/Grace", {
  defaultValue: () => () => undefined
}) {}
