/** Rate limits, as a server in another process sees them: the most calls in any window, and how much of the limit is used. */
import { Effect, Redacted } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import * as EmbeddedPostgres from "../../resources/database/EmbeddedPostgres.ts"
import { mostInWindow, startCaller, startServer } from "../../test/engine/limit/processes.ts"
import { printMachine } from "../report.ts"

interface Case {
  readonly name: string
  readonly calls: number
  readonly perMillis: number
  readonly seconds: number
  readonly processes: number
  /** A process is killed in the middle, and started again at once. */
  readonly crash?: boolean
  readonly connections?: number
}

const cases: ReadonlyArray<Case> = [
  { name: "5,000/s for 20 s", calls: 5000, perMillis: 1000, seconds: 20, processes: 1 },
  { name: "5,000/s for 20 s", calls: 5000, perMillis: 1000, seconds: 20, processes: 3 },
  { name: "5,000/s for 20 s, killed and restarted", calls: 5000, perMillis: 1000, seconds: 20, processes: 1, crash: true },
  { name: "5,000/s for 20 s, one killed and restarted", calls: 5000, perMillis: 1000, seconds: 20, processes: 3, crash: true },
  { name: "120/min", calls: 120, perMillis: 60_000, seconds: 75, processes: 1 },
  { name: "120/min, one killed and restarted", calls: 120, perMillis: 60_000, seconds: 75, processes: 3, crash: true },
  { name: "1/s", calls: 1, perMillis: 1000, seconds: 20, processes: 1 },
  { name: "1/s", calls: 1, perMillis: 1000, seconds: 20, processes: 3 },
  { name: "1/s, killed and restarted", calls: 1, perMillis: 1000, seconds: 20, processes: 1, crash: true },
  { name: "0.5 s between calls", calls: 1, perMillis: 500, seconds: 20, processes: 1 },
  { name: "0.5 s between calls", calls: 1, perMillis: 500, seconds: 20, processes: 3 }
]

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

/** The share of the limit that was used from the first call to the last, but for the time in which nobody was there. */
const utilisation = (arrivals: ReadonlyArray<number>, { calls, perMillis }: Case, away: number): number =>
  (arrivals.length - 1) / ((arrivals.at(-1)! - arrivals[0]! - away) * calls / perMillis)

const measure = async (one: Case, databaseUrl: string): Promise<void> => {
  const { calls, connections = 64, crash = false, perMillis, processes, seconds } = one
  const server = await startServer()
  const calling = { port: server.port, calls, perMillis, connections: Math.ceil(connections / processes), databaseUrl }
  const millis = seconds * 1000
  const callers = await Promise.all(Array.from({ length: processes }, () => startCaller({ ...calling, millis })))
  // A process needs a while to start; the others are to be at work.
  await server.arrivals()
  const told = callers.slice(crash ? 1 : 0).map((caller) => caller.told())
  let away = 0
  if (crash) {
    await sleep(millis / 2)
    const killed = performance.now()
    callers[0]!.process.kill("SIGKILL")
    const again = await startCaller({ ...calling, millis: millis / 2 })
    if (processes === 1) away = performance.now() - killed
    told.push(again.told())
  }
  const ends = await Promise.all(told)
  const arrivals = await server.arrivals()
  server.process.kill()
  const most = mostInWindow(arrivals, perMillis)
  const asks = ends.reduce((sum, { asks }) => sum + asks, 0)
  const cpu = ends.reduce((sum, { cpuMillis }) => sum + cpuMillis, 0) / arrivals.length
  console.log([
    one.name.padEnd(44),
    `${processes} process${processes === 1 ? "  " : "es"}`,
    `most in a window ${most.toLocaleString("en").padStart(5)} of ${calls.toLocaleString("en").padEnd(5)}`,
    `used ${percent(utilisation(arrivals, one, away)).padStart(7)}`,
    `${(asks / seconds).toFixed(1).padStart(5)} statements/s`,
    most > calls ? "EXCEEDED" : "",
    process.env["BENCH_CPU"] === undefined ? "" : `${(cpu * 1000).toFixed(0)} µs of CPU a call`
  ].join("  ").trimEnd())
}

const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"))
const { url } = await Effect.runPromise(EmbeddedPostgres.ensure({ folder }))
try {
  printMachine()
  console.log(`load ${loadavg().map((load) => load.toFixed(1)).join(" ")}`)
  const only = new RegExp(process.env["BENCH_ONLY"] ?? "")
  for (const one of cases) if (only.test(one.name)) await measure(one, Redacted.value(url))
  const idle = await startCaller({ port: null, calls: 5000, perMillis: 1000, connections: 64, millis: 10_000 })
  const { activeMillis, cpuMillis, made } = await idle.told()
  const rate = Math.round(made / 10).toLocaleString("en")
  console.log(`a limiter at ${rate} calls/s that do nothing: its thread is busy ${percent(activeMillis / 10_000)} of the time, ${percent(cpuMillis / 10_000)} of a core with those of V8`)
} finally {
  await Effect.runPromise(EmbeddedPostgres.stop({ folder }))
  rmSync(folder, { recursive: true, force: true })
}
