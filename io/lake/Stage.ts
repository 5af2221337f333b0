/** Writes the file of a cell to the store, before the commit and outside its transaction; the commit then only records it. */
import { Effect, Stream } from "effect"
import type { SqlClient } from "effect/sql"
import type { CellWrite, IoError } from "../../engine/definition/Io.ts"
import * as Produced from "../warehouse/Produced.ts"
import { fromSql } from "../warehouse/Refusal.ts"
import * as Transaction from "../warehouse/Transaction.ts"
import * as Encode from "./Encode.ts"
import * as Files from "./Files.ts"
import * as Layout from "./Layout.ts"
import * as Order from "./Order.ts"
import * as Place from "./Place.ts"
import * as Registry from "./Registry.ts"

/** A cell whose file is written: what `write` takes in place of its rows. */
export class Staged {
  readonly file: Registry.Written
  readonly hash: string
  /** The rows, where they were in memory. */
  readonly values: ReadonlyArray<unknown> | undefined

  constructor(file: Registry.Written, hash: string, values: ReadonlyArray<unknown> | undefined) {
    this.file = file
    this.hash = hash
    this.values = values
  }
}

/** A writer shows so often that it is alive; the sweep waits several times as long for it. */
const heartbeat = "10 minutes"

export const stage = (
  sql: SqlClient.SqlClient,
  files: Files.Files,
  lake: Layout.FileFormat,
  cell: CellWrite
): Effect.Effect<Staged, IoError> => {
  const { asset, partition } = cell
  const announce = (path: string) =>
    Effect.mapError(Registry.announce(sql, path), (error) => fromSql(asset.key, "write", error, partition))
  const staged = Effect.gen(function*() {
    const format = yield* Layout.formatOf(asset, lake)
    const layout = yield* Layout.of(asset, format.format)
    const produced = yield* Effect.fromResult(Produced.of(cell))
    const arranged = produced._tag === "Stream" ? undefined : yield* Effect.fromResult(Order.arrange(layout, partition, produced.rows))
    const rows = produced._tag === "Stream" ? produced.rows : Stream.fromIterable(arranged?.rows ?? [])
    const encoding = Encode.encode(layout, format, partition, rows, arranged?.given ?? ((row) => row))
    const path = yield* Place.make(asset, partition, format)
    yield* announce(path)
    const alive = Effect.forever(Effect.andThen(Effect.sleep(heartbeat), announce(path)))
    const writing = files.store.write(Files.uriOf(files, path), encoding.bytes).pipe(
      // Nothing is there then. Where the store fails, it may have stored the file all the same: that is left to the sweep.
      Effect.tapError((error) => error._tag === "IoError" ? Effect.ignore(Registry.forget(sql, [path])) : Effect.void),
      Effect.mapError((error) => error._tag === "IoError" ? error : Files.told(asset.key, partition, "written")(error))
    )
    const { size } = yield* Effect.raceFirst(writing, alive)
    const file = { asset: asset.key, partition, path, format: format.format, forms: layout.forms, size, rows: encoding.rows() }
    return new Staged(file, encoding.hash(), produced._tag === "Stream" ? undefined : produced.rows)
  })
  // What a file is announced with has to stay when a transaction is rolled back, and the rows of a stream would wait for
  // the connection that waits for them.
  return Transaction.outside(sql, staged)
}
