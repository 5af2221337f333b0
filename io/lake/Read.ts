/** Loads rows from the files of cells: one file after another in bounded memory, or several at once where all are wanted. */
import { Effect, Option, Stream } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import type { Element, IoError, Loaded, Source, Stored } from "../../engine/definition/Io.ts"
import { Blame, type FormatError, Refused } from "../format/FormatError.ts"
import * as Format from "../format/Format.ts"
import { fromSql, refuse } from "../warehouse/Refusal.ts"
import * as Files from "./Files.ts"
import * as Layout from "./Layout.ts"
import * as Registry from "./Registry.ts"

/** The files of so many cells are looked up at once. */
const pageCells = 1000

/** So many files are read at once where all rows are wanted. */
const filesAtOnce = 8

const recordsOf = (files: Files.Files, layout: Layout.Layout, entry: Registry.Entry): Stream.Stream<Layout.Record, IoError | FormatError> =>
  Stream.unwrap(Effect.gen(function*() {
    const { etag, uri } = yield* Files.open(files, layout.asset, entry)
    if (entry.format === "parquet") {
      const told = Files.told(layout.asset, entry.partition, "read")
      const ranged = yield* Effect.mapError(files.store.ranged(uri, { ifMatch: etag }), told)
      return Format.parquet(layout.schema).read({
        name: uri,
        size: ranged.size,
        read: (start, end) => Effect.mapError(ranged.read(start, end), told)
      })
    }
    const text = entry.format === "csv" ? Format.csv(layout.schema) : Format.ndjson(layout.schema)
    return text.read(Files.bytes(files, layout.asset, entry, etag), { file: uri })
  }))

/** What became of a file that is not there: its cell has another one by now, or somebody has removed it. */
const lost = (sql: SqlClient.SqlClient, files: Files.Files, asset: string, entry: Registry.Entry, error: IoError) =>
  Effect.flatMap(Effect.orElseSucceed(Registry.some(sql, asset, [entry.partition]), () => []), ([now]) =>
    Effect.fail(now === undefined || now.path === entry.path
      ? Files.damaged(files, asset, entry, "is not there any more", error.cause)
      : Files.replaced(asset, entry)))

/** The rows of one cell. */
const rowsOf = (sql: SqlClient.SqlClient, files: Files.Files, asset: Stored, entry: Registry.Entry): Stream.Stream<unknown, IoError> =>
  Stream.unwrap(Effect.map(Layout.of(asset, entry.format, entry.forms), (layout) => {
    const unfit = (reason: string, cause: unknown) => Files.unreadable(asset.key, entry, reason, cause)
    return recordsOf(files, layout, entry).pipe(
      Stream.mapError((error) => error._tag === "IoError" ? error : unfit(error.message, error)),
      Stream.catchIf(Files.isMissing, (error) => Stream.fromEffect(lost(sql, files, asset.key, entry, error))),
      Stream.mapArrayEffect((records) =>
        Effect.try({
          try: () => {
            const [first, ...rest] = records
            return [layout.decode(first), ...rest.map(layout.decode)] as const
          },
          catch: (error) => {
            if (error instanceof Blame) return unfit(`${entry.path}, column "${error.column}": ${error.message}`, error)
            if (error instanceof Refused) return unfit(`${entry.path}: ${error.message}`, error)
            throw error
          }
        }))
    )
  }))

const never = (asset: string): IoError =>
  refuse(asset, undefined, `${asset} was never materialized: run \`sluice materialize ${asset}\`.`)

/** The files of the cells asked for, in their order; all of an asset in the order of its partitions. */
const pages = (sql: SqlClient.SqlClient, { asset: { key }, partitions }: Source): Stream.Stream<ReadonlyArray<Registry.Entry>, SqlError.SqlError | IoError> => {
  const known = Effect.filterOrFail(Registry.knows(sql, key), (isKnown) => isKnown, () => never(key))
  if (partitions === "all") {
    const all = Stream.paginate(Option.none<string>(), (last) =>
      Effect.map(Registry.after(sql, key, Option.getOrUndefined(last), pageCells), (entries) => {
        const end = entries.at(-1)
        return [[entries], end === undefined || entries.length < pageCells ? Option.none() : Option.some(Option.some(end.partition))] as const
      }))
    return Stream.unwrap(Effect.as(known, all))
  }
  const asked = [...new Set(partitions)]
  const starts = Array.from({ length: Math.ceil(asked.length / pageCells) }, (_, i) => i * pageCells)
  return Stream.unwrap(Effect.as(known, Stream.mapEffect(Stream.fromIterable(starts), (at) => {
    const some = asked.slice(at, at + pageCells)
    return Effect.map(Registry.some(sql, key, some), (entries) => {
      const found = new Map(entries.map((entry) => [entry.partition, entry]))
      return some.flatMap((partition) => found.get(partition) ?? [])
    })
  })))
}

const entries = (sql: SqlClient.SqlClient, source: Source): Stream.Stream<Registry.Entry, IoError> =>
  Stream.flattenIterable(pages(sql, source)).pipe(
    Stream.mapError((error) => {
      if (error._tag === "IoError") return error
      const told = fromSql(source.asset.key, "load", error)
      // The lake's own tables are made by the first run.
      return told.message.includes("was never materialized") ? never(source.asset.key) : told
    })
  )

export const stream = (sql: SqlClient.SqlClient, files: Files.Files, source: Source): Stream.Stream<Element, IoError> =>
  Stream.flatMap(entries(sql, source), (entry) =>
    Stream.map(rowsOf(sql, files, source.asset, entry), (value): Element => ({ partition: entry.partition, value })))

export const load = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, files: Files.Files, source: Source) {
  const found = yield* Stream.runCollect(entries(sql, source))
  const cells = yield* Effect.forEach(found, (entry) => Stream.runCollect(rowsOf(sql, files, source.asset, entry)), { concurrency: filesAtOnce })
  const loaded: Loaded = {
    partitions: cells.flatMap((values, i) => values.map(() => found[i]?.partition ?? "")),
    values: cells.flat()
  }
  return loaded
})

