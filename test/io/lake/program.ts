/** A run that writes a lake slowly, for tests that kill and freeze it: `program.ts <root> <log> <resume>`. */
import { Duration, Effect, Layer, Schedule, Stream } from "effect"
import { appendFileSync } from "node:fs"
import { RunRequest } from "../../../engine/record/Run.ts"
import { RunStore } from "../../../engine/record/RunStore.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import { Asset, Executor, Partitions, Rows } from "../../../index.ts"
import { Lake } from "../../../io/lake/Lake.ts"
import { Database } from "../../../resources/database/Database.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import { graphWith } from "../../engine/run/harness.ts"
import { days, rowsOf, Row } from "./days.ts"
import { lakeAt } from "./place.ts"

const [root = "", log = "", resume = ""] = process.argv.slice(2)

const asset = Asset.make(days.key, {
  partitions: Partitions.fixed(days.partitions),
  output: Rows.of(Row, { key: ["id"] }),
  io: Lake,
  run: (_, day) => {
    const rows = rowsOf(day)
    const slow = Stream.rechunk(Stream.fromIterable(rows), 20).pipe(
      Stream.chunks,
      Stream.tap(() => Effect.sync(() => appendFileSync(log, `${process.pid} ${day}\n`))),
      Stream.schedule(Schedule.spaced("15 millis")),
      Stream.flattenIterable
    )
    // Half of the cells are computed before they are written, half while they are.
    return Effect.succeed(days.partitions.indexOf(day) % 2 === 0 ? slow : rows)
  }
})

const graph = graphWith<Lake>([asset])
const program = Effect.gen(function*() {
  const [last] = yield* (yield* RunStore).runs({ limit: 1 })
  if (resume === "" || last === undefined) {
    return yield* Executor.start(graph, new RunRequest({ selection: "*", partitions: null, force: false, concurrency: 3 }))
  }
  const isAlive = (error: { readonly message: string }) => error.message.includes("live worker")
  return yield* Effect.retry(Executor.resume(graph, last.id), { while: isAlive, schedule: Schedule.spaced("50 millis") })
})

const timing = { lease: Duration.millis(400), heartbeat: Duration.millis(100), cancelPoll: Duration.millis(50) }
Effect.runFork(
  program.pipe(
    Effect.provide(Layer.mergeAll(PostgresRunStore.layer, lakeAt(root)).pipe(Layer.provideMerge(Database.layer({ connections: 4 })))),
    Effect.provideService(Lease.Timing, timing),
    Effect.match({ onFailure: ({ _tag, message }) => ({ error: _tag, message }), onSuccess: ({ failed, state }) => ({ state, failed }) }),
    Effect.map((outcome) => process.stdout.write(JSON.stringify(outcome)))
  )
)
