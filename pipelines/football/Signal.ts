/** Which signal ends a process, for its log: the command line interrupts the work, and does not say why. */
import { Effect } from "effect"

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/** Listens as long as the scope is open; gives the signal that came. */
export const listen = Effect.gen(function*() {
  let came: NodeJS.Signals | undefined
  const note = (signal: NodeJS.Signals) => {
    came ??= signal
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => signals.forEach((signal) => process.on(signal, note))),
    () => Effect.sync(() => signals.forEach((signal) => process.off(signal, note)))
  )
  return () => came
})
