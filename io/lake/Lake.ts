/**
 * The IO manager for rows in files: Parquet, CSV or NDJSON in a folder or in S3, a file for each cell.
 *
 * A cell's file is written under a new name before the commit, and the commit's transaction records that it is the cell's
 * (see `Registry`). So a file is never written over, a worker that was frozen changes nothing after its successor, and a
 * kill at any moment leaves the cells with the files that they had.
 */
import { Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as Io from "../../engine/definition/Io.ts"
import { ObjectStore } from "../../resources/objects/ObjectStore.ts"
import { fromSql } from "../warehouse/Refusal.ts"
import type { Files } from "./Files.ts"
import * as Layout from "./Layout.ts"
import * as Read from "./Read.ts"
import * as Registry from "./Registry.ts"
import { stage } from "./Stage.ts"
import { sweep } from "./Sweep.ts"
import * as Write from "./Write.ts"

export interface Options {
  /** The folder of the files: `s3://bucket/folder`, `file:///data/lake`, or a path within the root of the object store. */
  readonly at: string
  /** Default "parquet". An asset may have another one: `Rows.of(schema, { file: { format: "csv" } })`. */
  readonly format?: Layout.FileFormat["format"]
  /** Default "zstd" for Parquet, "none" for text. "snappy" is for Parquet alone. */
  readonly compression?: Layout.FileFormat["compression"]
  /** How long a file stays after it was replaced, for those who are reading it. Default: 1 hour. */
  readonly keepReplaced?: Duration.Input
}

const make = (options: Options) =>
  Effect.gen(function*() {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const scope = yield* Effect.scope
    const files: Files = { store: yield* ObjectStore, at: options.at.replace(/\/+$/, "") }
    const format = options.format ?? "parquet"
    const lake: Layout.FileFormat = { format, compression: options.compression ?? Layout.usual(format) }
    const keepSeconds = Duration.toSeconds(Duration.fromInputUnsafe(options.keepReplaced ?? "1 hour"))
    const manager: Io.IoManager = {
      accepts: ["Rows"],
      validate: (asset) =>
        Effect.flatMap(Layout.formatOf(asset, lake), (own) => Effect.asVoid(Layout.of(asset, own.format))),
      prepare: Effect.fn("Lake.prepare")((asset) =>
        Effect.andThen(Registry.prepare(sql, asset.key), sweep(sql, files, scope)).pipe(
          Effect.asVoid,
          Effect.catchTag("SqlError", (error) => Effect.fail(fromSql(asset.key, "prepare", error)))
        )
      ),
      stage: Effect.fn("Lake.stage")((cell) => stage(sql, files, lake, cell)),
      write: Effect.fn("Lake.write")((cells) => Write.write(sql, files, lake, keepSeconds, cells)),
      load: Effect.fn("Lake.load")((source) => Read.load(sql, files, source)),
      stream: (source) => Read.stream(sql, files, source)
    }
    return manager
  })

/** Rows in files. */
export class Lake extends Io.Tag<Lake>()("io/Lake") {
  /** A lake at a folder; throws on options that contradict each other. */
  static readonly layer = (options: Options): Layer.Layer<Lake, never, SqlClient.SqlClient | ObjectStore> => {
    if (options.at === "") throw new Error("Lake.layer: `at` is empty; write the folder of the files, such as \"data/lake\" or \"s3://bucket/folder\".")
    if (options.compression === "snappy" && (options.format ?? "parquet") !== "parquet") {
      throw new Error(`Lake.layer: compression "snappy" is only for Parquet, and the format is ${options.format}; use "gzip" or "zstd".`)
    }
    return Layer.effect(Lake, make(options))
  }
}
