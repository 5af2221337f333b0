/** What bench/backfill runs: assets of 1,000,000 partitions of three dimensions that compute nothing. */
import { Effect, Schema } from "effect"
import { Asset, Partitions, Pipeline, Rows, Warehouse } from "sluice"

export const days = 100
export const endpoints = 50
export const games = 200
/** A tenth of the days: what one backfill does. */
export const blockDays = 10
export const blockCells = blockDays * endpoints * games

const name = (prefix: string, width: number) => (_: unknown, i: number) => `${prefix}${String(i).padStart(width, "0")}`

const partitions = Partitions.product({
  date: Partitions.daily({ start: "2024-01-01", end: "2024-04-10" }),
  endpoint: Partitions.fixed(Array.from({ length: endpoints }, name("endpoint_", 2))),
  game: Partitions.fixed(Array.from({ length: games }, name("00224", 5)))
})

const Row = Schema.Struct({ n: Schema.Int })
const output = Rows.of(Row)
const trivial = { partitions, output, io: Warehouse, run: () => Effect.succeed([{ n: 1 }]) } as const

/** Nothing, a scattered half, and all of it is materialized. */
export const none = Asset.make("bench_states/none", trivial)
export const half = Asset.make("bench_states/half", trivial)
export const all = Asset.make("bench_states/all", trivial)

/** Reads the cell of the same partition; all of both is materialized, so that each record has to be held against one. */
export const reader = Asset.make("bench_states/reader", {
  partitions,
  inputs: { all },
  output,
  io: Warehouse,
  run: ({ all }) => Effect.succeed(all)
})

export const feed = Asset.make("bench_backfill/feed", trivial)

/** Reads the cell of the same partition. */
export const score = Asset.make("bench_backfill/score", {
  partitions,
  inputs: { feed },
  output,
  io: Warehouse,
  run: ({ feed }) => Effect.succeed(feed)
})

export const batched = Asset.make("bench_backfill/batched", {
  partitions,
  inputs: { feed },
  output,
  io: Warehouse,
  batch: 500,
  run: (inputs) => Effect.succeed(inputs.map(({ feed }) => feed))
})

export const pipeline = Pipeline.make("bench_backfill", { assets: [none, half, all, reader, feed, score, batched] })

/** The days of a block, as a range of keys. */
export const block = (index: number): { readonly from: string; readonly to: string } => {
  const day = (n: number) => new Date(Date.UTC(2024, 0, 1 + n)).toISOString().slice(0, 10)
  return { from: day(index * blockDays), to: day(index * blockDays + blockDays - 1) }
}
