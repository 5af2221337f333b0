/** Imports the orders of a file, a millisecond each: `program.ts <file>`. */
import { Effect, Layer } from "effect"
import { Executor, RunRequest, Warehouse } from "../../../index.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import { Database } from "../../../resources/database/Database.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import { graphOf } from "./orders.ts"
import { timing } from "./timing.ts"

const program = Effect.gen(function*() {
  const graph = yield* Effect.fromResult(graphOf(process.argv[2] ?? "", Effect.sleep(1)))
  yield* Executor.start(graph, new RunRequest({ selection: "*", partitions: null, force: false, concurrency: 1 }))
})
const layer = Layer.mergeAll(PostgresRunStore.layer, Warehouse.layer).pipe(Layer.provideMerge(Database.layer({ connections: 4 })))

Effect.runFork(program.pipe(Effect.provide(layer), Effect.provideService(Lease.Timing, timing)))
