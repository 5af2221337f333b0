/** A process that takes part in a backfill, for tests that kill and freeze it: `program.ts <log> <options as JSON>`. */
import { Duration, Effect, Layer, Schema } from "effect"
import { appendFileSync } from "node:fs"
import { flushCompileCache } from "node:module"
import * as Backfill from "../../../engine/backfill/Backfill.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import { Warehouse } from "../../../io/warehouse/Warehouse.ts"
import { Database } from "../../../resources/database/Database.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import { moment } from "../../moment.ts"
import * as Weather from "./weather.ts"

const Options = Schema.Struct({
  id: Schema.Int,
  days: Schema.Int,
  stations: Schema.Int,
  failing: Schema.Int,
  flaky: Schema.Int,
  leaseMillis: Schema.Int,
  /** A computation lasts up to so long. */
  workMillis: Schema.Int
})
export type Options = typeof Options.Type

// A process that is killed keeps nothing of what it compiled, if it has not been written by then.
flushCompileCache()

const [log = "", json = "{}"] = process.argv.slice(2)
const options = Schema.decodeUnknownSync(Schema.fromJsonString(Options))(json)

const say = (what: string, asset: string, keys: ReadonlyArray<string>) =>
  Effect.sync(() => {
    const at = moment()
    appendFileSync(log, keys.map((key) => `${process.pid} ${what} ${asset}@${key} ${at}\n`).join(""))
  })

const graph = Weather.make({
  ...options,
  work: (asset, keys) =>
    Effect.acquireUseRelease(
      say("start", asset, keys),
      () => Effect.sleep(Math.random() * options.workMillis),
      () => say("end", asset, keys)
    )
})

const timing = {
  lease: Duration.millis(options.leaseMillis),
  heartbeat: Duration.millis(options.leaseMillis / 4),
  cancelPoll: Duration.millis(50)
}
const layer = Layer.mergeAll(PostgresRunStore.layer, Warehouse.layer).pipe(Layer.provideMerge(Database.layer({ connections: 4 })))

Effect.runFork(
  Backfill.join(graph, options.id).pipe(
    Effect.provide(layer),
    Effect.provideService(Lease.Timing, timing),
    Effect.match({
      onFailure: ({ _tag, message }) => ({ error: _tag, message }),
      onSuccess: ({ cancelRequested, failed, materialized, planned, skipped, state, stopReason, unchanged }) => (
        { state, cancelRequested, planned, materialized, unchanged, failed, skipped, stopReason }
      )
    }),
    Effect.map((outcome) => process.stdout.write(JSON.stringify(outcome)))
  )
)
