/** Chunks as the partitions of an asset: what is done again when files come and change, and what is not. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { Asset, Chunks, Executor, Format, ObjectStore, Partitions, Rows } from "../../../index.ts"
import { Store } from "../../engine/assets.ts"
import { graphWith, memory, requestOf } from "../../engine/run/harness.ts"
import { put } from "./objects.ts"

const Order = Schema.Struct({ id: Schema.Int, note: Schema.String })
const csv = Format.csv(Order)

const chunks = Asset.make("orders/chunks", {
  output: Rows.of(Chunks.Chunk, { key: ["key"] }),
  io: Store,
  run: () => Effect.succeed(Chunks.cut("in/", csv, { bytes: 200 }))
})
const chunk = Partitions.dynamic("orders/chunk", { from: chunks, key: (row) => row.key })
const orders = Asset.make("orders/orders", {
  partitions: chunk,
  // A changed file has its rows again, in other chunks.
  output: Rows.of(Order, { key: ["id"], mode: "upsert" }),
  io: Store,
  run: (_, key) => Effect.succeed(Chunks.read(key, csv))
})
const total = Asset.make("orders/total", {
  inputs: { orders },
  output: Rows.of(Schema.Struct({ ids: Schema.Array(Schema.Int) })),
  io: Store,
  run: ({ orders }) => Effect.succeed([{ ids: orders.map(({ id }) => id).sort((a, b) => a - b) }])
})

const fileOf = (from: number, to: number) =>
  `id,note\n${Array.from({ length: to - from }, (_, i) => `${from + i},"a\n""b"""\n`).join("")}`

const root = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "sluice-chunked-"))),
  (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
)

describe("Chunks as partitions", () => {
  it.live("files that are as they were are not read again; a changed one is, and what it gave before is gone", () =>
    Effect.gen(function*() {
      const folder = yield* root
      yield* Effect.gen(function*() {
        const graph = graphWith<Store | ObjectStore>([chunks, orders, total])
        const look = Effect.gen(function*() {
          yield* Executor.start(graph, requestOf({ select: "orders/chunks", force: true }))
          const { materialized, state } = yield* Executor.start(graph, requestOf({ select: "orders/orders orders/total" }))
          assert.strictEqual(state, "succeeded")
          const io = yield* Store
          const { values } = yield* io.load({ asset: { key: "orders/total", output: total.output, partitioned: false }, partitions: "all" })
          return { materialized, total: values }
        })
        const ids = (length: number) => [{ ids: Array.from({ length }, (_, i) => i) }]
        mkdirSync(path.join(folder, "in"))
        yield* put(folder, "in/a.csv", fileOf(0, 60))
        const first = yield* look
        assert.deepStrictEqual(first.total, ids(60))
        assert.isAbove(first.materialized, 3)
        assert.strictEqual((yield* look).materialized, 0)
        yield* put(folder, "in/b.csv", fileOf(60, 65))
        assert.deepStrictEqual(yield* look, { materialized: 2, total: ids(65) })
        yield* put(folder, "in/a.csv", fileOf(0, 61).replace("\n60,", "\n1000,"))
        const changed = yield* look
        assert.deepStrictEqual(changed.total, [{ ids: [...Array.from({ length: 65 }, (_, i) => i), 1000] }])
        assert.strictEqual(changed.materialized, first.materialized)
      }).pipe(Effect.provide(Layer.mergeAll(Layer.fresh(memory), ObjectStore.layer({ root: folder }))))
    }).pipe(Effect.scoped))
})
