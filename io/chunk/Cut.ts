/** Cuts objects into chunks: text at the borders of records, Parquet at those of its row groups. */
import { Effect, Stream } from "effect"
import { type ObjectInfo, ObjectStore, type ObjectStoreError } from "../../resources/objects/ObjectStore.ts"
import { isGlob } from "../../resources/objects/Glob.ts"
import * as Charset from "../format/Charset.ts"
import * as Compression from "../format/Compression.ts"
import { dialectOf, type Options as CsvOptions } from "../format/csv/Dialect.ts"
import * as Sep from "../format/csv/Sep.ts"
import type { ParquetFormat, TextFormat } from "../format/Format.ts"
import type { FormatError } from "../format/FormatError.ts"
import * as Footer from "../format/parquet/Footer.ts"
import * as Chunk from "./Chunk.ts"
import { CsvBorders } from "./CsvBorders.ts"
import * as Size from "./Size.ts"

export interface Options {
  /** Chunks end at the first border behind so many bytes; of Parquet, as stored. Default "64 MiB". */
  readonly bytes?: Size.Size
  /** That a folder or glob has no objects is no error. Default false. */
  readonly allowEmpty?: boolean
}

/** A URI, a folder that ends with "/", a glob; or an object as `ObjectStore` has listed it, in that version. */
export type Source = string | ObjectInfo

export type AnyFormat<A> = TextFormat<A> | ParquetFormat<A>

type Chunks = Stream.Stream<Chunk.Chunk, ObjectStoreError | FormatError, ObjectStore>

const whole = ({ etag, size, uri }: ObjectInfo): Chunk.Chunk =>
  Chunk.make({ uri, etag, kind: "object", start: 0, end: size, line: null, record: 0, records: null })

const inBytes = ({ etag, uri }: ObjectInfo, start: number, end: number, line: number | null, record: number | null, records: number | null) =>
  Chunk.make({ uri, etag, kind: "bytes", start, end, line, record, records })

/** So many bytes tell whether an object can be cut; and so many are read at a time to find the end of a line. */
const window = 64 * 1024

/** Why text is not cut; undefined where it can be. */
const obstacle = (head: Uint8Array, csv: CsvOptions | undefined): string | undefined => {
  const compression = Compression.detect(head)
  if (compression !== "none") return `is packed with ${compression}`
  if (csv === undefined) return undefined
  const encoding = csv.encoding ?? Charset.detect(head, true) ?? "utf-8"
  if (Charset.unitOf(encoding) === 2) return `is ${encoding.toUpperCase()}`
  if (Sep.detect(head.subarray(Charset.markLength(head, encoding)), encoding) !== undefined) return "begins with a line for Excel"
  const { delimiter, escape, quote } = dialectOf(csv)
  return Math.max(delimiter, quote, escape) > 127 ? "has delimiters or quotes beyond ASCII" : undefined
}

const csvChunks = (store: ObjectStore["Service"], object: ObjectInfo, csv: CsvOptions, bytes: number, head: Uint8Array): Chunks =>
  Stream.suspend(() => {
    const mark = Charset.markLength(head, csv.encoding ?? "utf-8")
    const borders = new CsvBorders({
      dialect: dialectOf(csv),
      header: !Array.isArray(csv.header),
      columns: Array.isArray(csv.header) ? csv.header.length : undefined,
      skipsBlank: csv.blankLines === "skip"
    }, mark)
    let [start, line, record, wanted] = [0, 1, 0, bytes]
    const pieces = Stream.mapArray(store.read(object.uri, { start: mark, ifMatch: object.etag }), (arrays) => {
      const found: Array<Chunk.Chunk> = []
      for (const array of arrays) {
        wanted = borders.push(array, wanted, (border) => {
          found.push(inBytes(object, start, border.byte, line, record, border.record - record))
          start = border.byte
          line = border.line
          record = border.record
          return start + bytes
        })
      }
      return [found] as const
    })
    const rest = Stream.suspend(() => start < object.size ? Stream.succeed(inBytes(object, start, object.size, line, record, null)) : Stream.empty)
    return Stream.concat(Stream.flattenIterable(pieces), rest)
  })

/** After the first line end at or behind a byte; the object's end where there is none. */
const lineEnd = (store: ObjectStore["Service"], object: ObjectInfo, from: number): Effect.Effect<number, ObjectStoreError> =>
  Effect.gen(function*() {
    const ranged = yield* store.ranged(object.uri, { ifMatch: object.etag })
    for (let at = from; at < object.size; at += window) {
      const found = (yield* ranged.read(at, Math.min(at + window, object.size))).indexOf(10)
      if (found >= 0) return at + found + 1
    }
    return object.size
  })

const ndjsonChunks = (store: ObjectStore["Service"], object: ObjectInfo, bytes: number): Chunks =>
  Stream.unfold(0, (start) =>
    start >= object.size
      ? Effect.undefined
      : Effect.map(
        // A line that ends just where a chunk may is its last one.
        start + bytes >= object.size ? Effect.succeed(object.size) : lineEnd(store, object, start + bytes - 1),
        (end) => [inBytes(object, start, end, start === 0 ? 1 : null, start === 0 ? 0 : null, null), end] as const
      ))

const parquetChunks = (store: ObjectStore["Service"], object: ObjectInfo, bytes: number): Chunks =>
  Stream.unwrap(Effect.gen(function*() {
    const file = yield* store.ranged(object.uri, { ifMatch: object.etag })
    const { row_groups } = yield* Footer.read(file)
    const chunks: Array<Chunk.Chunk> = []
    let [first, size, rows, before] = [0, 0, 0, 0]
    for (const [index, group] of row_groups.entries()) {
      rows += Number(group.num_rows)
      size += group.columns.reduce((sum, { meta_data }) => sum + Number(meta_data?.total_compressed_size ?? 0), 0)
      if (size < bytes && index + 1 < row_groups.length) continue
      chunks.push(Chunk.make({
        uri: object.uri, etag: object.etag, kind: "row groups", start: first, end: index + 1, line: null, record: before, records: rows
      }))
      before += rows
      first = index + 1
      size = 0
      rows = 0
    }
    return Stream.fromIterable(chunks)
  }))

const ofObject = <A>(store: ObjectStore["Service"], object: ObjectInfo, format: AnyFormat<A>, bytes: number): Chunks => {
  if (object.size <= bytes) return Stream.succeed(whole(object))
  if (format.name === "parquet") return parquetChunks(store, object, bytes)
  const uncut = (why: string) => Stream.fromEffect(Effect.as(Effect.logInfo(`${object.uri} ${why} and cannot be cut: it is one chunk.`), whole(object)))
  if (format.name === "json") return uncut("is one JSON array")
  return Stream.unwrap(Effect.gen(function*() {
    const file = yield* store.ranged(object.uri, { ifMatch: object.etag })
    const head = yield* file.read(0, 3 + Sep.longest)
    const why = obstacle(head, format.csv)
    if (why !== undefined) return uncut(why)
    return format.csv === undefined ? ndjsonChunks(store, object, bytes) : csvChunks(store, object, format.csv, bytes, head)
  }))
}

/** What a source names; a glob that matches nothing may be the URI of an object that looks like one: `data[1].csv`. */
const named = (store: ObjectStore["Service"], source: Source, { allowEmpty = false }: Options): Stream.Stream<ObjectInfo, ObjectStoreError> => {
  if (typeof source !== "string") return Stream.succeed(source)
  const itself = Stream.fromEffect(store.stat(source))
  if (source.endsWith("/")) return store.list(source, { allowEmpty })
  if (!isGlob(source)) return itself
  const isMissing = ({ reason }: ObjectStoreError) => reason === "missing"
  return Stream.catchIf(store.list(source), isMissing, (none) =>
    Stream.catchIf(itself, isMissing, () => allowEmpty ? Stream.empty : Stream.fail(none)))
}

const isList = (sources: Source | ReadonlyArray<Source>): sources is ReadonlyArray<Source> => Array.isArray(sources)

/**
 * The chunks of objects, in the order of the objects and of what they hold: of one URI or several, of all objects of a
 * folder (`s3://in/orders/`) or of a glob, of objects that were listed. An object that is no larger than a chunk is not looked into. The same version
 * of an object gives the same chunks each time, with the same keys.
 *
 * CSV is read once from beginning to end, since only that tells a line end from one within quotes; of NDJSON and Parquet
 * a few bytes are read. What is packed with gzip or zstd, a JSON array and UTF-16 are one chunk, which is logged.
 */
export const cut = <A>(sources: Source | ReadonlyArray<Source>, format: AnyFormat<A>, options: Options = {}): Chunks => {
  const bytes = Size.bytesOf(options.bytes ?? "64 MiB")
  return Stream.unwrap(Effect.map(ObjectStore, (store) => {
    const objects = Stream.flatMap(Stream.fromIterable(isList(sources) ? sources : [sources]), (source) => named(store, source, options))
    return Stream.flatMap(objects, (object) => ofObject(store, object, format, bytes))
  }))
}
