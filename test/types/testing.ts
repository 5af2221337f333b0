/** A project's own test of an asset: no database, no network. Run by test/testing.test.ts. */
import { Effect, Layer, Schema } from "effect"
import { Asset, Column, Rows, Warehouse } from "../../index.ts"
import { MemoryIo, MemoryRunStore } from "../../testing.ts"

const Sale = Schema.Struct({ day: Column.Date, cents: Column.BigInteger })

const sales = Asset.make("sales", {
  output: Rows.of(Sale, { key: ["day"] }),
  io: Warehouse,
  run: () => Effect.succeed([{ day: "2026-01-01", cents: 5_000_000_000 }])
})

export const materialized: Effect.Effect<ReadonlyArray<typeof Sale.Type>, unknown> = Asset.materialize(sales).pipe(
  Effect.provide(Layer.mergeAll(MemoryIo.layer(Warehouse), MemoryRunStore.layer))
)
