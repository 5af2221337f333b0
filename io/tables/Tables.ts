/**
 * The IO manager for sets of frames: each frame of a cell in a table of its own, which is made and widened as frames
 * bring it.
 *
 * A table is named `<prefix>_<frame>` (see `Frames.of`), in lower case, letters and digits alone; so are its columns. Two
 * columns are kept beside: `_partition`, and `_row`, the place of a row in its frame. Types are those of the values:
 * bigint, double precision, boolean, text, and jsonb for nested ones. A value that does not fit widens its column,
 * bigint to double precision, anything else to text. A cell is replaced as a whole, in all tables of its asset; `write`
 * joins the transaction that it is called in.
 */
import { Effect, Layer, Stream } from "effect"
import { SqlClient } from "effect/sql"
import * as Io from "../../engine/definition/Io.ts"
import { fromSql } from "../warehouse/Refusal.ts"
import * as Layout from "./Layout.ts"
import * as Read from "./Read.ts"
import * as Registry from "./Registry.ts"
import * as Write from "./Write.ts"

const make = Effect.gen(function*() {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const memory = Write.memory(sql)
  const manager: Io.IoManager = {
    accepts: ["Document"],
    validate: (asset) => Effect.asVoid(Effect.fromResult(Layout.homeOf(asset))),
    prepare: Effect.fn("Tables.prepare")((asset) =>
      Effect.catchTag(Registry.prepare(sql), "SqlError", (error) => Effect.fail(fromSql(asset.key, "prepare", error)))
    ),
    write: Effect.fn("Tables.write")((cells) => Write.write(sql, memory, cells)),
    load: Effect.fn("Tables.load")(function*(source) {
      const elements = yield* Stream.runCollect(Read.stream(sql, source))
      return { partitions: elements.map((e) => e.partition), values: elements.map((e) => e.value) }
    }),
    stream: (source) => Read.stream(sql, source)
  }
  return manager
})

/** Sets of frames in tables of Postgres. */
export class Tables extends Io.Tag<Tables>()("io/Tables") {
  static readonly layer: Layer.Layer<Tables, never, SqlClient.SqlClient> = Layer.effect(Tables, make)
}
