/** Hooks to the log of the process: standard error of a daemon or a command. */
import { Effect } from "effect"
import type { Channel } from "../../engine/hook/Hook.ts"

/** One entry of the log, an error for what failed. */
export const log = (): Channel<never> => ({
  kind: "log",
  to: "the log",
  spacingMillis: 0,
  send: ({ kind, text }) => {
    switch (kind) {
      case "failed":
      case "lost":
      case "too old":
      case "tick failed":
      case "sensor failed":
        return Effect.logError(text)
      case "checks failed":
      case "cancelled":
        return Effect.logWarning(text)
      default:
        return Effect.logInfo(text)
    }
  }
})
