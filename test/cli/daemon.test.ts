/** What others are told of a daemon: its health, and its number. */
import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as Health from "../../cli/daemon/Health.ts"
import * as PidFile from "../../cli/daemon/PidFile.ts"
import * as TestDatabase from "../TestDatabase.ts"
import { freePort } from "./fixture.ts"

const ask = (port: number, route = "/health") =>
  Effect.promise(async () => {
    const response = await fetch(`http://127.0.0.1:${port}${route}`)
    const body: Readonly<Record<string, unknown>> = JSON.parse(await response.text() || "{}")
    return { status: response.status, body }
  })

describe("the health of a daemon", () => {
  it.live("is what it told last; 503 while it starts, and while the database is away", () =>
    Effect.gen(function*() {
      const port = yield* freePort
      let millis = 0
      const watch = Health.watch(1, () => millis)
      const client = PgClient.layer({ url: Redacted.make(yield* TestDatabase.url), maxConnections: 1 })
      yield* Layer.build(Layer.provide(Health.layer(port, watch), client))
      const starting = yield* ask(port)
      assert.deepStrictEqual([starting.status, starting.body["state"], starting.body["database"]], [503, "starting", "ok"])
      watch.observe({ _tag: "Up", schedules: 1, sensors: 2, automations: 0, hooks: 0 })
      watch.observe({ _tag: "Started", schedule: "shop", due: 60_000, run: 7, lagMillis: 4 })
      watch.observe({ _tag: "Adopted", schedule: "shop", run: 5 })
      watch.observe({ _tag: "Started", schedule: "shop", due: 120_000, run: 8, lagMillis: 9 })
      watch.observe({ _tag: "Ended", schedule: "shop", run: 7, state: "succeeded", millis: 10 })
      const up = yield* ask(port)
      assert.strictEqual(up.status, 200)
      assert.deepInclude(up.body, {
        ok: true, database: "ok", state: "up", pid: process.pid, runs: [5, 8], queue: 1, stuck: [],
        lastTick: { schedule: "shop", due: "1970-01-01T00:02:00.000Z", run: 8, lagMillis: 9 }
      })
      assert.strictEqual((yield* ask(port, "/")).status, 404)

      // Every part looks again in its time, or is told as stuck.
      millis = 30_000
      watch.looked("sensors", 2000)
      millis = 61_000
      const stuck = yield* ask(port)
      assert.deepStrictEqual([stuck.status, stuck.body["ok"], stuck.body["stuck"]], [503, false, ["schedules"]])
      watch.looked("schedules", 600_000)
      assert.strictEqual((yield* ask(port)).status, 200)
      millis = 120_000
      assert.deepStrictEqual((yield* ask(port)).body["stuck"], ["sensors"])
      watch.observe({ _tag: "Stopping", runs: 2, steps: 1 })
      const stopping = yield* ask(port)
      assert.deepStrictEqual([stopping.status, stopping.body["state"], stopping.body["stuck"]], [200, "stopping", []])

      const second = yield* Effect.flip(Layer.build(Layer.provide(Health.layer(port, watch), client)))
      assert.match(second.message, new RegExp(`^The health of the daemon cannot be told at 127.0.0.1:${port}: .*EADDRINUSE.*another port\\.$`))

      yield* TestDatabase.drop
      const away = yield* ask(port)
      assert.deepStrictEqual([away.status, away.body["ok"], away.body["database"]], [503, false, "away"])
    }).pipe(Effect.provide(TestDatabase.layer)))
})

describe("a pid file", () => {
  it.live("is there while the process runs, in place of one that a killed process left, and of no other's", () =>
    Effect.gen(function*() {
      const folder = yield* Effect.promise(() => mkdtemp(path.join(tmpdir(), "sluice-pid-")))
      yield* Effect.addFinalizer(() => Effect.promise(() => rm(folder, { recursive: true })))
      const file = path.join(folder, "daemon.pid")
      const text = Effect.promise(() => readFile(file, "utf8").catch(() => undefined))
      const held = Effect.scoped(Effect.andThen(PidFile.hold(file), text))
      const mine = `${process.pid}\n`
      assert.strictEqual(yield* held, mine)
      assert.isUndefined(yield* text)
      for (const left of ["", "not a number", "4194305\n", mine]) {
        yield* Effect.promise(() => writeFile(file, left))
        assert.strictEqual(yield* held, mine)
      }
      yield* Effect.promise(() => writeFile(file, `${process.ppid}\n`))
      const refused = yield* Effect.flip(held)
      assert.strictEqual(refused.message, `The pid file ${file} cannot be written: process ${process.ppid} has it and is alive.`)
      assert.strictEqual(yield* text, `${process.ppid}\n`)
      const nowhere = yield* Effect.flip(Effect.scoped(PidFile.hold(path.join(folder, "none", "daemon.pid"))))
      assert.match(nowhere.message, /ENOENT/)
    }))
})
