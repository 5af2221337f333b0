/** Several processes on one database: killed and resumed, and two nodes that share the work. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { Executor } from "../../../index.ts"
import * as Backfill from "../../../engine/backfill/Backfill.ts"
import { BackfillOptions, everything } from "../../../engine/record/Backfill.ts"
import { RunRequest } from "../../../engine/record/Run.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import * as Api from "../../../resources/api/Api.ts"
import * as Simulator from "../../../simulators/nba/Simulator.ts"
import * as TestDatabase from "../../TestDatabase.ts"
import { api, dump, graph, query, request, season, stores, years } from "./deployed.ts"
import type { Options } from "./program.ts"

const own = path.join(import.meta.dirname, "..", "..", "..", "node_modules", ".bin", "node")
const node = existsSync(own) ? own : process.execPath

const gamesASeason = 15
const some = ["boxscorefourfactorsv3", "boxscoresummaryv2"]
const selection = some.map((endpoint) => `nba/${endpoint}`).join(",")

const simulated = (options: Simulator.Options = {}) =>
  Simulator.make({ years, gamesASeason, playersATeam: 4, retired: 0, ...options })

const children = Effect.gen(function*() {
  const url = yield* TestDatabase.url
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(path.join(tmpdir(), "sluice-nba-"))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
  )
  const alive = new Set<ChildProcess>()
  yield* Effect.addFinalizer(() => Effect.sync(() => alive.forEach((child) => child.kill("SIGKILL"))))
  return (options: Options) => {
    const child = spawn(node, [path.join(import.meta.dirname, "program.ts"), JSON.stringify(options)], {
      env: { ...process.env, DATABASE_URL: url, NODE_COMPILE_CACHE: path.join(folder, "compiled") },
      stdio: ["ignore", "pipe", "pipe"]
    })
    alive.add(child)
    let out = ""
    let err = ""
    child.stdout.on("data", (chunk) => out += String(chunk))
    child.stderr.on("data", (chunk) => err += String(chunk))
    const ended = new Promise<string>((resolve) =>
      child.on("close", () => {
        alive.delete(child)
        resolve(out || err)
      }))
    return { kill: () => child.kill("SIGKILL"), ended: Effect.promise(() => ended) }
  }
})

/** A backfill of all games that nobody takes part in yet. */
const create = (source: string) => Effect.provide(Effect.scoped(Effect.gen(function*() {
  const lease = yield* Lease.acquire
  const backfill = new BackfillOptions({
    name: "test", target: everything, only: ["missing", "stale"], order: "oldest", batch: null, maxFailures: null
  })
  const id = yield* Backfill.create(graph, new RunRequest({ selection, partitions: null, force: false, concurrency: 4, backfill }), lease)
  return id ?? (yield* Effect.die("There was nothing to plan."))
})), api(Api.at(source)))

const master = (source: string) => Effect.provide(Executor.start(graph, request("nba/games", season)), api(Api.at(source)))

const until = <E, R>(condition: Effect.Effect<boolean, E, R>) =>
  Effect.gen(function*() {
    while (!(yield* condition)) yield* Effect.sleep(10)
  })

/** The cells that are recorded as done: `boxscoresummaryv2 0022400001`, as the simulator counts them. */
const done = Effect.map(
  query(`select replace(asset, 'nba/', '') || ' ' || partition as cell from sluice.cells where materialized_at is not null and asset = any(string_to_array('${selection}', ','))`),
  (rows) => rows.map(({ cell }) => String(cell))
)

const undisturbed = Effect.gen(function*() {
  const simulator = yield* simulated()
  yield* master(simulator.url)
  const report = yield* Effect.provide(Executor.start(graph, request(selection)), api(Api.at(simulator.url)))
  assert.strictEqual(report.materialized, gamesASeason * some.length)
  return yield* dump
}).pipe(Effect.provide(stores), Effect.scoped)

describe("several processes on the NBA's endpoints", () => {
  it.live("a kill in the middle, then another process: nothing that was done is asked again, and the rows are those of an undisturbed run", () =>
    Effect.gen(function*() {
      const expected = yield* Effect.forkChild(undisturbed)
      // After 14 answers it falls silent, so that there is a middle to be killed in.
      let answers = 14
      const simulator = yield* simulated({
        latency: 20,
        fault: ({ endpoint }) => some.includes(endpoint) && answers-- <= 0 ? "hang" : "none"
      })
      yield* master(simulator.url)
      const start = yield* children
      const options = { id: yield* create(simulator.url), source: simulator.url, node: "one", gapMillis: 5 }
      const child = start(options)
      yield* until(Effect.map(done, (cells) => cells.length >= 10))
      child.kill()
      yield* child.ended
      answers = Number.POSITIVE_INFINITY
      const before = new Map((yield* done).map((cell) => [cell, simulator.counts.get(cell)]))
      assert.isBelow(before.size, gamesASeason * some.length)
      assert.include(yield* start(options).ended, "\"succeeded\"")
      for (const [cell, count] of before) assert.strictEqual(simulator.counts.get(cell), count, cell)
      assert.strictEqual((yield* done).length, gamesASeason * some.length)
      assert.deepStrictEqual(yield* dump, yield* Fiber.join(expected))
    }).pipe(Effect.provide(stores), Effect.scoped), 60_000)

  it.live("two nodes share the work, none is asked twice, each at the rate of its own address", () =>
    Effect.gen(function*() {
      const listing = yield* simulated()
      yield* master(listing.url)
      // The same league behind two addresses, so that each node's calls can be told; neither answers before both ask.
      let open = () => {}
      const opens = new Promise<void>((resolve) => {
        open = resolve
      })
      const simulators = [yield* simulated({ opens }), yield* simulated({ opens })]
      const start = yield* children
      const id = yield* create(listing.url)
      const gapMillis = 60
      const nodesAtWork = simulators.map(({ url }, i) => start({ id, source: url, node: `node-${i}`, gapMillis }))
      yield* until(Effect.sync(() => simulators.every(({ arrivals }) => arrivals.length > 0)))
      open()
      const outcomes = yield* Effect.forEach(nodesAtWork, ({ ended }) => ended, { concurrency: 2 })
      for (const outcome of outcomes) assert.include(outcome, "\"succeeded\"")
      const counts = new Map<string, number>()
      for (const { counts: own } of simulators) for (const [key, count] of own) counts.set(key, (counts.get(key) ?? 0) + count)
      const cells = [...counts].filter(([key]) => some.some((endpoint) => key.startsWith(endpoint)))
      assert.strictEqual(cells.length, gamesASeason * some.length)
      assert.isTrue(cells.every(([, count]) => count === 1))
      for (const { arrivals } of simulators) {
        const [first = 0] = arrivals
        // Requests are noted a little after they arrived, the first one too.
        assert.isAtLeast((arrivals.at(-1) ?? 0) - first, (arrivals.length - 3) * gapMillis)
      }
      const nodes = yield* query(`
        select worker.host, count(*)::int as cells from sluice.steps as step
        join sluice.workers as worker on worker.number = step.worker where step.asset <> 'nba/games' group by 1 order by 1`)
      assert.deepStrictEqual(nodes.map(({ host }) => host), ["node-0", "node-1"])
    }).pipe(Effect.provide(stores), Effect.scoped), 60_000)
})
