/** A process that takes part in a backfill of the NBA's endpoints, for tests that kill it: `program.ts <options as JSON>`. */
import { Duration, Effect, Layer, Result, Schema } from "effect"
import { AssetGraph, RateLimit, Tables, Warehouse } from "../../../index.ts"
import { nba } from "../../../pipelines/nba.ts"
import * as Backfill from "../../../engine/backfill/Backfill.ts"
import { Node } from "../../../engine/Machine.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import * as Api from "../../../resources/api/Api.ts"
import { Database } from "../../../resources/database/Database.ts"
import { NbaApi } from "../../../resources/nba/NbaApi.ts"
import { NbaSource } from "../../../resources/nba/NbaSource.ts"
import * as PostgresLimitStore from "../../../storage/PostgresLimitStore.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"

const Options = Schema.Struct({
  id: Schema.Int,
  node: Schema.String,
  source: Schema.String,
  /** Between two calls of a node. */
  gapMillis: Schema.Int
})
export type Options = typeof Options.Type

const options = Schema.decodeUnknownSync(Schema.fromJsonString(Options))(process.argv[2])

const timing = { lease: Duration.seconds(1), heartbeat: Duration.millis(250), cancelPoll: Duration.millis(50) }

const stores = Layer.mergeAll(PostgresRunStore.layer, Warehouse.layer, Tables.layer).pipe(
  Layer.provideMerge(Database.layer({ connections: 4 }))
)
const limit = RateLimit.make("nba", { calls: 1, per: Duration.millis(options.gapMillis), scope: "node" })
const api = NbaApi.layerWith({ limit }).pipe(
  Layer.provide(Layer.succeed(NbaSource, Api.at(options.source))),
  Layer.provide(PostgresLimitStore.layer)
)

Effect.runFork(
  Backfill.join(Result.getOrThrow(AssetGraph.make([nba])), options.id).pipe(
    Effect.provide(Layer.provideMerge(api, stores)),
    Effect.provideService(Node, options.node),
    Effect.provideService(Lease.Timing, timing),
    Effect.match({
      onFailure: ({ message }) => ({ state: message }),
      onSuccess: ({ failed, state }) => ({ state, failed })
    }),
    Effect.map((outcome) => process.stdout.write(JSON.stringify(outcome)))
  )
)
