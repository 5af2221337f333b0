/** What a run tells of itself, as lines of the logs. */
import type { Cli } from "sluice"
import type { Logs } from "./Logs.ts"

type Observer = NonNullable<Cli.Backfilling["observer"]>

export const make = (logs: Logs): Observer => {
  // A chunk is a step for each of its tables, which begin and fail together.
  let last = ""
  const once = (write: (text: string) => void, text: string) => {
    if (text !== last) write(text)
    last = text
  }
  return (observation) => tell(logs, once, observation)
}

const tell = (logs: Logs, once: (write: (text: string) => void, text: string) => void, observation: Parameters<Observer>[0]) => {
  switch (observation._tag) {
    case "RunStarted":
      return logs.info(`Run ${observation.run} started`)
    case "StepStarted":
      return once(logs.info, `Chunk ${observation.cell.partition} begins`)
    case "StepMaterialized":
      return logs.info(`${observation.cell.asset} of ${observation.cell.partition}: ${observation.rows} rows committed`)
    case "AttemptFailed":
      return logs.warn(`Chunk ${observation.cell.partition}, attempt ${observation.attempt} failed: ${observation.failure.message}`)
    case "StepFailed":
      return once(logs.error, `Chunk ${observation.cell.partition} failed: ${observation.failure.message}`)
    case "Noticed": {
      const { breaker, message, type } = observation.notice
      const state = breaker === undefined ? "" : ` (breaker ${breaker})`
      return logs.client(type === "limit_changed" || breaker === "Closed" ? "INFO" : "WARNING", `${message}${state}`)
    }
    default:
      return
  }
}
