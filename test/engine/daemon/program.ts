/** A daemon for tests that kill it: `program.ts <number of schedules>`, each of which is due every second. */
import "./shiftedClock.ts"
import { Deferred, Duration, Effect, Layer, Schema } from "effect"
import { randomUUID } from "node:crypto"
import { Asset, Rows, Schedule, Warehouse } from "../../../index.ts"
import * as Daemon from "../../../engine/daemon/Daemon.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import { Database } from "../../../resources/database/Database.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import { graphWith } from "../run/harness.ts"

const count = Number(process.argv[2])

// Not keyed: each materialization that is committed is a row more.
const assets = Array.from({ length: count }, (_, i) =>
  Asset.make(`test/s${i}`, {
    output: Rows.of(Schema.Struct({ id: Schema.String }), { mode: "append" }),
    io: Warehouse,
    run: () => Effect.as(Effect.sleep(200), [{ id: randomUUID() }])
  }))

const schedules = assets.map((asset) =>
  Schedule.make(asset.key, {
    cron: "* * * * * *", overlap: "allow", catchUp: "all", request: { select: asset, force: true, concurrency: 1 }
  }))

const timing = { lease: Duration.millis(1000), heartbeat: Duration.millis(250), cancelPoll: Duration.millis(500) }
const layer = Layer.mergeAll(PostgresRunStore.layer, Warehouse.layer).pipe(Layer.provideMerge(Database.layer({ connections: 8 })))

const stop = Deferred.makeUnsafe<void>()
process.on("SIGTERM", () => Deferred.doneUnsafe(stop, Effect.void))

const watcher = (observation: Daemon.Observation): void => void process.stdout.write(`${JSON.stringify(observation)}\n`)

Effect.runFork(
  Daemon.run(graphWith<Warehouse>(assets), schedules, { stop: Deferred.await(stop), runs: 8, watcher }).pipe(
    Effect.provide(layer),
    Effect.provideService(Lease.Timing, timing),
    Effect.match({
      onFailure: ({ message }) => void process.stderr.write(message),
      onSuccess: () => process.exit(0)
    })
  )
)
