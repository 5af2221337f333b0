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
  /** The numbers of the runs that were watched. */
  readonly runs: () => ReadonlyArray<number>
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

/**
 * How many requests were made for so many calls that ended; undefined: nobody knows, since the end came early and tries
 * are counted in the records. 0: the calls were no requests of an API that counts.
 */
export const made = (calls: number, requests: number | undefined): string => {
  if (requests === undefined) return `at least ${calls}`
  return requests === 0 || requests === calls ? String(calls) : `${requests}, for ${calls} parameter${calls === 1 ? "" : "s"}`
}

/** Errors are told up to this length, as the view of failed calls has them. */
const longest = 500

/** What is told of an error; a rate limit is called so. */
const sentence = (message: string): string =>
  `${/asked too often|\b429\b|too many requests/i.test(message) ? "rate limit: " : ""}${message.slice(0, longest)}`

/** `now` gives milliseconds of a clock that only goes forward. */
export const make = (log: Log, now: () => number = () => performance.now()): Tally => {
  let [succeeded, errors, rows] = [0, 0, 0]
  const runs: Array<number> = []
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
    // The last attempt of a step that fails is told as the failure.
    const pending = new Map<string, string>()
    const repeated = (partition: string) => {
      const attempt = pending.get(partition)
      if (attempt !== undefined) log.warn(attempt)
      pending.delete(partition)
    }
    const good = (partition: string) => {
      repeated(partition)
      well++
      succeeded++
    }
    return (observation) => {
      switch (observation._tag) {
        case "RunStarted":
          runs.push(observation.run)
          return
        case "StepMaterialized":
          good(observation.cell.partition)
          rows += observation.rows
          log.info(`[SUCCESS] Inserted ${observation.rows} rows for ${about(observation.cell.partition)}`)
          return ended()
        case "StepUnchanged":
          good(observation.cell.partition)
          log.info(`[SUCCESS] ${about(observation.cell.partition)} was stored by another node meanwhile`)
          return ended()
        case "AttemptFailed": {
          const { attempt, cell: { partition }, failure } = observation
          repeated(partition)
          pending.set(partition, `Attempt ${attempt} of ${name(partition)} failed: ${sentence(failure.message)}`)
          return
        }
        case "StepFailed": {
          badly++
          errors++
          const { cell: { partition }, failure } = observation
          pending.delete(partition)
          log.error(`Failed call tracked: ${name(partition)} - ${sentence(failure.message)}`)
          return ended()
        }
        case "StepSkipped":
          badly++
          errors++
          log.error(`Failed call tracked: ${name(observation.cell.partition)} - ${observation.reason}`)
          return ended()
        case "Noticed": {
          const { message, type } = observation.notice
          // A rate that is announced, or is back, is no trouble: who looks for "rate limit" finds those who were refused.
          if (type === "limit_changed") return /\bfalls\b/.test(message) ? log.warn(`rate limit: ${message}`) : log.info(message)
          return log.warn(message)
        }
        default:
          return
      }
    }
  }
  return { calls: () => succeeded + errors, succeeded: () => succeeded, errors: () => errors, rows: () => rows, runs: () => runs, of }
}
