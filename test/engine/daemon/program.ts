/**
 * A daemon for tests that kill it: `program.ts <folder> <number of schedules> <their cron expressions>`. Its sensors observe
 * the files of the folder, and the rows of a table with and without notifications.
 */
import "./shiftedClock.ts"
import type { PgClient } from "@effect/sql-pg"
import { Deferred, Duration, Effect, Layer, Schema } from "effect"
import { randomUUID } from "node:crypto"
import { Asset, ObjectStore, Partitions, Rows, Schedule, Sensor, Warehouse } from "../../../index.ts"
import * as Daemon from "../../../engine/daemon/Daemon.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import { Database } from "../../../resources/database/Database.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import { graphWith } from "../run/harness.ts"
import { keysOf, sensors } from "./observed.ts"

const [, , folder = ".", count = "1", crons = "[]"] = process.argv

// Not keyed: each materialization that is committed is a row more.
const output = Rows.of(Schema.Struct({ id: Schema.String }), { mode: "append" })
const run = () => Effect.as(Effect.sleep(200), [{ id: randomUUID() }])

const due = Array.from({ length: Number(count) }, (_, i) => Asset.make(`test/s${i}`, { output, io: Warehouse, run }))
const schedules = due.map((asset) =>
  Schedule.make(asset.key, {
    cron: JSON.parse(crons), overlap: "allow", catchUp: "all", request: { select: asset, force: true, concurrency: 1 }
  }))

const seen = sensors.map((name) => Asset.make(`test/${name}`, { partitions: Partitions.fixed(keysOf(name)), output, io: Warehouse, run }))
const ask = (name: string) => (partitions: string) => ({ key: partitions, select: `test/${name}`, partitions, force: true })

const row = Schema.Struct({ name: Schema.String })
const inserted = { table: "public.arrivals", row, key: ({ name }: typeof row.Type) => name }
const asks = { files: ask("files"), rows: ask("rows"), told: ask("told") }
const observing = [
  Sensor.make("files", { ...Sensor.files("*.txt"), request: ({ uri }) => asks.files(uri.slice(uri.lastIndexOf("/") + 1, -".txt".length)) }),
  Sensor.make("rows", { ...Sensor.rows(inserted), request: ({ name }) => asks.rows(name) }),
  Sensor.make("told", { ...Sensor.rows({ ...inserted, channel: "arrivals" }), request: ({ name }) => asks.told(name) })
]

const timing = { lease: Duration.millis(1000), heartbeat: Duration.millis(250), cancelPoll: Duration.millis(500) }
const layer = Layer.mergeAll(PostgresRunStore.layer, Warehouse.layer, ObjectStore.layer({ root: folder })).pipe(
  Layer.provideMerge(Database.layer({ connections: 8 }))
)

const stop = Deferred.makeUnsafe<void>()
process.on("SIGTERM", () => Deferred.doneUnsafe(stop, Effect.void))

const watcher = (observation: Daemon.Observation): void => void process.stdout.write(`${JSON.stringify(observation)}\n`)

Effect.runFork(
  Daemon.run(graphWith<Warehouse | ObjectStore | PgClient.PgClient>([...due, ...seen]), schedules, { stop: Deferred.await(stop), runs: 8, watcher, sensors: observing }).pipe(
    Effect.provide(layer),
    Effect.provideService(Lease.Timing, timing),
    Effect.match({
      onFailure: ({ message }) => void process.stderr.write(message),
      onSuccess: () => process.exit(0)
    })
  )
)
