/** An interrupt that leaves nothing half done: records that are on their way come back before the work ends. */
import { Effect, Fiber } from "effect"
import type { Meter } from "../../assets/bulk/Meter.ts"
import type { Logs } from "./Logs.ts"

/** They have so long. */
const atMostMillis = 10_000
const lookMillis = 50

/** Runs the work; after an interrupt no further record is sent, and what has come back is committed. */
export const draining = <A, E, R>(meter: Meter, logs: Logs, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkDetach(Effect.interruptible(work))
      const drained = Effect.gen(function*() {
        meter.stop()
        logs.warn(`Interrupted: no further record is sent, ${meter.underWay()} are on their way.`)
        for (let waited = 0; waited < atMostMillis && meter.underWay() > 0; waited += lookMillis) yield* Effect.sleep(lookMillis)
        // What came back last passes into the rows that are committed.
        yield* Effect.sleep(lookMillis)
        yield* Fiber.interrupt(fiber)
      })
      return yield* Effect.onInterrupt(restore(Fiber.join(fiber)), () => drained)
    })
  )
