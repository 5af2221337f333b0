/** A small deployment for tests that kill, freeze and race processes: `program.ts <log> <options as JSON>`. */
import { Duration, Effect, Layer, Schedule, Schema } from "effect"
import { appendFileSync } from "node:fs"
import { Asset, Executor, Partitions, Rows, Warehouse } from "../../../index.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import { RunStore } from "../../../engine/record/RunStore.ts"
import { Database } from "../../../resources/database/Database.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import { moment } from "../../moment.ts"
import { graphWith, requestOf } from "./harness.ts"

const Options = Schema.Struct({
  /** Resume the last run, or start one when there is none. */
  resume: Schema.Boolean,
  select: Schema.String,
  partitions: Schema.NullOr(Schema.String),
  leaseMillis: Schema.Number
})

const [log = "", json = "{}"] = process.argv.slice(2)
const options = Schema.decodeUnknownSync(Schema.fromJsonString(Options))(json)

const say = (what: string, cell: string) =>
  Effect.sync(() => appendFileSync(log, `${process.pid} ${what} ${cell} ${moment()}\n`))

/** Notes when a computation begins and ends, however it ends. */
const logged = <A>(cell: string, value: A) =>
  Effect.acquireUseRelease(say("start", cell), () => Effect.as(Effect.sleep("25 millis"), value), () => say("end", cell))

const Row = Schema.Struct({ id: Schema.String, value: Schema.String })
const output = Rows.of(Row, { key: ["id"] })
const cells = Partitions.fixed(Array.from({ length: 120 }, (_, i) => `c${String(i).padStart(3, "0")}`))

const source = Asset.make("test/source", {
  partitions: cells,
  output,
  io: Warehouse,
  run: (_, key) => logged(`source@${key}`, [{ id: `${key}.1`, value: "one" }, { id: `${key}.2`, value: "two" }])
})

const derived = Asset.make("test/derived", {
  partitions: cells,
  inputs: { source },
  output,
  io: Warehouse,
  run: ({ source }, key) => logged(`derived@${key}`, source.map((row) => ({ id: row.id, value: `${row.value} of ${key}` })))
})

const tenth = Partitions.dynamic("test/tenth", {
  from: source,
  key: (row: { readonly id: string }) => row.id.endsWith("0.1") ? row.id : undefined
})

const found = Asset.make("test/found", {
  partitions: tenth,
  output,
  io: Warehouse,
  run: (_, key) => logged(`found@${key}`, [{ id: key, value: "found" }])
})

const added = Asset.make("test/added", {
  partitions: cells,
  // Not keyed: a row that were written twice would be there twice.
  output: Rows.of(Row, { mode: "append" }),
  io: Warehouse,
  run: (_, key) => logged(`added@${key}`, [{ id: key, value: "added" }])
})

const total = Asset.make("test/total", {
  inputs: { derived, found },
  output,
  io: Warehouse,
  run: ({ derived, found }) => logged("total", [{ id: "total", value: `${derived.length} and ${found.length}` }])
})

const graph = graphWith<Warehouse>([source, derived, found, added, total])

const program = Effect.gen(function*() {
  const store = yield* RunStore
  const [last] = yield* store.runs({ limit: 1 })
  if (!options.resume || last === undefined) {
    const asked = { select: options.select, concurrency: 6 }
    return yield* Executor.start(graph, requestOf(options.partitions === null ? asked : { ...asked, partitions: options.partitions }))
  }
  // The lease of a process that was killed has to end first.
  const isAlive = (error: { readonly message: string }) => error.message.includes("live worker")
  return yield* Effect.retry(Executor.resume(graph, last.id), { while: isAlive, schedule: Schedule.spaced("50 millis") })
})

const lease = Duration.millis(options.leaseMillis)
const timing = { lease, heartbeat: Duration.millis(options.leaseMillis / 4), cancelPoll: Duration.millis(50) }
const layer = Layer.mergeAll(PostgresRunStore.layer, Warehouse.layer).pipe(Layer.provideMerge(Database.layer({ connections: 4 })))

Effect.runFork(
  program.pipe(
    Effect.provide(layer),
    Effect.provideService(Lease.Timing, timing),
    Effect.match({
      onFailure: ({ _tag, message }) => ({ error: _tag, message }),
      onSuccess: ({ failed, materialized, skipped, state, unchanged }) => ({ state, materialized, unchanged, failed, skipped })
    }),
    Effect.map((outcome) => process.stdout.write(JSON.stringify(outcome)))
  )
)
