/** A time that never leaps, as the time of day does when a clock is set; in milliseconds. */
import { Clock, Effect } from "effect"

export const monotonicMillis = Clock.clockWith((clock) => Effect.sync(() => Number(clock.monotonicTimeNanosUnsafe()) / 1e6))
