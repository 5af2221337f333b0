/** `npm run bench -- scheduler`: what a daemon costs while nothing is due, and how soon a tick becomes a step. */
import { Deferred, Effect, Fiber, Layer, Result, Schema } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Asset, AssetGraph, Pipeline, Rows, Schedule, Warehouse } from "sluice"
import * as Daemon from "../../engine/daemon/Daemon.ts"
import { Database } from "../../resources/database/Database.ts"
import * as EmbeddedPostgres from "../../resources/database/EmbeddedPostgres.ts"
import * as PostgresRunStore from "../../storage/PostgresRunStore.ts"
import { print, printMachine } from "../report.ts"

const idleSeconds = 15
const ticks = 30

/** When each step began after it was due, in milliseconds. Due moments are whole seconds. */
const lags: Array<number> = []

const asset = Asset.make("bench/tick", {
  output: Rows.of(Schema.Struct({ n: Schema.Int }), { key: ["n"] }),
  io: Warehouse,
  run: () =>
    Effect.sync(() => {
      lags.push(Date.now() % 1000)
      return [{ n: 1 }]
    })
})

const graph = Result.getOrThrow(AssetGraph.make([Pipeline.make("bench", { assets: [asset] })]))

const rarely = Array.from({ length: 200 }, (_, i) =>
  Schedule.make(`rarely/s${i}`, { cron: "0 0 29 2 *", request: { select: asset } }))
const often = Schedule.make("often", { cron: "* * * * * *", request: { select: asset, force: true } })

/** The effect while a daemon is up. */
const beside = <A, E, R>(schedules: ReadonlyArray<Schedule.Schedule>, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const stop = yield* Deferred.make<void>()
    const daemon = yield* Effect.forkChild(Daemon.run(graph, schedules, { stop: Deferred.await(stop) }))
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

const quantile = (values: ReadonlyArray<number>, part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN

const program = Effect.gen(function*() {
  printMachine()
  const idle = yield* beside(rarely, cpuWhile(idleSeconds))
  print({ name: "a daemon with 200 schedules, none of them due", rounds: [idle], unit: "ms of processor time a second" })
  yield* beside([...rarely, often], Effect.gen(function*() {
    // The first one makes the table.
    while (lags.length < ticks + 1) yield* Effect.sleep(100)
  }))
  const all = lags.slice(1)
  print({ name: "from a due tick to its step, median", rounds: [quantile(all, 0.5)], unit: "ms" })
  print({ name: `from a due tick to its step, 99th of 100 (${all.length} ticks)`, rounds: [quantile(all, 0.99)], unit: "ms" })
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
