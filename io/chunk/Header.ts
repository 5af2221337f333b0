/** The names of the columns in the header line of a CSV object, for chunks that begin behind it. */
import { Effect } from "effect"
import type { ObjectStore } from "../../resources/objects/ObjectStore.ts"
import * as Charset from "../format/Charset.ts"
import { Cells } from "../format/csv/Cells.ts"
import { dialectOf, maxRecordBytesOf } from "../format/csv/Dialect.ts"
import { split } from "../format/csv/Split.ts"
import type { TextFormat } from "../format/Format.ts"
import { FormatError } from "../format/FormatError.ts"
import type { Chunk } from "./Chunk.ts"

/** Most headers are shorter; longer ones take further reads. */
const firstRead = 16 * 1024

/** Undefined where the format has no header line. */
export const headerOf = <A>(store: ObjectStore["Service"], chunk: Chunk, { csv }: TextFormat<A>) =>
  Effect.gen(function*() {
    if (csv === undefined || Array.isArray(csv.header)) return undefined
    const file = yield* store.ranged(chunk.uri, { ifMatch: chunk.etag })
    const dialect = dialectOf(csv)
    for (let length = firstRead; ; length *= 8) {
      const most = chunk.start === 0 ? chunk.end : chunk.start
      const size = Math.min(length, most)
      const bytes = Buffer.from(yield* file.read(0, size))
      const encoding = csv.encoding ?? "utf-8"
      // Whole lines, so that no character is cut.
      const lines = bytes.subarray(Charset.markLength(bytes, encoding), bytes.lastIndexOf(dialect.newline) + 1)
      const { text } = Charset.decode(lines, encoding, false)
      const cells = new Cells()
      let header: ReadonlyArray<string> | undefined
      split(text, dialect, false, {
        cells,
        skip: () => {},
        bad: () => {},
        record: () => {
          const blank = cells.count === 1 && cells.of(0) === "" && !cells.isQuoted(0)
          if (header === undefined && !blank) header = cells.all()
        }
      })
      if (header !== undefined) return header
      if (size === most || size > maxRecordBytesOf(csv)) {
        return yield* new FormatError({ file: chunk.uri, byte: 0, line: 1, reason: "the header line cannot be read" })
      }
    }
  })
