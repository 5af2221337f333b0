/** Runs that store in a lake: what is staged before the commit still gives partition keys, versions, and failures of its own. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema, Stream } from "effect"
import { Asset, Executor, Partitions, Rows } from "../../../index.ts"
import { Lake } from "../../../io/lake/Lake.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import * as TestDatabase from "../../TestDatabase.ts"
import { graphWith, requestOf } from "../../engine/run/harness.ts"
import { filesIn, folder, lakeAt } from "./place.ts"

const Row = Schema.Struct({ id: Schema.String })

const list = Asset.make("lake/list", {
  output: Rows.of(Row, { key: ["id"] }),
  io: Lake,
  run: () => Effect.succeed(Stream.fromIterable(["a", "b", "bad", "c"].map((id) => ({ id }))))
})

const each = Asset.make("lake/each", {
  partitions: Partitions.dynamic("lake/id", { from: list, key: ({ id }) => id }),
  output: Rows.of(Row, { key: ["id"], file: { format: "csv" } }),
  io: Lake,
  // A lone surrogate is no text of any file.
  run: (_, id) => Effect.succeed([{ id: id === "bad" ? "\ud800" : id }])
})

const all = Asset.make("lake/all", {
  inputs: { list },
  output: Rows.of(Schema.Struct({ count: Schema.Int })),
  io: Lake,
  run: ({ list }) => Effect.succeed([{ count: list.length }])
})

describe("runs with a lake", () => {
  it.live("keys come from a staged stream, a bad cell fails alone, equal content keeps its readers fresh", () =>
    Effect.gen(function*() {
      const root = yield* folder
      yield* Effect.gen(function*() {
        const graph = graphWith<Lake>([list, each, all])
        const first = yield* Executor.start(graph, requestOf({}))
        assert.deepInclude(first, { state: "failed", materialized: 5 })
        assert.deepStrictEqual(first.failed.map(({ cell }) => cell.partition), ["bad"])
        assert.match(first.failed[0]?.reason ?? "", /^Row 1 of lake\/each, partition bad cannot be stored: column "id"/)
        assert.strictEqual(filesIn(root).filter((name) => name.includes("lake/each")).length, 3)
        assert.deepInclude(yield* Executor.start(graph, requestOf({ select: "lake/list", force: true })), { materialized: 1 })
        assert.deepInclude(yield* Executor.start(graph, requestOf({ select: "lake/all" })), { materialized: 0 })
      }).pipe(Effect.provide(Layer.mergeAll(PostgresRunStore.layer, lakeAt(root)).pipe(Layer.provideMerge(TestDatabase.layer))))
    }).pipe(Effect.scoped))
})
