/** The records of a file one by one, good or bad, each with its number: the same at every reading. */
import { Effect, Schema, Stream } from "effect"
import { Format, type FormatError, ObjectStore, type ObjectStoreError } from "sluice"
import type { Version } from "./Files.ts"

export type Record = { readonly [column: string]: unknown }

export type Element =
  | { readonly _tag: "Read"; readonly number: number; readonly record: Record; readonly place: Format.Place }
  /** Something that is no record. */
  | { readonly _tag: "Unreadable"; readonly number: number; readonly bad: Format.BadRecord }

/** Whatever columns a file has. */
const AnyRecord = Schema.Record(Schema.String, Schema.Unknown)

const isPacked = (head: Uint8Array): boolean => (head[0] === 0x1f && head[1] === 0x8b) || (head[0] === 0x28 && head[1] === 0xb5)

const formatOf = Effect.fnUntraced(function*(file: Format.Ranged<ObjectStoreError>) {
  const head = yield* file.read(0, Math.min(file.size, 65_536))
  return yield* Effect.try({
    // What is packed is known by its name alone.
    try: () => Format.detect(file.name, isPacked(head) ? new Uint8Array() : head),
    catch: (error) => error instanceof Format.FormatError ? error : new Format.FormatError({ file: file.name, reason: String(error) })
  })
})

/** What is read ahead of the records that are on their way: a piece is some hundred of them. */
const pieceBytes = 32 * 1024

const inPieces = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Uint8Array, E, R> =>
  Stream.flatMap(bytes, (block) =>
    Stream.rechunk(
      Stream.fromIterable(Array.from({ length: Math.ceil(block.length / pieceBytes) }, (_, i) =>
        block.subarray(i * pieceBytes, (i + 1) * pieceBytes))),
      1
    ))

/** Bad records are handed over apart from the good ones: this puts them back where they stood. */
const merging = <E, R>(
  read: (options: Format.OnBadRecord) => Stream.Stream<Format.Placed<Record>, E, R>
): Stream.Stream<Element, E, R> =>
  Stream.suspend(() => {
    let letters: Array<Element> = []
    const deadLetters = (bads: ReadonlyArray<Format.BadRecord>) =>
      Effect.sync(() => {
        for (const bad of bads) letters.push({ _tag: "Unreadable", number: bad.record, bad })
      })
    const good = Stream.mapArray(read({ onBadRecord: "collect", deadLetters }), (placed) => {
      const elements = placed.map(({ place, value }): Element => ({ _tag: "Read", number: place.record, record: value, place }))
      const together = letters.length === 0 ? elements : [...letters, ...elements].sort((a, b) => a.number - b.number)
      letters = []
      const [first, ...rest] = together
      return [first!, ...rest]
    })
    return Stream.concat(good, Stream.suspend(() => Stream.fromArray(letters)))
  })

/** Every element of a file from the one with this number on. A file that is another version by now is refused. */
export const elements = (
  { etag, uri }: Version,
  from: number
): Stream.Stream<Element, ObjectStoreError | FormatError, ObjectStore> =>
  Stream.unwrap(Effect.gen(function*() {
    const store = yield* ObjectStore
    const version = { ifMatch: etag }
    const file = yield* store.ranged(uri, version)
    const format = yield* formatOf(file)
    const bytes = inPieces(store.read(uri, version))
    const all = merging<ObjectStoreError | FormatError, never>((onBad) => {
      const options = { file: uri, ...onBad }
      switch (format) {
        case "csv":
          return Format.csv(AnyRecord).readPlaced(bytes, options)
        case "ndjson":
          return Format.ndjson(AnyRecord).readPlaced(bytes, options)
        case "json":
          return Format.jsonArray(AnyRecord).readPlaced(bytes, options)
        case "parquet":
          return Format.parquet(AnyRecord).readPlaced(file, onBad)
      }
    })
    // Reading is a hundred times as quick as sending: what was done before is read once more, and passed over.
    return from === 0 ? all : Stream.filter(all, ({ number }) => number >= from)
  }))
