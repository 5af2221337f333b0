/** Starts daemons as processes of their own, with clocks that are wrong, and reads what they tell and record. */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { TickStore } from "../../../engine/record/TickStore.ts"
import * as TestDatabase from "../../TestDatabase.ts"

const own = path.join(import.meta.dirname, "..", "..", "..", "node_modules", ".bin", "node")
const node = existsSync(own) ? own : process.execPath

export interface Child {
  readonly process: ChildProcess
  /** How often it has told this until now, by the name of the observation. */
  readonly told: (tag: string) => number
  readonly ended: Promise<number | null>
}

/** The next seconds but two, as cron expressions that are due once a year. */
const secondsFrom = (now: Date, count: number) =>
  Array.from({ length: count }, (_, i) => {
    const at = new Date(now.getTime() + (i + 2) * 1000)
    return `${at.getUTCSeconds()} ${at.getUTCMinutes()} ${at.getUTCHours()} ${at.getUTCDate()} ${at.getUTCMonth() + 1} *`
  })

/**
 * Starts daemons on one database, which observe one folder and have so many schedules of so many ticks; those that are left
 * are killed with the scope.
 */
export const make = Effect.fnUntraced(function*(schedules: number, ticks: number) {
  const url = yield* TestDatabase.url
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(path.join(tmpdir(), "sluice-daemons-"))),
    (made) => Effect.promise(() => rm(made, { recursive: true, force: true }))
  )
  const children = new Set<ChildProcess>()
  yield* Effect.addFinalizer(() => Effect.sync(() => children.forEach((child) => child.kill("SIGKILL"))))
  // Started before there is a daemon: no tick is before it.
  const store = yield* TickStore
  yield* Effect.forEach(Array.from({ length: schedules }, (_, i) => `test/s${i}`), (name) => store.setRunning(name, true))
  const crons = secondsFrom(new Date(), ticks)
  const start = (shiftMillis: number): Child => {
    const child = spawn(node, [path.join(import.meta.dirname, "program.ts"), folder, String(schedules), JSON.stringify(crons)], {
      env: { ...process.env, DATABASE_URL: url, CLOCK_SHIFT: String(shiftMillis), NODE_COMPILE_CACHE: path.join(folder, "compiled") },
      stdio: ["ignore", "pipe", "inherit"]
    })
    children.add(child)
    let text = ""
    child.stdout.on("data", (chunk) => text += String(chunk))
    const ended = new Promise<number | null>((resolve) =>
      child.on("close", (code) => {
        children.delete(child)
        resolve(code)
      }))
    return { process: child, told: (tag) => text.split(`{"_tag":"${tag}"`).length - 1, ended }
  }
  return { folder, start }
})

export const query = (text: string) =>
  Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<Readonly<Record<string, number>>>(text))

export const numberOf = (text: string) => Effect.map(query(`select (${text})::integer as number`), ([row]) => row?.["number"] ?? 0)

export const until = <E, R>(condition: Effect.Effect<boolean, E, R>) =>
  Effect.gen(function*() {
    while (!(yield* condition)) yield* Effect.sleep(20)
  })
