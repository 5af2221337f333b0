/**
 * Formats of files: CSV, NDJSON, JSON arrays and Parquet, read and written as streams of typed records.
 *
 * ```ts
 * const trips = Format.csv(Trip, { delimiter: ";" })
 * trips.read(bytes, { file: "trips.csv" })   // Stream<Trip, FormatError>
 * trips.write(rows)                          // Stream<Uint8Array, FormatError>
 * ```
 * Streams are pulled by the slowest of them, so that memory does not grow with the file.
 */
import { Effect, type Schema, Stream } from "effect"
import * as Compression from "./Compression.ts"
import type * as Dialect from "./csv/Dialect.ts"
import * as CsvRead from "./csv/Read.ts"
import * as CsvWrite from "./csv/Write.ts"
import * as Detect from "./Detect.ts"
import { FormatError, type Placed, type Unread } from "./FormatError.ts"
import * as Elements from "./json/Elements.ts"
import * as Ndjson from "./json/Ndjson.ts"
import * as Reading from "./json/Reading.ts"
import * as JsonWrite from "./json/Write.ts"
import { attempt, type Gives, type Machine, type OnBadRecord, run } from "./Machine.ts"
import * as Ranged from "./parquet/Ranged.ts"
import type * as ParquetRead from "./parquet/Read.ts"
import type { Where } from "./parquet/Where.ts"
import type * as ParquetWrite from "./parquet/Write.ts"
import * as Shape from "./Shape.ts"

export type { BadRecord, Place, Placed, Unread } from "./FormatError.ts"
export { FormatError } from "./FormatError.ts"
export type { OnBadRecord } from "./Machine.ts"
export type { Ranged } from "./parquet/Ranged.ts"
export { bytesOf, ofBytes, ofFile } from "./parquet/Ranged.ts"
export { detect, type Name } from "./Detect.ts"

/** A schema of records: a `Schema.Struct`, a `Schema.Class`, or a `Schema.Record` of whatever columns there are. */
export type RecordSchema<A> = Schema.Codec<A, unknown>

/** How one file is read. */
export type ReadOptions<E = never, R = never> = OnBadRecord<E, R> & {
  /** How errors and places name the file. Default: the format's name. */
  readonly file?: string
}

export type TextReadOptions<E = never, R = never> = ReadOptions<E, R> & {
  /** The bytes begin after a record that was read before: its `place` (end, nextLine, record + 1). Default: at the beginning. */
  readonly start?: CsvRead.Start
}

export interface WriteOptions {
  /** How errors name what is written. Default: the format's name. */
  readonly file?: string
  /** Of the whole content. Default none. */
  readonly compression?: Compression.Compression
}

export type TextReader<A> = <E = never, R = never, E2 = never, R2 = never>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  options?: TextReadOptions<E2, R2>
) => Stream.Stream<A, E | E2 | FormatError, R | R2>

/** A format of text: CSV, NDJSON or a JSON array. Compressed content (gzip, zstd) is known by its first bytes. */
export interface TextFormat<A> {
  readonly name: Exclude<Detect.Name, "parquet">
  /** Of CSV: the options that it was made with; `header` lists the columns where the file has no header line. */
  readonly csv?: Dialect.Options
  readonly read: TextReader<A>
  /** Each record with its place, for going on after it. */
  readonly readPlaced: TextReader<Placed<A>>
  /** Each record, and each that cannot be read, in the order of the file. `onBadRecord` has no say in it. */
  readonly readAll: TextReader<Placed<A> | Unread>
  readonly write: <E = never, R = never>(
    rows: Stream.Stream<A, E, R>,
    options?: WriteOptions
  ) => Stream.Stream<Uint8Array, E | FormatError, R>
}

export interface ParquetReadOptions<A> {
  /** Only rows that meet these conditions; row groups that cannot have one are not read. */
  readonly where?: Where<A>
  /** Only these row groups, counted from 0. Default: all. */
  readonly rowGroups?: ReadonlyArray<number>
}

export type ParquetReader<A, B> = <E = never, R = never, E2 = never, R2 = never>(
  file: Ranged.Ranged<E, R>,
  options?: OnBadRecord<E2, R2> & ParquetReadOptions<A>
) => Stream.Stream<B, E | E2 | FormatError, R | R2>

/** Parquet, which is read by ranges. */
export interface ParquetFormat<A> {
  readonly name: "parquet"
  readonly read: ParquetReader<A, A>
  readonly readPlaced: ParquetReader<A, Placed<A>>
  readonly readAll: ParquetReader<A, Placed<A> | Unread>
  readonly write: <E = never, R = never>(
    rows: Stream.Stream<A, E, R>,
    options?: { readonly file?: string }
  ) => Stream.Stream<Uint8Array, E | FormatError, R>
}

/** What a shape gives is what its schema decodes to, with places where they are asked for; the shape was made from it. */
const as = <A>() => <E, R>(stream: Stream.Stream<unknown, E, R>): Stream.Stream<A, E, R> => stream as Stream.Stream<A, E, R>

/** Refuses content of another format on its first chunk, in the words of that format. */
const expecting = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>, name: Detect.Name, file: string): Stream.Stream<Uint8Array, E | FormatError, R> =>
  Stream.suspend(() => {
    let first = true
    return Stream.mapArrayEffect(bytes, (chunks) => {
      if (!first) return Effect.succeed(chunks)
      first = false
      return attempt(file, () => {
        Detect.refuseOther(file, name, chunks[0])
        return chunks
      })
    })
  })

const textFormat = <A>(
  name: TextFormat<A>["name"],
  machine: (file: string, start: CsvRead.Start | undefined, placed: boolean) => Machine<unknown>,
  write: <E, R>(rows: Stream.Stream<unknown, E, R>, file: string) => Stream.Stream<Uint8Array, E | FormatError, R>
): TextFormat<A> => {
  const reader = <B>(gives: Gives): TextReader<B> => <E, R, E2, R2>(bytes: Stream.Stream<Uint8Array, E, R>, options?: TextReadOptions<E2, R2>) => {
    const file = options?.file ?? name
    const policy: OnBadRecord<E2, R2> = options ?? {}
    const content = options?.start === undefined ? expecting(Compression.decompress(bytes, file), name, file) : bytes
    return as<B>()(run(content, file, policy, gives, () => machine(file, options?.start, gives !== "values")))
  }
  return {
    name,
    read: reader<A>("values"),
    readPlaced: reader<Placed<A>>("placed"),
    readAll: reader<Placed<A> | Unread>("all"),
    write: (rows, options) => {
      const file = options?.file ?? name
      return Compression.compress(write(rows, file), options?.compression ?? "none", file)
    }
  }
}

/** CSV, and every text of separated cells: strict, so that what is read is what stands there. */
export const csv = <A>(schema: RecordSchema<A>, options: Dialect.Options<keyof A & string> = {}): TextFormat<A> => {
  const shape = Shape.make(schema, options.columns)
  const format = textFormat<A>("csv", CsvRead.reader(shape, options), (rows, file) =>
    CsvWrite.write(rows, shape, options, file))
  return { ...format, csv: options.header === false ? { ...options, header: shape.columns.map(({ column }) => column) } : options }
}

export interface JsonOptions<Key extends string = string> {
  /** Property of the record → name in the file, where they differ. */
  readonly columns?: { readonly [K in Key]?: string }
  /** The most bytes of one record. Default 64 MiB. */
  readonly maxRecordBytes?: number
}

/** NDJSON, also called JSON Lines: one object a line. */
export const ndjson = <A>(schema: RecordSchema<A>, options: JsonOptions<keyof A & string> = {}): TextFormat<A> => {
  const shape = Shape.make(schema, options.columns)
  return textFormat("ndjson", Reading.reader(Ndjson.machine, shape, options), (rows, file) =>
    JsonWrite.writeLines(rows, shape, file))
}

/** One JSON array of objects. */
export const jsonArray = <A>(schema: RecordSchema<A>, options: JsonOptions<keyof A & string> = {}): TextFormat<A> => {
  const shape = Shape.make(schema, options.columns)
  return textFormat("json", Reading.reader(Elements.machine, shape, options), (rows, file) =>
    JsonWrite.writeArray(rows, shape, file))
}

export type ParquetOptions<Key extends string = string> = Omit<ParquetWrite.Options, "decimals"> & {
  /** Property of the record → name in the file, where they differ. */
  readonly columns?: { readonly [K in Key]?: string }
  /** How columns of decimals are written: digits in all, and after the point. Default 38 and 9. */
  readonly decimals?: { readonly [K in Key]?: { readonly precision: number; readonly scale: number } }
}

/** Parquet is 60 modules, hyparquet's among them, which most commands do without: they are loaded where a file is. */
const loaded = <M, A, E, R>(load: () => Promise<M>, use: (module: M) => Stream.Stream<A, E, R>): Stream.Stream<A, E, R> =>
  Stream.unwrap(Effect.map(Effect.promise(load), use))

/** Parquet: only the columns of the schema are read. */
export const parquet = <A>(schema: RecordSchema<A>, options: ParquetOptions<keyof A & string> = {}): ParquetFormat<A> => {
  const shape = Shape.make(schema, options.columns)
  const reader = <B>(gives: Gives): ParquetReader<A, B> => <E, R, E2, R2>(
    file: Ranged.Ranged<E, R>,
    how?: OnBadRecord<E2, R2> & ParquetReadOptions<A>
  ) => {
    const where: ParquetRead.Options["where"] = how?.where
    if (where !== undefined && shape.start !== undefined) {
      throw new Error("Format.parquet: where needs a schema whose values stand in the file as they are, without transformations.")
    }
    const reading: ParquetRead.Options = {
      ...(where === undefined ? {} : { where }),
      ...(how?.rowGroups === undefined ? {} : { rowGroups: how.rowGroups })
    }
    const policy: OnBadRecord<E2, R2> = how ?? {}
    return as<B>()(loaded(() => import("./parquet/Read.ts"), (parquet) => parquet.read(file, shape, reading, policy, gives)))
  }
  return {
    name: "parquet",
    read: reader<A>("values"),
    readPlaced: reader<Placed<A>>("placed"),
    readAll: reader<Placed<A> | Unread>("all"),
    write: (rows, how) =>
      loaded(() => import("./parquet/Write.ts"), (parquet) => parquet.write(rows, shape, options, how?.file ?? "parquet"))
  }
}

/** The options of each format, for files whose format is found out. */
export interface AnyOptions<Key extends string> {
  readonly csv?: Dialect.Options<Key>
  readonly json?: JsonOptions<Key>
  readonly parquet?: ParquetOptions<Key>
}

/** A file of whatever format its name and content say, which must not contradict each other. */
export const read = <A, E = never, R = never, E2 = never, R2 = never>(
  file: Ranged.Ranged<E, R>,
  schema: RecordSchema<A>,
  options: OnBadRecord<E2, R2> & AnyOptions<keyof A & string> = {}
): Stream.Stream<A, E | E2 | FormatError, R | R2> =>
  Stream.unwrap(Effect.gen(function*() {
    const start = yield* file.read(0, Math.min(file.size, 64 * 1024))
    // Of compressed files only the beginning is unpacked here; that it was cut off is no news.
    const head = Compression.detect(start) === "none"
      ? start
      : Buffer.concat(yield* Stream.runCollect(Stream.take(Stream.catch(Compression.decompress(Stream.succeed(start), file.name), () => Stream.empty), 1)))
    const name = yield* attempt(file.name, () => Detect.detect(file.name, head))
    if (name === "parquet") return parquet(schema, options.parquet).read(file, options)
    const reading: TextReadOptions<E2, R2> = { ...options, file: file.name }
    const bytes = Ranged.bytesOf(file)
    if (name === "csv") return csv(schema, /\.tsv(\.|$)/i.test(file.name) ? { delimiter: "\t", ...options.csv } : options.csv).read(bytes, reading)
    return (name === "ndjson" ? ndjson : jsonArray)(schema, options.json).read(bytes, reading)
  }))
