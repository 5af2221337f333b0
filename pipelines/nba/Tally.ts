/** The calls of a node while they are made: counted, and told line by line as they end. */
import type { Cli } from "sluice"
import type * as Catalogue from "../../resources/nba/catalogue.ts"
import type { Log } from "./Log.ts"
import * as Survey from "./Survey.ts"

type Observer = NonNullable<Cli.Backfilling["observer"]>

export interface Tally {
  /** Calls that ended, well or not. */
  readonly calls: () => number
  readonly succeeded: () => number
  readonly errors: () => number
  readonly rows: () => number
  /** Watches the cells of one endpoint, of which so many are planned. */
  readonly of: (endpoint: Catalogue.Endpoint, planned: number) => Observer
}

/** A line of progress after so many calls. */
const every = 25

/** `1h 2m 3s`, `4m 10s`, `8s`. */
export const duration = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds))
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  return hours > 0 ? `${hours}h ${minutes}m ${rest}s` : minutes > 0 ? `${minutes}m ${rest}s` : `${rest}s`
}

/** Errors are told up to this length, as the view of failed calls has them. */
const longest = 500

const isLimit = (message: string): boolean => /asked too often|\b429\b|too many requests/i.test(message)

/** `now` gives milliseconds of a clock that only goes forward. */
export const make = (log: Log, now: () => number = () => performance.now()): Tally => {
  let [succeeded, errors, rows] = [0, 0, 0]
  const of: Tally["of"] = (endpoint, planned) => {
    const began = now()
    let [well, badly] = [0, 0]
    const name = (partition: string) => `${endpoint.name} ${Survey.parameter(endpoint)}=${partition}`
    const about = (partition: string) => `${Survey.subject(endpoint)} ${partition}`
    const ended = () => {
      const done = well + badly
      if (done % every !== 0 && done !== planned) return
      const minutes = (now() - began) / 60_000
      const perMinute = minutes > 0 ? done / minutes : 0
      const left = perMinute > 0 && done < planned ? ` - ETA ${duration((planned - done) / perMinute * 60)}` : ""
      log.info(`[PROGRESS] ${done}/${planned} (${well} success, ${badly} errors) - ${perMinute.toFixed(1)} calls/min${left}`)
    }
    const good = () => {
      well++
      succeeded++
    }
    return (observation) => {
      switch (observation._tag) {
        case "StepMaterialized":
          good()
          rows += observation.rows
          log.info(`[SUCCESS] Inserted ${observation.rows} rows for ${about(observation.cell.partition)}`)
          return ended()
        case "StepUnchanged":
          good()
          log.info(`[SUCCESS] ${about(observation.cell.partition)} was stored by another node meanwhile`)
          return ended()
        case "AttemptFailed": {
          const { attempt, cell, failure } = observation
          const limit = isLimit(failure.message) ? "rate limit: " : ""
          return log.warn(`Attempt ${attempt} of ${name(cell.partition)} failed: ${limit}${failure.message.slice(0, longest)}`)
        }
        case "StepFailed": {
          badly++
          errors++
          const limit = isLimit(observation.failure.message) ? "rate limit: " : ""
          log.error(`Failed call tracked: ${name(observation.cell.partition)} - ${limit}${observation.failure.message.slice(0, longest)}`)
          return ended()
        }
        case "StepSkipped":
          badly++
          errors++
          log.error(`Failed call tracked: ${name(observation.cell.partition)} - ${observation.reason}`)
          return ended()
        case "Noticed": {
          const { message, type } = observation.notice
          return log.warn(type === "limit_changed" ? `rate limit: ${message}` : message)
        }
        default:
          return
      }
    }
  }
  return { calls: () => succeeded + errors, succeeded: () => succeeded, errors: () => errors, rows: () => rows, of }
}
