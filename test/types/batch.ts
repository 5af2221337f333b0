/** What the compiler must refuse, and what it must know, of assets that take partitions in batches. Checked by tsc. */
import { type Array as Arr, Data, Effect, Result, Schema, Stream } from "effect"
import { Asset, Document, Documents, Input, Partitions, Retry, Rows, Warehouse } from "../../index.ts"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false
const is = <_T extends true>() => {}
type ErrorOf<T> = T extends Effect.Effect<unknown, infer E, unknown> ? E : never
type ValueOf<T> = T extends Effect.Effect<infer A, unknown, unknown> ? A : never

class Unknown extends Data.TaggedError("Unknown")<{ readonly id: string }> {}
class Down extends Data.TaggedError("Down")<{}> {}

const Odds = Schema.Struct({ game: Schema.String, home: Schema.Finite })
type Odds = typeof Odds.Type
const game = Partitions.dynamic("game")
const daily = Partitions.daily({ start: "2026-01-01" })

const rates = Asset.make("rates", { output: Document.of(Schema.Finite), io: Documents, run: () => Effect.succeed(1) })
const feeds = Asset.make("feeds", {
  partitions: game,
  output: Rows.of(Odds),
  io: Warehouse,
  run: (_, key) => Effect.succeed([{ game: key, home: 1 }])
})

// Two parallel lists that are never empty: the inputs as an ordinary asset gets them, and the partitions.
export const odds = Asset.make("odds", {
  partitions: game,
  inputs: { feeds, rates },
  output: Rows.of(Odds),
  io: Warehouse,
  batch: 500,
  run: (inputs, games) => {
    is<Equal<typeof games, Arr.NonEmptyReadonlyArray<string>>>()
    is<Equal<(typeof inputs)[0], { readonly feeds: ReadonlyArray<Odds>; readonly rates: number }>>()
    return Effect.succeed(inputs.map(({ feeds, rates }) => feeds.map((row) => ({ ...row, home: row.home * rates }))))
  }
})
export const days = Asset.make("days", {
  partitions: daily,
  output: Document.of(Schema.Int),
  io: Documents,
  batch: 7,
  run: (inputs, days) => {
    is<Equal<(typeof inputs)[0], {}>>()
    return Effect.succeed(days.map((day) => day.key.length))
  }
})
const size: number = 7
export const sized = Asset.make("sized", {
  partitions: game,
  output: Document.of(Schema.Int),
  io: Documents,
  batch: size,
  run: (_, games) => Effect.succeed(games.map((key) => key.length))
})

// A result in the place of a value fails its cell alone; its errors are errors of the asset, and of its retry policy.
export const some = Asset.make("some", {
  partitions: game,
  output: Rows.of(Odds),
  io: Warehouse,
  batch: 50,
  retry: Retry.onTags(["Unknown"], { times: 1 }),
  run: (_, games) =>
    Effect.as(
      games.length > 9 ? Effect.fail(new Down()) : Effect.void,
      games.map((key) => key === "x" ? Result.fail(new Unknown({ id: key })) : Result.succeed([{ game: key, home: 1 }]))
    )
})
// An element is a value or a result, as it comes.
export const mixed = Asset.make("mixed", {
  partitions: game,
  output: Rows.of(Odds),
  io: Warehouse,
  batch: 50,
  run: (_, games) => Effect.succeed(games.map((key) => key === "x" ? Result.fail(new Unknown({ id: key })) : [{ game: key, home: 1 }]))
})
// Its errors in whatever shape, and a policy for all of them.
export const wrongRetry = Asset.make("wrong", {
  partitions: game,
  output: Document.of(Schema.Int),
  io: Documents,
  batch: 50,
  // @ts-expect-error a failed partition has an id, not a status
  retry: Retry.make((error: { readonly status: number }) => error.status === 429, Retry.always({ times: 1 }).schedule),
  run: (_, games) => Effect.succeed(games.map((id) => Result.fail(new Unknown({ id }))))
})

// By hand it is an asset like others: one key, one value.
const computed = Asset.compute(some, {}, "2024020001")
is<Equal<ValueOf<typeof computed>, ReadonlyArray<Odds>>>()
is<Equal<Extract<ErrorOf<typeof computed>, Unknown | Down>, Unknown | Down>>()
export const given = Asset.compute(odds, { feeds: [], rates: 1 }, "2024020001")
// @ts-expect-error the inputs of one partition, not of a list
export const givenList = Asset.compute(odds, [{ feeds: [], rates: 1 }], "2024020001")
export const reader = Asset.make("reader", {
  inputs: { odds: Input.rows(odds) },
  output: Document.of(Schema.Finite),
  io: Documents,
  run: ({ odds }) => Effect.succeed(odds.reduce((sum, row) => sum + row.home, 0))
})

export const missingColumn = Asset.make("wrong", {
  partitions: game,
  output: Rows.of(Odds),
  io: Warehouse,
  batch: 50,
  // @ts-expect-error a row lacks its column "home"
  run: (_, games) => Effect.succeed(games.map((key) => [{ game: key }]))
})
export const missingColumnInResult = Asset.make("wrong", {
  partitions: game,
  output: Rows.of(Odds),
  io: Warehouse,
  batch: 50,
  // @ts-expect-error a row lacks its column "home"
  run: (_, games) => Effect.succeed(games.map((key) => Result.succeed([{ game: key }])))
})
export const notAList = Asset.make("wrong", {
  partitions: game,
  output: Document.of(Schema.Int),
  io: Documents,
  batch: 50,
  // @ts-expect-error one value for the whole list
  run: (_, games) => Effect.succeed(games.length)
})
export const rowsOfAll = Asset.make("wrong", {
  partitions: game,
  output: Rows.of(Odds),
  io: Warehouse,
  batch: 50,
  // @ts-expect-error the rows of all partitions in one list
  run: (_, games) => Effect.succeed(games.map((key) => ({ game: key, home: 1 })))
})
export const streams = Asset.make("wrong", {
  partitions: game,
  output: Rows.of(Odds),
  io: Warehouse,
  batch: 50,
  // @ts-expect-error a stream is no value of a batch
  run: (_, games) => Effect.succeed(games.map((key) => Stream.make({ game: key, home: 1 })))
})
export const onePartition = Asset.make("wrong", {
  partitions: game,
  output: Document.of(Schema.Int),
  io: Documents,
  batch: 50,
  // @ts-expect-error a list of keys is no key
  run: (_, games) => Effect.succeed([games.toUpperCase().length])
})
export const unpartitioned = Asset.make("wrong", {
  output: Document.of(Schema.Int),
  io: Documents,
  // @ts-expect-error an asset without partitions has no batches
  batch: 50,
  run: () => Effect.succeed([1])
})
export const batchOfText = Asset.make("wrong", {
  partitions: game,
  output: Document.of(Schema.Int),
  io: Documents,
  // @ts-expect-error a batch is a number
  batch: "50",
  run: () => Effect.succeed([1])
})
// Without a batch, a list is no value.
export const listWithoutBatch = Asset.make("wrong", {
  partitions: game,
  output: Document.of(Schema.Int),
  io: Documents,
  // @ts-expect-error a list of documents
  run: (_, key) => Effect.succeed([key.length])
})
export const many = Asset.makeMany("wrong", {
  partitions: game,
  outputs: { odds: { output: Document.of(Schema.Int), io: Documents } },
  // @ts-expect-error several assets of one computation take one partition at a time
  batch: 50,
  run: () => Effect.succeed({ odds: 1 })
})
