/** What the compiler must refuse, and what it must know, of assets that resume inside a cell. Checked by tsc. */
import { Data, Effect, Schema, Stream } from "effect"
import { Asset, Checkpoint, Document, Documents, Partitions, Rows, Warehouse } from "../../index.ts"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false
const is = <_T extends true>() => {}
type ErrorOf<T> = T extends Effect.Effect<unknown, infer E, unknown> ? E : never
type ValueOf<T> = T extends Effect.Effect<infer A, unknown, unknown> ? A : never

class Down extends Data.TaggedError("Down")<{}> {}

const Trip = Schema.Struct({ id: Schema.Int, fare: Schema.Finite })
type Trip = typeof Trip.Type
const Rejected = Schema.Struct({ id: Schema.Int, reason: Schema.String })
const Offset = Schema.Struct({ byte: Schema.Int })
type Offset = typeof Offset.Type
const chunk = Partitions.dynamic("chunk")
const records = (from: number): Stream.Stream<Trip, Down> => Stream.make({ id: from, fare: 1 })

// The position to go on from has the type of the schema; rows and position come together.
export const trips = Asset.make("trips", {
  partitions: chunk,
  output: Rows.of(Trip),
  io: Warehouse,
  checkpoint: { position: Offset, every: 500, within: "1 second" },
  run: (_, key, from) => {
    is<Equal<typeof key, string>>()
    is<Equal<typeof from, Offset | undefined>>()
    return Effect.succeed(
      Checkpoint.mapEffect(records(from?.byte ?? 0), (trip) => Effect.succeed([trip]), {
        concurrency: 250,
        position: ({ id }) => ({ byte: id })
      })
    )
  }
})
const computed = Asset.compute(trips, {}, "a")
is<Equal<ValueOf<typeof computed>, ReadonlyArray<Trip>>>()
is<Equal<Extract<ErrorOf<typeof computed>, Down>, Down>>()

// Several outputs: the rows of each by its name, and those that got none may be left out.
export const both = Asset.makeMany("both", {
  partitions: chunk,
  outputs: {
    trips: { output: Rows.of(Trip), io: Warehouse },
    rejected: { output: Rows.of(Rejected), io: Warehouse }
  },
  checkpoint: { position: Offset },
  run: (_, _key, from) => {
    is<Equal<typeof from, Offset | undefined>>()
    return Effect.succeed(Stream.map(records(from?.byte ?? 0), (trip) => ({
      rows: trip.fare > 0 ? { trips: [trip] } : { rejected: [{ id: trip.id, reason: "no fare" }] },
      position: { byte: trip.id }
    })))
  }
})
const many = Asset.compute(both.rejected, {}, "a")
is<Equal<ValueOf<typeof many>, ReadonlyArray<typeof Rejected.Type>>>()
is<Equal<Extract<ErrorOf<typeof many>, Down>, Down>>()

// Without a checkpoint there is no position.
export const whole = Asset.make("whole", {
  output: Rows.of(Trip),
  io: Warehouse,
  run: (_, _partition, from) => {
    is<Equal<typeof from, undefined>>()
    return Effect.succeed(records(0))
  }
})

const checkpoint = { position: Offset }
export const wrongPosition = Asset.make("wrong", {
  output: Rows.of(Trip),
  io: Warehouse,
  checkpoint,
  // @ts-expect-error a position is of the schema's type
  run: () => Effect.succeed(Stream.map(records(0), (trip) => ({ rows: [trip], position: { byte: "0" } })))
})
export const missingColumn = Asset.make("wrong", {
  output: Rows.of(Trip),
  io: Warehouse,
  checkpoint,
  // @ts-expect-error a row lacks its column "fare"
  run: () => Effect.succeed(Stream.map(records(0), ({ id }) => ({ rows: [{ id }], position: { byte: id } })))
})
export const plainRows = Asset.make("wrong", {
  output: Rows.of(Trip),
  io: Warehouse,
  checkpoint,
  // @ts-expect-error rows without their position
  run: () => Effect.succeed(records(0))
})
export const array = Asset.make("wrong", {
  output: Rows.of(Trip),
  io: Warehouse,
  checkpoint,
  // @ts-expect-error an array is there as a whole, and needs no checkpoint
  run: () => Effect.succeed([{ id: 1, fare: 1 }])
})
export const document = Asset.make("wrong", {
  output: Document.of(Schema.Int),
  io: Documents,
  checkpoint,
  // @ts-expect-error a document is not kept in part
  run: () => Effect.succeed(Stream.make({ rows: [1], position: { byte: 1 } }))
})
export const batch = Asset.make("wrong", {
  partitions: chunk,
  output: Rows.of(Trip),
  io: Warehouse,
  batch: 5,
  // @ts-expect-error a cell that resumes is computed alone
  checkpoint,
  run: () => Effect.succeed(Stream.map(records(0), (trip) => ({ rows: [trip], position: { byte: 1 } })))
})
export const unknownOutput = Asset.makeMany("wrong", {
  outputs: { trips: { output: Rows.of(Trip), io: Warehouse } },
  checkpoint,
  // @ts-expect-error there is no output of that name
  run: () => Effect.succeed(Stream.map(records(0), (trip) => ({ rows: { others: [trip] }, position: { byte: 1 } })))
})
