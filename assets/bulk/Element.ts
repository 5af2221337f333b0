/** The records of a chunk one by one, good or bad, each with its number: the same at every reading. */
import { Array as Arr, Effect, Stream } from "effect"
import { Chunks, type Format, type FormatError, type ObjectStore, type ObjectStoreError } from "sluice"
import { fileOf } from "./chunks.ts"
import * as Kind from "./Kind.ts"

export type Element =
  | { readonly _tag: "Read"; readonly number: number; readonly record: Kind.AnyRecord; readonly place: Format.Place }
  /** Something that is no record. */
  | { readonly _tag: "Unreadable"; readonly number: number; readonly bad: Format.BadRecord }

/** The number of a record in its file, or where that is not known, in its chunk. */
const numberOf = (element: Element): number => element._tag === "Read" ? element.place.record : element.bad.record

type Reading = Stream.Stream<Format.Placed<Kind.AnyRecord>, ObjectStoreError | FormatError, ObjectStore>

/** Bad records are handed over apart from the good ones: this puts them back where they stood, and numbers them all from 0. */
const merging = (
  read: (options: Format.OnBadRecord) => Reading
): Stream.Stream<Element, ObjectStoreError | FormatError, ObjectStore> =>
  Stream.suspend(() => {
    let letters: Array<Element> = []
    let count = 0
    const deadLetters = (bads: ReadonlyArray<Format.BadRecord>) =>
      Effect.sync(() => {
        for (const bad of bads) letters.push({ _tag: "Unreadable", number: 0, bad })
      })
    const numbered = (elements: ReadonlyArray<Element>) => elements.map((element) => ({ ...element, number: count++ }))
    const good = Stream.mapArray(read({ onBadRecord: "collect", deadLetters }), (placed) => {
      if (letters.length === 0) return Arr.map(placed, ({ place, value }): Element => ({ _tag: "Read", number: count++, record: value, place }))
      const read = Arr.map(placed, ({ place, value }): Element => ({ _tag: "Read", number: 0, record: value, place }))
      const [first, ...rest] = Arr.appendAll(read, letters).sort((a, b) => numberOf(a) - numberOf(b))
      letters = []
      return [{ ...first!, number: count++ }, ...numbered(rest)]
    })
    return Stream.concat(good, Stream.suspend(() => Stream.fromArray(numbered(letters))))
  })

/** Every element of a chunk from the one with this number on. A file that is another version by now is refused. */
export const elements = (chunk: string, from: number): Stream.Stream<Element, ObjectStoreError | FormatError, ObjectStore> => {
  const all = Stream.unwrap(Effect.map(Kind.of(fileOf(chunk)), (format) =>
    merging((onBad) => Chunks.readPlaced(chunk, format, onBad))))
  // Reading is a hundred times as quick as sending: what was done before is read once more, and passed over.
  return from === 0 ? all : Stream.filter(all, ({ number }) => number >= from)
}
