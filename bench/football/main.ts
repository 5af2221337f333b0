/** One football cycle against the bound that latency and connections set, one request after the other, and the seed's way. */
import { ConfigProvider, Effect, Layer, Result } from "effect"
import { SqlClient } from "effect/sql"
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { AssetGraph, Documents, Executor, RunStore, Warehouse } from "sluice"
import { RunRequest } from "../../engine/record/Run.ts"
import { football } from "../../pipelines/football.ts"
import * as Timing from "../../pipelines/football/Timing.ts"
import { Database } from "../../resources/database/Database.ts"
import * as EmbeddedPostgres from "../../resources/database/EmbeddedPostgres.ts"
import { FootballApi } from "../../resources/football/FootballApi.ts"
import * as PostgresLimitStore from "../../storage/PostgresLimitStore.ts"
import * as PostgresRunStore from "../../storage/PostgresRunStore.ts"
import { median, print, printMachine } from "../report.ts"

const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5)
const latency = 0.3
const connections = 30
/** 1 + ⌈98 ÷ 30⌉ + ⌈117 ÷ 30⌉ round trips, and nothing else. */
const bound = latency * (1 + Math.ceil(98 / connections) + Math.ceil(117 / connections))

interface Seen {
  readonly counts: Readonly<Record<string, number>>
  readonly mostInFlight: number
}

/** The simulator in a process of its own, so that its work is not the client's. */
const startServer = async (oddsRows: number) => {
  const child: ChildProcess = spawn(
    process.execPath,
    [join(import.meta.dirname, "Server.ts"), String(latency * 1000), String(oddsRows)],
    { stdio: ["pipe", "pipe", "inherit"] }
  )
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  const next = async (): Promise<unknown> => JSON.parse((await lines.next()).value ?? "null")
  const { url } = await next() as { readonly url: string } // its first line
  const seen = async (): Promise<Seen> => {
    child.stdin!.write("\n")
    return await next() as Seen // its answer
  }
  return { url, seen, stop: () => void child.kill() }
}

const graph = Result.getOrThrow(AssetGraph.make([football]))

const cycle = Effect.fnUntraced(function*(url: string, connections: number) {
  const sql = yield* SqlClient.SqlClient
  // Every round is the first of its minute: the limit of the odds is counted, and never reached.
  yield* sql`truncate sluice.limits cascade`
  const settings = { FOOTBALL_SOURCE: url, FOOTBALL_MODE: "seed", FOOTBALL_CONNECTIONS: String(connections), THESPORTS_USER: "bench", THESPORTS_SECRET: "bench" }
  return yield* Effect.gen(function*() {
    // The API is opened before, as by the command.
    yield* (yield* FootballApi).settings
    const began = performance.now()
    const cpu = process.cpuUsage()
    const report = yield* Executor.start(graph, new RunRequest({ selection: "football", partitions: null, force: true, concurrency: 8 }))
    const seconds = (performance.now() - began) / 1000
    if (report.state !== "succeeded") return yield* Effect.die(new Error(report.failed[0]?.reason ?? report.state))
    const { system, user } = process.cpuUsage(cpu)
    return { ...Timing.make(yield* (yield* RunStore.RunStore).steps(report.run), seconds), cpu: (system + user) / 1e6 }
  }).pipe(
    Effect.provide(FootballApi.layer),
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(settings))
  )
})

interface Python {
  readonly total: number
  readonly enrich: number
  /** Processor time. */
  readonly cpu: number
  readonly rss: number
}

/** The seed's way; undefined where Python or aiohttp is not at hand. */
const python = (url: string, rounds: number): ReadonlyArray<Python> | undefined => {
  try {
    execFileSync("python3", ["-c", "import aiohttp"], { stdio: "ignore" })
  } catch {
    return undefined
  }
  const said = execFileSync("python3", [join(import.meta.dirname, "seed.py"), url, String(rounds)], { encoding: "utf8" })
  return said.trim().split("\n").map((line) => JSON.parse(line))
}

const comparable = (seconds: ReadonlyArray<number>) => `${(median(seconds) / bound).toFixed(3)} × the bound`

const report = Effect.fnUntraced(function*(name: string, oddsRows: number) {
  const server = yield* Effect.acquireRelease(Effect.promise(() => startServer(oddsRows)), ({ stop }) => Effect.sync(stop))
  const seen = Effect.promise(server.seen)
  yield* cycle(server.url, connections)
  yield* seen
  // By turns, so that both have the same machine.
  const own: Array<Timing.Timing & { readonly cpu: number }> = []
  const theirs: Array<Python> = []
  for (let i = 0; i < rounds; i++) {
    own.push(yield* cycle(server.url, connections))
    if (i === 0) {
      const { counts, mostInFlight } = yield* seen
      const sum = Object.values(counts).reduce((a, b) => a + b, 0)
      console.log(`${name}: ${sum} requests (${Object.entries(counts).map(([kind, n]) => `${n} ${kind}`).join(", ")}), at most ${mostInFlight} at once`)
    }
    theirs.push(...python(server.url, 1) ?? [])
  }
  print({ name: `${name}: cycle, all of it`, rounds: own.map((t) => t.totalSeconds), unit: "s", note: comparable(own.map((t) => t.totalSeconds)) })
  print({ name: "  of it the requests", rounds: own.map((t) => t.enrichSeconds + t.phases[0]!.seconds), unit: "s", note: comparable(own.map((t) => t.enrichSeconds + t.phases[0]!.seconds)) })
  print({ name: "  of it merge and board", rounds: own.map((t) => t.phases[3]!.seconds + t.phases[4]!.seconds), unit: "s" })
  print({ name: "  of it planning and commits", rounds: own.map((t) => t.writeSeconds), unit: "s" })
  print({ name: "  processor time of this process", rounds: own.map((t) => t.cpu), unit: "s" })
  if (theirs.length === 0) console.log("The seed's way is left out: python3 with aiohttp is not at hand (pip install aiohttp).")
  else {
    print({ name: "the seed's way: requests alone, aiohttp", rounds: theirs.map((t) => t.total), unit: "s", note: comparable(theirs.map((t) => t.total)) })
    print({ name: "  processor time of its process", rounds: theirs.map((t) => t.cpu), unit: "s" })
  }
  return { own, theirs, url: server.url }
})

const memory = () => Math.round(process.memoryUsage().rss / 2 ** 20)

const program = Effect.gen(function*() {
  printMachine()
  console.log(`latency 300 ms, ${connections} connections: the bound is ${bound.toFixed(2)} s`)
  const small = yield* Effect.scoped(report("odds of 14 kB a match", 12))
  yield* Effect.scoped(report("odds of 400 kB a match, as the vendor's", 360))
  const after = median(small.own.map((t) => t.totalSeconds))
  const enrich = median(small.own.map((t) => t.enrichSeconds))
  const rss = memory()
  if (process.env["BENCH_SEQUENTIAL"] === "no") return
  const before = yield* Effect.scoped(Effect.gen(function*() {
    const server = yield* Effect.acquireRelease(Effect.promise(() => startServer(12)), ({ stop }) => Effect.sync(stop))
    return yield* cycle(server.url, 1)
  }))
  const row = (...cells: ReadonlyArray<string>) => console.log(cells.map((cell, i) => i === 0 ? cell.padEnd(18) : cell.padStart(16)).join(""))
  const ratio = (a: number, b: number) => `${(a / b).toFixed(1)} × faster`
  const sleep = (seconds: number) => Math.max(0, 60 - seconds).toFixed(2)
  row("", "sequential", "concurrent", "")
  row("enrichment", `${before.enrichSeconds.toFixed(2)} s`, `${enrich.toFixed(2)} s`, ratio(before.enrichSeconds, enrich))
  row("total cycle", `${before.totalSeconds.toFixed(2)} s`, `${after.toFixed(2)} s`, ratio(before.totalSeconds, after))
  row("left of 60 s", `${sleep(before.totalSeconds)} s`, `${sleep(after)} s`, "")
  row("at once", "1", String(connections), "")
  row("memory (RSS)", `${memory()} MB`, `${rss} MB`, "")
})

const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"))
const database = Database.layer({ stateFolder: folder })
const stored = Layer.mergeAll(Warehouse.layer, Documents.layer, PostgresLimitStore.layer).pipe(
  Layer.provideMerge(PostgresRunStore.layer),
  Layer.provideMerge(database)
)
await Effect.runPromise(
  program.pipe(Effect.provide(stored), Effect.ensuring(Effect.ignore(EmbeddedPostgres.stop({ folder }))))
)
rmSync(folder, { recursive: true, force: true })
