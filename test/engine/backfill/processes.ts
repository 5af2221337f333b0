/** Runs processes that share a backfill on a database of their own, and reads what they noted. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as Backfill from "../../../engine/backfill/Backfill.ts"
import type { RunRequest } from "../../../engine/record/Run.ts"
import { Warehouse } from "../../../io/warehouse/Warehouse.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import * as TestDatabase from "../../TestDatabase.ts"
import type { Options } from "./program.ts"
import * as Weather from "./weather.ts"

const own = path.join(import.meta.dirname, "..", "..", "..", "node_modules", ".bin", "node")
const node = existsSync(own) ? own : process.execPath

/** Each time it is provided, with another database. */
export const services = Layer.fresh(
  Layer.mergeAll(PostgresRunStore.layer, Warehouse.layer).pipe(Layer.provideMerge(TestDatabase.layerMigrated))
)

export interface Child {
  readonly process: ChildProcess
  readonly pid: number
  /** What its connections are called in pg_stat_activity. */
  readonly name: string
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>
}

/** A line of the log: a computation of a cell began or ended in a process, in milliseconds since 1970. */
export interface Line {
  readonly pid: number
  readonly what: string
  readonly cell: string
  readonly at: number
}

export const make = Effect.gen(function*() {
  const url = yield* TestDatabase.url
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(path.join(tmpdir(), "sluice-backfill-"))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
  )
  const log = path.join(folder, "log")
  writeFileSync(log, "")
  const children = new Set<ChildProcess>()
  yield* Effect.addFinalizer(() => Effect.sync(() => children.forEach((child) => child.kill("SIGKILL"))))
  const join = (options: Options): Child => {
    const name = `child-${randomUUID()}`
    const named = new URL(url)
    named.searchParams.set("application_name", name)
    const child = spawn(node, [path.join(import.meta.dirname, "program.ts"), log, JSON.stringify(options)], {
      env: { ...process.env, DATABASE_URL: named.href },
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
    return { process: child, pid: child.pid!, name, ended }
  }
  const file = openSync(log, "a+")
  yield* Effect.addFinalizer(() => Effect.sync(() => closeSync(file)))
  const known: Array<Line> = []
  const begun = new Map<number, number>()
  let read = 0
  /** What was noted until now, in the order in which it was. */
  const lines = (): ReadonlyArray<Line> => {
    const more = Buffer.alloc(fstatSync(file).size - read)
    const length = readSync(file, more, 0, more.length, read)
    const whole = more.subarray(0, length).lastIndexOf(10) + 1
    read += whole
    for (const line of more.subarray(0, whole).toString().split("\n")) {
      const [pid, what = "", cell = "", at] = line.split(" ")
      if (line === "") continue
      known.push({ pid: Number(pid), what, cell, at: Number(at) })
      if (what === "start") begun.set(Number(pid), Number(at))
    }
    return known
  }
  /** When a process last began to compute a cell; undefined: it has not yet. */
  const lastStart = (pid: number): number | undefined => {
    lines()
    return begun.get(pid)
  }
  return { join, lines, lastStart }
})

/** Waits until something is so. */
export const until = <E, R>(condition: Effect.Effect<boolean, E, R>) =>
  Effect.gen(function*() {
    while (!(yield* condition)) yield* Effect.sleep(10)
  })

/** A backfill that nobody takes part in yet. */
export const create = (options: Pick<Options, "days" | "stations">, request: RunRequest) =>
  Effect.scoped(Effect.gen(function*() {
    const graph = Weather.make({ ...options, work: () => Effect.void })
    const lease = yield* Lease.acquire
    const id = yield* Backfill.create(graph, request, lease)
    if (id === undefined) return yield* Effect.die("There was nothing to plan.")
    return id
  }))

export const query = (text: string) =>
  Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<Readonly<Record<string, string>>>(text))

/** Those that compute too: a statement that was sent may open a transaction that nobody ends. */
const hasTransaction = ({ name }: Child) =>
  Effect.map(
    query(`select pid from pg_stat_activity where application_name = '${name}' and (xact_start is not null or state = 'active')`),
    (rows) => rows.length > 0
  )

/** The system calls in which Node waits for something to happen, by their numbers: epoll_pwait and epoll_wait. */
const waits: Readonly<Partial<Record<NodeJS.Architecture, ReadonlyArray<string>>>> = { x64: ["281", "232"], arm64: ["22"] }

/**
 * Whether a process that was stopped waited for something to happen, and was in the middle of nothing; also where the system
 * does not tell. One that had begun a computation and was stopped in the line of its log wrote that when it woke, and so
 * seemed to begin it then.
 */
export const wasWaiting = ({ pid }: Child): boolean => {
  const known = waits[process.arch]
  if (known === undefined) return true
  try {
    const [call = "", , , , timeout] = readFileSync(`/proc/${pid}/syscall`, "utf8").split(" ")
    return known.includes(call) && timeout !== "0x0"
  } catch {
    return true
  }
}

/**
 * Stops a process as if its machine slept, at a moment at which `isFit` and at which it has no open transaction: one that
 * has keeps its locks, and whoever needs them waits until Postgres ends it.
 */
export const freeze = Effect.fnUntraced(function*(child: Child, isFit: () => boolean = () => true) {
  for (;;) {
    if (child.process.exitCode !== null) return yield* Effect.die(new Error(`Process ${child.pid} ended before it could be frozen.`))
    child.process.kill("SIGSTOP")
    // What it sent last has arrived and has ended.
    yield* Effect.sleep(20)
    const before = yield* hasTransaction(child)
    yield* Effect.sleep(20)
    if (!before && !(yield* hasTransaction(child)) && isFit()) return
    child.process.kill("SIGCONT")
    yield* Effect.sleep(3 + Math.random() * 10)
  }
})

export const tables = ["reading", "cleaned", "trend", "extreme", "score", "week"]

/** What is stored, whoever wrote it. */
export const dump = Effect.forEach(tables, (table) =>
  Effect.map(query(`select id, value::text from test.${table} order by id, value`), (rows) => [table, rows] as const))

/** How a process ended. */
export const outcome = (child: Child) =>
  Effect.promise(() => child.ended).pipe(
    Effect.flatMap(({ code, err, out }) =>
      code === 0 ? Effect.sync(() => JSON.parse(out)) : Effect.die(new Error(`It ended with ${code}: ${err}`)))
  )
