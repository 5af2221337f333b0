/** The engine's own cost: a recorded step and a recorded cell that compute nothing, on the embedded Postgres. */
import { Effect, Layer, Result } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { AssetGraph, Documents, Executor, RunStore, Warehouse } from "sluice"
import { RunRequest } from "../../engine/record/Run.ts"
import { Database } from "../../resources/database/Database.ts"
import * as EmbeddedPostgres from "../../resources/database/EmbeddedPostgres.ts"
import * as PostgresRunStore from "../../storage/PostgresRunStore.ts"
import { median, print, printMachine } from "../report.ts"
import { cellCount, cells, chain, graphOfDocuments, graphOfTables } from "./definitions.ts"
import { timed } from "./StoreTimes.ts"

const rounds = Number(process.env["BENCH_ROUNDS"] ?? 3)
// The assets are made in loops, where their types are forgotten: these two IO managers are all they need.
const graph = Result.getOrThrow(
  AssetGraph.make([graphOfDocuments, graphOfTables, chain, cells])
) as AssetGraph.AssetGraph<Warehouse | Documents>

/** One forced run of a pipeline: milliseconds a step, and the share of them in which a statement was under way. */
const measure = (selection: string, concurrency: number) =>
  Effect.gen(function*() {
    const store = yield* timed
    const request = new RunRequest({ selection, partitions: null, force: true, concurrency })
    const report = yield* Effect.provideService(Executor.start(graph, request), RunStore.RunStore, store.store)
    if (report.state !== "succeeded") return yield* Effect.die(report.failed[0])
    return { perStep: report.millis / report.materialized, busy: store.busyMillis() / report.millis }
  })

const repeat = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.forEach(Array.from({ length: rounds }), () => effect)

const steps = (name: string, selection: string) =>
  Effect.gen(function*() {
    const first = yield* measure(selection, 32)
    print({ name: `${name}, first run`, rounds: [first.perStep], unit: "ms a step", note: share([first.busy]) })
    const results = yield* repeat(measure(selection, 32))
    print({
      name: `${name}, again`,
      rounds: results.map((result) => result.perStep),
      unit: "ms a step",
      note: share(results.map((result) => result.busy))
    })
  })

const share = (busy: ReadonlyArray<number>) => `${Math.round(median(busy) * 100)} % of the time the store is at work`

/** The least the database can do for a cell: its row and one bookkeeping row, 500 cells a transaction, nothing else. */
const bareInserts = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`drop table if exists bare_rows, bare_steps`
  yield* sql`create table bare_rows (k text primary key, n integer not null)`
  yield* sql`create table bare_steps (cell text primary key, at timestamptz not null default now())`
  const began = performance.now()
  for (let from = 0; from < cellCount; from += 500) {
    const batch = Array.from({ length: 500 }, (_, i) => `k${from + i}`)
    yield* sql.withTransaction(Effect.andThen(
      sql`insert into bare_rows select k, 1 from unnest(${batch}::text[]) as k`,
      sql`insert into bare_steps (cell) select k from unnest(${batch}::text[]) as k`
    ))
  }
  return cellCount / ((performance.now() - began) / 1000)
})

const program = Effect.gen(function*() {
  printMachine()
  yield* steps("1,000 assets in 10 layers, one document each", "graph_documents")
  yield* steps("1,000 assets in 10 layers, one table each", "graph_tables")
  const chained = yield* repeat(measure("chain", 8))
  print({ name: "a chain of 40 assets", rounds: chained.map(({ perStep }) => perStep), unit: "ms a step" })
  const runs = yield* repeat(measure("cells", 32))
  const perSecond = runs.map(({ perStep }) => 1000 / perStep)
  const bare = yield* repeat(bareInserts)
  print({
    name: `${cellCount.toLocaleString("en")} cells of one asset`,
    rounds: perSecond,
    unit: "cells/s",
    note: `${share(runs.map(({ busy }) => busy))}; ${(median(perSecond) / median(bare)).toFixed(2)} × bare inserts`
  })
  print({ name: "bare inserts of a row and a record a cell", rounds: bare, unit: "cells/s" })
  const planned = yield* repeat(Effect.gen(function*() {
    const began = performance.now()
    yield* Executor.plan(graph, new RunRequest({ selection: "cells", partitions: null, force: false, concurrency: 1 }))
    return performance.now() - began
  }))
  print({ name: `plan of ${cellCount.toLocaleString("en")} fresh cells`, rounds: planned, unit: "ms" })
  const memory = Math.round(process.resourceUsage().maxRSS / 1024)
  print({ name: "peak memory of this process", rounds: [memory], unit: "MB" })
})

const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"))
const database = Database.layer({ stateFolder: folder })
await Effect.runPromise(
  program.pipe(
    Effect.provide(Layer.mergeAll(Warehouse.layer, Documents.layer, PostgresRunStore.layer).pipe(Layer.provideMerge(database))),
    Effect.ensuring(Effect.ignore(EmbeddedPostgres.stop({ folder })))
  )
)
rmSync(folder, { recursive: true, force: true })
