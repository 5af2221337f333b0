/** Ctrl-C: the first one ends the work cleanly, the second one ends the process. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { exitCodes } from "./Refusal.ts"
import { note } from "./terminal/Screen.ts"

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/** A launcher passes on what the terminal has sent already: signals closer than this are one. */
const sameMillis = 250

let announcement: string | undefined
let passed = false
let listener: (() => void) | undefined

/** While the effect runs, the first signal says this on standard error. */
export const announcing = <A, E, R>(text: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    announcement = text
    return Effect.ensuring(effect, Effect.sync(() => {
      announcement = undefined
    }))
  })

/**
 * While the effect runs, the first signal says this on standard error and completes what the effect is given, and
 * interrupts nothing: for work that ends by itself when it is asked to.
 */
export const heard = <A, E, R>(
  text: string,
  work: (signal: Effect.Effect<void>) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    const signal = Deferred.makeUnsafe<void>()
    listener = () => Deferred.doneUnsafe(signal, Effect.void)
    return announcing(text, Effect.ensuring(work(Deferred.await(signal)), Effect.sync(() => {
      listener = undefined
    })))
  })

/** While the effect runs, signals are left to the process in the foreground: an interactive shell. */
export const leftToChild = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    passed = true
    return Effect.ensuring(effect, Effect.sync(() => {
      passed = false
    }))
  })

/** Lets signals interrupt the fiber; gives what stops listening. */
export const interrupts = (fiber: Fiber.Fiber<unknown, unknown>): () => void => {
  let first = 0
  const onSignal = () => {
    if (passed) return
    const now = performance.now()
    if (first === 0) {
      first = now
      if (announcement !== undefined) note(announcement)
      if (listener === undefined) fiber.interruptUnsafe()
      else listener()
    } else if (now - first > sameMillis) process.exit(exitCodes.interrupted)
  }
  for (const signal of signals) process.on(signal, onSignal)
  return () => {
    for (const signal of signals) process.off(signal, onSignal)
  }
}

/** How often a process looks whether its launcher is still there. */
const launcherPollMillis = 500

/** Ends this process as a signal would when the launcher that an older Node runs for it is killed: nobody else can. */
export const endsWith = (launcher: number): void => {
  const timer = setInterval(() => {
    if (process.ppid === launcher) return
    clearInterval(timer)
    process.kill(process.pid, "SIGTERM")
  }, launcherPollMillis)
  timer.unref()
}
