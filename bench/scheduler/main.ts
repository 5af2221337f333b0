/**
 * `npm run bench -- scheduler`: what a daemon costs while nothing is due, how soon a tick, a notification or a claim that ends
 * becomes a step, and how soon a hook is told. `BENCH_ONLY=short`: claims and hooks alone.
 */
import { PgClient } from "@effect/sql-pg"
import { Deferred, Effect, Fiber, Layer, Result, Schema } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Asset, AssetGraph, Pipeline, Rows, Schedule, Sensor, Warehouse } from "sluice"
import * as Daemon from "../../engine/daemon/Daemon.ts"
import { Database } from "../../resources/database/Database.ts"
import * as EmbeddedPostgres from "../../resources/database/EmbeddedPostgres.ts"
import * as PostgresRunStore from "../../storage/PostgresRunStore.ts"
import { print, printMachine, quantile } from "../report.ts"
import * as Contention from "./Contention.ts"
import * as Told from "./Told.ts"

const idleSeconds = 15
const ticks = Number(process.env["BENCH_TICKS"] ?? 60)
const notifications = 10 * ticks

/** An asset that notes when its steps begin. */
const noting = (key: string) => {
  const began: Array<number> = []
  const asset = Asset.make(key, {
    output: Rows.of(Schema.Struct({ n: Schema.Int }), { key: ["n"] }),
    io: Warehouse,
    run: () =>
      Effect.sync(() => {
        began.push(Date.now())
        return [{ n: 1 }]
      })
  })
  return { asset, began }
}

const tick = noting("bench/tick")
const notified = noting("bench/notified")
const graph = Result.getOrThrow(AssetGraph.make([Pipeline.make("bench", { assets: [tick.asset, notified.asset] })]))

const rarely = Array.from({ length: 200 }, (_, i) =>
  Schedule.make(`rarely/s${i}`, { cron: "0 0 29 2 *", request: { select: tick.asset } }))
const often = Schedule.make("often", { cron: "* * * * * *", request: { select: tick.asset, force: true } })
const channel = Sensor.make("notified", { ...Sensor.notify("bench"), request: () => ({ select: notified.asset, force: true }) })

/** The effect while a daemon is up. */
const beside = <A, E, R>(
  schedules: ReadonlyArray<Schedule.Schedule>,
  sensors: ReadonlyArray<typeof channel>,
  effect: Effect.Effect<A, E, R>
) =>
  Effect.gen(function*() {
    const stop = yield* Deferred.make<void>()
    const daemon = yield* Effect.forkChild(Daemon.run<Warehouse | PgClient.PgClient>(graph, schedules, { stop: Deferred.await(stop), sensors }))
    const found = yield* effect
    yield* Deferred.succeed(stop, undefined)
    yield* Fiber.join(daemon)
    return found
  })

const cpuWhile = (seconds: number) =>
  Effect.gen(function*() {
    yield* Effect.sleep("3 seconds")
    const before = process.cpuUsage()
    yield* Effect.sleep(seconds * 1000)
    const { system, user } = process.cpuUsage(before)
    return (system + user) / 1000 / seconds
  })

const printLags = (from: string, lags: ReadonlyArray<number>) => {
  print({ name: `${from}, median`, rounds: [quantile(lags, 0.5)], unit: "ms" })
  print({ name: `${from}, 99th of 100 (${lags.length})`, rounds: [quantile(lags, 0.99)], unit: "ms" })
}

/** One notification after the other, each once the step of the one before has begun; gives how long each took. */
const notify = Effect.gen(function*() {
  const sql = yield* PgClient.PgClient
  const lags: Array<number> = []
  // Told to nobody until the daemon listens.
  while (notified.began.length === 0) yield* Effect.delay(sql.notify("bench", "0"), "100 millis")
  yield* Effect.sleep("1 second")
  for (let i = 0; i < notifications; i++) {
    const before = notified.began.length
    const sent = Date.now()
    yield* sql.notify("bench", String(i))
    while (notified.began.length === before) yield* Effect.sleep(1)
    lags.push(notified.began[before]! - sent)
    yield* Effect.sleep(50)
  }
  return lags
})

const only = process.env["BENCH_ONLY"]

const program = Effect.gen(function*() {
  printMachine()
  yield* Contention.measure
  yield* Told.measure
  if (only === "short") return
  const idle = yield* beside(rarely, [], cpuWhile(idleSeconds))
  print({ name: "a daemon with 200 schedules, none of them due", rounds: [idle], unit: "ms of processor time a second" })
  yield* beside([...rarely, often], [], Effect.gen(function*() {
    // The first one makes the table.
    while (tick.began.length < ticks + 1) yield* Effect.sleep(100)
  }))
  // Due moments are whole seconds.
  printLags("from a due tick to its step", tick.began.slice(1).map((began) => began % 1000))
  printLags("from a notification to its step", yield* beside(rarely, [channel], notify))
})

const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"))
await Effect.runPromise(
  program.pipe(
    Effect.provide(
      Layer.mergeAll(Warehouse.layer, PostgresRunStore.layer).pipe(Layer.provideMerge(Database.layer({ stateFolder: folder })))
    ),
    Effect.ensuring(Effect.ignore(EmbeddedPostgres.stop({ folder })))
  )
)
rmSync(folder, { recursive: true, force: true })
