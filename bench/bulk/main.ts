/**
 * A million records through a limited API, as the API sees them: how much of the limit is used, whether it is ever
 * exceeded, whether each record comes once, and the memory of the process. BENCH_RECORDS: fewer of them; BENCH_LIMIT: another limit.
 */
import { Effect, Redacted } from "effect"
import { type ChildProcess, fork, spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { loadavg, tmpdir } from "node:os"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as EmbeddedPostgres from "../../resources/database/EmbeddedPostgres.ts"
import type { Seen } from "../../simulators/bulk/Simulator.ts"
import { printMachine } from "../report.ts"

interface Case {
  readonly name: string
  readonly records: number
  /** Of an answer, in milliseconds. */
  readonly latency: number
  /** Seconds within which a request is said to be at the API; undefined: nothing is said. */
  readonly reaches?: number
  /** Bad records, answers with 503, an outage of five seconds, a SIGKILL and a resume. */
  readonly harm?: boolean
}

const limit = Number(process.env["BENCH_LIMIT"] ?? 5000)
const million = Number(process.env["BENCH_RECORDS"] ?? 1_000_000)

const cases: ReadonlyArray<Case> = [
  { name: "answers after 5 ms", records: million, latency: 5 },
  { name: "answers after 50 ms", records: million / 10, latency: 50 },
  { name: "answers after 50 ms, at the API within 20 ms", records: million / 10, latency: 50, reaches: 0.02 },
  { name: "5 % bad, an outage, a SIGKILL, a resume", records: million, latency: 5, harm: true }
]

const root = path.join(import.meta.dirname, "..", "..")

const sluice = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>): ChildProcess =>
  spawn(process.execPath, [path.join(root, "bin", "sluice.js"), ...args], { cwd: root, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] })

const ended = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    let text = ""
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk
    })
    child.on("close", () => resolve(text))
  })

/** The most memory that a process has had, in megabytes; 0 where the system does not tell. */
const peak = (pid: number | undefined): number => {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

const measure = async (one: Case, folder: string, databaseUrl: string): Promise<void> => {
  const { harm = false, latency, records, reaches } = one
  const bad = harm ? 0.05 : 0
  const data = path.join(folder, `${records}-${bad}`)
  await ended(sluice(["bulk", "generate", "--records", String(records), "--error-rate", String(bad), "--out", data], { DATABASE_URL: databaseUrl }))
  const options = { latency, errorRate: harm ? 0.01 : 0, outages: harm ? [{ after: Math.floor(records / 4), millis: 5000 }] : [] }
  const server = fork(path.join(import.meta.dirname, "Server.ts"), [JSON.stringify(options)])
  const message = () => new Promise<unknown>((resolve) => server.once("message", resolve))
  // It says its URL first, and then what Seen is.
  const url = await message() as string
  const seen = async (): Promise<Seen> => {
    server.send("?")
    return await message() as Seen
  }
  const env = {
    DATABASE_URL: databaseUrl,
    API_ENDPOINT: url,
    BULK_INPUT: data,
    RATE_LIMIT_CALLS: String(limit),
    BREAKER_COOLDOWN: "1",
    ...reaches === undefined ? {} : { RATE_LIMIT_REACHES: String(reaches) }
  }
  let memory = 0
  const run = async (until?: number): Promise<string> => {
    // The same records are sent by each case.
    const child = sluice(["bulk", "--json", "--log-dir", path.join(folder, "logs")], env)
    const timer = setInterval(() => {
      memory = Math.max(memory, peak(child.pid))
    }, 200)
    const text = ended(child)
    if (until !== undefined) {
      while ((await seen()).processed < until) await sleep(200)
      child.kill("SIGKILL")
    }
    return text.finally(() => clearInterval(timer))
  }
  if (harm) await run(records / 2)
  const { failed = Number.NaN, processed = Number.NaN, read = Number.NaN } = JSON.parse(await run() || "{}") as Readonly<Record<string, number>>
  const all = await seen()
  server.kill()
  const used = (all.arrivals - 1) / (all.spanMillis / 1000 * limit)
  const once = processed === all.processed && processed + failed === read && read === records
  console.log([
    `${records.toLocaleString("en").padStart(9)} records, ${one.name}${limit === 5000 ? "" : `, ${limit.toLocaleString("en")}/s`}`.padEnd(58),
    `used ${(used * 100).toFixed(1)} % of the limit`,
    `most in a window ${all.most.toLocaleString("en")} of ${limit.toLocaleString("en")}`,
    `memory ${memory.toFixed(0)} MB`,
    `${all.mostConnections} connections`,
    `${processed.toLocaleString("en")} processed, ${failed.toLocaleString("en")} failed, ${all.repeated.toLocaleString("en")} sent again`,
    once ? "" : "NOT EACH ONCE",
    all.most > limit ? "EXCEEDED" : ""
  ].filter((part) => part !== "").join("  "))
}

const folder = mkdtempSync(path.join(tmpdir(), "sluice-bench-"))
const { url } = await Effect.runPromise(EmbeddedPostgres.ensure({ folder }))
try {
  printMachine()
  console.log(`load ${loadavg().map((load) => load.toFixed(1)).join(" ")}`)
  const only = new RegExp(process.env["BENCH_ONLY"] ?? "")
  for (const one of cases) if (only.test(one.name)) await measure(one, folder, Redacted.value(url))
} finally {
  await Effect.runPromise(EmbeddedPostgres.stop({ folder }))
  rmSync(folder, { recursive: true, force: true })
}
