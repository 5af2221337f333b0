/** Watches a run: a line of progress, the API's health, memory in the log, and `metrics.json` for other programs. */
import { Effect, Schedule, type Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Meter } from "../../assets/bulk/Meter.ts"
import { RecordApi } from "../../resources/bulk/RecordApi.ts"
import type { Logs } from "./Logs.ts"

export interface Watched {
  readonly meter: Meter
  readonly logs: Logs
  readonly folder: string
  /** Takes a line of progress; on a terminal it replaces the one before. */
  readonly show: (line: string) => void
  /** Records that the input may have, for the share that is done; undefined: nobody knows. */
  readonly expected: number | undefined
}

const megabyte = 1024 * 1024

const n = (value: number): string => value.toLocaleString("en", { maximumFractionDigits: 0 })

const bar = (share: number): string => {
  const full = Math.round(Math.min(1, share) * 20)
  return `[${"█".repeat(full)}${"░".repeat(20 - full)}] ${(Math.min(1, share) * 100).toFixed(0)} % · `
}

const remaining = (seconds: number): string =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`

/** Until the scope ends. */
export const make = Effect.fnUntraced(function*(
  { expected, folder, logs, meter, show }: Watched
): Effect.fn.Return<void, never, RecordApi | Scope.Scope> {
  const api = yield* RecordApi
  const began = performance.now()
  let before = { at: began, done: 0 }
  let isUp = true

  const tell = Effect.gen(function*() {
    const { anomalies, failed, processed, retries } = meter.counts
    const now = performance.now()
    const done = processed + failed
    const rate = (done - before.done) / Math.max(0.001, (now - before.at) / 1000)
    const mean = done / Math.max(0.001, (now - began) / 1000)
    before = { at: now, done }
    const breaker = yield* api.breaker
    const { latencies } = meter
    const left = expected === undefined || mean === 0 ? "" : ` · about ${remaining(Math.max(0, expected - done) / mean)} left`
    const state = breaker.state === "Closed" ? "" : " · the API is down, records wait"
    show(`${expected === undefined ? "" : bar(done / expected)}${n(done)} records, ${n(failed)} failed · ${n(rate)}/s · p50 ${n(latencies.quantile(0.5))} ms${left}${state}`)
    const rss = process.memoryUsage.rss() / megabyte
    const { heapUsed } = process.memoryUsage()
    logs.info(`Progress: ${processed} processed, ${failed} failed, ${meter.underWay()} under way, ${rate.toFixed(0)} records/s`)
    logs.info(`Memory: ${rss.toFixed(0)} MB resident, ${(heapUsed / megabyte).toFixed(0)} MB of heap in use`)
    logs.client(
      "INFO",
      `Calls: ${latencies.count()} answered, ${meter.underWay()} under way, p50 ${n(latencies.quantile(0.5))} ms, ` +
        `p90 ${n(latencies.quantile(0.9))} ms, p99 ${n(latencies.quantile(0.99))} ms, ${retries} retries, breaker ${breaker.state}`
    )
    write({
      at: new Date().toISOString(),
      throughput: { records: done, per_second: mean, per_second_now: rate, expected_seconds_left: expected === undefined || mean === 0 ? null : (expected - done) / mean },
      response_times: { p50_ms: latencies.quantile(0.5), p90_ms: latencies.quantile(0.9), p99_ms: latencies.quantile(0.99), max_ms: latencies.max() },
      errors: { failed, rate: done === 0 ? 0 : failed / done, retries },
      resources: { rss_mb: rss, cpu_seconds: (process.cpuUsage().user + process.cpuUsage().system) / 1e6 },
      under_way: { now: meter.underWay(), most: meter.mostUnderWay() },
      anomalies,
      breaker: { state: breaker.state, trips: breaker.trips, changed_at: breaker.changedAt?.toISOString() ?? null },
      api_up: isUp
    })
  })

  const write = (metrics: unknown): void => {
    const file = path.join(folder, "metrics.json")
    try {
      fs.writeFileSync(`${file}.new`, `${JSON.stringify(metrics, null, 2)}\n`)
      fs.renameSync(`${file}.new`, file)
    } catch (error) {
      logs.warn(`${file} cannot be written: ${String(error)}`)
    }
  }

  const checkHealth = Effect.gen(function*() {
    const health = yield* Effect.result(api.health)
    const now = health._tag === "Success"
    if (now) logs.client("DEBUG", `Health: up, answered in ${health.success.millis} ms`)
    else logs.client("WARNING", `Health: down. ${health.failure.message}`)
    if (now && !isUp) logs.client("INFO", "Health: up again")
    isUp = now
  })

  yield* Effect.forkScoped(Effect.repeat(tell, Schedule.spaced("1 second")).pipe(Effect.delay("1 second")))
  yield* Effect.forkScoped(Effect.repeat(checkHealth, Schedule.spaced("10 seconds")))
  // The end is told too, however short the run was.
  yield* Effect.addFinalizer(() => tell)
})
