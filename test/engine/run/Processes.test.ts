/** The engine under harm: processes that are killed, frozen and in each other's way. */
import { assert, describe, it } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as TestDatabase from "../../TestDatabase.ts"

const own = path.join(import.meta.dirname, "..", "..", "..", "node_modules", ".bin", "node")
const node = existsSync(own) ? own : process.execPath

interface Options {
  readonly resume?: boolean
  readonly select?: string
  readonly partitions?: string
  readonly leaseMillis?: number
}

interface Child {
  readonly process: ChildProcess
  /** What it said and how it ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>
}

/** A database with a log of computations, and programs that run on it. */
const scene = Effect.gen(function*() {
  const url = yield* TestDatabase.url
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(path.join(tmpdir(), "sluice-processes-"))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
  )
  const log = path.join(folder, "log")
  yield* Effect.promise(() => writeFile(log, ""))
  const children = new Set<ChildProcess>()
  yield* Effect.addFinalizer(() => Effect.sync(() => children.forEach((child) => child.kill("SIGKILL"))))
  const run = ({ leaseMillis = 400, partitions, resume = false, select = "*" }: Options): Child => {
    const options = JSON.stringify({ resume, select, partitions: partitions ?? null, leaseMillis })
    const child = spawn(node, [path.join(import.meta.dirname, "program.ts"), log, options], {
      env: { ...process.env, DATABASE_URL: url },
      stdio: ["ignore", "pipe", "pipe"]
    })
    children.add(child)
    let out = ""
    let err = ""
    child.stdout.on("data", (chunk) => out += String(chunk))
    child.stderr.on("data", (chunk) => err += String(chunk))
    const ended = new Promise<Awaited<Child["ended"]>>((resolve) =>
      child.on("close", (code) => {
        children.delete(child)
        resolve({ code, out, err })
      }))
    return { process: child, ended }
  }
  const lines = Effect.map(Effect.promise(() => readFile(log, "utf8")), (text) =>
    text.split("\n").filter((line) => line !== "").map((line) => {
      const [pid, what, cell, at] = line.split(" ")
      return { pid: Number(pid), what, cell: cell ?? "", at: Number(at) }
    }))
  return { lines, run }
})

/** Waits until the log has so many more lines of this process, or it has ended. */
const until = Effect.fnUntraced(function*(here: Effect.Success<typeof scene>, child: Child, count: number) {
  for (;;) {
    const own = (yield* here.lines).filter((line) => line.pid === child.process.pid)
    if (own.length >= count || child.process.exitCode !== null) return
    yield* Effect.sleep(5)
  }
})

const outcome = (child: Child) =>
  Effect.map(Effect.promise(() => child.ended), ({ code, err, out }) => {
    assert.strictEqual(code, 0, err)
    return JSON.parse(out)
  })

const query = (text: string) =>
  Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<Readonly<Record<string, string>>>(text))

const tables = ["source", "derived", "found", "added", "total"]
const dump = (columns = "id, value, 'x' as rest") =>
  Effect.forEach(tables, (table) =>
    Effect.map(query(`select ${columns} from test.${table} as t order by id, value`), (rows) => [table, rows] as const))

/** The cells with a materialization in any run, as the log names them. */
const recorded = Effect.map(
  Effect.catch(query("select asset, partition from sluice.steps where state = 'materialized'"), () => Effect.succeed([])),
  (rows) => new Set(rows.map(({ asset, partition }) => `${asset?.slice(5)}${partition === "" ? "" : `@${partition}`}`))
)

const random = (() => {
  let seed = 20261122
  return (below: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below
})()

/** What the tables hold after one run that nobody disturbs. */
const undisturbed = Effect.gen(function*() {
  const { run } = yield* scene
  const report = yield* outcome(run({}))
  assert.deepStrictEqual(report, { state: "succeeded", materialized: 373, unchanged: 0, failed: [], skipped: [] })
  return yield* dump()
}).pipe(Effect.scoped, Effect.provide(TestDatabase.layerMigrated))

describe("Processes", () => {
  it.live("killed at 20 moments: the run is resumed, no finished cell runs again, the rows are those of an undisturbed run", () =>
    Effect.gen(function*() {
      const expected = yield* undisturbed
      const here = yield* scene
      const finished = new Map<number, ReadonlySet<string>>()
      for (let kill = 0; kill < 20; kill++) {
        const child = here.run({ resume: true })
        finished.set(child.process.pid ?? 0, yield* recorded)
        // Every fourth dies at any moment of its start, the others at work.
        if (kill % 4 === 3) yield* Effect.sleep(random(900))
        else {
          yield* until(here, child, 1)
          yield* Effect.sleep(random(60))
        }
        child.process.kill("SIGKILL")
        yield* Effect.promise(() => child.ended)
      }
      const last = here.run({ resume: true })
      finished.set(last.process.pid ?? 0, yield* recorded)
      assert.include(yield* outcome(last), { state: "succeeded" })
      const lines = yield* here.lines
      const again = lines.filter(({ cell, pid, what }) => what === "start" && finished.get(pid)?.has(cell) === true)
      assert.deepStrictEqual(again, [])
      assert.deepStrictEqual(yield* dump(), expected)
      assert.strictEqual((yield* recorded).size, 373)
      assert.deepStrictEqual(yield* query("select state from sluice.run_states"), [{ state: "succeeded" }])
      assert.deepStrictEqual(yield* query("select * from sluice.cell_states where state <> 'materialized'"), [])
    }).pipe(Effect.scoped, Effect.provide(TestDatabase.layerMigrated)), 120_000)

  it.live("two at once over overlapping cells: both end well, no cell is computed twice at a time, the rows are right", () =>
    Effect.gen(function*() {
      const here = yield* scene
      const select = "test/source test/derived test/added"
      const one = here.run({ select, partitions: "c000..c079" })
      const two = here.run({ select, partitions: "c040..c119" })
      assert.include(yield* outcome(one), { state: "succeeded" })
      assert.include(yield* outcome(two), { state: "succeeded" })
      const open = new Map<string, number>()
      for (const { cell, pid, what } of (yield* here.lines).toSorted((a, b) => a.at - b.at)) {
        if (what === "start") {
          assert.isUndefined(open.get(cell), `${cell} runs in ${pid} and in ${open.get(cell)}`)
          open.set(cell, pid)
        } else open.delete(cell)
      }
      const started = (yield* here.lines).filter(({ what }) => what === "start").map(({ cell }) => cell)
      assert.strictEqual(started.length, 360)
      assert.strictEqual(new Set(started).size, 360)
      assert.isAtLeast(new Set((yield* here.lines).map(({ pid }) => pid)).size, 2)
      assert.deepStrictEqual(yield* query("select id from test.added group by id having count(*) > 1"), [])
      assert.deepStrictEqual(
        yield* query(`
          select 'source' as name, count(*)::text as rows from test.source
          union all select 'derived', count(*)::text from test.derived
          union all select 'added', count(*)::text from test.added
        `),
        [{ name: "source", rows: "240" }, { name: "derived", rows: "240" }, { name: "added", rows: "120" }]
      )
    }).pipe(Effect.scoped, Effect.provide(TestDatabase.layerMigrated)))

  it.live("frozen for longer than its lease: writes nothing after its successor took over, and says so", () =>
    Effect.gen(function*() {
      const here = yield* scene
      const frozen = here.run({})
      yield* until(here, frozen, 40)
      // A transaction that is open while the process is frozen would keep its locks: that is another test's matter.
      for (;;) {
        frozen.process.kill("SIGSTOP")
        yield* Effect.sleep(20)
        const open = yield* query(`
          select pid from pg_stat_activity
          where datname = current_database() and state like 'idle in transaction%'
        `)
        if (open.length === 0) break
        frozen.process.kill("SIGCONT")
        yield* Effect.sleep(7)
      }
      const before = yield* recorded
      assert.isBelow(before.size, 373)
      const successor = here.run({ resume: true })
      assert.include(yield* outcome(successor), { state: "succeeded" })
      const state = Effect.all([
        dump("id, value, xmin::text as rest"),
        query("select asset, partition, data_version::text, xmin::text as x from sluice.cells order by 1, 2"),
        query("select run::text, asset, partition, worker::text, state::text from sluice.steps order by 1, 2, 3"),
        query("select id::text, state::text, finished_at::text from sluice.runs order by 1"),
        query("select run::text, worker::text, left_at::text from sluice.run_workers order by 1, 2")
      ])
      const then = yield* state
      frozen.process.kill("SIGCONT")
      const end = yield* outcome(frozen)
      assert.strictEqual(end.error, "RunUnavailable")
      assert.match(end.message, /was taken over by another process/)
      assert.deepStrictEqual(yield* state, then)
      const again = (yield* here.lines).filter(({ cell, pid, what }) =>
        what === "start" && pid === successor.process.pid && before.has(cell))
      assert.deepStrictEqual(again, [])
    }).pipe(Effect.scoped, Effect.provide(TestDatabase.layerMigrated)))
})
