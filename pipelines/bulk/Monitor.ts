/** Watches a run: a line of progress over all its processes, the API's health, memory in the log, and `metrics.json`. */
import { Effect, Schedule, type Scope } from "effect"
import type { SqlClient } from "effect/sql"
import type { Meter } from "../../assets/bulk/Meter.ts"
import { RecordApi } from "../../resources/bulk/RecordApi.ts"
import * as Fleet from "./Fleet.ts"
import type { Logs } from "./Logs.ts"
import * as MetricsFile from "./MetricsFile.ts"
import * as Progress from "./Progress.ts"

export interface Watched {
  readonly meter: Meter
  readonly logs: Logs
  readonly folder: string
  /** Takes a line of progress; on a terminal it replaces the one before. */
  readonly show: (line: string) => void
  /** How long a line may be. */
  readonly width: () => number
  /** Records that the input may have, for the share that is done; undefined: nobody knows. */
  readonly expected: number | undefined
  /** The run's number, as soon as it has one. */
  readonly run: () => number | undefined
  readonly name: string
  /** Records that were done before are done again, and do not count. */
  readonly anew: boolean
}

const megabyte = 1024 * 1024

const down = "the API is down, records wait"
/** Nobody knows when that will be better, and the log says what is wrong. */
const failing = "the API is up, but its answers fail: records wait, see api_client.log"

const n = (value: number): string => value.toLocaleString("en", { maximumFractionDigits: 0 })

export interface Monitor {
  /** All records of the input are done. */
  readonly complete: () => void
  /** Records that this run has done, in whatever process. */
  readonly done: () => number
}

/** Until the scope ends. */
export const make = Effect.fnUntraced(function*(
  { anew, expected, folder, logs, meter, name, run, show, width }: Watched
): Effect.fn.Return<Monitor, never, RecordApi | SqlClient.SqlClient | Scope.Scope> {
  const api = yield* RecordApi
  let isUp = true
  let isComplete = false
  // The database may be away for a moment; the run waits for it, and progress stands still.
  const committed = (run: number) => Effect.orElseSucceed(Fleet.read(run, anew), () => undefined)
  const before = yield* committed(0)
  const progress = Progress.make(performance.now(), expected, before?.records)

  /** What is committed, or else what this process knows of itself: neither says too much, so the larger one is nearer. */
  const standing = Effect.gen(function*() {
    const id = run()
    const fleet = id === undefined ? before : yield* committed(id)
    const { failed, processed } = meter.counts
    return {
      done: Math.max(fleet?.records ?? 0, (before?.records ?? 0) + processed + failed),
      failed: Math.max(fleet?.failed ?? 0, (before?.failed ?? 0) + failed),
      processes: Math.max(1, fleet?.processes ?? 1),
      // Of one process its own histogram is finer, and newer.
      times: fleet === undefined || fleet.processes < 2 ? ownTimes() : fleet
    }
  })

  const ownTimes = () => ({
    calls: meter.latencies.count(),
    p50_ms: meter.latencies.quantile(0.5),
    p90_ms: meter.latencies.quantile(0.9),
    p99_ms: meter.latencies.quantile(0.99)
  })

  const tell = Effect.gen(function*() {
    const { done, failed, processes, times } = yield* standing
    progress.note(performance.now(), done)
    if (isComplete) progress.complete()
    const breaker = yield* api.breaker
    // Without a run there was nothing to do.
    const trouble = breaker.state === "Closed" ? undefined : isUp ? failing : down
    if (run() !== undefined) show(Progress.line(progress, { failed, p50: times.p50_ms, processes, trouble }, width()))
    const { anomalies, retries } = meter.counts
    const { heapUsed, rss } = process.memoryUsage()
    logs.info(
      `Progress: ${done - failed} processed, ${failed} failed, ${meter.underWay()} under way here, ` +
        `${progress.perSecond().toFixed(0)} records/s, ${processes} ${processes === 1 ? "process" : "processes"}`
    )
    logs.info(`Memory: ${n(rss / megabyte)} MB resident, ${n(heapUsed / megabyte)} MB of heap in use`)
    logs.client(
      "INFO",
      `Calls: ${times.calls} answered, ${meter.underWay()} under way here, p50 ${n(times.p50_ms)} ms, ` +
        `p90 ${n(times.p90_ms)} ms, p99 ${n(times.p99_ms)} ms, ${retries} retries here, breaker ${breaker.state}`
    )
    const cpu = process.cpuUsage()
    yield* MetricsFile.write(folder, {
      name,
      at: new Date().toISOString(),
      throughput: {
        records: done,
        share: progress.share() ?? null,
        per_second: progress.mean(),
        per_second_now: progress.perSecond(),
        expected_seconds_left: progress.secondsLeft() ?? null
      },
      processes,
      response_times: { p50_ms: times.p50_ms, p90_ms: times.p90_ms, p99_ms: times.p99_ms, max_ms: meter.latencies.max() },
      errors: { failed, rate: done === 0 ? 0 : failed / done, retries },
      resources: { rss_mb: rss / megabyte, cpu_seconds: (cpu.user + cpu.system) / 1e6 },
      under_way: { now: meter.underWay(), most: meter.mostUnderWay() },
      anomalies,
      breaker: { state: breaker.state, trips: breaker.trips, changed_at: breaker.changedAt?.toISOString() ?? null },
      api_up: isUp
    }, logs)
  })

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
  return {
    complete: () => {
      isComplete = true
    },
    done: () => progress.done() - (before?.records ?? 0)
  }
})
