/**
 * The IO manager for rows: a Postgres table for each asset, made from the schema of its rows.
 *
 * The table stands in the schema named by the asset's group. It has a column for each property (see `Column`), the
 * key as primary key, the indexes that the asset asks for and, for a partitioned asset, the column `_partition`.
 * `write` joins the transaction that it is called in, so that rows and their materialization commit together.
 */
import { Effect, Layer, Stream } from "effect"
import { SqlClient } from "effect/sql"
import * as Io from "../../engine/definition/Io.ts"
import * as Prepare from "./Prepare.ts"
import * as Read from "./Read.ts"
import * as PartialRows from "./PartialRows.ts"
import * as Table from "./Table.ts"
import * as Write from "./Write.ts"

const make = Effect.gen(function*() {
  // Names are those of the schema: a client that renames columns must not touch them.
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const manager: Io.IoManager = {
    accepts: ["Rows"],
    validate: (asset) => Effect.asVoid(Table.of(asset)),
    place: (asset) => Effect.map(Table.of(asset), ({ qualified }) => `the table ${qualified}`),
    fits: Effect.fn("Warehouse.fits")(function*(asset) {
      yield* Prepare.fits(sql, yield* Table.of(asset))
    }),
    prepare: Effect.fn("Warehouse.prepare")(function*(asset) {
      yield* Prepare.prepare(sql, yield* Table.of(asset))
    }),
    write: Effect.fn("Warehouse.write")((cells) => Write.write(sql, cells)),
    partial: {
      prepare: Effect.fn("Warehouse.partial.prepare")((asset) => PartialRows.prepare(sql, asset)),
      add: Effect.fn("Warehouse.partial.add")((cells) => PartialRows.add(sql, cells)),
      count: Effect.fn("Warehouse.partial.count")((cell) => PartialRows.count(sql, cell)),
      discard: Effect.fn("Warehouse.partial.discard")((cell) => PartialRows.discard(sql, cell))
    },
    load: Effect.fn("Warehouse.load")(function*({ asset, partitions }) {
      return yield* Read.load(sql, yield* Table.of(asset), partitions)
    }),
    stream: ({ asset, partitions }) =>
      Stream.unwrap(Effect.map(Table.of(asset), (table) => Read.stream(sql, table, partitions)))
  }
  return manager
})

/** Rows in Postgres. */
export class Warehouse extends Io.Tag<Warehouse>()("io/Warehouse") {
  static readonly layer: Layer.Layer<Warehouse, never, SqlClient.SqlClient> = Layer.effect(Warehouse, make)
}
