/** What the compiler must refuse, and what it must know. Checked by tsc; each refusal is an expected error. */
import { Context, Effect, Layer, Schema, type Stream } from "effect"
import {
  Aggregate,
  Asset,
  Check,
  Deployment,
  Document,
  Documents,
  Input,
  type Io,
  Metadata,
  Partitions,
  RateLimit,
  Pipeline,
  Retry,
  Rows,
  RunStore,
  Warehouse
} from "../../index.ts"

class Shop extends Context.Service<Shop, { readonly orders: (day: string) => Effect.Effect<ReadonlyArray<Order>, ShopDown> }>()(
  "test/Shop"
) {
  static readonly layer = Layer.succeed(Shop, { orders: () => Effect.succeed([]) })
}
class ShopDown extends Schema.TaggedError<ShopDown>()("ShopDown", { message: Schema.String }) {}

const Order = Schema.Struct({ id: Schema.Int, currency: Schema.Literals(["EUR", "USD"]), amount: Schema.Finite, note: Schema.NullOr(Schema.String) })
type Order = typeof Order.Type

const daily = Partitions.daily({ start: "2026-01-01" })

const orders = Asset.make("orders", {
  partitions: daily,
  output: Rows.of(Order, { key: ["id"] }),
  io: Warehouse,
  run: (_, day) => Effect.flatMap(Shop, (shop) => shop.orders(day.key))
})
const rates = Asset.make("rates", {
  output: Document.of(Schema.Record(Schema.String, Schema.Finite)),
  io: Documents,
  run: () => Effect.succeed({ EUR: 1, USD: 0.9 })
})
const revenue = Asset.make("revenue", {
  partitions: daily,
  inputs: { orders, rates },
  output: Rows.of(Schema.Struct({ day: Schema.String, euros: Schema.Finite })),
  io: Warehouse,
  run: ({ orders, rates }, day) =>
    Effect.succeed([{ day: day.key, euros: orders.reduce((sum, order) => sum + order.amount * (rates[order.currency] ?? 0), 0) }])
})

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false
const is = <_T extends true>() => {}

// What an effect needs and fails with is exact.
type ServicesOf<T> = T extends Effect.Effect<unknown, unknown, infer R> ? R : never
type ErrorOf<T> = T extends Effect.Effect<unknown, infer E, unknown> ? E : never
type ValueOf<T> = T extends Effect.Effect<infer A, unknown, unknown> ? A : never

const computed = Asset.compute(orders, {}, "2026-01-02")
is<Equal<ServicesOf<typeof computed>, Shop>>()
is<Equal<Extract<ErrorOf<typeof computed>, ShopDown>, ShopDown>>()
is<Equal<ValueOf<typeof computed>, ReadonlyArray<Order>>>()

const loaded = Asset.load(revenue, "2026-01-02")
is<Equal<ServicesOf<typeof loaded>, Warehouse>>()

const materialized = Asset.materialize(revenue, "2026-01-02")
is<Equal<ServicesOf<typeof materialized>, Warehouse | Documents | RunStore.RunStore>>()

// compute needs neither storage nor resources that are not used.
export const pure: Effect.Effect<unknown, unknown> = Asset.compute(revenue, { orders: [], rates: {} }, "2026-01-02")

// @ts-expect-error Shop is not provided
export const missingResource: Effect.Effect<unknown, unknown> = Asset.compute(orders, {}, "2026-01-02")
// @ts-expect-error a partition key is required
export const missingKey = Asset.materialize(orders)
// @ts-expect-error a partition key is required
export const missingKeyToLoad = Asset.load(orders)
// @ts-expect-error rates is not partitioned
export const superfluousKey = Asset.materialize(rates, "2026-01-02")
// @ts-expect-error the input rates is missing
export const missingInput = Asset.compute(revenue, { orders: [] }, "2026-01-02")
// @ts-expect-error the input rates is a record of numbers
export const wrongInput = Asset.compute(revenue, { orders: [], rates: "1" }, "2026-01-02")

export const wrongReturn = Asset.make("wrong", {
  output: Rows.of(Order),
  io: Warehouse,
  // @ts-expect-error a row lacks its amount
  run: () => Effect.succeed([{ id: 1, currency: "EUR" as const, note: null }])
})
export const wrongLiteral = Asset.make("wrong", {
  output: Rows.of(Order),
  io: Warehouse,
  // @ts-expect-error GBP is not a currency of an order
  run: () => Effect.succeed([{ id: 1, currency: "GBP" as const, amount: 1, note: null }])
})
export const wrongDocument = Asset.make("wrong", {
  output: Document.of(Schema.Struct({ n: Schema.Int })),
  io: Documents,
  // @ts-expect-error n is a number
  run: () => Effect.succeed({ n: "1" })
})
export const wrongUse = Asset.make("wrong", {
  inputs: { rates },
  output: Rows.of(Order),
  io: Warehouse,
  // @ts-expect-error a rate is a number
  run: ({ rates }) => Effect.succeed([{ id: 1, currency: "EUR" as const, amount: rates["EUR"].toUpperCase(), note: null }])
})
// @ts-expect-error a key names columns that exist
export const wrongKeyColumn = Rows.of(Order, { key: ["nope"] })
// @ts-expect-error an index names columns that exist
export const wrongIndex = Rows.of(Order, { indexes: [["nope"]] })

// Views.
export const table = Asset.make("table", {
  inputs: { orders: Input.table(orders) },
  output: Rows.of(Schema.Struct({ currency: Schema.Literals(["EUR", "USD"]), amount: Schema.Finite })),
  io: Warehouse,
  run: ({ orders }) => Effect.succeed(orders.groupby("currency").rollup({ amount: Aggregate.sum("amount") }))
})
export const unknownColumn = Asset.make("table", {
  inputs: { orders: Input.table(orders) },
  output: Rows.of(Schema.Struct({ currency: Schema.String, amount: Schema.Finite })),
  io: Warehouse,
  // @ts-expect-error there is no column "amuont"
  run: ({ orders }) => Effect.succeed(orders.groupby("currency").rollup({ amount: Aggregate.sum("amuont") }))
})
export const nullableColumn = Asset.make("table", {
  inputs: { orders: Input.table(orders) },
  output: Rows.of(Schema.Struct({ length: Schema.Int })),
  io: Warehouse,
  // @ts-expect-error a note may be null
  run: ({ orders }) => Effect.succeed(orders.derive({ length: (row) => row.note.length }).select("length"))
})
export const streamed = Asset.make("streamed", {
  inputs: { orders: Input.stream(orders) },
  output: Rows.of(Order),
  io: Warehouse,
  run: ({ orders }) => {
    is<Equal<typeof orders, Stream.Stream<Order, Io.IoError>>>()
    return Effect.succeed(orders)
  }
})

// Partitions: what run sees and what a user writes.
const product = Partitions.product({ day: daily, region: Partitions.fixed(["eu", "us"]) })
const regional = Asset.make("regional", {
  partitions: product,
  output: Rows.of(Order),
  io: Warehouse,
  run: (_, { day, region }) => {
    is<Equal<typeof region, "eu" | "us">>()
    is<Equal<typeof day.key, string>>()
    return Effect.succeed([])
  }
})
export const keyed = Asset.load(regional, { day: "2026-01-01", region: "eu" })
// @ts-expect-error asia is not a region
export const wrongRegion = Asset.load(regional, { day: "2026-01-01", region: "asia" })
// @ts-expect-error the region is missing
export const missingDimension = Asset.load(regional, { day: "2026-01-01" })
// @ts-expect-error the column is called id
export const wrongDynamic = Partitions.dynamic("order", { from: orders, key: (row) => row.order_id })

// A document of a partitioned upstream is a map for an unpartitioned reader.
const perDay = Asset.make("per_day", {
  partitions: daily,
  output: Document.of(Schema.Struct({ n: Schema.Int })),
  io: Documents,
  run: () => Effect.succeed({ n: 1 })
})
export const all = Asset.make("all", {
  inputs: { perDay },
  output: Document.of(Schema.Finite),
  io: Documents,
  run: ({ perDay }) => {
    is<Equal<typeof perDay, ReadonlyMap<string, { readonly n: number }>>>()
    return Effect.succeed(perDay.size)
  }
})

// Several outputs of one computation, typed by name.
export const many = Asset.makeMany("many", {
  outputs: { orders: { output: Rows.of(Order), io: Warehouse }, summary: { output: Document.of(Schema.Int), io: Documents } },
  // @ts-expect-error the output "summary" is missing
  run: () => Effect.succeed({ orders: [] })
})

// Retry: a policy for one error type does not fit an asset that fails with another.
export const retried = Asset.make("retried", {
  output: Rows.of(Order),
  io: Warehouse,
  retry: Retry.onTags(["ShopDown"], { times: 2 }),
  run: () => Effect.flatMap(Shop, (shop) => shop.orders("x"))
})
export const retriedDay = Asset.make("retried", {
  partitions: daily,
  output: Rows.of(Order),
  io: Warehouse,
  retry: Retry.onTags(["ShopDown"], { times: 2 }),
  run: (_, day) => Effect.flatMap(Shop, (shop) => shop.orders(day.key))
})
export const wrongRetryOfDay = Asset.make("retried", {
  partitions: daily,
  output: Rows.of(Order),
  io: Warehouse,
  // @ts-expect-error the asset fails with ShopDown, which has no status
  retry: Retry.make((error: { readonly status: number }) => error.status === 429, Retry.always({ times: 1 }).schedule),
  run: (_, day) => Effect.flatMap(Shop, (shop) => shop.orders(day.key))
})
export const wrongRetry = Asset.make("retried", {
  output: Rows.of(Order),
  io: Warehouse,
  // @ts-expect-error the asset fails with ShopDown, which has no status
  retry: Retry.make((error: { readonly status: number }) => error.status === 429, Retry.always({ times: 1 }).schedule),
  run: () => Effect.flatMap(Shop, (shop) => shop.orders("x"))
})

// Checks see the rows of their asset.
export const check = Check.make("c", { asset: orders, run: (rows) => Effect.succeed(Check.none(rows, (row) => row.amount < 0)) })
export const wrongCheck = Check.make("c", {
  asset: orders,
  // @ts-expect-error there is no column "total"
  run: (rows) => Effect.succeed(Check.none(rows, (row) => row.total < 0))
})
// @ts-expect-error there is no column "idd"
export const wrongUnique = Check.make("c", { asset: orders, run: (rows) => Effect.succeed(Check.unique(rows, "idd")) })

// A deployment gives all that its pipelines need.
const sales = Pipeline.make("sales", { assets: [orders, rates, revenue], checks: [check] })
const io = Layer.mergeAll(Warehouse.layer, Documents.layer)
export const deployment = Deployment.make({ pipelines: [sales], io, resources: Shop.layer })
// @ts-expect-error nothing gives Shop
export const lacksResource = Deployment.make({ pipelines: [sales], io, resources: Layer.empty })
// @ts-expect-error nothing gives Documents
export const lacksIo = Deployment.make({ pipelines: [sales], io: Warehouse.layer, resources: Shop.layer })

// Metadata is numbers, text, links and tables.
export const metadata = Metadata.attach({ rows: 3, page: Metadata.link("https://example.org"), note: "x" })
// @ts-expect-error a function is no metadata
export const wrongMetadata = Metadata.attach({ rows: () => 3 })

// The rate limits that an asset calls under are limits, or limits with a number of calls.
const paced = RateLimit.make("shop", { calls: 5, per: "1 second" })
export const limited = Asset.make("limited", { output: Rows.of(Schema.Struct({ id: Schema.String }), { key: ["id"] }), io: Warehouse, limits: [paced, { limit: paced, calls: 3 }], run: () => Effect.succeed([]) })
// @ts-expect-error a limit is not named, but given
export const namedLimit = Asset.make("limited", { output: Rows.of(Schema.Struct({ id: Schema.String }), { key: ["id"] }), io: Warehouse, limits: ["shop"], run: () => Effect.succeed([]) })
// @ts-expect-error hours are written like 22:00-06:00
export const badHours = RateLimit.make("shop", { calls: 5, per: "1 second", timetable: { timezone: "UTC", night: { calls: 9, per: "1 second" } } })
// @ts-expect-error there is no such scope
export const badScope = RateLimit.make("shop", { calls: 5, per: "1 second", scope: "machine" })
