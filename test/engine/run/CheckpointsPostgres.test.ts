/** A long cell under harm: its process killed and frozen, its connections cut, its run cancelled, its calls failing. */
import { assert, describe, it } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Duration, Effect, Fiber, Layer, Schedule, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { Executor, RunStore, Warehouse } from "../../../index.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import * as TestDatabase from "../../TestDatabase.ts"
import { bulkOf, isGood, type Shape } from "./bulk.ts"
import { requestOf } from "./harness.ts"

const own = path.join(import.meta.dirname, "..", "..", "..", "node_modules", ".bin", "node")
const node = existsSync(own) ? own : process.execPath

const timing = { lease: Duration.millis(400), heartbeat: Duration.millis(100), cancelPoll: Duration.millis(20) }
const database = Layer.mergeAll(PostgresRunStore.layer, Warehouse.layer).pipe(Layer.provideMerge(TestDatabase.layerMigrated))
const live = <A, E>(title: string, effect: Effect.Effect<A, E, Layer.Success<typeof database> | Scope.Scope>) =>
  it.live(title, () => effect.pipe(Effect.scoped, Effect.provide(database), Effect.provideService(Lease.Timing, timing)), 60_000)

const query = (text: string) =>
  Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<Readonly<Record<string, unknown>>>(text))

const recordsIn = (table: string) =>
  Effect.map(query(`select record from ${table} order by record`), (rows) => rows.map(({ record }) => record))

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)

/** The cell is whole: every record once, nothing put aside any more. */
const isWhole = Effect.fnUntraced(function*(size: number) {
  assert.deepStrictEqual(yield* recordsIn("test_bulk.results"), upTo(size).filter(isGood))
  assert.deepStrictEqual(yield* recordsIn("test_bulk.failed"), upTo(size).filter((n) => !isGood(n)))
  assert.deepStrictEqual(yield* query("select partition from sluice.checkpoints"), [])
  assert.deepStrictEqual(yield* recordsIn(`sluice_partial."test_bulk.results"`), [])
})

/** What is put aside is exactly what the position says: of every record until there one row, of none after it. */
const isExact = Effect.gen(function*() {
  const [at] = yield* query(`
    select
      records::int4 as records, (position->>'done')::int4 as done,
      (select count(*)::int4 from sluice_partial."test_bulk.results") + (select count(*)::int4 from sluice_partial."test_bulk.failed") as rows,
      (select max(record) from (
        select record from sluice_partial."test_bulk.results" union all select record from sluice_partial."test_bulk.failed"
      ) as all_rows) as last
    from sluice.checkpoints
  `)
  if (at === undefined) return 0
  const { done, last, records, rows } = at
  assert.deepStrictEqual([rows, last, records], [done, done, done])
  return Number(done)
})

const resumed = (graph: ReturnType<typeof bulkOf>) =>
  Effect.gen(function*() {
    const store = yield* RunStore.RunStore
    const [last] = yield* store.runs({ limit: 1 })
    const isAlive = (error: { readonly message: string }) => error.message.includes("live worker")
    return yield* Effect.retry(Executor.resume(graph, last!.id), { while: isAlive, schedule: Schedule.spaced("20 millis") })
  })

/** Processes that compute the cell, and the calls that they all made. */
const scene = Effect.gen(function*() {
  const url = yield* TestDatabase.url
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(path.join(tmpdir(), "sluice-checkpoints-"))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
  )
  const log = path.join(folder, "log")
  yield* Effect.promise(() => writeFile(log, ""))
  const calls = Effect.map(Effect.promise(() => readFile(log, "utf8")), (text) => text.split("\n").slice(0, -1).map(Number))
  const run = Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(node, [path.join(import.meta.dirname, "bulkProgram.ts"), log], {
        env: { ...process.env, DATABASE_URL: url },
        stdio: ["ignore", "pipe", "inherit"]
      })
      let out = ""
      child.stdout.on("data", (chunk) => out += String(chunk))
      return { child, ended: new Promise<string>((resolve) => child.on("close", () => resolve(out))) }
    }),
    ({ child, ended }) => Effect.promise(() => (child.kill("SIGKILL"), ended))
  )
  return { calls, run }
})

/** Waits until the cell is so far. */
const reached = (done: number, child?: ChildProcess) =>
  Effect.repeat(Effect.andThen(Effect.sleep(15), Effect.catch(isExact, () => Effect.succeed(0))), {
    until: (at) => at >= done || (child !== undefined && child.exitCode !== null)
  })

const shape: Shape = { size: 600, every: 50, concurrency: 16, ahead: 60, call: () => Effect.sleep(2) }

describe("Checkpoints in Postgres", () => {
  live("killed at 3 moments, and taken over: no record is lost or done twice, and little is called again", Effect.gen(function*() {
    const here = yield* scene
    let before = 0
    for (let kill = 1; kill <= 3; kill++) {
      const { child, ended } = yield* here.run
      yield* reached(before + 300 + kill * 37, child)
      child.kill("SIGKILL")
      yield* Effect.promise(() => ended)
      // A commit may have been on its way.
      yield* Effect.sleep(20)
      const at = yield* isExact
      assert.isAbove(at, before)
      before = at
    }
    const calledBefore = (yield* here.calls).length
    const rest: Array<number> = []
    const graph = bulkOf({ ...shape, size: 6000, every: 100, call: (record) => Effect.sync(() => void rest.push(record)) })
    assert.include(yield* resumed(graph), { state: "succeeded", materialized: 2 })
    yield* isWhole(6000)
    assert.deepStrictEqual(rest.toSorted((a, b) => a - b), upTo(6000).slice(before))
    // With each kill those are called again that were not committed: a batch, those ahead and on their way to it, and under way.
    assert.isAtMost(calledBefore, before + 3 * (100 + 3 * 100 + 20))
    const [step] = yield* query("select rows::int4, metadata->'records'->>'value' as records from sluice.steps where asset = 'test/bulk/results'")
    assert.deepStrictEqual(step, { rows: upTo(6000).filter(isGood).length, records: "6000" })
  }))

  live("frozen for longer than its lease: puts nothing aside after its successor took over", Effect.gen(function*() {
    const here = yield* scene
    const { child, ended } = yield* here.run
    yield* reached(200, child)
    for (;;) {
      child.kill("SIGSTOP")
      yield* Effect.sleep(20)
      const open = yield* query(`
        select pid from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'
      `)
      if (open.length === 0) break
      child.kill("SIGCONT")
      yield* Effect.sleep(7)
    }
    const graph = bulkOf({ ...shape, size: 6000, every: 100, call: (record) => record === 3000 ? Effect.sleep("30 seconds") : Effect.void })
    const successor = yield* Effect.forkChild(resumed(graph))
    yield* reached(2999)
    const at = yield* isExact
    child.kill("SIGCONT")
    assert.match(yield* Effect.promise(() => ended), /was taken over by another process/)
    assert.strictEqual(yield* isExact, at)
    yield* Fiber.interrupt(successor)
    yield* resumed(bulkOf({ ...shape, size: 6000, call: () => Effect.void }))
    yield* isWhole(6000)
  }))

  live("connections are cut again and again: the cell goes on, and what it puts aside fits its position", Effect.gen(function*() {
    const cut = query(`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
    `)
    const graph = bulkOf({ ...shape, every: 10 })
    const run = yield* Effect.forkChild(Executor.start(graph, requestOf({ partitions: "a" })))
    // What was cut off before it was recorded was never a run, and is not resumed.
    while ((yield* query("select from sluice.runs")).length === 0) yield* Effect.sleep(2)
    let cuts = 0
    while (run.pollUnsafe() === undefined) {
      yield* Effect.sleep(40)
      if (cuts++ < 8) yield* Effect.ignore(cut)
      yield* Effect.ignore(isExact)
    }
    const report = yield* Effect.exit(Fiber.join(run))
    if (report._tag === "Failure" || report.value.state !== "succeeded") {
      // Cut off at its very beginning, it has no tables yet.
      yield* Effect.ignore(isExact)
      assert.include(yield* resumed(graph), { state: "succeeded" })
    }
    assert.isAbove(cuts, 1)
    yield* isWhole(shape.size)
  }))

  live("cancelled: the position stays, and the resumed run goes on after it; two runs do not do it twice", Effect.gen(function*() {
    const store = yield* RunStore.RunStore
    const called: Array<number> = []
    const graph = bulkOf({ ...shape, call: (record) => Effect.andThen(Effect.sync(() => called.push(record)), Effect.sleep(2)) })
    const run = yield* Effect.forkChild(Executor.start(graph, requestOf({ partitions: "a" })))
    yield* reached(150)
    yield* store.cancelRun(1)
    assert.include(yield* Fiber.join(run), { state: "cancelled" })
    const at = yield* isExact
    assert.isAtLeast(at, 150)
    assert.deepStrictEqual(yield* recordsIn("test_bulk.results"), [])
    called.length = 0
    const both = yield* Effect.all([Executor.start(graph, requestOf({ partitions: "a" })), Executor.start(graph, requestOf({ partitions: "a" }))], {
      concurrency: 2
    })
    assert.deepStrictEqual(both.map(({ materialized, unchanged }) => [materialized, unchanged]).toSorted(), [[0, 2], [2, 0]])
    assert.deepStrictEqual(called.toSorted((a, b) => a - b), upTo(shape.size).slice(at))
    yield* isWhole(shape.size)
  }))

  live("with calls that fail and end in any order, at any concurrency: the position is never ahead of the rows", Effect.gen(function*() {
    for (let seed = 1; seed <= 4; seed++) {
      let state = seed * 7919
      const random = (below: number) => (state = (state * 1103515245 + 12345) % 2147483648) % below
      const size = 200 + random(300)
      const every = 1 + random(60)
      const done = new Set<number>()
      const graph = bulkOf({
        size,
        every,
        concurrency: 1 + random(40),
        ahead: 1 + random(80),
        call: (record) =>
          Effect.andThen(Effect.sleep(random(4)), Effect.suspend(() =>
            random(150) === 0 ? Effect.fail("broken") : Effect.sync(() => void done.add(record))))
      })
      let tries = 0
      for (let state = ""; state !== "succeeded" && tries < 100; tries++) {
        state = (yield* Executor.start(graph, requestOf({ partitions: "a" }))).state
        const at = yield* isExact
        for (let record = 1; record <= at; record++) assert.isTrue(done.has(record), `seed ${seed}: ${record} of ${at}`)
      }
      yield* isWhole(size)
      yield* query("truncate test_bulk.results, test_bulk.failed, sluice.cells")
      yield* query("delete from sluice.cell_sets")
    }
  }))
})
