/** Daemons under harm: killed and started again at random, with clocks that are wrong. */
import { assert, describe, it } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import * as TestDatabase from "../../TestDatabase.ts"

const own = path.join(import.meta.dirname, "..", "..", "..", "node_modules", ".bin", "node")
const node = existsSync(own) ? own : process.execPath

const schedules = 10
/** At least so many ticks are decided upon. */
const leastTicks = 60
/** Of daemons, before the rest is let be. */
const kills = 2
/** Of the machines' clocks, in milliseconds. */
const shifts = [0, 2000, -2000]

interface Child {
  readonly process: ChildProcess
  /** What it has told until now, by its names. */
  readonly said: () => ReadonlyArray<string>
  readonly ended: Promise<number | null>
}

const daemons = Effect.gen(function*() {
  const url = yield* TestDatabase.url
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(path.join(tmpdir(), "sluice-daemons-"))),
    (made) => Effect.promise(() => rm(made, { recursive: true, force: true }))
  )
  const children = new Set<ChildProcess>()
  yield* Effect.addFinalizer(() => Effect.sync(() => children.forEach((child) => child.kill("SIGKILL"))))
  return (shift: number): Child => {
    const child = spawn(node, [path.join(import.meta.dirname, "program.ts"), String(schedules)], {
      env: { ...process.env, DATABASE_URL: url, CLOCK_SHIFT: String(shift), NODE_COMPILE_CACHE: path.join(folder, "compiled") },
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
    const said = () => Array.from(text.matchAll(/^\{"_tag":"(\w+)"/gm), ([, tag = ""]) => tag)
    return { process: child, said, ended }
  }
})

const query = (text: string) =>
  Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<Readonly<Record<string, number>>>(text))

const numberOf = (text: string) => Effect.map(query(`select (${text})::integer as number`), ([row]) => row?.["number"] ?? 0)

const until = <E, R>(condition: Effect.Effect<boolean, E, R>) =>
  Effect.gen(function*() {
    while (!(yield* condition)) yield* Effect.sleep(20)
  })

describe("three daemons, killed and started again, with clocks two seconds off", () => {
  it.live("start exactly one run a tick, each of which is executed once", () =>
    Effect.gen(function*() {
      const start = yield* daemons
      const up = shifts.map((shift) => start(shift))
      const said: Array<string> = []
      const count = (child: Child, what: string) => child.said().filter((tag) => tag === what).length
      for (let killed = 0; killed < kills; killed++) {
        const place = Math.floor(Math.random() * up.length)
        const victim = up[place]!
        // While it has runs: they take 200 ms.
        const before = count(victim, "Started")
        yield* until(Effect.sync(() => count(victim, "Started") > before))
        yield* Effect.sleep(Math.random() * 200)
        victim.process.kill("SIGKILL")
        yield* Effect.promise(() => victim.ended)
        said.push(...victim.said())
        up[place] = start(shifts[place]!)
      }
      yield* until(Effect.map(numberOf("select count(*) from sluice.ticks"), (ticks) => ticks >= leastTicks))
      yield* until(Effect.sync(() => up.every((child) => child.said().includes("Up"))))
      // One decides no more, and lets what runs end; what the killed ones left is taken over meanwhile.
      yield* query("update sluice.schedules set running = false")
      yield* until(Effect.map(numberOf("select count(*) from sluice.runs where state = 'running'"), (open) => open === 0))
      for (const child of up) {
        child.process.kill("SIGTERM")
        assert.strictEqual(yield* Effect.promise(() => child.ended), 0)
        said.push(...child.said())
      }

      const ticks = yield* query(`
        select schedule, count(*)::integer as ticks, count(distinct run)::integer as runs,
          count(*) filter (where state <> 'started')::integer as others,
          (extract(epoch from max(due) - min(due)))::integer as seconds
        from sluice.ticks group by schedule
      `)
      assert.lengthOf(ticks, schedules)
      for (const { others, runs, seconds, ticks: count } of ticks) {
        assert.deepStrictEqual([count, others], [runs, 0])
        assert.strictEqual(count, seconds! + 1, "no tick between the first and the last is lost")
      }
      const all = yield* numberOf("select count(*) from sluice.ticks")
      assert.isAtLeast(all, leastTicks)
      assert.strictEqual(yield* numberOf("select count(*) from sluice.runs"), all)
      assert.strictEqual(yield* numberOf("select count(*) from sluice.runs where state = 'succeeded'"), all)
      const rows = yield* Effect.forEach(Array.from({ length: schedules }, (_, i) => i), (i) => numberOf(`select count(*) from test.s${i}`))
      assert.strictEqual(rows.reduce((sum, count) => sum + count, 0), all)
      assert.include(said, "Adopted")
    }).pipe(Effect.provide(Layer.provideMerge(PostgresRunStore.layer, TestDatabase.layer))), 120_000)
})
