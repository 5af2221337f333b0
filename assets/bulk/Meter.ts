/** What this process does with records, while it does it: for progress, metrics and an end that leaves nothing half done. */
import { Context, Effect } from "effect"
import type { Outcome } from "../../resources/bulk/RecordApi.ts"
import * as Anomalies from "./Anomalies.ts"
import * as Latencies from "./Latencies.ts"
import * as Throughput from "./Throughput.ts"
import * as Window from "./Window.ts"

export interface Meter {
  readonly anomalies: Anomalies.Anomalies
  readonly latencies: Latencies.Latencies
  readonly throughput: Throughput.Throughput
  /** The records of all chunks that are on their way, `most` at a time. */
  readonly window: (most: number) => Window.Window
  /** Records that have ended in this process; they may not be committed yet. */
  readonly counts: { processed: number; failed: number; retries: number; anomalies: number }
  /** A record has failed, for this reason. */
  readonly failed: (reason: string) => void
  /** Why the last one failed. */
  readonly lastReason: () => string | undefined
  /** Records on their way to the API and back. */
  readonly underWay: () => number
  readonly mostUnderWay: () => number
  /** Sends a record. */
  readonly sending: <E, R>(send: Effect.Effect<Outcome, E, R>) => Effect.Effect<Outcome, E, R>
  /** The process is about to end: nothing more is sent where no checkpoint sees to that, and what is on its way goes on. */
  readonly stop: () => void
  readonly isStopped: () => boolean
}

export const make = (): Meter => {
  const latencies = Latencies.make()
  // One, unless the settings change while the process lives.
  const windows = new Map<number, Window.Window>()
  const counts = { processed: 0, failed: 0, retries: 0, anomalies: 0 }
  let [underWay, most, isStopped] = [0, 0, false]
  let lastReason: string | undefined
  const failed = (reason: string) => {
    counts.failed++
    lastReason = reason
  }
  return {
    anomalies: Anomalies.make(),
    latencies,
    throughput: Throughput.make(),
    window: (most) => {
      const window = windows.get(most) ?? Window.make(most)
      windows.set(most, window)
      return window
    },
    counts,
    failed,
    lastReason: () => lastReason,
    underWay: () => underWay,
    mostUnderWay: () => most,
    sending: (send) =>
      Effect.suspend(() => {
        most = Math.max(most, ++underWay)
        return Effect.onExitPrimitive(send, (exit) => {
          underWay--
          if (exit._tag === "Failure") return undefined
          const outcome = exit.value
          latencies.add(outcome.millis)
          counts.retries += outcome.tries - 1
          if (outcome._tag === "Processed") counts.processed++
          else failed(outcome.error.message)
          return undefined
        })
      }),
    stop: () => {
      isStopped = true
    },
    isStopped: () => isStopped
  }
}

/** The meter of the process; a command that shows what is going on provides its own. */
export class ProcessMeter extends Context.Reference<Meter>("assets/bulk/ProcessMeter", { defaultValue: make }) {}
