/** An interrupt that leaves nothing half done: records that are on their way come back before the work ends. */
import { Effect, Fiber } from "effect"
import type { Meter } from "../../assets/bulk/Meter.ts"
import type { Logs } from "./Logs.ts"

/** They have so long. */
const atMostMillis = 10_000
const lookMillis = 50
/** Rows of records that are back pass through a stream before they are committed, and wait there for a commit that is under way. */
const passMillis = 500

/** No further record is sent; waits until those on their way are back, and their rows where they are committed from. */
export const drain = (meter: Meter): Effect.Effect<void> =>
  Effect.gen(function*() {
    meter.stop()
    for (let waited = 0; waited < atMostMillis && meter.underWay() > 0; waited += lookMillis) yield* Effect.sleep(lookMillis)
    yield* Effect.sleep(passMillis)
  })

/** Runs the work; after an interrupt no further record is sent, and what has come back is committed. */
export const draining = <A, E, R>(meter: Meter, logs: Logs, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkDetach(Effect.interruptible(work))
      const drained = Effect.gen(function*() {
        logs.warn(`Interrupted: no further record is sent, ${meter.underWay()} are on their way.`)
        yield* drain(meter)
        yield* Fiber.interrupt(fiber)
      })
      return yield* Effect.onInterrupt(restore(Fiber.join(fiber)), () => drained)
    })
  )
