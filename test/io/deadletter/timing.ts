/** Leases that are over soon. */
import { Duration } from "effect"

export const timing = { lease: Duration.millis(400), heartbeat: Duration.millis(100), cancelPoll: Duration.millis(20) }
