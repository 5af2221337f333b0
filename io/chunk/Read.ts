/** Reads a chunk: the records that it has of its object, with the places that they have in the whole of it. */
import { Effect, Result, Stream } from "effect"
import { ObjectStore, ObjectStoreError } from "../../resources/objects/ObjectStore.ts"
import type { ParquetFormat, ParquetReader, TextFormat, TextReader } from "../format/Format.ts"
import { type BadRecord, FormatError, ofBad, type Place, type Placed, type Unread } from "../format/FormatError.ts"
import type { OnBadRecord } from "../format/Machine.ts"
import * as Chunk from "./Chunk.ts"
import type { AnyFormat } from "./Cut.ts"
import { headerOf } from "./Header.ts"

export type Options<E = never, R = never> = OnBadRecord<E, R> & {
  /** Goes on after the record of this place, which was read from the same chunk before. Default: from the beginning. */
  readonly after?: Place
}

type Records<B, E, R> = Stream.Stream<B, ObjectStoreError | FormatError | E, ObjectStore | R>

/** What is known of places. */
interface Known {
  /** The line of the object, and not only of the chunk. */
  readonly line: boolean
}

const placeOf = ({ line, nextLine, ...place }: Place, known: Known): Place => ({
  ...place,
  ...(line === undefined || !known.line ? {} : { line }),
  ...(nextLine === undefined || !known.line ? {} : { nextLine })
})

/** Rows of Parquet are counted from the beginning of the file, records from the first row group that is read. */
const letter = (bad: BadRecord, known: Known): BadRecord => ({
  ...bad, record: bad.row ?? bad.record, line: known.line ? bad.line : undefined
})

/** An error without a line where that of the chunk is not known. */
const told = (error: FormatError, known: Known): FormatError => {
  if (known.line || error.line === undefined) return error
  const { byte, cause, column, file, raw, reason } = error
  return new FormatError({
    file, reason,
    ...(byte === undefined ? {} : { byte }), ...(column === undefined ? {} : { column }), ...(raw === undefined ? {} : { raw }), ...(cause === undefined ? {} : { cause })
  })
}

const policyOf = <E, R>(options: Options<E, R>, known: Known): OnBadRecord<E, R> =>
  options.onBadRecord === "collect"
    ? {
      onBadRecord: "collect",
      deadLetters: (bad) => {
        const [first, ...rest] = bad.map((one) => letter(one, known)).filter(({ record }) => record > (options.after?.record ?? -1))
        return first === undefined ? Effect.void : options.deadLetters([first, ...rest])
      }
    }
    : options.onBadRecord !== "skip" ? {} : known.line ? { onBadRecord: "skip" } : {
      onBadRecord: "collect",
      deadLetters: (bad) => Effect.logWarning(`${bad.length} bad record${bad.length === 1 ? " was" : "s were"} left out. The first: ${ofBad(letter(bad[0], known)).message}`)
    }

const stale = (chunk: Chunk.Chunk) => (error: ObjectStoreError): ObjectStoreError =>
  error.reason !== "changed" ? error : new ObjectStoreError({
    reason: "changed",
    uri: error.uri,
    message: `${chunk.uri} is not the version any more that was cut into chunks; materialize the asset that lists its chunks again.`
  })

/** A record with its place, or one that cannot be read. */
type Element = Placed<unknown> | Unread

const moved = <B extends Element>(element: B, place: (place: Place) => Place, of: (bad: BadRecord) => BadRecord): B =>
  "bad" in element ? { ...element, place: place(element.place), bad: of(element.bad) } : { ...element, place: place(element.place) }

const text = <A, B extends Element, E, R>(
  store: ObjectStore["Service"],
  chunk: Chunk.Chunk,
  format: TextFormat<A>,
  reader: TextReader<B>,
  options: Options<E, R>
): Records<B, E, R> =>
  Stream.unwrap(Effect.gen(function*() {
    const { after } = options
    const known: Known = { line: chunk.kind === "object" || chunk.line !== null }
    const how = { ...policyOf(options, known), file: chunk.uri }
    const read = (start: number) =>
      Stream.mapError(store.read(chunk.uri, { start, ifMatch: chunk.etag, ...(chunk.kind === "bytes" ? { end: chunk.end } : {}) }), stale(chunk))
    const from = after?.end ?? chunk.start
    // Packed content cannot be entered in its middle: what was read before is read again, and passed over.
    if (chunk.kind === "object") {
      const records = reader(read(0), how)
      return after === undefined ? records : Stream.filter(records, ({ place }) => place.record > after.record)
    }
    if (from === 0) return reader(read(0), how)
    const header = yield* Effect.mapError(headerOf(store, chunk, format), (error) => error._tag === "ObjectStoreError" ? stale(chunk)(error) : error)
    const start = {
      byte: from,
      line: after?.nextLine ?? chunk.line ?? 1,
      record: after === undefined ? chunk.record ?? 0 : after.record + 1,
      header
    }
    return reader(read(from), { ...how, start }).pipe(
      Stream.map((element) => moved(element, (place) => placeOf(place, known), (bad) => letter(bad, known))),
      Stream.mapError((error) => error instanceof FormatError ? told(error, known) : error)
    )
  }))

const opened = <A, B extends Element, E, R>(
  chunk: Chunk.Chunk | string,
  format: AnyFormat<A>,
  options: Options<E, R>,
  readers: { readonly text: (format: TextFormat<A>) => TextReader<B>; readonly parquet: (format: ParquetFormat<A>) => ParquetReader<A, B> }
): Records<B, E, R> =>
  Stream.unwrap(Effect.gen(function*() {
    const store = yield* ObjectStore
    const parsed = typeof chunk === "string" ? Chunk.parse(chunk) : Result.succeed(chunk)
    if (Result.isFailure(parsed)) return yield* new FormatError({ file: String(chunk), reason: parsed.failure })
    const part = parsed.success
    if (format.name !== "parquet") return text(store, part, format, readers.text(format), options)
    const known: Known = { line: true }
    const file = yield* Effect.mapError(store.ranged(part.uri, { ifMatch: part.etag }), stale(part))
    const groups = Array.from({ length: part.end - part.start }, (_, i) => part.start + i)
    const { after } = options
    const rowGroups = groups.filter((group) => after?.rowGroup === undefined || group >= after.rowGroup)
    const records = readers.parquet(format)(
      { ...file, read: (start, end) => Effect.mapError(file.read(start, end), stale(part)) },
      { ...policyOf(options, known), ...(part.kind === "object" ? {} : { rowGroups }) }
    )
    const all = Stream.map(records, (element) =>
      moved(element, (place) => ({ ...place, record: place.row ?? place.record }), (bad) => letter(bad, known)))
    return after === undefined ? all : Stream.filter(all, ({ place }) => place.record > after.record)
  }))

/** The records of a chunk, each with its place in the whole object. See `read`. */
export const readPlaced = <A, E = never, R = never>(
  chunk: Chunk.Chunk | string,
  format: AnyFormat<A>,
  options: Options<E, R> = {}
): Records<Placed<A>, E, R> =>
  opened(chunk, format, options, { text: (text) => text.readPlaced, parquet: (parquet) => parquet.readPlaced })

/** The same, and what cannot be read among the others, where it stood. */
export const readAll = <A>(
  chunk: Chunk.Chunk | string,
  format: AnyFormat<A>,
  options: { readonly after?: Place } = {}
): Records<Placed<A> | Unread, never, never> =>
  opened(chunk, format, options, { text: (text) => text.readAll, parquet: (parquet) => parquet.readAll })

/**
 * The records of a chunk, given as its row or as its key. `format` is the one that it was cut with. The object must be the
 * version that was cut; another one is the error `changed`, and not one record of it is given.
 */
export const read = <A, E = never, R = never>(
  chunk: Chunk.Chunk | string,
  format: AnyFormat<A>,
  options: Options<E, R> = {}
): Stream.Stream<A, ObjectStoreError | FormatError | E, ObjectStore | R> => Stream.map(readPlaced(chunk, format, options), ({ value }) => value)
