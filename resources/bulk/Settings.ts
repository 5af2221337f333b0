/** How records are sent to the API: settings of the environment, or of `.env` of the project. */
import { Effect, Redacted } from "effect"
import * as Setting from "./Setting.ts"

/**
 * - `async` (default): a worker keeps sixteen calls in flight.
 * - `sync`: a worker waits for each answer before it sends the next record.
 */
export type Mode = "async" | "sync"

export interface Settings {
  /** `API_ENDPOINT`: the URL that records are sent to, or `simulator`. */
  readonly endpoint: string
  /** `API_KEY`: sent as `Authorization: Bearer`. Default: none. */
  readonly apiKey: Redacted.Redacted | undefined
  /** `API_TIMEOUT`: seconds, of one try. Default 30. */
  readonly timeoutSeconds: number
  /** `API_HEALTH`: the URL of the health check. Default: `/health` below the endpoint. */
  readonly health: string | undefined
  /** `MAX_WORKERS`: default 20. */
  readonly workers: number
  /** `BULK_MODE`: default async. */
  readonly mode: Mode
  /** `RECORDS_PER_CALL`: default 1, the record itself as the body; from 2 on calls of the form of `Batch`. */
  readonly recordsPerCall: number
  /**
   * `RATE_LIMIT_CALLS` in any window of `RATE_LIMIT_PERIOD` seconds. Default 5000 in 1. `RATE_LIMIT_COUNTS`: calls
   * (default), or the records in them.
   */
  readonly rate: { readonly calls: number; readonly seconds: number; readonly counts: "calls" | "records" }
  /** `RATE_LIMIT_REACHES`: a request is at the API so many seconds after it was sent. Default: nothing is known. */
  readonly reachesSeconds: number | undefined
  /** `BREAKER_FAILURES` in a row open the breaker, for `BREAKER_COOLDOWN` seconds. Default 5, 60. */
  readonly breaker: { readonly failures: number; readonly cooldownSeconds: number }
  /** `RECORD_ID`: the column that names a record. Default id. */
  readonly recordId: string
  /** `BATCH_SIZE`: so many records are counted together. Default 1000. */
  readonly batchSize: number
  /** `QUEUE_SIZE`: the most records that are read and not yet done. Default 10,000. */
  readonly queue: number
  /** `RETRY_BASE`: seconds before the first of three further tries; each next one waits twice as long. Default 0.2. */
  readonly retryBaseSeconds: number
  /** `SHUTDOWN_GRACE`: seconds that calls on their way have to come back after an interrupt. Default 10. */
  readonly graceSeconds: number
}

/**
 * Calls that one worker keeps in flight. A limit of 5,000 calls a second at 50 ms an answer needs 250 calls in flight at
 * every moment; 20 workers that wait for each answer could make 400 a second.
 */
export const callsOfWorker = 16

/** The most calls in flight. */
export const inFlight = ({ mode, workers }: Pick<Settings, "mode" | "workers">): number =>
  mode === "sync" ? workers : workers * callsOfWorker

/** The most records on their way to the API and back. */
export const recordsInFlight = (settings: Pick<Settings, "mode" | "workers" | "recordsPerCall">): number =>
  inFlight(settings) * settings.recordsPerCall

/** How many workers a rate needs at a latency: in flight ≥ rate × latency. */
export const workersFor = ({ mode, rate }: Pick<Settings, "mode" | "rate">, latencySeconds: number): number =>
  Math.ceil(rate.calls / rate.seconds * latencySeconds / (mode === "sync" ? 1 : callsOfWorker))

const day = 86_400

const given: Effect.Effect<Settings, Setting.SettingsError> = Effect.map(
  Setting.all({
    endpoint: Setting.required("API_ENDPOINT", "the http(s) URL that records are sent to"),
    apiKey: Effect.filterOrFail(
      Setting.text("API_KEY"),
      (key) => key === undefined || /^[\x21-\x7e]+$/.test(key),
      () => new Setting.SettingsError({ message: "API_KEY has a character that no HTTP header can have; write letters, digits and signs of ASCII, without blanks." })
    ),
    timeoutSeconds: Setting.seconds("API_TIMEOUT", 30, 3600),
    health: Effect.flatMap(Setting.text("API_HEALTH"), (url) =>
      url === undefined || (/^https?:\/\//i.test(url) && URL.canParse(url))
        ? Effect.succeed(url)
        : Effect.fail(new Setting.SettingsError({ message: `API_HEALTH is "${url}"; write the whole http(s) URL of the health check.` }))),
    workers: Setting.count("MAX_WORKERS", 20, 1, 1000),
    mode: Setting.word("BULK_MODE", "async", ["async", "sync"]),
    recordsPerCall: Setting.count("RECORDS_PER_CALL", 1, 1, 10_000),
    calls: Setting.count("RATE_LIMIT_CALLS", 5000, 1, 1_000_000),
    counts: Setting.word("RATE_LIMIT_COUNTS", "calls", ["calls", "records"]),
    seconds: Setting.seconds("RATE_LIMIT_PERIOD", 1, day),
    reachesSeconds: Setting.seconds("RATE_LIMIT_REACHES", undefined, day),
    failures: Setting.count("BREAKER_FAILURES", 5, 1, 1_000_000),
    cooldownSeconds: Setting.seconds("BREAKER_COOLDOWN", 60, day),
    recordId: Effect.map(Setting.text("RECORD_ID"), (name) => name ?? "id"),
    batchSize: Setting.count("BATCH_SIZE", 1000, 1, 100_000),
    queue: Setting.count("QUEUE_SIZE", 10_000, 1, 1_000_000),
    retryBaseSeconds: Setting.seconds("RETRY_BASE", 0.2, 3600),
    graceSeconds: Setting.count("SHUTDOWN_GRACE", 10, 1, 3600)
  }),
  ({ apiKey, calls, cooldownSeconds, counts, failures, seconds, ...settings }) => ({
    ...settings,
    apiKey: apiKey === undefined ? undefined : Redacted.make(apiKey),
    rate: { calls, seconds, counts },
    breaker: { failures, cooldownSeconds }
  })
)

export const read: Effect.Effect<Settings, Setting.SettingsError> = Effect.filterOrFail(
  given,
  ({ rate, recordsPerCall }) => rate.counts === "calls" || recordsPerCall <= rate.calls,
  ({ rate, recordsPerCall }) =>
    new Setting.SettingsError({
      message: `RECORDS_PER_CALL is ${recordsPerCall}, and RATE_LIMIT_CALLS lets ${rate.calls} records through at a time; write no more than that.`
    })
)
