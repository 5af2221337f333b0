/** Starts or resumes the cell of `bulk.ts` and notes each call: `bulkProgram.ts <log> <lease in milliseconds>`. */
import { Duration, Effect, Layer, Schedule } from "effect"
import { appendFileSync } from "node:fs"
import { Executor, RunStore, Warehouse } from "../../../index.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import { Database } from "../../../resources/database/Database.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import { bulkOf } from "./bulk.ts"
import { requestOf } from "./harness.ts"

const [log = "", lease = "400"] = process.argv.slice(2)

const call = (record: number) =>
  Effect.andThen(Effect.sync(() => appendFileSync(log, `${record}\n`)), Effect.sleep(1 + (record * 7919) % 9))
const graph = bulkOf({ size: 6000, every: 100, concurrency: 20, ahead: 100, call })

const program = Effect.gen(function*() {
  const store = yield* RunStore.RunStore
  const [last] = yield* store.runs({ limit: 1 })
  if (last === undefined) return yield* Executor.start(graph, requestOf({ partitions: "a" }))
  const isAlive = (error: { readonly message: string }) => error.message.includes("live worker")
  return yield* Effect.retry(Executor.resume(graph, last.id), { while: isAlive, schedule: Schedule.spaced("50 millis") })
})

const millis = Number(lease)
const timing = { lease: Duration.millis(millis), heartbeat: Duration.millis(millis / 4), cancelPoll: Duration.millis(50) }
const layer = Layer.mergeAll(PostgresRunStore.layer, Warehouse.layer).pipe(Layer.provideMerge(Database.layer({ connections: 4 })))

Effect.runFork(
  program.pipe(
    Effect.provide(layer),
    Effect.provideService(Lease.Timing, timing),
    Effect.match({ onFailure: ({ _tag, message }) => ({ error: _tag, message }), onSuccess: ({ state }) => ({ state }) }),
    Effect.map((outcome) => process.stdout.write(JSON.stringify(outcome)))
  )
)
