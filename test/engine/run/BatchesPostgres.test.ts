import { assert, describe, it } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Data, Effect, Layer, Result, Schema } from "effect"
import { Asset, Document, Documents, Executor, Partitions, Retry, Rows, RunStore, Warehouse } from "../../../index.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import * as TestDatabase from "../../TestDatabase.ts"
import { type Asked, graphWith, requestOf } from "./harness.ts"

const services = Layer.mergeAll(PostgresRunStore.layer, Warehouse.layer, Documents.layer).pipe(
  Layer.provideMerge(TestDatabase.layerMigrated)
)

const start = (assets: ReadonlyArray<Asset.Any>, asked: Asked = {}) =>
  Executor.start(graphWith<Warehouse | Documents>(assets), requestOf(asked))

class Unknown extends Data.TaggedError("Unknown")<{ readonly id: string }> {}
class Blip extends Data.TaggedError("Blip")<{}> {
  readonly transient = true
}

const Figure = Schema.Struct({ id: Schema.String, n: Schema.Number })
type Figure = typeof Figure.Type
const keys = Array.from({ length: 2000 }, (_, i) => `c${String(i).padStart(4, "0")}`)
const partitions = Partitions.fixed(keys)
const figure = (id: string): ReadonlyArray<Figure> => [{ id, n: Number(id.slice(1)) }]

const source = Asset.make("test/source", {
  partitions,
  output: Document.of(Figure),
  io: Documents,
  batch: 1000,
  run: (_, keys) => Effect.succeed(keys.map((key) => figure(key)[0]!))
})

const batched = (run: (keys: ReadonlyArray<string>, call: number) => Effect.Effect<ReadonlyArray<ReadonlyArray<Figure> | Result.Result<ReadonlyArray<Figure>, unknown>>, unknown>) => {
  const calls: Array<ReadonlyArray<string>> = []
  const asset = Asset.make("test/odds", {
    partitions,
    inputs: { source },
    output: Rows.of(Figure, { key: ["id"] }),
    io: Warehouse,
    batch: 500,
    retry: Retry.transient({ times: 2, base: "10 millis" }),
    run: (inputs, keys) =>
      Effect.suspend(() => {
        assert.deepStrictEqual(inputs.map(({ source }) => source.id), [...keys])
        return run(keys, calls.push(keys))
      })
  })
  return { asset, calls, sizes: () => calls.map((keys) => keys.length) }
}

const count = (from: string) =>
  Effect.gen(function*() {
    const sql = yield* PgClient.PgClient
    const rows = yield* sql.unsafe<{ readonly count: number }>(`select count(*)::integer as count from ${from}`)
    return rows[0]?.count
  })

describe("Batches on Postgres", () => {
  it.live("2,000 cells in four full groups; one poisoned partition of 500 fails alone, and just it runs again", () =>
    Effect.gen(function*() {
      const { asset, sizes } = batched((keys) => keys.includes("c0777") ? Effect.fail(new Unknown({ id: "?" })) : Effect.succeed(keys.map(figure)))
      assert.include(yield* start([source]), { state: "succeeded", materialized: 2000 })
      const report = yield* start([asset], { concurrency: 2 })
      assert.deepStrictEqual(report.failed.map(({ cell }) => cell), [{ asset: "test/odds", partition: "c0777" }])
      assert.include(report, { state: "failed", materialized: 1999 })
      assert.deepStrictEqual(sizes().filter((size) => size === 500), [500, 500, 500, 500])
      assert.deepStrictEqual([yield* count("test.odds"), yield* count("test.odds where n = 777")], [1999, 0])
      assert.strictEqual(yield* count("sluice.cell_states where state = 'running'"), 0)
      const store = yield* RunStore.RunStore
      const splits = (yield* store.events(report.run)).filter(({ type }) => type === "batch_split")
      assert.isTrue(splits.length >= 8 && splits.length <= 9, `${splits.length} splits`)
      const attempts = yield* store.attempts(report.run)
      assert.strictEqual(attempts.filter(({ attempt }) => attempt === 1).length, 500)
      const repaired = batched((keys) => Effect.succeed(keys.map(figure)))
      assert.include(yield* start([repaired.asset]), { state: "succeeded", materialized: 1 })
      assert.deepStrictEqual(repaired.calls, [["c0777"]])
    }).pipe(Effect.provide(services)))

  it.live("items fail alone, in the computation and in the commit; those that pass are tried again", () =>
    Effect.gen(function*() {
      const { asset, calls } = batched((keys, call) =>
        Effect.succeed(keys.map((id) => {
          if (id === "c0001") return Result.fail(new Unknown({ id }))
          if (id === "c0002" && call === 1) return Result.fail(new Blip())
          // A row that no column takes: the IO manager refuses the cell.
          return id === "c0003" ? [{ id: "nul \0 byte", n: 1 }] : figure(id)
        })))
      yield* start([source])
      const report = yield* start([asset], { select: "+test/odds", partitions: "c0000..c0009", concurrency: 1 })
      assert.deepStrictEqual(report.failed.map(({ cell }) => cell.partition).toSorted(), ["c0001", "c0003"])
      assert.deepStrictEqual(calls, [keys.slice(0, 10), ["c0002"]])
      assert.strictEqual(yield* count("test.odds"), 8)
      assert.strictEqual(yield* count("sluice.cell_states where state = 'running'"), 0)
    }).pipe(Effect.provide(services)))
})
